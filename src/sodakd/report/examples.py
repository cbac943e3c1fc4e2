"""A bounded sample of examples for the report's browser."""

import json
import random
from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeVar

from pydantic import JsonValue

from sodakd.report.reading import Cycle
from sodakd.types import Case, Difficulty, FaultKind, Feedback, Pair

Row = TypeVar("Row", Feedback, Pair)

PER_CYCLE = 100


def examples(cycles: Sequence[Cycle]) -> list[JsonValue]:
    """Rows for the browser: answers of the student evenly over difficulties, pairs over faults."""
    pairs = {pair.question.id: pair for cycle in cycles for pair in cycle.pairs}
    rows: list[JsonValue] = []
    for cycle in cycles:
        rng = random.Random(cycle.number)
        answered = _evenly(
            [[row for row in cycle.feedback if row.difficulty is kind] for kind in Difficulty], rng
        )
        rows += [_answer(cycle.number, row, pairs.get(row.question.id)) for row in answered]
        taught = _evenly(
            [[pair for pair in cycle.pairs if pair.fault is kind] for kind in FaultKind], rng
        )
        rows += [_pair(cycle.number, pair) for pair in taught]
    return rows


def _evenly(groups: Sequence[Sequence[Row]], rng: random.Random) -> list[Row]:
    drawn = [rng.sample(group, min(len(group), PER_CYCLE)) for group in groups]
    mixed = [row for rank in zip_longest(*drawn) for row in rank if row is not None]
    return mixed[:PER_CYCLE]


def _answer(cycle: int, row: Feedback, pair: Pair | None) -> JsonValue:
    shown: dict[str, JsonValue] = {
        "kind": "answer",
        "cycle": cycle,
        "level": row.question.level,
        "question": row.question.text,
        "tests": _tests(row.question.tests.cases if row.question.tests else ()),
        "difficulty": row.difficulty.value,
        "outcome": row.verdict.outcome.value,
        "output": row.verdict.output,
        "answer": row.solution.code,
        "reason": row.reason,
        "score": None if row.score is None else row.score.model_dump(),
        "total": None if row.score is None else row.score.total,
    }
    if pair is not None:
        shown |= {"chosen": pair.chosen, "rejected": pair.rejected, "fault": pair.fault.value}
    return shown


def _pair(cycle: int, pair: Pair) -> JsonValue:
    return {
        "kind": "pair",
        "cycle": cycle,
        "level": pair.question.level,
        "question": pair.question.text,
        "tests": _tests(pair.question.tests.cases if pair.question.tests else ()),
        "chosen": pair.chosen,
        "rejected": pair.rejected,
        "fault": pair.fault.value,
    }


def _tests(cases: Sequence[Case]) -> list[JsonValue]:
    return [
        {
            "call": ", ".join(json.dumps(value) for value in case.arguments),
            "expected": json.dumps(case.expected),
        }
        for case in cases
    ]
