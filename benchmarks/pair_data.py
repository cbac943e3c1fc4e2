"""Triples of a prompt, a correct answer and a fault, for benchmarks of pair training.

Lengths are those of questions about code: prompts of 200 to 498 tokens, 327 on average, answers of
80 to 301, 163 on average. A fault of the kind `one-token` differs from the correct answer in one
token at a random place, as those of SODA do, whose teacher breaks a right program; one written
`anew` shares nothing with it but the prompt, as those of preference data do.
"""

import gzip
import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sodakd.inference.chat_format import ChatFormat
from sodakd.settings.training import TrainingSettings
from sodakd.text.mutations import mutations
from sodakd.training.schedule import TokenizedExample, batch_schedule
from sodakd.types import Language

Kind = Literal["one-token", "anew"]
KINDS: tuple[Kind, ...] = ("one-token", "anew")


@dataclass(frozen=True)
class LengthLaw:
    """Lengths from `least` to `most` tokens whose mean is `mean`; short ones are more frequent."""

    least: int
    most: int
    mean: int

    def draw(self, rng: random.Random) -> int:
        """One length."""
        bend = (self.most - self.least) / (self.mean - self.least) - 1
        return self.least + round((self.most - self.least) * math.pow(rng.random(), bend))


PROMPTS = LengthLaw(200, 498, 327)
ANSWERS = LengthLaw(80, 301, 163)


def read_programs(path: Path) -> list[tuple[str, Language]]:
    """The programs of a file of MBXP, and their language."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        (row["prompt"] + (row.get("canonical_solution") or "") + "\n", Language(row["language"]))
        for row in rows
    ]


class _Programs:
    """A file's programs one after another, in a random order and for ever, as tokens."""

    def __init__(self, path: Path, layout: ChatFormat, rng: random.Random) -> None:
        programs = read_programs(path)
        rng.shuffle(programs)
        self.layout, self.language = layout, programs[0][1]
        self.tokens = [token for text, _ in programs for token in layout.answer(text)[:-1]]
        self.at = 0

    def take(self, count: int) -> str:
        """The text of the next `count` tokens."""
        self.at = self.at if self.at + count <= len(self.tokens) else 0
        self.at += count
        return self.layout.text(self.tokens[self.at - count : self.at])


def code_triples(
    files: Sequence[Path], layout: ChatFormat, count: int, kind: Kind, seed: int
) -> list[TokenizedExample]:
    """Triples of real code: prompts and answers are stretches of a file's programs.

    They are cut between tokens, so that every tokenizer has the same lengths; a fault of the kind
    `one-token` is a mutant of the answer's text.
    """
    rng = random.Random(seed)
    programs = [_Programs(path, layout, rng) for path in files]
    frame = len(layout.prompt(""))
    found: list[TokenizedExample] = []
    while len(found) < count:
        these = programs[len(found) % len(programs)]
        prompt = these.take(PROMPTS.draw(rng) - frame)
        chosen, rejected = (these.take(ANSWERS.draw(rng) - 1) for _ in range(2))
        if kind == "one-token":
            changed = mutations(chosen, these.language, 100)
            if not changed:
                continue
            rejected = rng.choice(changed)
        question, right, wrong = (
            tuple(each)
            for each in (layout.prompt(prompt), layout.answer(chosen), layout.answer(rejected))
        )
        found.append(TokenizedExample(question, right, wrong))
    return found


def random_triples(
    vocab: int,
    end: int,
    count: int,
    kind: Kind,
    seed: int,
    prompts: LengthLaw = PROMPTS,
    answers: LengthLaw = ANSWERS,
) -> list[TokenizedExample]:
    """Triples of random tokens of these lengths, whose answers end in `end`."""
    rng = random.Random(seed)

    def draw(law: LengthLaw) -> list[int]:
        return [end + rng.randrange(1, vocab - end) for _ in range(law.draw(rng) - 1)]

    found = []
    for _ in range(count):
        prompt, chosen, rejected = draw(prompts), draw(answers), draw(answers)
        if kind == "one-token":
            at = rng.randrange(len(chosen))
            rejected = list(chosen)
            rejected[at] = chosen[at] - 1 if chosen[at] > end + 1 else chosen[at] + 1
        found.append(TokenizedExample(tuple(prompt), (*chosen, end), (*rejected, end)))
    return found


def in_steps(
    examples: Sequence[TokenizedExample], settings: TrainingSettings, seed: int
) -> list[TokenizedExample]:
    """The examples in the order in which `StudentTrainer` takes them: like lengths in one step."""
    steps = batch_schedule([each.length for each in examples], settings, seed)
    return [examples[place] for step in steps for place in step]


def useful_tokens(examples: Sequence[TokenizedExample]) -> int:
    """Tokens of prompts and of both answers, each counted once."""
    return sum(len(each.prompt) + len(each.chosen) + len(each.rejected or ()) for each in examples)
