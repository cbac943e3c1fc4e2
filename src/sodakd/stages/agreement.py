"""Tests by agreement: what a question's calls must give is what independent solutions agree on.

The teacher says what to call, and with what; no value that it writes out is believed. It solves
the question a few times, and the solutions are run. A call is kept where more than half of them
give the same value, and the question where one of them holds every call that is kept (dual
execution agreement: CodeT, arXiv 2207.10397). That solution is the question's reference.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from sodakd.judge.call_results import Returned, call_results
from sodakd.judge.compare import Rule, equal, expected_value
from sodakd.judge.program import Program
from sodakd.judge.untested import to_program
from sodakd.records import Refusal
from sodakd.stages.ask_and_parse import ask_once
from sodakd.stages.context import StageContext
from sodakd.stages.programs import read_program
from sodakd.teacher.parsers import UnreadableReply
from sodakd.teacher.requests import Solve
from sodakd.text.json_values import decode, encode
from sodakd.text.languages import LANGUAGES
from sodakd.text.test_validation import signature_error
from sodakd.text.value_types import as_json
from sodakd.types import Assertion, CallTests, Comparison, Language, Question, TestCase


@dataclass(frozen=True)
class Agreed:
    """A question with its tests and its reference, and the solutions that agreed on them."""

    question: Question
    solutions: tuple[str, ...]


@dataclass(frozen=True)
class _Given:
    """What the calls of a solution gave at both runs, and what it printed."""

    output: str
    values: Sequence[tuple[Returned | None, Returned | None]]


def agree(
    stage: StageContext, drafts: Sequence[Question], tally: Counter[str]
) -> list[Agreed | Refusal]:
    """Return each question with its tests, or why it gets none, in the order of the drafts.

    Of the calls of a draft nothing is expected. Each is solved `questions.solutions` times, all of
    it asked for at once.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    times = stage.recipe.questions.solutions
    asks = [Solve(question=each, attempt=at) for each in drafts for at in range(times)]
    progress = stage.progress(len(asks), "solutions to agree")
    replies = ask_once(
        stage, asks, lambda text, ask: read_program(text, ask.question), tally, progress, "solution"
    )
    read = [None if isinstance(one, UnreadableReply) else one for one in replies]
    solutions = [tuple(filter(None, read[at : at + times])) for at in range(0, len(read), times)]
    return agree_on(stage, drafts, solutions)


def agree_on(
    stage: StageContext, drafts: Sequence[Question], solutions: Sequence[Sequence[str]]
) -> list[Agreed | Refusal]:
    """Return each question with its tests by these solutions, or why it gets none."""
    pairs = list(zip(drafts, solutions, strict=True))
    stage.progress(len(pairs), "run the solutions")(0)
    programs = [to_program(question, code) for question, codes in pairs for code in codes]
    results = iter(_given_twice(stage, programs))
    voted = [_vote(stage, question, [next(results) for _ in codes]) for question, codes in pairs]
    return _with_reference(stage, pairs, voted)


def _given_twice(stage: StageContext, programs: Sequence[Program]) -> list[_Given]:
    """What the calls of programs give, and give again, in the other order.

    So what draws by chance, or remembers, is found.
    """
    first = call_results(stage.judge, programs)
    gave = [[at for at, value in enumerate(one.values) if value is not None] for one in first]
    again = [
        replace(program, tests=_only(program, places[::-1]))
        for program, places in zip(programs, gave, strict=True)
        if places
    ]
    second = iter(call_results(stage.judge, again, run=1))
    found = []
    for one, places in zip(first, gave, strict=True):
        others = dict(zip(places[::-1], next(second).values, strict=True)) if places else {}
        found.append(
            _Given(one.output, [(value, others.get(at)) for at, value in enumerate(one.values)])
        )
    return found


def _only(program: Program, places: Sequence[int]) -> CallTests:
    assert isinstance(program.tests, CallTests)
    cases = program.tests.cases
    return program.tests.model_copy(update={"cases": tuple(cases[at] for at in places)})


