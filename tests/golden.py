"""The rows of `tests/data`: questions with answers, and what each is to a reader."""

import json
from dataclasses import dataclass
from pathlib import Path

from sodakd.text.extract import Extracted, extract
from sodakd.types import CallTests, Language, Outcome

DATA = Path(__file__).with_name("data")
QUESTIONS = DATA / "questions.jsonl"


@dataclass(frozen=True)
class GoldenRow:
    """A row of `questions.jsonl` with its line of `golden.jsonl`."""

    number: int
    answer: str
    calls: CallTests | None
    language: Language | None
    reason: str | None
    label: str
    complete: bool
    code: str
    outcome: Outcome | None

    def __str__(self) -> str:
        return f"{self.number}-{self.language or self.label}"

    def extracted(self) -> Extracted:
        """What is found in the answer."""
        return extract(self.answer, self.language, self.calls.entry_point if self.calls else "")


def _read() -> list[GoldenRow]:
    asked, golden = (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in (QUESTIONS, DATA / "golden.jsonl")
    )
    return [
        GoldenRow(
            number,
            row["output"],
            CallTests.model_validate(row["calls"]) if row["calls"] else None,
            Language(seen["language"]) if seen["language"] else None,
            seen["reason"],
            seen["label"],
            seen["complete"],
            seen["code"],
            Outcome(seen["outcome"]) if seen["outcome"] else None,
        )
        for number, (row, seen) in enumerate(zip(asked, golden, strict=True))
    ]


ROWS = _read()
