"""Go programs that are linked together get the verdicts they get alone."""

import dataclasses
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sodakd.judge import Judge, Program, protocol
from sodakd.judge import judge as judging
from sodakd.judge.languages.go_source import harmless
from sodakd.judge.languages.spec import Toolchain
from sodakd.judge.toolchains import toolchain
from sodakd.settings.stages import JudgeSettings
from sodakd.types import (
    CallTests,
    Language,
    Outcome,
    Signature,
    TestCase,
    TestScript,
    ValueType,
    Verdict,
)
from tests.judge.programs import ROOT, good, programs
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

SETTINGS = JudgeSettings(cpu_seconds=1, memory_mb=256)
MODEL_WRITTEN = Path(__file__).parents[3] / "shared" / "data" / "model-solutions" / "go.jsonl"
BY_CHANCE = {"mbpp/mbpp_130_max_occurrences"}
"""What these give depends on the order of a map, which Go draws anew for each run."""

TESTING = {
    "parts": 't.Run("one two", func(t *testing.T) { t.Errorf("a\\nb %d", 1) }); t.Log("c")',
    "parts of parts": 'f := func(t *testing.T) { t.Run("b", (*testing.T).Fail) }; t.Run("a", f)',
    "fatal": 't.Run("a", func(t *testing.T) { t.Fatal("x", 2) }); t.Fatalf("left\\n")',
    "skip": 't.Error("before"); t.Skip("why")',
    "skipped": 't.Run("a", func(t *testing.T) { t.SkipNow() }); if t.Skipped() { t.Fail() }',
    "fatal above": 't.Run("a", func(s *testing.T) { t.FailNow() })',
    "panic in part": 't.Error("first"); t.Run("a", func(t *testing.T) { panic("x") })',
    "nil map": "var m map[string]int; m[t.Name()] = 1",
    "index": 'xs := []int{}; t.Log("said"); t.Log(xs[len(t.Name())])',
    "goexit": "runtime.Goexit()",
    "no shim": 't.Helper(); t.Setenv("A", "b"); t.Error("real")',
    "goroutine": "c := make(chan int); go func() { c <- 1 }(); <-c",
    "deadlock": "<-make(chan int)",
    "passed": 't.Log("nothing"); if t.Failed() { t.Fail() }',
    "type": 't.Errorf("%T %#v", struct{ A int }{1}, point{2})',
    "refused": "x := 1",
    # Frames so large that memory ends long before time does.
    "recursion": "var f func(n int) int; f = func(n int) int"
    " { var held [1024]int; held[n%1024] = n; return f(n+1) + held[n%1000] }; f(0)",
    "division": "n := 0; t.Log(1 / n)",
}
"""Bodies of a test. Some are not to be linked with others."""


def _script(body: str) -> Program:
    imports = '"testing"\n' + ('import "runtime"\n' if "runtime." in body else "")
    code = f"package main\n\nimport {imports}\ntype point struct{{ x int }}\n"
    code += f"func TestIt(t *testing.T) {{\n\t{body}\n}}\n"
    return Program(code, Language.GO, TestScript(script="\n"))


@pytest.fixture(scope="module", autouse=True)
def _go() -> None:
    skip_where_missing(Language.GO)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(SETTINGS, workers=1) as judge:
        yield judge


def _seen(verdicts: Sequence[Verdict]) -> list[tuple[Outcome, str]]:
    # A test left by another's FailNow is told where `testing` noticed it, in its own source. Who
    # sees the end of memory first, Go or the limit, is chance, and so is what Go says of it.
    place = re.compile(r"\w+\.go:\d+: (?=test executed)")
    return [
        (one.outcome, "" if one.outcome is Outcome.MEMORY_LIMIT else place.sub("", one.output))
        for one in verdicts
    ]


