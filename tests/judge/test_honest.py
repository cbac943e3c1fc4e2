"""Programs as models write them get the verdict that the plain tools of their language give."""

import re
from collections.abc import Iterator

import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, Signature, TestCase, TestScript, ValueType
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

INT = ValueType.INT
PASSED, WRONG, COMPILE = Outcome.PASSED, Outcome.WRONG_ANSWER, Outcome.COMPILE_ERROR


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Judge, Judge]]:
    settings = JudgeSettings(cpu_seconds=5)
    with Judge(settings, 1) as warm, Judge(settings, 1, warm=False) as cold:
        yield warm, cold


def called(language: Language, code: str, returns: ValueType = INT) -> Program:
    """`f(1)` must give 2."""
    tests = CallTests(
        entry_point="f",
        cases=(TestCase(arguments=(1,), expected=2),),
        signature=Signature(arguments=(INT,), returns=returns),
    )
    return Program(code, language, tests, id="one")


def scripted(language: Language, code: str, script: str, *, as_main: bool = False) -> Program:
    return Program(code, language, TestScript(script=script, as_main=as_main), id="one")


def outcome(both: tuple[Judge, Judge], program: Program) -> tuple[Outcome, str]:
    """The verdict, which warm and cold parts must share; gcc and g++ have no warm part."""
    skip_where_missing(program.language)
    warm = both[0].judge(program)
    if program.language in {Language.C, Language.CPP}:
        return warm.outcome, warm.output
    cold = both[1].judge(program)
    count = re.compile(r"^\d+ errors?\n", re.MULTILINE)  # a javac that is started counts them
    assert (warm.outcome, warm.output) == (cold.outcome, count.sub("", cold.output))
    return warm.outcome, warm.output


@pytest.mark.parametrize("language", [Language.C, Language.CPP])
def test_a_compiler_quotes_the_lines_of_the_program(
    both: tuple[Judge, Judge], language: Language
) -> None:
    code = "#include <stdio.h>\n\nlong long f(long long n) {\n    return undefined_name;\n}\n"
    refused, said = outcome(both, called(language, code))
    assert refused is COMPILE
    assert f"program.{language}:4:12: error" in said
    assert "4 |     return undefined_name;" in said
    assert "<unistd.h>" not in said


@pytest.mark.parametrize("language", [Language.C, Language.CPP])
def test_a_program_may_redefine_int(both: tuple[Judge, Judge], language: Language) -> None:
    code = "#define int long long\nint f(int n) { return n + 1; }\nsigned main() { return 9; }\n"
    assert outcome(both, called(language, code)) == (PASSED, "")


ADD = "func add(a, b int) int { return a + b }\n"
GO_PROGRAM = f"package main\n\n{ADD}"
CHECK = 'func TestAdd(t *testing.T) { if add(1, 2) != 3 { t.Fatal("no") } }\n'


@pytest.mark.parametrize(
    ("code", "script"),
    [
        (GO_PROGRAM, CHECK),
        (ADD, CHECK),
        (GO_PROGRAM, f'import "testing"\n\n{CHECK}'),
        (f'// Package main adds.\npackage main // so\n\nimport "fmt"\n{ADD}'
         'func main() { fmt.Println(add(1, 2)) }\n',
         'package main\n\nimport (\n\t"fmt"\n\tr "reflect" // same\n\t"testing"\n)\n\n'
         "func TestIt(t *testing.T) {\n\tfmt.Print(1)\n"
         f"\tif !r.DeepEqual(add(1, 2), 3) {{ t.Fail() }}\n}}\n{CHECK}"),
        (f'package main\n\nimport "testing"\n\n{ADD}', CHECK),
        (GO_PROGRAM, "func TestAdd(t *testing.T) { assert.Equal(t, 3, add(1, 2)) }\n"),
        (GO_PROGRAM,
         'import ("testing"; "github.com/stretchr/testify/assert")\n'
         "func TestAdd(t *testing.T) { assert.Equal(t, 3, add(1, 2)) }\n"),
        (GO_PROGRAM, f"// Tests by testing. All.\n{CHECK}"),
        (GO_PROGRAM, 'import "testing/quick"\nfunc TestQuick(t *testing.T) {\n'
         "\tsame := func(n int) bool { return add(0, n) == n }\n"
         "\tif e := quick.Check(same, nil); e != nil { t.Error(1) }\n}\n"),
        (f"{GO_PROGRAM}func main() {{ panic(1) }}\n",
         'func main() { if add(1, 2) != 3 { panic("no") } }\n'),
    ],
)  # fmt: skip
def test_a_go_script_may_have_its_own_header_or_none(
    both: tuple[Judge, Judge], code: str, script: str
) -> None:
    assert outcome(both, scripted(Language.GO, code, script))[0] is PASSED
    wrong = code.replace("a + b", "a - b")
    assert outcome(both, scripted(Language.GO, wrong, script))[0] in {WRONG, Outcome.RUNTIME_ERROR}


