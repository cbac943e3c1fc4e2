"""Whatever reads text of others takes time linear in it, and raises nothing but its own errors.

A reader of replies, answers, programs, rows or server bodies has its line in `READERS`.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sodakd.assertions import read_assertions
from sodakd.dedup.words import words
from sodakd.errors import SodakdError
from sodakd.evaluate.samples import program_of
from sodakd.inference.batch_api import read_batch, read_batches, read_results
from sodakd.inference.response_parser import parse_response, retry_after
from sodakd.json_text import JsonError, parse_json, valid_unicode
from sodakd.judge.compare import compare
from sodakd.judge.languages import (
    c,
    c_with_tests,
    go,
    go_source,
    java,
    java_source,
    javascript,
)
from sodakd.judging.rows import read_programs
from sodakd.seeds.columns import read_seeds
from sodakd.seeds.filter import filter_seeds
from sodakd.seeds.intent import has_code, is_prose, lacks_its_code, wants_words
from sodakd.seeds.languages import named_languages
from sodakd.seeds.read import read_rows_of
from sodakd.seeds.requirements import requirements_of
from sodakd.seeds.said import exchange_of
from sodakd.seeds.seed import Seed
from sodakd.seeds.snippets import draw_snippet
from sodakd.seeds.templates import NotText
from sodakd.settings.questions import ColumnSettings, QuestionSettings
from sodakd.teacher.parsers import UnreadableReply
from sodakd.text.extract import extract
from sodakd.text.language_id import identify_language
from sodakd.text.lexer import lexed, tokens
from sodakd.text.same_program import is_same
from sodakd.text.symbols import symbols_of
from sodakd.types import Assertion, CallTests, Comparison, Language
from tests.evaluate.tasks import task
from tests.teacher.readers import REPLIES, graded_in, lines_in, read_whole


def read_body(status: int, text: str) -> object:
    """A server's body of this text, and of it in the place of the answer and of the error."""
    return [
        parse_response(status, {"retry-after": text}, body.encode("utf-8", "surrogatepass"))
        for body in (text, f'{{"choices": [{text}]}}', f'{{"error": {text}}}')
    ]


def read_batch_files(text: str) -> object:
    """A server's bodies of the Batch API of this text."""
    body = text.encode("utf-8", "surrogatepass")
    return read_batch(body), read_batches(b'{"data": [%b]}' % body), read_results(body)


WRONG = (c.WRONG, go.WRONG, java.WRONG, javascript.WRONG, go.MEMORY, java.MEMORY, javascript.MEMORY)
LEXERS = (Language.PYTHON, Language.CPP, Language.JAVASCRIPT)


def sifted(text: str) -> object:
    """What becomes of a text as a question and as its own reference answer."""
    seed = Seed(text=valid_unicode(text), reference=valid_unicode(text), file="", row=0)
    return next(filter_seeds([seed], QuestionSettings(source="rows"), []))


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


CALLS = CallTests(
    entry_point="f",
    cases=(Assertion(arguments=(1,), expected={"set": [1]}, comparison=Comparison.EQUAL),),
)


def _row(text: str) -> object:
    with TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        path.write_text(text, encoding="utf-8", errors="replace")
        return read_programs(path, None, Language.PYTHON)


def read_task_answer(language: Language, text: str) -> object:
    """The program of an answer to a benchmark's task."""
    return program_of(task(language), text)


def read_tokens(language: Language, text: str) -> object:
    """The tokens of a text, and its views without comments and strings."""
    read = lexed(text, language)
    views = (read.strings, read.text, read.uncommented, read.blank, read.flat, read.shallow)
    return list(tokens(text, language)), views, read.early, read.bare, read.outermost


