"""Ten thousand answers of models, mutated: every reader of answers takes them, and ends."""

import json
import random
from collections.abc import Sequence

import pytest

from sodakd.evaluate.samples import program_of
from sodakd.text.extract import extract
from sodakd.text.fences import blocks
from sodakd.text.language_id import identify_language
from sodakd.text.lexer import lexed
from sodakd.text.repl_transcript import console_code
from sodakd.text.symbols import symbols_of
from sodakd.text.thinking import strip_thinking
from sodakd.text.truncation import truncated_at
from sodakd.types import Language
from tests.evaluate.tasks import task
from tests.real_data import real_data
from tests.test_hostile_text import PIECES

_ANSWERS = 10_000
_BREAKS = [
    "\r\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\x00",
    "\udc80",
]


def _real_answers() -> list[str]:
    rows = json.loads(real_data("codealpaca/new_codealpaca.json").read_text())
    found = [row["output"] for row in rows]
    for path in sorted(real_data("model-solutions").glob("*.jsonl")):
        lines = path.read_text().splitlines()[:200]
        found += [f"Here:\n```{path.stem}\n{json.loads(line)['program']}\n```\n" for line in lines]
    return found


def _mutated(rng: random.Random, answers: Sequence[str]) -> str:
    text = rng.choice(answers)[:4_000]
    for _ in range(rng.randrange(1, 6)):
        at, to = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        piece = rng.choice([*PIECES, *_BREAKS]) * rng.choice((1, 1, 1, 40))
        other = rng.choice(answers)
        text = rng.choice((
            text[:at] + text[to:],
            text[:at] + piece + text[at:],
            text[:at] + other[: to - at] + text[to:],
            text[:at] + text[at:to] * 2 + text[to:],
            text.replace("\n", rng.choice(_BREAKS)),
            text[at:],
            text[:to],
        ))  # fmt: skip
    return text


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_every_reader_takes_mutated_answers_of_models() -> None:
    answers, rng = _real_answers(), random.Random("mutated answers")
    tasks = {language: task(language) for language in Language}
    for _ in range(_ANSWERS):
        text, language = _mutated(rng, answers), rng.choice(list(Language))
        found = extract(text, language, "add")
        assert bool(found.code.strip()) or found.reason
        assert program_of(tasks[language], text).language is language
        symbols_of(text, language)
        truncated_at(text, language)
        for read in (extract, identify_language, strip_thinking, blocks, console_code):
            read(text)
        if language is not Language.PYTHON:
            assert len(lexed(text, language).blank) == len(text)