def test_lines_of_a_go_program_stay_its_own(both: tuple[Judge, Judge]) -> None:
    for code, line in ((f"{GO_PROGRAM}var x int = y\n", 4), (f"{ADD}var x int = y\n", 2)):
        refused, said = outcome(both, scripted(Language.GO, code, f'import "testing"\n{CHECK}'))
        assert (refused, said) == (COMPILE, f"program.go:{line}:13: undefined: y\n")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(1) }\n', PASSED),
        ("package main\n\nfunc main() { var a []int; _ = a[len(a)] }\n", Outcome.RUNTIME_ERROR),
        ('package main\n\nimport "os"\n\nfunc main() { os.Exit(4) }\n', Outcome.RUNTIME_ERROR),
        ("package main\n\nfunc other() {}\n", COMPILE),
    ],
)
def test_a_go_program_without_tests_is_run(
    both: tuple[Judge, Judge], code: str, expected: Outcome
) -> None:
    found, said = outcome(both, scripted(Language.GO, code, "\n", as_main=True))
    assert found is expected
    assert "sodakd" not in said
    assert outcome(both, scripted(Language.GO, code, "\n"))[0] is not PASSED


def test_a_go_main_is_no_test(both: tuple[Judge, Judge]) -> None:
    code = f"{GO_PROGRAM.replace('+', '-')}func main() {{}}\n"
    assert outcome(both, scripted(Language.GO, code, CHECK))[0] is WRONG
    own = f'package main\n\nimport "testing"\n\n{ADD}func TestA(t *testing.T) {{}}\n'
    own = own.replace("+", "-")
    script = 'func main() { if add(1, 2) != 3 { panic("no") } }\n'
    assert outcome(both, scripted(Language.GO, own, script))[0] is Outcome.RUNTIME_ERROR


def test_go_programs_import_what_the_standard_library_has(both: tuple[Judge, Judge]) -> None:
    names = [
        "archive/zip",
        "compress/gzip",
        "crypto/aes",
        "crypto/hmac",
        "encoding/gob",
        "encoding/xml",
        "go/ast",
        "hash/maphash",
        "html/template",
        "image/png",
        "log/slog",
        "net/http",
        "net/http/httptest",
        "net/mail",
        "net/url",
        "os/user",
        "regexp/syntax",
        "runtime/pprof",
        "text/scanner",
        "text/template",
        "unicode/utf8",
    ]
    imports = "".join(f'\t_ "{name}"\n' for name in names)
    code = (
        f'package main\n\nimport (\n\t"net/http"\n\t"net/http/httptest"\n{imports})\n\n'
        'func f(n int) int {\n\tr := httptest.NewRequest("GET", "/?a=2", nil)\n'
        "\tw := httptest.NewRecorder()\n\thttp.NotFound(w, r)\n\treturn w.Code - 402\n}\n"
    )
    assert outcome(both, called(Language.GO, code)) == (PASSED, "")


JAVA = "class Solution {\n    public static long f(long n) { return n + 1; }\n}\n"
JAVA_MAIN = (
    "class Main {\n    static class class_of {}\n    // main of the class to test\n"
    "    public static void main(String[] none) {\n        assert Solution.f(1) == 2;\n    }\n}\n"
)


JAVA_SCRIPTS = (
    JAVA_MAIN,
    f"public {JAVA_MAIN}",
    "package com.example;\n\nimport com.example.Solution;\nimport java.util.List;\n"
    f"public {JAVA_MAIN}",
    f"import java.util.stream.*;\n{JAVA_MAIN.replace('2;', 'Stream.of(2).count() + 1;')}",
)


@pytest.mark.parametrize(
    "code",
    [
        f"package com.example;\n\npublic {JAVA}",
        "/* of\npackage x; */ package com.example ;\nimport com.example.Other;\n"
        f"{JAVA}class Other {{}}\n",
        f"public class Other {{}}\npublic {JAVA}",
        f'import java.util.*; public {JAVA}public sealed interface S permits A {{}}\n'
        'record A(String s) implements S { static String t = """\npublic class No {\n"""; }\n',
    ],
)  # fmt: skip
def test_a_java_program_may_name_a_package_and_have_public_types(
    both: tuple[Judge, Judge], code: str
) -> None:
    assert outcome(both, called(Language.JAVA, code)) == (PASSED, "")
    wrong = code.replace("n + 1", "n - 1")
    assert outcome(both, scripted(Language.JAVA, wrong, JAVA_SCRIPTS[2]))[0] is WRONG


