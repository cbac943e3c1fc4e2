"""Functions and methods that are called: what stands beside them does not matter."""

from collections.abc import Iterator

import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, Signature, TestCase, ValueType
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

C, CPP, JAVA = Language.C, Language.CPP, Language.JAVA
JS, TS, PYTHON = Language.JAVASCRIPT, Language.TYPESCRIPT, Language.PYTHON
LIST = "typedef struct {} IntList;\n".format("{ long long *items; int count; }")
LISTED = "long long f(IntList l) { return l.items[0] + l.items[l.count - 1]; }\n"
TWICE = "long long f(long long n) { return 2 * n; }\n"
JAVA_THREADS = """\
import java.util.concurrent.*;
class Solution {
    static long f(long n) throws Exception {
        var pool = Executors.newFixedThreadPool(64);
        var all = new CountDownLatch(64);
        for (int i = 0; i < 64; i++) pool.submit(() -> { all.countDown(); all.await(); return 0; });
        all.await();
        pool.shutdown();
        return 2 * n;
    }
}
"""
CPP_THREADS = """\
#include <atomic>
#include <thread>
#include <vector>
long long f(long long n) {
    std::atomic<long long> sum = 0;
    std::vector<std::thread> all;
    for (int i = 0; i < 64; i++) all.emplace_back([&] { sum += n; });
    for (auto &one : all) one.join();
    return sum / 32;
}
"""
LISTS: dict[str, tuple[Language, str]] = {
    "the given type": (C, LISTED),
    "the type as the question shows it": (C, LIST + LISTED),
    "the type with a tag": (C, LIST.replace("struct", "struct IntList") + LISTED),
    "the type in another order": (
        C,
        "typedef struct { int count; long long *items; } IntList;\n" + LISTED,
    ),
    "the type in a comment": (C, f"/*\n{LIST}*/\n// {LIST}{LISTED}"),
    "the type and a main of its own": (C, f"{LIST}{LISTED}int main() {{ IntList l; f(l); }}\n"),
}
BESIDE: dict[str, tuple[Language, str, str]] = {
    "names of the system's in C": (
        C,
        "int read(void) { return 1; }\nint link(int a) { return a; }\n" + TWICE,
        "f",
    ),
    "a backslash at the end of C": (C, f"{TWICE}// \\", "f"),
    "a backslash at the end of C++": (CPP, f"{TWICE}// \\", "f"),
    "a main without an end in C++": (CPP, f"{TWICE}int main() {{}}\n", "f"),
    "a method of C++": (CPP, f"class Solution {{ public: {TWICE}}};\n", "Solution().f"),
    "threads of C++": (CPP, CPP_THREADS, "f"),
    "threads of Java": (JAVA, JAVA_THREADS, "f"),
    "deep recursion in Java": (
        JAVA,
        "class Solution {\n    static long r(long k) { return k == 0 ? 0 : 1 + r(k - 1); }\n"
        "    static long f(long n) { return r(50_000) * 0 + 2 * n; }\n}\n",
        "f",
    ),
    "a method of Java": (
        JAVA,
        "class Solution { long f(long n) { return 2 * n; } }",
        "new Solution().f",
    ),
    "a method of Java as Python names it": (
        JAVA,
        "class Solution { long f(long n) { return 2 * n; } }",
        "Solution().f",
    ),
    "methods of Java without a class": (
        JAVA,
        "package a;\nimport java.util.List; // f(n)\n/* class A {} */\n"
        "private static long g(List<Long> l) { return l.get(0) + l.get(1); }\n"
        "public static long f(long n) { return g(List.of(n, n)); } // }",
        "f",
    ),
    "a method of Java beside classes": (
        JAVA,
        "import java.util.*;\nstatic class A { }\npublic abstract class B<T> extends Object {\n"
        "    T v; }\nclass C extends B<Long> { C(long v) { this.v = v; } }\nrecord D(long a) {}\n"
        "public static long f(long n) {\n"
        "    return new C(n).v + new D(n).a() + 0 * new A().hashCode(); }\n",
        "f",
    ),
    "a method of Java behind an empty class": (
        JAVA,
        "class Solution { }\nstatic long f(long n) { return 2 * n; }",
        "f",
    ),
    "a method of Java that another class calls first": (
        JAVA,
        "interface Op { long f(long n); }\nrecord Pair(long a) { long f() { return 3 * a; } }\n"
        "public class Main {\n    public static void main(String[] a) { Twice.f(3); }\n}\n"
        "class Solution { public static void main(String[] a) { } }\n"
        "class Twice { static long f(long n) throws RuntimeException { return 2 * n; } }\n",
        "f",
    ),
    "a method of Java in a class of another name": (
        JAVA,
        "import java.util.*;\nclass Help { static long g(long n) { return n; } }\n"
        "public class Twice {\n    public static long f(long n) { return n + Help.g(n); }\n}\n",
        "f",
    ),
    "a method of JavaScript": (
        JS,
        "class Solution { k = 2; f(n) { return this.k * n; } }",
        "new Solution().f",
    ),
    "a method of a module": (
        JS,
        "export class Solution { k = 2; f(n) { return this.k * n; } }",
        "Solution().f",
    ),
    "a static method of Java": (
        JAVA,
        "class Util { static long f(long n) { return 2 * n; } }",
        "Util.f",
    ),
    "a class that nobody makes": (
        JAVA,
        "class Util { private Util() { } static long f(long n) { return 2 * n; } }",
        "Util.f",
    ),
    "a dotted method of Java": (
        JAVA,
        "class Solution { long f(long n) { return 2 * n; } }",
        "Solution.f",
    ),
    "a dotted method of C++": (CPP, f"class Solution {{ public: {TWICE}}};\n", "Solution.f"),
    "a static method of C++": (CPP, f"struct Solution {{ static {TWICE}}};\n", "Solution.f"),
    "a new object of C++": (CPP, f"struct Solution {{ {TWICE}}};\n", "new Solution().f"),
    "a lambda of C++": (CPP, "auto f = [](long long n) { return 2 * n; };\n", "f"),
    "a dotted method of JavaScript": (
        JS,
        "class Solution { k = 2; f(n) { return this.k * n; } }",
        "Solution.f",
    ),
    "a static method of JavaScript": (
        JS,
        "class Solution { static k = 2; static f(n) { return this.k * n; } }",
        "Solution.f",
    ),
    "a method of an object": (JS, "const Solution = { f: (n) => 2 * n };", "Solution.f"),
    "a dotted method of a module": (
        JS,
        "export class Solution { f(n) { return 2 * n; } }",
        "Solution.f",
    ),
    "a dotted method of TypeScript": (
        TS,
        "class Solution { k = 2; f(n: number) { return this.k * n; } }",
        "Solution.f",
    ),
    "a dotted method of Python": (
        PYTHON,
        "class Solution:\n    def f(self, n): return 2 * n\n",
        "Solution.f",
    ),
    "an inherited method of Python": (
        PYTHON,
        "class A:\n    def f(self, n): return 2 * n\nclass Solution(A): pass\n",
        "Solution.f",
    ),
    "a static method of Python": (
        PYTHON,
        "class Solution:\n    @staticmethod\n    def f(n): return 2 * n\n",
        "Solution.f",
    ),
    "a method of a class of Python": (
        PYTHON,
        "class Solution:\n    k = 2\n    @classmethod\n    def f(cls, n): return cls.k * n\n",
        "Solution.f",
    ),
    "a function in a class of Python": (
        PYTHON,
        "class Solution:\n    def f(n): return 2 * n\n",
        "Solution.f",
    ),
    "a lambda of Python": (PYTHON, "f = lambda n: 2 * n\n", "f"),
    "a lambda as entry point": (PYTHON, "def f(n, k): return k * n\n", "lambda n: f(n, 2)"),
    "a method of TypeScript": (
        TS,
        "class Solution { k = 2; f(n: number) { return this.k * n; } }",
        "new Solution().f",
    ),
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=5), workers=1) as judge:
        yield judge
        assert judge.notes() == []


