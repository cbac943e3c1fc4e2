"""What the calls of programs give, where nobody knows yet what they must give."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from sodakd.json_text import JsonError, parse_json
from sodakd.judge.left_out import InvalidTestsError
from sodakd.judge.program import OpenCalls, Program, ProgramJudge
from sodakd.types import CallTests, JudgeStage, Outcome, TestCase, Verdict

MOST_LETTERS = 4000
"""Letters of a value's JSON: longer ones are no test that anybody can read."""


@dataclass(frozen=True)
class Returned:
    """A value that a call gave, as the judge compares it."""

    value: JsonValue


@dataclass(frozen=True)
class CallResult:
    """What a program's calls gave. `outcome` and `output` are those of the run of all of them.

    A call has no value where it, or the program, failed; or where it gave what is no plain value,
    or too long a one.
    """

    outcome: Outcome
    output: str
    values: Sequence[Returned | None]


_Calls = tuple[int, Sequence[int]]
"""Some of the calls of a program, which run in one process: its number, and theirs."""


def call_results(
    judge: ProgramJudge, programs: Sequence[Program], run: int = 0
) -> list[CallResult]:
    """Return what the calls of programs give, in the order of the programs.

    What their tests expect is not looked at. A call that ends its program ends none of the others:
    these are made again without it. Equal programs of one `run` are run once.
    """
    counts = [len(_tests(each).cases) for each in programs]
    values: list[list[Returned | None]] = [[None] * count for count in counts]
    ends: dict[int, Verdict] = {}
    waiting: list[_Calls] = [(number, range(count)) for number, count in enumerate(counts)]
    while waiting:
        made = [_opened(programs[number], places, run) for number, places in waiting]
        again: list[_Calls] = []
        for place, verdict in _verdicts(judge, made):
            number, places = waiting[place]
            ends.setdefault(number, verdict)
            given = [_value(line) for line in verdict.values.split("\n")[:-1]]
            for at, value in zip(places, given, strict=False):
                values[number][at] = value
            slow = verdict.outcome is Outcome.TIMEOUT and len(places) < len(values[number])
            if verdict.stage is JudgeStage.RUN and not slow:  # a second half that hangs is given up
                again += [(number, part) for part in _left(places, len(given))]
        waiting = again
    return [
        CallResult(ends[number].outcome, ends[number].output, found)
        for number, found in enumerate(values)
    ]


def _left(places: Sequence[int], given: int) -> list[Sequence[int]]:
    """The calls that are to be made again: those after the last one that gave something; where none
    did, both halves, as any of them may have ended the program.
    """
    if given:
        return [places[given:]] if given < len(places) else []
    half = len(places) // 2
    return [places[:half], places[half:]] if half else []


def _opened(program: Program, places: Sequence[int], run: int) -> Program:
    """The program with some of its calls, and nothing that is expected."""
    tests = _tests(program)
    calls = OpenCalls(
        entry_point=tests.entry_point,
        cases=tuple(TestCase(arguments=tests.cases[at].arguments, expected=None) for at in places),
        signature=tests.signature,
        run=run,
    )
    return replace(program, tests=calls)


def _tests(program: Program) -> CallTests:
    assert isinstance(program.tests, CallTests)
    return program.tests


def _verdicts(judge: ProgramJudge, programs: Sequence[Program]) -> Iterator[tuple[int, Verdict]]:
    """The verdicts as they come: what calls give is large, and kept no longer than it is read."""
    try:
        for judged in judge.judge_stream(
            replace(each, id=str(at)) for at, each in enumerate(programs)
        ):
            yield int(judged.id), judged.verdict
    except InvalidTestsError as error:
        if error.__cause__ is not None:  # a language is missing
            raise
        for name, why in error.reasons.items():
            no = Verdict(outcome=Outcome.NO_VERDICT, stage=JudgeStage.COMPILE, output=why)
            yield int(name), no


def _value(line: str) -> Returned | None:
    if len(line) > MOST_LETTERS:
        return None
    try:
        said = parse_json(line)
    except JsonError:
        return None
    return Returned(said["value"]) if isinstance(said, dict) and "value" in said else None
