"""What the calls of programs give, where nobody knows yet what they must give."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from sodakd.json_text import JsonError, parse_json
from sodakd.judge.left_out import InvalidTestsError
from sodakd.judge.program import OpenCalls, Program, ProgramJudge
from sodakd.types import CallTests, JudgeStage, Outcome, TestCase

MOST_LETTERS = 4000
"""Letters of a value's JSON: longer ones are no test that anybody can read."""


@dataclass(frozen=True)
class Returned:
    """A value that a call gave, as the judge compares it."""

    value: JsonValue


@dataclass
class CallResult:
    """What a program's calls gave. `outcome` and `output` are those of the run of all of them.

    A call has no value where it, or the program, failed; or where it gave what is no plain value,
    or too long a one.
    """

    outcome: Outcome
    output: str
    values: list[Returned | None]
    missing: list[int] = field(default_factory=list)
    """Calls that were not made, as the program ended before."""


def call_results(
    judge: ProgramJudge,
    programs: Sequence[Program],
    run: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[CallResult]:
    """Return what the calls of programs give, in the order of the programs.

    What their tests expect is not looked at. A call that ends its program ends none of the calls
    after it: these are made again, each alone. Equal programs of one `run` are run once.

    Raises:
        JudgeError: the judge itself failed.
    """
    results: dict[int, CallResult] = {}
    for number, result in _run(judge, [_opened(each, run) for each in programs]):
        results[number] = result
        if progress is not None:
            progress(len(results))
    again = [(number, at) for number, found in results.items() for at in found.missing]
    single = [_opened(programs[number], run, at) for number, at in again]
    for place, result in _run(judge, single):
        number, at = again[place]
        (results[number].values[at],) = result.values
    return [results[number] for number in range(len(programs))]


def _opened(program: Program, run: int, only: int | None = None) -> Program:
    """The program with its calls, or one of them, and nothing that is expected."""
    tests = program.tests
    assert isinstance(tests, CallTests)
    cases = tests.cases if only is None else tests.cases[only : only + 1]
    calls = OpenCalls(
        entry_point=tests.entry_point,
        cases=tuple(TestCase(arguments=case.arguments, expected=None) for case in cases),
        signature=tests.signature,
        run=run,
    )
    return replace(program, tests=calls)


def _run(judge: ProgramJudge, programs: Sequence[Program]) -> Iterator[tuple[int, CallResult]]:
    numbered = [replace(each, id=str(number)) for number, each in enumerate(programs)]
    try:
        for judged in judge.many(numbered):
            tests, verdict = numbered[int(judged.id)].tests, judged.verdict
            assert isinstance(tests, OpenCalls)
            values = list(map(_value, verdict.values.split("\n")[:-1]))[: len(tests.cases)]
            made = len(values)
            if verdict.stage is not JudgeStage.RUN:
                made = len(tests.cases)  # none of them can be made
            elif verdict.outcome is not Outcome.PASSED and len(tests.cases) == 1:
                made = 1
            values += [None] * (len(tests.cases) - len(values))
            missing = list(range(made, len(tests.cases)))
            yield int(judged.id), CallResult(verdict.outcome, verdict.output, values, missing)
    except InvalidTestsError as error:
        if error.__cause__ is not None:  # a language is missing
            raise
        for name, why in error.reasons.items():
            count = len(getattr(numbered[int(name)].tests, "cases", ()))
            yield int(name), CallResult(Outcome.NO_VERDICT, why, [None] * count)


def _value(line: str) -> Returned | None:
    if len(line) > MOST_LETTERS:
        return None
    try:
        said = parse_json(line)
    except JsonError:
        return None
    return Returned(said["value"]) if isinstance(said, dict) and "value" in said else None