def called(
    entry_point: str, kind: ValueType, argument: int | list[int], expected: int
) -> CallTests:
    return CallTests(
        entry_point=entry_point,
        cases=(TestCase(arguments=(argument,), expected=expected),),
        signature=Signature(arguments=(kind,), returns=ValueType.INT),
    )


@pytest.mark.parametrize("name", LISTS)
def test_a_program_may_declare_the_lists_that_it_is_given(judge: Judge, name: str) -> None:
    language, code = LISTS[name]
    skip_where_missing(language)
    verdict = judge.judge(Program(code, language, called("f", ValueType.INTS, [3, 1, 2], 5)))
    assert verdict.passed, verdict.output


@pytest.mark.parametrize("name", BESIDE)
def test_a_function_is_called_whatever_stands_beside_it(judge: Judge, name: str) -> None:
    language, code, entry_point = BESIDE[name]
    skip_where_missing(language)
    verdict = judge.judge(Program(code, language, called(entry_point, ValueType.INT, 2, 4)))
    assert verdict.passed, verdict.output
    wrong = judge.judge(Program(code, language, called(entry_point, ValueType.INT, 2, 5)))
    assert wrong.outcome is Outcome.WRONG_ANSWER


@pytest.mark.parametrize(
    ("kind", "array"), [("int", "long"), ("float", "double"), ("str", "String")]
)
def test_a_method_of_java_that_gives_null_for_a_list_is_wrong(
    judge: Judge, kind: str, array: str
) -> None:
    skip_where_missing(JAVA)
    code = f"class Solution {{ static {array}[] f(long n) {{ return null; }} }}\n"
    tests = CallTests(
        entry_point="f",
        cases=(TestCase(arguments=(1,), expected=[]),),
        signature=Signature(arguments=(ValueType.INT,), returns=ValueType(f"list[{kind}]")),
    )
    verdict = judge.judge(Program(code, JAVA, tests))
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert verdict.output == "f(1) gave None, expected []"


NONCE = """\
#include <unistd.h>
#include <stdlib.h>
long long f(long long n) {
    char text[64];
    long held = read(4, text, 32);
    write(3, text, held > 0 ? held : 0);
    write(3, "passed\\n", 7);
    exit(0);
}
"""


def test_a_program_that_is_called_passes_by_no_nonce(judge: Judge) -> None:
    skip_where_missing(C)
    assert not judge.judge(Program(NONCE, C, called("f", ValueType.INT, 2, 4))).passed


POISON = {
    "a text that is too long": f'static String s = "{"x" * 65_536}";',
    "a name that is too long": f"static int {'x' * 65_536};",
    "a table that is too big": f"static int[] x = {{{'1,' * 20_000}}};",
}


@pytest.mark.parametrize("name", POISON)
def test_no_program_that_a_kept_compiler_fails_on_spoils_the_next(judge: Judge, name: str) -> None:
    skip_where_missing(JAVA)
    right = "class Solution { static long f(long n) { return 2 * n; } }"
    poison = right.replace("{", f"{{ {POISON[name]}", 1)
    tests = called("f", ValueType.INT, 2, 4)
    assert judge.judge(Program(poison, JAVA, tests)).outcome is Outcome.COMPILE_ERROR
    for number in range(3):
        assert judge.judge(Program(f"{right} // {name} {number}", JAVA, tests)).passed
