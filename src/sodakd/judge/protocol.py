"""A program as a worker is asked for it, and what the worker says as a verdict."""

from pydantic import JsonValue

from sodakd.judge.compare import compare
from sodakd.judge.left_out import InvalidTestsError
from sodakd.judge.output_comparison import beyond_limit, compare_outputs
from sodakd.judge.program import OpenCalls, Program
from sodakd.judge.sandbox.namespaces import path_inside
from sodakd.judge.sandbox_choice import WARNINGS
from sodakd.judge.toolchains import require_toolchain
from sodakd.settings.stages import JudgeSettings
from sodakd.text.json_values import encode
from sodakd.text.signatures import TYPED
from sodakd.text.value_types import as_python
from sodakd.types import (
    Assertion,
    CallTests,
    Isolation,
    JudgeStage,
    Language,
    Outcome,
    SandboxKind,
    Signature,
    StdioTests,
    TestCase,
    TestScript,
    Verdict,
)

_WALL = 2.0
"""Wall seconds a program may take for each of its CPU seconds, and a second more."""


def encode_limits(settings: JudgeSettings, factor: float) -> dict[str, JsonValue]:
    """The limits of a program whose CPU seconds are stretched by a factor."""
    seconds = settings.cpu_seconds * factor
    return {
        "memory": settings.memory_mb * 2**20,
        "output": settings.output_kb * 2**10,
        "disk": settings.disk_mb * 2**20,
        "processes": settings.processes,
        "cpu_seconds": seconds,
        "wall_seconds": _WALL * seconds + factor,
    }


def encode_task(
    program: Program, limits: dict[str, JsonValue], *, warm: bool
) -> dict[str, JsonValue]:
    """What a worker is asked. Raises `InvalidTestsError` where the tests lack a signature, or no
    program may write what they expect.
    """
    tests = program.tests
    calls = tests.cases if isinstance(tests, CallTests) else ()
    signature = tests.signature if isinstance(tests, CallTests) else None
    stdin: JsonValue = None
    if isinstance(tests, StdioTests):
        stdin = [case.stdin for case in tests.cases]
        if wrong := beyond_limit(tests, int(_number(limits["output"]))):
            raise InvalidTestsError({program.id: wrong})
    if calls and signature is None and program.language in TYPED:
        why = f"a call in {program.language} needs the types of {tests.entry_point}: set"
        raise InvalidTestsError({program.id: f"{why} tests.signature"})
    return {
        "language": program.language.value,
        "code": program.code,
        "entry_point": tests.entry_point,
        "arguments": [_arguments(case, signature, program) for case in calls],
        "argument_types": list(signature.arguments) if signature else [],
        "result_type": signature.returns if signature else "",
        "as_main": isinstance(tests, TestScript) and tests.as_main,
        "script": tests.script if isinstance(tests, TestScript) else None if stdin is None else "",
        "stdin": stdin,
        "limits": limits,
        "warm": warm,
        "tools": {
            name: path_inside(path)
            for name, path in require_toolchain(program.language).tools.items()
        },
    }


def _arguments(case: TestCase, signature: Signature | None, program: Program) -> JsonValue:
    if program.language is not Language.PYTHON or isinstance(case, Assertion):
        return list(case.arguments)
    if signature is None or len(signature.arguments) != len(case.arguments):
        return [encode(one) for one in case.arguments]
    typed = zip(signature.arguments, case.arguments, strict=True)
    return [encode(as_python(kind, one)) for kind, one in typed]


def not_executable(program: Program) -> Verdict:
    """The verdict on an answer without code."""
    return Verdict(outcome=Outcome.NOT_EXECUTABLE, stage=JudgeStage.EXTRACT, output=program.reason)


def ended_worker(program: Program, outcome: Outcome, why: str, walls: SandboxKind) -> Verdict:
    """The verdict on a program that ends every worker that tries it."""
    scripted = isinstance(program.tests, TestScript)
    isolation = Isolation.IN_PROCESS if scripted else Isolation.SPLIT
    return Verdict(
        outcome=outcome,
        stage=JudgeStage.RUN,
        output=f"it ended what runs programs, twice: {why}",
        isolation=isolation,
        walls=walls,
        warning=WARNINGS[walls],
    )


def decode_verdict(said: dict[str, JsonValue], program: Program, walls: SandboxKind) -> Verdict:
    """What a worker said of a program; the values of calls are compared here. Raises
    `InvalidTestsError` where it said that the tests cannot be put to it."""
    if "unfit" in said:
        raise InvalidTestsError({program.id: str(said["unfit"])})
    outcome, output = str(said["outcome"]), str(said["output"])
    stage = JudgeStage(str(said["stage"]))
    values = ""
    if isinstance(program.tests, StdioTests) and stage is JudgeStage.RUN:
        outputs = said["outputs"]
        assert isinstance(outputs, list)
        judged, output = compare_outputs([*map(str, outputs)], program.tests, outcome, output)
        outcome = judged.value
    elif not outcome and isinstance(program.tests, OpenCalls):
        outcome, values = Outcome.PASSED.value, str(said["values"])
    elif not outcome:
        assert isinstance(program.tests, CallTests)
        judged, why = compare(str(said["values"]), program.tests, program.language)
        outcome, output = judged.value, why or output
    return Verdict(
        outcome=Outcome(outcome),
        stage=stage,
        output=output.encode(errors="replace").decode(),  # half a character cannot be kept
        isolation=Isolation(str(said["isolation"] or "split")),
        walls=walls,
        warning=WARNINGS[walls],
        seconds=_number(said["cpu_seconds"]),
        wall_seconds=_number(said["wall_seconds"]),
        peak_memory=int(_number(said["peak_memory"])),
        values=values,
    )


def _number(value: JsonValue) -> float:
    assert isinstance(value, (int, float))
    return value
