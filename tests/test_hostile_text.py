"""Whatever reads text of others takes time linear in it, and raises nothing but its own errors.

A reader of replies, answers, programs, rows or server bodies has its line in `READERS`.
"""

import json
import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sodakd.errors import SodakdError
from sodakd.json_text import JsonError, parse_json
from sodakd.judge.assertions import read_assertions
from sodakd.judge.extract import extract
from sodakd.judge.languages import (
    c,
    c_joined,
    c_tokens,
    go,
    go_joined,
    go_source,
    java,
    java_source,
    javascript,
)
from sodakd.judge.rows import read_programs
from sodakd.judge.values import compare
from sodakd.teacher.reading import UnreadableReply, read_fault
from sodakd.types import Assertion, Comparison, Language, Tests

CALLS = Tests(
    entry_point="f",
    cases=(Assertion(arguments=(1,), expected={"set": [1]}, comparison=Comparison.EQUAL),),
)


def _row(text: str) -> object:
    with TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        path.write_text(text, encoding="utf-8", errors="replace")
        return read_programs(path, None, Language.PYTHON)


WRONG = (c.WRONG, go.WRONG, java.WRONG, javascript.WRONG, go.MEMORY, java.MEMORY, javascript.MEMORY)
READERS: Mapping[str, Callable[[str], object]] = {
    "json": parse_json,
    "fault": read_fault,
    "words of C": c_tokens.words,
    "includes of C": c.precompiled,
    "C and its script": partial(c_joined.joined, script="int main() { exit(0); }", cpp=True),
    "script of C": partial(c_joined.joined, "", cpp=False),
    "Java and its script": lambda text: java_source.joined(text, text),
    "Go": go_source.read,
    "Go and its script": lambda text: go_joined.without_mains(text, f"{text}os.Exit(0)"),
    "what Go says": go.words,
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
    "void main(", "class A {", "import a;", "func main(", "os.Exit", "--- FAIL: ", "panic: ",
    "goroutine 1 [a]:\n", "program: program.c:1: ", "Assertion `", "#include <a.h>\n", "\\\n",
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