READERS: Mapping[str, Callable[[str], object]] = {
    "json": parse_json,
    "reply": read_whole,
    **REPLIES,
    **{f"program in {each}": partial(is_same, other="x", language=each) for each in LEXERS},
    **{f"answer of the world in {each}": graded_in(each) for each in Language},
    "lines of the world": lines_in(Language.JAVA),
    "answer of a server": partial(read_body, 200),
    "error of a server": partial(read_body, 400),
    "pause of a server": retry_after,
    "batch of a server": read_batch_files,
    "C and its script": partial(c_with_tests.joined, script="int main() { exit(0); }", cpp=True),
    "script of C": partial(c_with_tests.joined, "", cpp=False),
    "Java and its script": lambda text: java_source.joined(text, text),
    "Go": go_source.harmless,
    "Go and its script": lambda text: go_source.without_mains(text, f"{text}os.Exit(0)"),
    "what Go says": go.clean_output,
    "what programs say": lambda text: [one.search(text) for one in WRONG],
    "row of programs": lambda text: _row(json.dumps({"code": "f = 1", "test": text})),
    "line of programs": lambda text: _row(text.replace("\n", " ")),
    "tests as text": lambda text: _row(json.dumps({"code": "f = 1", "tests": f"[{text}"})),
    "entry point": lambda text: _row(
        json.dumps({"code": "f = 1", "test": "assert f", "entry_point": text})
    ),
    "assertions": lambda text: read_assertions(text, "f"),
    "an assertion": lambda text: read_assertions(f"assert f(1) == {text}\n", "f"),
    "values": lambda text: compare(f"{text}\n", CALLS, Language.PYTHON),
    "a value": lambda text: compare(f'{{"value": {text}}}\n', CALLS, Language.PYTHON),
    **{
        f"answer in {language}": partial(extract, language=language, entry_point="f")
        for language in Language
    },
    "answer in any language": extract,
    "code in any language": identify_language,
    **{f"names in {language}": partial(symbols_of, language=language) for language in Language},
    **{
        f"answer to a task in {language}": partial(read_task_answer, language)
        for language in Language
        if language not in {Language.CPP, Language.TYPESCRIPT}  # read as C and JavaScript are
    },
    **{f"tokens in {language}": partial(read_tokens, language) for language in Language},
    "words": words,
    "exchange": exchange_of,
    "sifted seed": sifted,
    "needs of a question": lambda text: requirements_of(text, text),
    "words wanted": lambda text: (wants_words(text, None, False), wants_words(text, text, False)),
    "code in a question": lambda text: (has_code(text), is_prose(text), lacks_its_code(text)),
    "languages named": named_languages,
    "snippet": lambda text: draw_snippet(text, random.Random(0)),
    "file of seeds": seeds_of_lines,
    "table of seeds": seeds_of_table,
}
OWN_ERRORS = (SodakdError, JsonError, UnreadableReply, NotText)
SIZE = 4_000
"""Characters of a long text."""
MOST_SECONDS = 0.15
"""CPU time for it: many times what the slowest reader takes, and less than one takes that looks at
each character again for each other, by a pattern."""

PIECES = [
    "\n", " ", "\t", "\r\n", "`", "```\n", "```python\n", "~~~\n", "    \n", ">>> ", "... ",
    "\\d", "\\", "\\\"", "\"",
    "'", "\"\"\"", "'''", "#/*", "/**/", "/*", "*/", "//", "#", "#\\\n", "{", "}", "(",
    ")", "[", "]", "[{", "{\"a\":", "<", "<think>", "</think>", "<!--", "\\u", "\\ud83d", "\ud83d",
    "1", "1.", "-", "* ", "1. ", ": ", "def f(", "class A", "import a\n", "a=", "a.b", "a b ",
    "void main(", "class A {", "import a;", "func main(", "os.Exit", "--- FAIL: ", "panic: ",
    "goroutine 1 [a]:\n", "program: program.c:1: ", "Assertion `", "#include <a.h>\n", "\\\n",
    "f(", "=/[", "import (\n", "struct A ", "function ", "a:  x;", "    a\n", "\ufeff",
    "\x00", "\x0c", "\u2028", "é", "\u0301\u0316", "//\\\n", "R\"(", "${", "`${`", "1:", "|", "| ",
]  # fmt: skip
"""What texts are made of that have hung a reader, or may."""


@pytest.mark.heavy
@pytest.mark.parametrize("reader", READERS)
def test_a_long_text_is_read_in_time_linear_in_it(reader: str) -> None:
    for piece in PIECES:
        read_in_time(reader, piece * (SIZE // len(piece)), MOST_SECONDS)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_a_longer_text_within_another_is_read_in_time_linear_in_it(reader: str) -> None:
    for piece in PIECES:
        read_in_time(reader, f"x{piece * (45 * SIZE // len(piece))}y", 45)


@pytest.mark.parametrize("reader", READERS)
def test_no_text_raises_what_is_not_the_readers_own_error(reader: str) -> None:
    rng = random.Random(f"texts for {reader}")
    for _ in range(300):
        try_to_read(reader, "".join(rng.choices(PIECES, k=rng.randrange(40))))


def read_in_time(reader: str, text: str, seconds: float) -> None:
    """Read it within so many seconds of the CPU, once of three times: others run too."""
    taken: list[float] = []
    while not taken or (taken[-1] >= seconds and len(taken) < 3):
        start = time.process_time()
        try_to_read(reader, text)
        taken.append(time.process_time() - start)
    assert min(taken) < seconds, text[:30]


def try_to_read(reader: str, text: str) -> None:
    """Read it: the reader's own errors are an answer, all others come out."""
    try:
        READERS[reader](text)
    except OWN_ERRORS:
        return
