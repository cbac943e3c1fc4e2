"""The groups of an exam's questions, and a student's pass rate on each.

Questions are told apart by their place in the exam: two benchmarks may ask the same.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sodakd.errors import JudgeError
from sodakd.evaluate.passk import mean_of_languages, wilson
from sodakd.records import EvalSample, PassRate
from sodakd.types import Question

ALL = "all"
HELD_OUT = "held out"
Outcomes = Sequence[bool | None]
"""Whether each answer of a student to an exam passed; None where its tests cannot run."""


@dataclass(frozen=True)
class ExamGroup:
    """Questions of an exam whose pass rate is told: the mean over columns, each counts the same.

    A column holds places in the exam. `by` is that of `PassRate`.
    """

    name: str
    columns: Sequence[Sequence[int]]
    by: str = ""


def held_out_groups(questions: Sequence[Question]) -> list[ExamGroup]:
    """Group questions that a source holds out: all, and each of several languages."""
    places: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        places.setdefault(question.language.display_name, []).append(place)
    parts = [ExamGroup(f"{HELD_OUT} {name}", [own], "language") for name, own in places.items()]
    whole = [ExamGroup(ALL, [range(len(questions))])] if questions else []
    return [*whole, *(parts if len(parts) > 1 else ())]


def with_benchmarks(
    own: Sequence[ExamGroup], first: int, tasks: Sequence[Question]
) -> list[ExamGroup]:
    """Add the groups of benchmarks, whose tasks follow the source's own questions in the exam.

    They come first: their mean, each benchmark, what is held out; then each language.
    """
    if not tasks:
        return list(own)
    columns: dict[str, dict[str, list[int]]] = {}
    for place, task in enumerate(tasks, start=first):
        languages = columns.setdefault(task.source, {})
        languages.setdefault(task.language.display_name, []).append(place)
    every = [places for languages in columns.values() for places in languages.values()]
    wholes = [ExamGroup(ALL, every)] if len(columns) > 1 else []
    parts = []
    for name, languages in columns.items():
        named = [ExamGroup(f"{name} {each}", [places]) for each, places in languages.items()]
        if len(named) == 1:
            wholes += named
            continue
        wholes.append(ExamGroup(name, list(languages.values())))
        parts += [ExamGroup(one.name, one.columns, "language") for one in named]
    kept = [ExamGroup(HELD_OUT, one.columns) if one.name == ALL else one for one in own]
    ordered = [*wholes, *parts, *kept]
    return [*(one for one in ordered if not one.by), *(one for one in ordered if one.by)]


def outcomes_of(
    exam: Sequence[Question], attempts: Mapping[str, Sequence[EvalSample]]
) -> tuple[dict[str, Outcomes], dict[str, int]]:
    """Return each student's outcomes, and how many questions are in no figure, by reason.

    A question whose tests cannot run for one student is left out for all: so all are measured on
    the same questions.
    """
    silent: dict[int, str] = {}
    for rows in attempts.values():
        for place, (question, row) in enumerate(zip(exam, rows, strict=True)):
            if row.verdict.blames_tests(question.reference or ""):
                silent.setdefault(place, row.verdict.output)
    found: dict[str, Outcomes] = {
        name: [None if place in silent else row.verdict.passed for place, row in enumerate(rows)]
        for name, rows in attempts.items()
    }
    return found, dict(Counter(silent.values()))


def pass_at_1(questions: Sequence[Question], attempts: Sequence[EvalSample]) -> float:
    """Return the share of answers that passed, 0 to 1, of those whose tests can run."""
    (outcomes,) = outcomes_of(questions, {"": attempts})[0].values()
    told = [passed for passed in outcomes if passed is not None]
    return sum(told) / len(told) if told else 0.0


def pass_rates(groups: Sequence[ExamGroup], outcomes: Outcomes) -> tuple[PassRate, ...]:
    """Return a student's pass rate on each group, with the interval of `sodakd eval`.

    Raises:
        JudgeError: nothing can be said of any answer of a column.
    """
    return tuple(_pass_rate(group, outcomes) for group in groups)


def _pass_rate(group: ExamGroup, outcomes: Outcomes) -> PassRate:
    columns = [[each for place in own if (each := outcomes[place]) is not None]
               for own in group.columns]  # fmt: skip
    if not all(columns):
        raise JudgeError(
            f"{group.name}: nothing can be said of any answer, as no test of it can run here:"
            " sodakd eval says why; or leave it out of evaluation.benchmarks"
        )
    counts = [(sum(column), len(column)) for column in columns]
    parts = [(passed / total, *wilson(passed, total)) for passed, total in counts]
    mean, low, high = mean_of_languages(parts)
    return PassRate(
        group=group.name,
        passed=sum(passed for passed, _ in counts),
        total=sum(total for _, total in counts),
        low=parts[0][1] if len(parts) == 1 else low,
        high=parts[0][2] if len(parts) == 1 else high,
        mean=None if len(parts) == 1 else mean,
        by=group.by,
    )