@pytest.mark.parametrize("script", JAVA_SCRIPTS)
def test_a_java_script_may_name_a_package_and_have_public_types(
    both: tuple[Judge, Judge], script: str
) -> None:
    code = f"package com.example;\n\npublic {JAVA}"
    assert outcome(both, scripted(Language.JAVA, code, script)) == (PASSED, "")


def test_a_java_file_is_run_by_the_class_that_has_main(both: tuple[Judge, Judge]) -> None:
    code = "package a.b;\n\n" + JAVA_MAIN.replace("assert Solution.f(1) == 2;", "new class_of();")
    for text in (code, f"{code}class Later {{}}\n", f"interface Before {{}}\n{code[14:]}"):
        assert outcome(both, scripted(Language.JAVA, text, "\n", as_main=True)) == (PASSED, "")


def test_lines_of_a_java_program_stay_its_own(both: tuple[Judge, Judge]) -> None:
    code = f"package a;\npublic class Other {{}}\npublic {JAVA.replace('n + 1', 'm')}"
    script = f"import java.util.*;\npublic {JAVA_MAIN}"
    assert "Other.java:4: error" in outcome(both, called(Language.JAVA, code))[1]
    assert "Other.java:4: error" in outcome(both, scripted(Language.JAVA, code, script))[1]


STD = "#include <bits/stdc++.h>\nusing namespace std;\n"


@pytest.mark.parametrize(
    "code",
    [
        "template <typename T> concept N = requires(T t) { t + 1; };\n"
        "template <N T> T g(T t) { return t + 1; }\nlong long f(long long n) { return g(n); }\n",
        "long long f(long long n) { int s = 0; for (int x : views::iota(0, 4)"
        " | views::filter([](int x) { return x % 2 == 0; })) s += x; return s; }\n",
        "struct P { int x; auto operator<=>(const P &) const = default; };\n"
        'long long f(long long n) { set<P> s{{1}, {2}}; string t = "ab";'
        " map<int, int> m{{1, 2}}; int a[2] = {1, 2}; span<int> p(a);"
        ' return t.starts_with("a") && m.contains(1) && s.contains(P{2}) ? p[1] : 0; }\n',
        "consteval int g() { return 2; }\nlong long f(long long n) {"
        " auto l = []<typename T>(T x) { return x; }; return l(g()); }\n",
        "struct P { int x, y; };\nlong long f(long long n) {"
        " vector<P> v; v.emplace_back(1, 2); return v[0].y; }\n",
    ],
)
def test_a_program_of_cpp20_is_compiled_as_one(both: tuple[Judge, Judge], code: str) -> None:
    assert outcome(both, called(Language.CPP, STD + code)) == (PASSED, "")


def test_a_program_of_cpp20_is_found_wrong(both: tuple[Judge, Judge]) -> None:
    wrong = f"{STD}consteval int g() {{ return 3; }}\nlong long f(long long n) {{ return g(); }}\n"
    assert outcome(both, called(Language.CPP, wrong))[0] is WRONG


def test_a_program_of_cpp17_stays_one(both: tuple[Judge, Judge]) -> None:
    code = "#if __cplusplus == 201703\nlong long f(long long n) { return n + 1; }\n#endif\n"
    assert outcome(both, called(Language.CPP, code)) == (PASSED, "")
    word = f"{STD}int requires = 1;\nlong long f(long long n) {{ return n + requires; }}\n"
    assert outcome(both, called(Language.CPP, word)) == (PASSED, "")
    refused, said = outcome(both, called(Language.CPP, word.replace("n +", "m +")))
    assert refused is COMPILE
    assert "program.cpp:4:" in said


def test_a_script_of_cpp20_is_compiled_as_one(both: tuple[Judge, Judge]) -> None:
    code = "#include <ranges>\n#include <vector>\nint f(int n) { return n + 1; }\n"
    script = "int main() { for (int x : std::views::iota(1, 2)) assert(f(x) == 2); }\n"
    assert outcome(both, scripted(Language.CPP, code, script)) == (PASSED, "")
    script = script.replace("== 2", "== 3")
    assert outcome(both, scripted(Language.CPP, code, script))[0] is WRONG


def test_a_program_that_does_not_end_swallows_no_script(both: tuple[Judge, Judge]) -> None:
    own = 'package main\n\nimport "testing"\n\nfunc TestA(t *testing.T) {}\n/*'
    script = "func TestA(t *testing.T) { t.Fail() }\n/* so */\nfunc TestB(t *testing.T) {}\n"
    assert outcome(both, scripted(Language.GO, own, script))[0] is COMPILE
    java = f"class Main {{ public static void main(String[] none) {{}} }}\n{JAVA}/*"
    script = f"{JAVA_MAIN.replace('== 2', '== 3')}/* so */\nclass Last {{}}\n"
    asked = scripted(Language.JAVA, java, script)
    assert [judge.judge(asked).outcome for judge in both] == [COMPILE, COMPILE]
