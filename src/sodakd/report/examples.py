"""A bounded sample of examples for the report's browser."""

import json
import random
from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeVar

from pydantic import JsonValue

from sodakd.records import Difficulty, Feedback
from sodakd.report.faults import edit_distance, with_fault
from sodakd.report.reading import Student
from sodakd.types import FaultKind, PreferencePair, Question, StdioCase, TestCase, TestScript

Row = TypeVar("Row", Feedback, PreferencePair)

PER_STUDENT = 150
BYTES = 2_600_000
"""The browser's share of the page, which shall stay below 4 MB."""
_TEXT = 6000
_CASES = 24


def examples(students: Sequence[Student]) -> str:
    """Rows for the browser as JSON that can stand in a script element.

    Answers of the student are drawn evenly over difficulties, pairs over kinds of fault.
    """
    count = PER_STUDENT
    while True:
        text = _script_safe(_rows(students, count))
        if len(text.encode()) <= BYTES or count <= 4:
            return text
        count = count * 2 // 3


def _rows(students: Sequence[Student], count: int) -> list[JsonValue]:
    pairs = {pair.question.id: pair for student in students for pair in with_fault(student.pairs)}
    rows: list[JsonValue] = []
    for student in students:
        rng = random.Random(student.name)
        answered = _evenly(
            [[row for row in student.feedback if row.difficulty is kind] for kind in Difficulty],
            count, rng,
        )  # fmt: skip
        rows += [_answer(student.name, row, pairs.get(row.question.id)) for row in answered]
        taught = _evenly(
            [
                [pair for pair in with_fault(student.pairs) if pair.fault is kind]
                for kind in (*FaultKind, None)
            ],
            count * 2 // 3, rng,
        )  # fmt: skip
        rows += [
            {"kind": "pair", **_question(student.name, pair.question), **_codes(pair)}
            for pair in taught
        ]
    return rows


def _evenly(groups: Sequence[Sequence[Row]], count: int, rng: random.Random) -> list[Row]:
    drawn = [rng.sample(group, min(len(group), count)) for group in groups]
    mixed = [row for rank in zip_longest(*drawn) for row in rank if row is not None]
    return mixed[:count]


def _answer(student: str, row: Feedback, pair: PreferencePair | None) -> JsonValue:
    graded = None if row.score is None else {**row.score.model_dump(), "total": row.score.total}
    return {
        "kind": "answer",
        **_question(student, row.question),
        "difficulty": row.difficulty.value,
        "outcome": row.verdict.outcome.value,
        "stage": row.verdict.stage.value,
        "output": shortened_text(row.verdict.output),
        "answer": shortened_text(row.solution.code),
        "reason": row.reason,
        "samples": row.samples,
        "rate": row.pass_rate,
        "score": graded,
        "findings": [found.as_text for found in row.findings],
        **({} if pair is None else _codes(pair)),
    }


def _question(student: str, question: Question) -> dict[str, JsonValue]:
    cases = () if isinstance(question.tests, TestScript | None) else question.tests.cases
    return {
        "id": question.id,
        "student": student,
        "level": question.level,
        "language": question.language.value,
        "source": question.source,
        "question": shortened_text(question.text),
        "entry": question.tests.entry_point if question.tests else "",
        "tests": [_case(case) for case in cases[:_CASES]],
        "more": max(0, len(cases) - _CASES),
    }


def _codes(pair: PreferencePair) -> dict[str, JsonValue]:
    return {
        "chosen": shortened_text(pair.chosen),
        "rejected": shortened_text(pair.rejected or ""),
        "fault": pair.fault.value if pair.fault else "",
        "distance": edit_distance(pair),
    }


def _case(case: TestCase | StdioCase) -> list[JsonValue]:
    if isinstance(case, StdioCase):
        return [shortened_text(case.stdin), shortened_text(case.stdout)]
    call = ", ".join(json.dumps(value, ensure_ascii=False) for value in case.arguments)
    return [shortened_text(call), shortened_text(json.dumps(case.expected, ensure_ascii=False))]


def shortened_text(text: str) -> str:
    """A text as a page shows it: of a long one its beginning, and how much is left out."""
    left = len(text) - _TEXT
    return text if left <= 0 else f"{text[:_TEXT]}\n… {left:,} more characters"


def _script_safe(rows: list[JsonValue]) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