def _each_way(asked: Sequence[Program]) -> list[list[tuple[Outcome, str]]]:
    with (
        Judge(SETTINGS, workers=1) as together,
        Judge(SETTINGS, workers=1) as alone,
        Judge(SETTINGS, workers=1, warm=False) as cold,
    ):
        ways = [together.judge_all(asked)]
        ways += [[judge.judge(program) for program in asked] for judge in (alone, cold)]
    return [_seen(verdicts) for verdicts in ways]


def test_tests_linked_together_say_what_they_say_alone() -> None:
    together, alone, cold = _each_way([_script(body) for body in TESTING.values()])
    for name, *seen in zip(TESTING, together, alone, cold, strict=True):
        assert seen[0] == seen[1] == seen[2], name
    assert {outcome for outcome, _ in cold} >= {
        Outcome.PASSED,
        Outcome.WRONG_ANSWER,
        Outcome.RUNTIME_ERROR,
        Outcome.COMPILE_ERROR,
    }


def test_the_little_programs_get_the_same_verdict_together_alone_and_cold(judge: Judge) -> None:
    found = programs(ROOT, Language.GO)
    named = [
        (Outcome(one.name.split(".")[0]), program)
        for one in found
        for program in (one.by_calls(), one.by_script())
    ]
    verdicts = judge.judge_all([program for _, program in named])
    assert [verdict.outcome for verdict in verdicts] == [expected for expected, _ in named]
    quick = [program for expected, program in named if expected is not Outcome.TIMEOUT]
    together, alone, cold = _each_way(quick)
    assert together == alone == cold


@pytest.mark.slow
def test_programs_of_a_model_get_the_same_verdict_together_and_cold() -> None:
    if not MODEL_WRITTEN.exists():
        pytest.skip(f"{MODEL_WRITTEN} is not there")
    rows = [json.loads(line) for line in MODEL_WRITTEN.read_text().splitlines()]
    rows = [row for row in rows if row["id"] not in BY_CHANCE]
    script = TestScript(script="\n")
    asked = [Program(row["program"], Language.GO, script, id=row["id"]) for row in rows]
    outcomes = []
    for warm in (True, False):
        with Judge(JudgeSettings(cpu_seconds=5), warm=warm) as judge:
            outcomes.append([verdict.outcome for verdict in judge.judge_all(asked)])
    assert outcomes[0] == outcomes[1]


def test_a_hostile_program_harms_no_neighbour(judge: Judge) -> None:
    right = good(Language.GO).code
    for number, found in enumerate(programs(ROOT / "hostile", Language.GO)):
        for by in ("by_calls", "by_script"):
            beside = [
                dataclasses.replace(good(Language.GO), code=f"{right}// {by} {number} {n}\n")
                for n in range(3)
            ]
            order = [beside[0], found, beside[1], beside[2]]
            verdicts = judge.judge_all([getattr(one, by)() for one in order])
            passed = [verdict.passed for verdict in verdicts]
            assert passed == [True, False, True, True], (found.name, by, verdicts)


def test_a_neighbour_cannot_be_imported(judge: Judge) -> None:
    right = good(Language.GO)
    asked = [right.by_calls()]
    for path in ("main", "sodakd/programs", "x0", "./x0"):
        code = (
            f'package main\n\nimport p "{path}"\n\nfunc double_it(n int) int {{ return p.F(n) }}\n'
        )
        asked.append(Program(code, Language.GO, asked[0].tests))
    verdicts = judge.judge_all(asked)
    outcomes = [verdict.outcome for verdict in verdicts]
    assert outcomes == [Outcome.PASSED] + 4 * [Outcome.COMPILE_ERROR]


