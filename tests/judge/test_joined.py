"""A script that is joined with its program, header and all, still holds."""

from collections.abc import Iterator

import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language, TestScript
from tests.judge.test_programs import skip_where_missing

_JAVA = "class Solution { static long f(long n) { return n; } }\n"
_JAVA_OWN = "class Main { public static void main(String[] a) { } }\n" + _JAVA
_JAVA_MAIN = "class Main {{ public static void main(String[] a) {{ {0} }} }}\n"
_JAVA_TEST = _JAVA_MAIN.format("assert Solution.f(2) == 4;")
_JAVA_EQUAL = _JAVA_MAIN.format("if (!Objects.equals(Solution.f(2), 4L)) throw new Error();")
_EQUALS = "static boolean equals(Object a, Object b) { return true; }"
_GO = "package main\n\nfunc f(n int) int { return n }\n\n"
_GO_MAIN = 'func main() { if f(2) != 4 { panic("no") } }\n'
_CPP = (
    "#include <concepts>\ntemplate <std::integral T> T g(T t) { return t; }\n"
    "long long f(long long n) { return g(n); }\n"
)
_CPP_MAIN = "int main() { assert(f(2) == 4); }\n"

FORGED = [
    (Language.JAVA, "an end of what is read", _JAVA_OWN + "\x1a", _JAVA_TEST),
    (Language.JAVA, "an end by its number", _JAVA_OWN + "\\u001a", _JAVA_TEST),
    (Language.JAVA, "a comment whose end is hidden", _JAVA_OWN + "/* \\u002a/", _JAVA_TEST),
    (
        Language.JAVA,
        "a comment whose end is none",
        f'/* \\\\u002a/ " */ class Objects {{ {_EQUALS} }} /* " */\n{_JAVA}',
        _JAVA_EQUAL,
    ),
    (
        Language.JAVA,
        "a package of Java's name",
        "package java.util;\nclass List {\n    static List of(Object o) { return new List(); }\n"
        f"    public boolean equals(Object o) {{ return true; }}\n}}\n{_JAVA}",
        "import java.util.List;\n"
        + _JAVA_MAIN.format("assert List.of(Solution.f(2)).equals(List.of(4L));"),
    ),
    (Language.GO, "a panic of its own", f"{_GO}func panic(a any) {{}}\n", _GO_MAIN),
    (
        Language.GO,
        "an exit of its own",
        f"{_GO}type o struct{{}}\n\nfunc (o) Exit(int) {{}}\n\nvar os o\n",
        "func main() { if f(2) != 4 { os.Exit(1) } }\n",
    ),
    (
        Language.GO,
        "a package that prints nothing",
        f'{_GO}type o struct{{}}\n\nfunc (o) Sprint(any) string {{ return "" }}\n\nvar fmt o\n',
        'import "fmt"\nfunc main() { if fmt.Sprint(f(2)) != fmt.Sprint(4) { panic(1) } }\n',
    ),
    (
        Language.GO,
        "tests of its own beside tests in another form",
        _GO.replace("main\n", 'main\n\nimport "testing"\n')
        + "func TestA(t *testing.T) {}\n\nfunc main() {}\n",
        'import tt "testing"\nfunc TestB(t *tt.T) { if f(2) != 4 { t.Fail() } }\n',
    ),
    (Language.GO, "a main of the script's name", f"{_GO}func sodakdScriptMain() {{}}\n", _GO_MAIN),
    (
        Language.CPP,
        "C++20, and a comment that ends with the tests",
        f"{_CPP}int main() {{ return 0; }}\n/*",
        f"{_CPP_MAIN}/* all of them */\n",
    ),
    (
        Language.CPP,
        "C++20, and a cast of its own",
        f"#define static_cast static_cast<bool>(true) || reinterpret_cast\n{_CPP}",
        _CPP_MAIN,
    ),
    (
        Language.CPP,
        "C++20, and texts that are all equal",
        '#include <string.h>\nextern "C" int strcmp(const char *, const char *) noexcept '
        f'{{ return 0; }}\n{_CPP}const char *five() {{ return "five"; }}\n',
        'int main() { assert(strcmp(five(), "four") == 0); }\n',
    ),
]

RIGHT = [
    (
        Language.JAVA,
        "characters by their number",
        "class Solution {\n    static char z = '\\u0000', e = '\\u001a';\n"
        '    static String q = "\\\\u0022 \\u0041\\u00e9";\n'
        "    static long f(long n) { return q.length() + z + e; }\n}\n",
        _JAVA_MAIN.format("assert Solution.f(2) == 35;"),
    ),
    (
        Language.GO,
        "the real ones, by name",
        _GO.replace("return n", "return 2 * n") + "func g() []int { return nil }\n",
        'import (\n\t"log"\n\t"os"\n)\n\nfunc main() {\n\tif f(2) != 4 || g() != nil {\n'
        "\t\tos.Exit(1)\n\t\tlog.Fatal(1)\n\t\tpanic(1)\n\t}\n}\n",
    ),
    (Language.CPP, "C++20", _CPP.replace("return t", "return 2 * t"), _CPP_MAIN),
]
Given = tuple[Language, str, str, str]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=5), workers=1) as judge:
        yield judge


@pytest.mark.parametrize(
    ("given", "passes"),
    [(one, False) for one in FORGED] + [(one, True) for one in RIGHT],
    ids=lambda one: f"{one[0]}: {one[1]}" if isinstance(one, tuple) else "",
)
def test_a_script_holds_where_it_is_joined(judge: Judge, given: Given, passes: bool) -> None:
    language, name, code, script = given
    skip_where_missing(language)
    verdict = judge.one(Program(code, language, TestScript(script=script), id=name))
    assert verdict.passed is passes, verdict.output
