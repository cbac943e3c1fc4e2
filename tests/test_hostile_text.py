"""Whatever reads text of others takes time linear in it, and raises nothing but its own errors.

A reader of replies, answers, programs, rows or server bodies has its line in `READERS`.
"""

import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sodakd.errors import SodakdError
from sodakd.json_text import JsonError, parse_json, valid_unicode
from sodakd.judge.extract import extract
from sodakd.seeds.columns import read_seeds
from sodakd.seeds.languages import named_languages
from sodakd.seeds.needs import what_it_needs
from sodakd.seeds.read import read_rows_of
from sodakd.seeds.said import exchange_of
from sodakd.seeds.seed import Seed
from sodakd.seeds.sift import sift
from sodakd.seeds.snippets import draw_snippet
from sodakd.seeds.templates import NotText
from sodakd.seeds.wants import has_code, is_prose, lacks_its_code, wants_words
from sodakd.settings.questions import ColumnSettings, QuestionSettings
from sodakd.teacher.reading import UnreadableReply, read_fault
from sodakd.types import Language


def sifted(text: str) -> object:
    """What becomes of a text as a question and as its own reference answer."""
    seed = Seed(text=valid_unicode(text), reference=valid_unicode(text), file="", row=0)
    return next(sift([seed], QuestionSettings(source="rows"), []))


def seeds_of_lines(text: str) -> object:
    """The seeds of a file that holds a text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        return list(read_seeds(read_rows_of(str(path)), ColumnSettings()))


def seeds_of_table(text: str) -> object:
    """The seeds of a table whose cells are a text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        path.write_bytes(f"prompt,answer\n{text},{text}\n".encode("utf-8", "surrogatepass"))
        return list(read_seeds(read_rows_of(str(path)), ColumnSettings()))


READERS: Mapping[str, Callable[[str], object]] = {
    "json": parse_json,
    "fault": read_fault,
    **{
        f"answer in {language}": partial(extract, language=language, entry_point="f")
        for language in Language
    },
    "exchange": exchange_of,
    "sifted seed": sifted,
    "needs of a question": lambda text: what_it_needs(text, text),
    "words wanted": lambda text: (wants_words(text, None, False), wants_words(text, text, False)),
    "code in a question": lambda text: (has_code(text), is_prose(text), lacks_its_code(text)),
    "languages named": named_languages,
    "snippet": lambda text: draw_snippet(text, random.Random(0)),
    "file of seeds": seeds_of_lines,
    "table of seeds": seeds_of_table,
}
OWN_ERRORS = (SodakdError, JsonError, UnreadableReply, NotText)
SIZE = 200_000
"""Characters: at this size a reader of quadratic time is not back within the test's time-out."""

PIECES = [
    "\n", " ", "\t", "\r\n", "`", "```\n", "```python\n", "~~~\n", "    \n", ">>> ", "... ",
    "\\d", "\\", "\\\"", "\"",
    "'", "\"\"\"", "'''", "#/*", "/**/", "/*", "*/", "//", "#", "#\\\n", "{", "}", "(",
    ")", "[", "]", "[{", "{\"a\":", "<", "<think>", "</think>", "<!--", "\\u", "\\ud83d", "\ud83d",
    "1", "1.", "-", "* ", "1. ", ": ", "def f(", "class A", "import a\n", "a=", "a.b", "a b ",
    "\x00", "\x0c", "\u2028", "é", "//\\\n", "R\"(", "${", "`${`", "1:", "|", "| ",
]  # fmt: skip
"""What texts are made of that have hung a reader, or may."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("reader", READERS)
def test_a_long_text_is_read_in_time_linear_in_it(reader: str) -> None:
    for piece in PIECES:
        for text in (piece * (SIZE // len(piece)), f"x{piece * (SIZE // len(piece))}y"):
            try_to_read(reader, text)


@pytest.mark.parametrize("reader", READERS)
def test_no_text_raises_what_is_not_the_readers_own_error(reader: str) -> None:
    rng = random.Random(f"texts for {reader}")
    for _ in range(300):
        try_to_read(reader, "".join(rng.choices(PIECES, k=rng.randrange(40))))


def try_to_read(reader: str, text: str) -> None:
    """Read it: the reader's own errors are an answer, all others come out."""
    try:
        READERS[reader](text)
    except OWN_ERRORS:
        return