def test_where_programs_cannot_be_linked_together_each_is_linked_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = toolchain(Language.GO)
    assert isinstance(found, Toolchain)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # pytest's own are root's alone
        linker, right = Path(folder, "link"), Path(folder, "right")
        shutil.copy(found.tools["go_link"], right)
        linker.write_text(
            '#!/bin/sh\ncase "$*" in */fd/3*) exit 1; esac\nexec "$(dirname "$0")/right" "$@"\n'
        )
        for path in (Path(folder), linker, right):
            path.chmod(0o755)
        tools = {**found.tools, "go_link": str(linker)}
        wrong = dataclasses.replace(found, tools=tools, places=(*found.places, folder))
        for module in (judging, protocol):
            monkeypatch.setattr(module, "require_toolchain", {Language.GO: wrong}.__getitem__)
        bodies = ("", 't.Error("x")', 'panic("y")')
        with Judge(SETTINGS, workers=1) as judge:
            outcomes = [verdict.outcome for verdict in judge.judge_all([*map(_script, bodies)])]
            assert any("linked one at a time" in note for note in judge.notes())
    assert outcomes == [Outcome.PASSED, Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR]


HEAD = 'package main\n\nimport "fmt"\n'


@pytest.mark.parametrize(
    "code",
    [
        "var x = f()",
        "var (\n\t_ = f()\n)",
        "  var x = f()",
        "/* */ var x = f()",
        "const s = `\n`; var x = f()",
        "func init() { f() }",
        "func /* a */ init() { f() }",
        "func\ninit() { f() }",
        "const q = '\"'; func init() { f() } // \"",
        'const q = "\\""; func init() { f() } // "',
        "const q = '\\''; func init() { f() } // '",
        "func f() { go f() }",
        "//go:linkname f runtime.f\nfunc f()",
        "func f() {",
        "func f() } {",
        'const s = "',
    ],
)
def test_a_program_that_may_run_before_main_is_linked_alone(code: str) -> None:
    assert not harmless(f"{HEAD}\n{code}\n")


@pytest.mark.parametrize(
    "imports",
    [
        'import "os"',
        'import "unsafe"',
        'import "reflect"',
        'import . "fmt"',
        "import `os`",
        'import "\\x6fs"',
        'import (\n\t"fmt"; "runtime"\n)',
        'import _ "net/http/pprof"',
        'import "C"',
        'import "fmt"\nfunc f() {}\nimport "os"',
    ],
)
def test_a_program_that_may_leave_the_language_is_linked_alone(imports: str) -> None:
    assert not harmless(f"package main\n{imports}\nfunc g() {{}}\n")


def test_common_programs_may_be_linked_together() -> None:
    code = 'func init2() {}\ntype init struct{}\nfunc (i init) init() {}\nfunc f() { var x = "go" }'
    assert harmless(f"{HEAD}{code}")


@pytest.mark.parametrize(
    ("returns", "value", "expected"),
    [
        (ValueType.FLOAT, "2", 2.0),
        (ValueType.FLOAT, "1e300", 1e300),
        (ValueType.FLOAT, "0.1", 0.1),
        (ValueType.FLOATS, "[]float64{1, -0.5}", [1.0, -0.5]),
        (ValueType.INT, "-1 << 63", -(2**63)),
        (ValueType.INTS, "nil", []),
        (ValueType.BOOL, "1 < 2", True),
        (ValueType.STR, '"a\\"\\\\\\n\\x01é\\u2028<&>"', 'a"\\\n\x01é\u2028<&>'),
        (ValueType.STR, '"\\xff!"', "\ufffd!"),
        (ValueType.STRS, '[]string{"", "b"}', ["", "b"]),
    ],
)
def test_a_value_arrives_as_it_was_given(
    judge: Judge, returns: ValueType, value: str, expected: object
) -> None:
    kinds = {"int": "int", "float": "float64", "bool": "bool", "str": "string"}
    kinds |= {f"list[{name}]": f"[]{kind}" for name, kind in kinds.items()}
    code = f"package main\n\nfunc given() {kinds[returns]} {{ return {value} }}\n"
    tests = CallTests.model_validate(
        {
            "entry_point": "given",
            "cases": [TestCase.model_validate({"arguments": (), "expected": expected})],
            "signature": Signature(arguments=(), returns=returns),
        }
    )
    verdict = judge.judge(Program(code, Language.GO, tests))
    assert verdict.passed, verdict.output
