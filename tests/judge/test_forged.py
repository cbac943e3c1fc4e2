"""Programs that are wrong and would have their tests agree: scripts that stand beside them hold."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from sodakd.judge import Judge, Program
from sodakd.judge.languages import c_tokens, go, go_source, java_names
from sodakd.judge.values import same
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language, TestScript
from tests.judge.test_hostile import QUICK
from tests.judge.test_programs import skip_where_missing

_C_MAIN = "#include <assert.h>\n#include <stdlib.h>\n#include <string.h>\nint main() {{ {0} }}\n"
_C_TWICE = "long long twice(long long n) { return n; }\n"
_C_TEXT = 'char *four() { return (char *)"five"; }\n'
_GO = 'package main\n\nimport "testing"\n\n'
_GO_TWICE = "func twice(n int) int { return n }\n\n"
_GO_TEST = "func TestTwice(t *testing.T) {{\n{0}\n}}\n"
_JS_TWICE = "function twice(n) { return n; }\n"
_JS_LATER = "async function twice(n) { return n; }\n"
_JS_AWAITED = '(async () => { require("assert").equal(await twice(2), 4); })();\n'
_JAVA_TWICE = "class Solution { static long twice(long n) { return n; } }\n"
_JAVA_MAIN = "    public static void main(String[] a) {{ {0} }}\n"
_PY_TWICE = "def twice(n):\n    return n\n"


@dataclass(frozen=True)
class Case:
    """A program, and a script as it may stand beside it."""

    language: Language
    name: str
    code: str
    script: str
    in_process: bool = False

    @property
    def program(self) -> Program:
        script = TestScript(entry_point="twice", script=self.script, in_process=self.in_process)
        return Program(self.code, self.language, script, id=self.name)


FORGED = [
    Case(
        Language.C,
        "a comment that ends with the tests",
        f"{_C_TWICE}int main() {{ return 0; }}\n/*",
        _C_MAIN.format("assert(twice(2) == 4);") + "/* all of them */\n",
    ),
    Case(
        Language.C,
        "texts that are all equal",
        f"int strcmp(const char *a, const char *b) {{ return 0; }}\n{_C_TEXT}",
        _C_MAIN.format('assert(strcmp(four(), "four") == 0);'),
    ),
    Case(
        Language.C,
        "an end that is none",
        f"void exit(int n) {{}}\n{_C_TWICE}",
        _C_MAIN.format("if (twice(2) != 4) exit(1);"),
    ),
    Case(
        Language.CPP,
        "a cast of its own",
        f"#define static_cast static_cast<bool>(true) || reinterpret_cast\n{_C_TWICE}",
        _C_MAIN.format("assert(twice(2) == 4);"),
    ),
    Case(
        Language.GO,
        "a package that prints nothing",
        f'{_GO}type f struct{{}}\n\nfunc (f) Sprint(a any) string {{ return "" }}\n\n'
        f"var fmt f\n\n{_GO_TWICE}",
        _GO_TEST.format('if fmt.Sprint(twice(2)) != fmt.Sprint(4) { t.Fatal("wrong") }'),
    ),
    Case(
        Language.GO,
        "assertions of its own",
        f"{_GO}type f struct{{}}\n\nfunc (f) New(t *testing.T) f {{ return f{{}} }}\n"
        f"func (f) Equal(a, b any) bool {{ return true }}\n\nvar assert f\n\n{_GO_TWICE}",
        _GO_TEST.format("assert := assert.New(t)\nassert.Equal(4, twice(2))"),
    ),
    Case(
        Language.GO,
        "nothing has a length",
        f"{_GO}func len(a any) int {{ return 0 }}\n\nfunc twice(n int) []int {{ return nil }}\n\n",
        _GO_TEST.format('if len(twice(2)) != len([]int{4}) { t.Fatal("wrong") }'),
    ),
    Case(
        Language.GO,
        "what is true is not",
        f"{_GO}const (\n\ttrue, false = 1 == 2, 1 == 1\n)\n\n"
        "func twice(n int) bool { return 1 == 2 }\n\n",
        _GO_TEST.format('if twice(2) != true { t.Fatal("wrong") }'),
    ),
    Case(
        Language.JAVA,
        "all things are equal",
        "class Objects { static boolean equals(Object a, Object b) { return true; } }\n"
        + _JAVA_TWICE,
        "class Problem {\n"
        + _JAVA_MAIN.format("assert Objects.equals(Solution.twice(2), 4L);")
        + "}\n",
    ),
    Case(
        Language.JAVA,
        "a main of the name of an inner class",
        "class Inner {\n" + _JAVA_MAIN.format("") + "}\n" + _JAVA_TWICE,
        "class Problem {\n    static class Inner {}\n"
        + _JAVA_MAIN.format("assert Solution.twice(2) == 4;")
        + "}\n",
    ),
    Case(
        Language.JAVASCRIPT,
        "a console of its own",
        f"const console = {{ assert() {{}}, log() {{}} }};\n{_JS_TWICE}",
        "console.assert(twice(2) === 4);\n",
    ),
    Case(
        Language.JAVASCRIPT,
        "everything is the same text",
        f'JSON.stringify = () => "";\n{_JS_TWICE}',
        'require("assert").equal(JSON.stringify([twice(2)]), JSON.stringify([4]));\n',
    ),
    Case(
        Language.JAVASCRIPT,
        "nobody leaves",
        f"process.exit = process.reallyExit = () => {{}};\n{_JS_TWICE}",
        "if (twice(2) !== 4) process.exit(1);\n",
    ),
    Case(
        Language.JAVASCRIPT,
        "a status that is set back",
        f'process.prependListener("beforeExit", () => {{ process.exitCode = 0; }});\n{_JS_TWICE}',
        "if (twice(2) !== 4) process.exitCode = 1;\n",
    ),
    Case(
        Language.JAVASCRIPT,
        "errors that are heard by nobody",
        f'process.on("unhandledRejection", () => {{}});\n{_JS_LATER}',
        _JS_AWAITED,
    ),
    Case(
        Language.JAVASCRIPT,
        "an answer that never comes",
        "function twice(n) { return new Promise(() => {}); }\n",
        _JS_AWAITED,
    ),
    Case(
        Language.TYPESCRIPT,
        "a comment that the tests are in",
        "function twice(n: number): number { return n; }\n/*",
        'require("node:assert").equal(twice(2), 4); /* all of them */\n',
    ),
    Case(
        Language.PYTHON,
        "what runs a script, replaced",
        "import builtins\nimport json\nbuiltins.exec = builtins.compile = lambda *a, **k: None\n"
        'json.JSONEncoder.encode = lambda *a: \'{"outcome":"passed","output":""}\'\n' + _PY_TWICE,
        "assert twice(2) == 4\n",
        in_process=True,
    ),
]

RIGHT = [
    Case(
        Language.C,
        "macros of its own, and the usual words",
        "#define true 1\n#define bool int\n#define MAX(a, b) ((a) > (b) ? (a) : (b))\n"
        "long long twice(long long n) { return MAX(n, n) * 2; }\n",
        _C_MAIN.format("bool ok = true; assert(twice(2) == 4 && ok); return 0;"),
    ),
    Case(
        Language.CPP,
        "a script that closes the function",
        "#include <bits/stdc++.h>\nlong long twice(long long n) {\n    return 2 * n;",
        "}\nint main(int count, char **given) { assert(twice(2) == 4); }\n",
    ),
    Case(
        Language.GO,
        "the real packages, by name",
        f'package main\n\nimport (\n\t"fmt"\n\t"testing"\n)\n\n{_GO_TWICE}'.replace(
            "n }", "2 * n }"
        ),
        _GO_TEST.format('if len(fmt.Sprint(twice(2))) != 1 == true { t.Fatal("wrong") }'),
    ),
    Case(
        Language.JAVA,
        "a script that closes the class",
        "class Problem {\n    static class Inner {}\n    static long twice(long n) {\n"
        "        return 2 * n;",
        "    }\n" + _JAVA_MAIN.format("assert(twice(2L) == (4L));") + "}\n",
    ),
    Case(
        Language.JAVASCRIPT,
        "names that tests do not speak",
        "const twice = (n) => 2 * n;\nfunction process(n) { return n; }\nclass Stack {}\n"
        "Array.prototype.last = function () { return this[this.length - 1]; };\n",
        "console.log = () => {};\n"
        'require("assert").deepEqual(JSON.stringify([twice(2)]), "[4]");\n',
    ),
    Case(
        Language.JAVASCRIPT,
        "an answer that comes",
        "async function twice(n) { await null; return 2 * n; }\n",
        _JS_AWAITED,
    ),
]


def _each(cases: list[Case]) -> list[object]:
    slow = pytest.mark.slow
    return [
        pytest.param(
            case, marks=[] if case.language in QUICK else slow, id=f"{case.language}: {case.name}"
        )
        for case in cases
    ]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=2, memory_mb=256), workers=1) as judge:
        yield judge


@pytest.mark.parametrize("case", _each(FORGED))
def test_a_wrong_program_does_not_pass_by_what_it_makes_of_the_tests(
    judge: Judge, case: Case
) -> None:
    skip_where_missing(case.language)
    assert not judge.one(case.program).passed


@pytest.mark.parametrize("case", _each(RIGHT))
def test_a_right_program_may_do_what_programs_do(judge: Judge, case: Case) -> None:
    skip_where_missing(case.language)
    verdict = judge.one(case.program)
    assert verdict.passed, verdict.output


def test_go_programs_that_are_linked_together_have_no_names_of_their_tests(judge: Judge) -> None:
    skip_where_missing(Language.GO)
    cases = [case for case in FORGED + RIGHT if case.language is Language.GO]
    passed = [verdict.passed for verdict in judge.all([case.program for case in cases])]
    assert passed == [case in RIGHT for case in cases]


_OPEN = "/* " * 60_000
_LINES = "\n" * 60_000 + "x"


@pytest.mark.parametrize(
    "read",
    [
        lambda: c_tokens.words(_OPEN),
        lambda: c_tokens.COMMENT.sub(" ", _OPEN),
        lambda: go_source.read(f"package main\n{_OPEN}"),
        lambda: go.WRONG.search(_LINES),
        lambda: java_names.main_class(_OPEN, 0),
    ],
)
def test_what_a_program_opens_or_says_is_read_in_no_time(read: Callable[[], object]) -> None:
    begun = time.process_time()
    read()
    assert time.process_time() - begun < 2


def test_a_value_within_a_value_is_of_its_type_too() -> None:
    assert same({"a": [1, {"b": True}]}, {"a": [1, {"b": True}]})
    assert not same({"a": [1, {"b": True}]}, {"a": [1, {"b": 1}]})
    assert not same({"a": 1}, {"b": 1})