def _vote(stage: StageContext, question: Question, gave: Sequence[_Given]) -> CallTests | Refusal:
    """The calls on whose values enough solutions agree, or why there are too few."""
    tests, settings = question.tests, stage.recipe.questions
    assert isinstance(tests, CallTests)
    kept: list[TestCase] = []
    values: list[Returned] = []
    lost: Counter[Refusal] = Counter()
    returns = "" if tests.signature is None else str(tests.signature.returns)
    for at, case in enumerate(tests.cases):
        value = _agreed([one.values[at] for one in gave], settings.solutions, question.language)
        if isinstance(value, Refusal):
            lost[value] += 1
        elif value.value is None and not returns.startswith("optional"):
            lost[_nothing(gave)] += 1
        else:
            kept.append(case)
            values.append(value)
    if not kept:
        return lost.most_common(1)[0][0] if lost else Refusal.TOO_FEW_CASES
    if len(kept) < settings.min_cases:
        return Refusal.TOO_FEW_CASES
    if all(_same(one, values[0], question.language) for one in values):
        return Refusal.ONE_VALUE
    return _tests(tests.model_copy(update={"cases": tuple(kept)}), values, question.language)


def _tests(tests: CallTests, values: Sequence[Returned], language: Language) -> CallTests | Refusal:
    """The calls with what they must give.

    Where that is not of the signature's type, a language without types does without a signature.
    """
    expected = [_as_plain(one.value, language) for one in values]
    cases = tuple(
        case.model_copy(update={"expected": value})
        for case, value in zip(tests.cases, expected, strict=True)
    )
    signed = tests.model_copy(update={"cases": cases})
    if not signature_error(signed, language) and signed.survives_json():
        said = [expected_value(case, signed, language) for case in cases]
        if all(equal(one.value, value) for one, value in zip(values, said, strict=True)):
            return signed
    if language is Language.PYTHON:
        cases = tuple(
            Assertion(
                arguments=tuple(map(encode, case.arguments)),
                expected=one.value,
                comparison=Comparison.EQUAL,
            )
            for case, one in zip(tests.cases, values, strict=True)
        )
    free = tests.model_copy(update={"cases": cases, "signature": None})
    fits = not signature_error(free, language) and free.survives_json()
    return free if fits and not LANGUAGES[language].types else Refusal.WRONG_TYPE


def _agreed(
    values: Sequence[tuple[Returned | None, Returned | None]], solutions: int, language: Language
) -> Returned | Refusal:
    """The value of a call that more than half of the solutions give, both times."""
    there = [
        value
        for value, other in values
        if value is not None and other is not None and _same(value, other, language)
    ]
    for value in there:
        if 2 * sum(_same(value, other, language) for other in there) > solutions:
            return value
    ran = sum(value is not None for value, _ in values)
    if 2 * ran <= solutions:
        return Refusal.CRASH
    return Refusal.NO_AGREEMENT if 2 * len(there) > solutions else Refusal.NOT_DETERMINISTIC


def _same(one: Returned, other: Returned, language: Language) -> bool:
    """Whether two values are the same; 1 is 1.0 where the language has one kind of number."""
    rule = Rule(strict=bool(LANGUAGES[language].types), tagged=False)
    try:
        return equal(_as_plain(one.value, language), _as_plain(other.value, language), rule)
    except (ValueError, RecursionError):
        return False


def _nothing(gave: Sequence[_Given]) -> Refusal:
    """Why calls give nothing: they print what they should return, or they change what they got."""
    printed = any(one.output.strip() for one in gave)
    return Refusal.PRINTS if printed else Refusal.WRONG_TYPE


def _as_plain(value: JsonValue, language: Language) -> JsonValue:
    """A value as a signature's type has it: Python's own kinds come with their names."""
    if language is not Language.PYTHON:
        return value
    try:
        return as_json(decode(value))
    except ValueError:
        return value


def _with_reference(
    stage: StageContext,
    pairs: Sequence[tuple[Question, Sequence[str]]],
    voted: Sequence[CallTests | Refusal],
) -> list[Agreed | Refusal]:
    """Each question whose tests one of its solutions passes, by the judge's own verdict."""
    asked = [
        (at, question.model_copy(update={"tests": tests}), code)
        for at, ((question, codes), tests) in enumerate(zip(pairs, voted, strict=True))
        if isinstance(tests, CallTests)
        for code in codes
    ]
    verdicts = stage.verdicts([to_program(question, code) for _, question, code in asked])
    found: list[Agreed | Refusal] = [
        one if isinstance(one, Refusal) else Refusal.NO_AGREEMENT for one in voted
    ]
    for (at, question, code), verdict in reversed(list(zip(asked, verdicts, strict=True))):
        if verdict.passed:  # the first one stays
            tested = question.model_copy(update={"reference": code})
            found[at] = Agreed(tested, tuple(pairs[at][1]))
    return found
