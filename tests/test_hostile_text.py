"""Whatever reads text of others takes time linear in it, and raises nothing but its own errors.

A reader of replies, answers, programs, rows or server bodies has its line in `READERS`.
"""

import random
from collections.abc import Callable, Mapping
from functools import partial

import pytest

from sodakd.errors import SodakdError
from sodakd.evaluate.reading import program_of
from sodakd.json_text import JsonError, parse_json
from sodakd.judge.extract import extract
from sodakd.judge.guess import guess_code
from sodakd.judge.names import names_of
from sodakd.models.batches import read_batch, read_batches, read_results
from sodakd.models.replies import read_reply, retry_after
from sodakd.teacher.reading import UnreadableReply, read_fault
from sodakd.types import Language
from tests.evaluate.tasks import task


def read_body(status: int, text: str) -> object:
    """A server's body of this text, and of it in the place of the answer and of the error."""
    return [
        read_reply(status, {"retry-after": text}, body.encode("utf-8", "surrogatepass"))
        for body in (text, f'{{"choices": [{text}]}}', f'{{"error": {text}}}')
    ]


def read_batch_files(text: str) -> object:
    """A server's bodies of the Batch API of this text."""
    body = text.encode("utf-8", "surrogatepass")
    return read_batch(body), read_batches(b'{"data": [%b]}' % body), read_results(body)


def read_task_answer(language: Language, text: str) -> object:
    """The program of an answer to a benchmark's task: of a quarter of it, for it is read often."""
    return program_of(task(language), text[: SIZE // 4])


READERS: Mapping[str, Callable[[str], object]] = {
    "json": parse_json,
    "fault": read_fault,
    "answer of a server": partial(read_body, 200),
    "error of a server": partial(read_body, 400),
    "pause of a server": retry_after,
    "batch of a server": read_batch_files,
    **{
        f"answer in {language}": partial(extract, language=language, entry_point="f")
        for language in Language
    },
    "answer in any language": extract,
    "code in any language": guess_code,
    **{f"names in {language}": partial(names_of, language=language) for language in Language},
    **{
        f"answer to a task in {language}": partial(read_task_answer, language)
        for language in Language
        if language not in {Language.CPP, Language.TYPESCRIPT}  # read as C and JavaScript are
    },
}
OWN_ERRORS = (SodakdError, JsonError, UnreadableReply)
SIZE = 200_000
"""Characters: at this size a reader of quadratic time is not back within the test's time-out."""

PIECES = [
    "\n", " ", "\t", "\r\n", "`", "```\n", "```python\n", "~~~\n", "    \n", ">>> ", "... ",
    "\\d", "\\", "\\\"", "\"",
    "'", "\"\"\"", "'''", "#/*", "/**/", "/*", "*/", "//", "#", "#\\\n", "{", "}", "(",
    ")", "[", "]", "[{", "{\"a\":", "<", "<think>", "</think>", "<!--", "\\u", "\\ud83d", "\ud83d",
    "1", "1.", "-", "* ", "1. ", ": ", "def f(", "class A", "import a\n", "a=", "a.b", "a b ",
    "f(", "=/[", "import (\n", "struct A ", "function ", "a:  x;", "    a\n", "\ufeff",
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
