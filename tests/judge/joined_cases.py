"""Programs with test scripts that follow them, and the outcome that the plain tools would give."""

from sodakd.types import Language, Outcome

C, CPP, GO, JAVA = Language.C, Language.CPP, Language.GO, Language.JAVA
JS, TS = Language.JAVASCRIPT, Language.TYPESCRIPT
PASSED, WRONG, RAISED = Outcome.PASSED, Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR
NO_VERDICT, COMPILE = Outcome.NO_VERDICT, Outcome.COMPILE_ERROR
Case = tuple[Language, str, str, Outcome]
"""A language, a program, a script, an outcome."""

OF_C = "int f(int n) { return 2 * n; }\n"
OF_GO = "package main\n\nfunc f(n int) int { return 2 * n }\n"
OF_JAVA = "class Solution { static long f(long n) { return 2 * n; } }\n"
OF_JS, OF_TS = "function f(n) { return 2 * n; }\n", "function f(n: number) { return 2 * n; }\n"
EXITS, EXITS_CPP = "#include <stdlib.h>\n", "#include <cstdlib>\n#include <string>\n"
GO_EXITS = 'import "os"\nfunc main() { if f(2) != %d { os.Exit(1) }; os.Exit(0) }\n'
GO_TEST = 'func TestF(t *testing.T) { if f(2) != 4 { t.Fatal("no") } }\n'
GO_MAIN = 'import (\n\t"os"\n\t"testing"\n)\n\nfunc TestMain(m *testing.M) { %s }\n'
ASSERT, EQUAL = "const assert = require('assert');\n", "assert.equal(f(2), 4);\n"
IMPORT = "import assert from 'assert';\n"


def java_main(body: str) -> str:
    """A class whose main does this."""
    return f"class Main {{ public static void main(String[] a) {{ {body} }} }}\n"


ENDS: dict[str, Case] = {
    "C exits by 0": (
        C,
        OF_C,
        f"{EXITS}int main() {{ exit(f(2) == 4 ? EXIT_SUCCESS : 1); }}",
        PASSED,
    ),
    "C exits by 1": (C, OF_C, f"{EXITS}int main() {{ exit(f(2) == 5 ? 0 : 1); }}", RAISED),
    "C leaves at once": (
        C,
        OF_C,
        "#include <unistd.h>\nint main() { assert(f(2) == 4); _exit(0); }",
        PASSED,
    ),
    "C++ exits by 0": (
        CPP,
        OF_C,
        f"{EXITS_CPP}int main() {{ assert(f(2) == 4); std::exit(0); }}",
        PASSED,
    ),
    "a program of C exits": (
        C,
        f"{EXITS}int f(int n) {{ exit(0); }}\n",
        "int main() { assert(f(2) == 4); }",
        NO_VERDICT,
    ),
    "a file of C exits": (C, f"{EXITS}int main() {{ exit(0); }}\n", "\n", PASSED),
    "Go exits by 0": (GO, OF_GO, GO_EXITS % 4, PASSED),
    "Go exits by 1": (GO, OF_GO, GO_EXITS % 5, RAISED),
    "a program of Go exits": (
        GO,
        'package main\n\nimport "os"\n\nfunc f(n int) int { os.Exit(0); return 4 }\n',
        GO_TEST,
        NO_VERDICT,
    ),
    "Go's tests are run by their own main": (
        GO,
        OF_GO,
        GO_MAIN % "os.Exit(m.Run())" + GO_TEST,
        PASSED,
    ),
    "their own main says that they failed": (
        GO,
        OF_GO.replace("2", "3"),
        GO_MAIN % "os.Exit(m.Run())" + GO_TEST,
        WRONG,
    ),
    "their own main returns": (
        GO,
        OF_GO.replace("2", "3"),
        GO_MAIN % "_ = os.Args; m.Run()" + GO_TEST,
        WRONG,
    ),
    "Java exits by 0": (
        JAVA,
        OF_JAVA,
        java_main("System.exit(Solution.f(2) == 4 ? 0 : 1);"),
        PASSED,
    ),
    "Java exits by 1": (
        JAVA,
        OF_JAVA,
        java_main("System.exit(Solution.f(2) == 5 ? 0 : 1);"),
        RAISED,
    ),
    "a program of Java exits": (
        JAVA,
        OF_JAVA.replace("return", "System.exit(0); return"),
        java_main("assert Solution.f(2) == 4;"),
        NO_VERDICT,
    ),
    "a file of Java exits": (JAVA, java_main("System.exit(0);"), "\n", PASSED),
    "JavaScript exits by 0": (JS, OF_JS, "process.exit(f(2) === 4 ? 0 : 1);", PASSED),
    "JavaScript exits by 1": (JS, OF_JS, "process.exit(f(2) === 5 ? 0 : 1);", RAISED),
    "JavaScript exits later": (
        JS,
        OF_JS,
        f"{ASSERT}(async () => {{ await 1; {EQUAL} }})().then(() => process.exit());",
        PASSED,
    ),
    "a program of JavaScript exits": (
        JS,
        "function f(n) { process.exit(0); }",
        ASSERT + EQUAL,
        NO_VERDICT,
    ),
    "a program of JavaScript exits before its tests": (
        JS,
        f"{OF_JS}process.exit(0);",
        ASSERT + EQUAL,
        NO_VERDICT,
    ),
    "a module exits before its tests": (
        JS,
        f"export {OF_JS}process.exit(0);",
        ASSERT + EQUAL,
        NO_VERDICT,
    ),
    "a program of JavaScript exits later": (
        JS,
        f"{OF_JS}setTimeout(() => process.exit(0), 1);",
        f"{ASSERT}(async () => {{ await new Promise((go) => setTimeout(go, 50)); {EQUAL} }})();",
        NO_VERDICT,
    ),
    "a file of JavaScript exits": (JS, "process.exit(0);", "\n", PASSED),
    "a failure that is heard": (
        JS,
        f"process.on('uncaughtException', () => {{}});\n{OF_JS}",
        f"{ASSERT}setTimeout(() => assert.equal(f(2), 5), 1);",
        NO_VERDICT,
    ),
    "TypeScript exits by 0": (TS, OF_TS, f"{ASSERT}{EQUAL}process.exit(0);", PASSED),
    "a program of TypeScript exits": (
        TS,
        "function f(n: number): number { process.exit(0); }",
        f"{ASSERT}{EQUAL}process.exit(0);",
        NO_VERDICT,
    ),
    "a file of TypeScript exits": (TS, "process.exit(0);", "\n", PASSED),
}
"""Who leaves by success: tests that do so have ended, a program that does so has left them."""

MISSING: dict[str, tuple[Language, str, str, str]] = {
    "a header": (C, OF_C, "#include <gtest/gtest.h>\nint main() { return 0; }", "gtest/gtest.h"),
    "a package of Go": (GO, OF_GO, f'import "a.b/c"\nvar x = c.D\n{GO_TEST}', "a.b/c"),
    "an assertion": (
        GO,
        OF_GO,
        'func TestF(t *testing.T) { assert.Contains(t, "a", "a") }\n',
        "assert.Contains",
    ),
    "a method of assertions": (
        GO,
        OF_GO,
        'func TestF(t *testing.T) { a := assert.New(t); a.Contains("a", "a") }\n',
        "assert.Contains",
    ),
    "JUnit": (
        JAVA,
        OF_JAVA,
        "import org.junit.jupiter.api.Test;\nimport static org.junit.jupiter.api.Assertions.*;\n"
        "class FTest { @Test void f() { assertEquals(4, Solution.f(2)); } }\n",
        "org.junit.jupiter.api",
    ),
    "a module that is required": (JS, OF_JS, "require('chai').expect(f(2)).to.equal(4);", "chai"),
    "a module that is imported": (
        JS,
        OF_JS,
        "import { expect } from 'chai';\nexpect(f(2)).to.equal(4);",
        "chai",
    ),
    "a runner": (
        JS,
        OF_JS,
        "describe('f', () => { it('', () => { expect(f(2)).toBe(4); }); });",
        "jest",
    ),
    "a module of TypeScript": (TS, OF_TS, "import { expect } from 'chai';\nexpect(f(2));", "chai"),
    "a runner of TypeScript": (
        TS,
        OF_TS,
        "describe('f', () => { expect(f(2)).toBe(4); });",
        "jest",
    ),
}
"""What tests need and the machine has not: a language, a program, a script, what is named."""

NEAR = "near(f(2), 4)"
BOTH_LACK = "int f(int n) { return y; }\n"
UNDEFINED: dict[str, Case] = {
    "C": (C, OF_C, f"int main() {{ assert({NEAR}); }}", NO_VERDICT),
    "C++": (CPP, OF_C, f"int main() {{ assert({NEAR}); }}", NO_VERDICT),
    "Go": (GO, OF_GO, f"func TestF(t *testing.T) {{ if !{NEAR} {{ t.Fail() }} }}\n", NO_VERDICT),
    "Java": (JAVA, OF_JAVA, java_main("assert near(Solution.f(2), 4);"), NO_VERDICT),
    "JavaScript": (JS, OF_JS, f"{ASSERT}assert({NEAR});", NO_VERDICT),
    "a module of JavaScript": (JS, f"export {OF_JS}", f"{IMPORT}assert({NEAR});", NO_VERDICT),
    "TypeScript": (TS, OF_TS, f"{IMPORT}assert({NEAR});", NO_VERDICT),
    "C, and the program too": (C, BOTH_LACK, f"int main() {{ assert({NEAR}); }}", COMPILE),
    "Java, a method of the program's": (
        JAVA,
        OF_JAVA,
        java_main("assert Solution.near(Solution.f(2), 4);"),
        COMPILE,
    ),
    "Java, a class": (JAVA, OF_JAVA, java_main("assert Near.of(Solution.f(2), 4);"), COMPILE),
    "Go, the entry point": (GO, OF_GO.replace("f(", "g("), GO_TEST, COMPILE),
    "JavaScript, within the program": (
        JS,
        "function f(n) { return near(n); }\n",
        f"{ASSERT}{EQUAL}",
        RAISED,
    ),
}
"""What tests use and nobody defines; what the program may have to define is its own lack."""

OWN_LACK: dict[str, Case] = {
    "a header": (C, f"#include <gtest/gtest.h>\n{OF_C}", "int main() { return 0; }", COMPILE),
    "a package of Go": (GO, OF_GO.replace("main\n", 'main\nimport "a.b/c"\n'), GO_TEST, COMPILE),
    "JUnit": (JAVA, f"import org.junit.Test;\n{OF_JAVA}", java_main(""), COMPILE),
    "a module": (JS, f"const c = require('chai');\n{OF_JS}", "f(2);", RAISED),
    "a module of TypeScript": (TS, f"import c from 'chai';\n{OF_TS}", "f(2);", COMPILE),
    "what it tries to have": (
        JS,
        OF_JS,
        "let a; try { a = require('chai'); } catch { a = require('assert'); }\na.equal(f(2), 4);",
        PASSED,
    ),
}

SOLUTION: dict[str, Case] = {
    "a file that is required": (
        JS,
        OF_JS,
        f"{ASSERT}const {{ f }} = require('./solution');\n{EQUAL}",
        PASSED,
    ),
    "its exports": (
        JS,
        f"{OF_JS}module.exports = {{ f }};",
        f"{ASSERT}const s = require('./solution.js');\nassert.equal(s.f(2), 4);",
        PASSED,
    ),
    "a function that it is": (
        JS,
        f"{OF_JS}module.exports = f;",
        f"{ASSERT}const f = require('../solution');\n{EQUAL}",
        PASSED,
    ),
    "a module that is required": (
        JS,
        f"export {OF_JS}",
        f"{ASSERT}const {{ f }} = require('./solution');\n{EQUAL}",
        PASSED,
    ),
    "a module that is imported": (
        JS,
        f"export {OF_JS}",
        f"{IMPORT}import {{ f }} from './solution.js';\n{EQUAL}",
        PASSED,
    ),
    "a wrong one": (
        JS,
        f"export {OF_JS}".replace("2", "3"),
        f"{IMPORT}import {{ f }} from './solution.js';\n{EQUAL}",
        WRONG,
    ),
    "a file that is imported": (
        JS,
        OF_JS,
        f"{IMPORT}import {{ f }} from './solution.js';\n{EQUAL}",
        PASSED,
    ),
    "what a module does not export": (
        JS,
        f"import 'fs';\n{OF_JS}",
        f"{IMPORT}import {{ f }} from './solution.js';\n{EQUAL}",
        PASSED,
    ),
    "TypeScript": (TS, OF_TS, f"import {{ f }} from './solution';\n{IMPORT}{EQUAL}", PASSED),
    "another name in TypeScript": (
        TS,
        f"export {OF_TS}",
        f"import {{ f as g }} from './solution';\n{IMPORT}assert.equal(g(2), 5);",
        WRONG,
    ),
    "TypeScript that is required": (
        TS,
        OF_TS,
        f"const {{ f }} = require('./solution');\n{ASSERT}{EQUAL}",
        PASSED,
    ),
}
"""How tests name the program as a file beside them."""

RIGHT: dict[str, Case] = {
    "macros that both use": (
        CPP,
        "#include <bits/stdc++.h>\n#define ll long long\n#define int ll\nusing namespace std;\n"
        "int f(int n) { return 2 * n; } // a\\",
        "int main() { ll a = f(2); assert(a == 4); }",
        PASSED,
    ),
    "assembler, and the usual words": (
        C,
        '#define true 1\n#define bool int\nint f(int n) { __asm__("nop"); return 2 * n; }\n',
        "int main() { bool ok = true; assert(f(2) == 4 && ok); return 0; }",
        PASSED,
    ),
    "a function of the library's": (
        C,
        "int strcmp(const char *a, const char *b) { return *a - *b; }\n",
        'int strcmp(const char *, const char *);\nint main() { assert(strcmp("a", "a") == 0); }',
        PASSED,
    ),
    "comments before a directive": (
        C,
        f"#{'/**/' * 40_000} pragma once\n{OF_C}",
        "int main() { assert(f(2) == 4); }",
        PASSED,
    ),
    "C++20 without its words": (
        CPP,
        "#include <string>\nusing namespace std;\n"
        "string f(string s) { erase(s, ' '); return s; }\n",
        'int main() { assert(f("a b") == "ab"); }',
        PASSED,
    ),
    "a script that closes the function": (
        CPP,
        "#include <cassert>\nlong long twice(long long n) {\n    return 2 * n;",
        "}\nint main(int count, char **given) { assert(twice(2) == 4); }\n",
        PASSED,
    ),
    "functions of the names of builtins": (
        GO,
        "package main\n\nfunc len(s string) int { return 7 }\n"
        'func f(int) int { return len("") - 3 }\n',
        GO_TEST,
        PASSED,
    ),
    "tests and mains in comments and texts": (
        GO,
        f"{OF_GO}/*\nfunc TestX(t *testing.T) {{}}\nfunc main() {{}}\n*/\n"
        "const s = `\nfunc main() {}\n`\n\nfunc main() {}\n",
        f'import tt "testing"\n{GO_TEST.replace("testing", "tt")}',
        PASSED,
    ),
    "a class of the name of Java's": (
        JAVA,
        f"class Character {{ static int of() {{ return 4; }} }}\n{OF_JAVA}",
        java_main("assert Solution.f(2) == Character.of();"),
        PASSED,
    ),
    "characters by their number": (
        JAVA,
        "class Solution { static char z = '\\u0000', e = '\\u001a';\n"
        '    static String q = "\\\\u0022 \\u0041\\u00e9";\n'
        "    static long f(long n) { return q.length() + z + e; }\n}\n",
        java_main("assert Solution.f(2) == 35;"),
        PASSED,
    ),
    "a script that closes the class": (
        JAVA,
        "class Problem {\n    static class Inner {}\n    static long f(long n) {\n"
        "        return 2 * n;",
        "    }\n    public static void main(String[] a) { assert(f(2L) == (4L)); }\n}\n",
        PASSED,
    ),
    "what is patched": (
        JS,
        "Number.isInteger = Number.isInteger || (() => 0);\nJSON.copy = (x) => x;\n"
        "const log = console.log; console.log = (...a) => log('> ', ...a);\n"
        "class A { g() { return 4; } }\n"
        "function f() { const o = {}; o.__proto__ = A.prototype; return o.g(); }",
        f"'use strict';\n{ASSERT}{EQUAL}console.log(1);",
        PASSED,
    ),
    "an import in a comment": (TS, f"/*\n{IMPORT}*/\n{OF_TS}", IMPORT + EQUAL, PASSED),
    "an import in a text": (TS, f"const s = `\n{ASSERT}`;\n{OF_TS}", ASSERT + EQUAL, PASSED),
    "an import of a part of what is there": (
        TS,
        f"import {{ equal }} from 'node:assert';\n{OF_TS}",
        "import { equal, ok } from 'assert';\nequal(f(2), 4); ok(1);",
        PASSED,
    ),
}
"""What honest programs do, and no reader of their text may refuse."""

OPEN: dict[str, Case] = {
    "C": (C, f"int main() {{ return 0; }}\n{OF_C}/*", "int main() { assert(0); } /* */\n", COMPILE),
    "C++": (
        CPP,
        f"int main() {{ return 0; }}\n{OF_C}/*",
        "int main() { assert(0); } /* */\n",
        COMPILE,
    ),
    "Go": (GO, f"{OF_GO}/*", f"{GO_TEST}/* */\n", COMPILE),
    "a text of Go": (GO, f'{OF_GO}var s = "', GO_TEST, COMPILE),
    "Java": (JAVA, java_main("") + OF_JAVA + "/*", java_main("assert false;") + "/* */\n", COMPILE),
    "JavaScript": (JS, f"{OF_JS}/*", f"{ASSERT}assert.equal(f(2), 5); /* */\n", COMPILE),
    "TypeScript": (TS, f"{OF_TS}/*", f"{ASSERT}assert.equal(f(2), 5); /* */\n", COMPILE),
}
"""Programs whose last comment or text is open: they swallow no test."""

FORGING: dict[str, Case] = {
    "C": (
        C,
        "int strcmp(const char *a, const char *b) { return 0; }\n",
        '#include <string.h>\nint main() { assert(strcmp("a", "b") == 0); }',
        PASSED,
    ),
    "C++": (
        CPP,
        "struct S {}; bool operator==(S, int) { return true; }\nS f(int) { return {}; }\n",
        "int main() { assert(f(2) == 4); }",
        PASSED,
    ),
    "Go": (
        GO,
        f"{OF_GO}func panic(any) {{}}\n",
        "func main() { if f(2) != 5 { panic(1) } }\n",
        PASSED,
    ),
    "Java": (
        JAVA,
        "class Objects { static boolean equals(Object a, Object b) { return true; } }\n" + OF_JAVA,
        java_main("assert Objects.equals(Solution.f(2), 5L);"),
        PASSED,
    ),
    "JavaScript": (
        JS,
        f"require('assert').equal = () => {{}};\n{OF_JS}",
        f"{ASSERT}assert.equal(f(2), 5);",
        PASSED,
    ),
}
"""Programs that make their script agree: their verdict says that they could."""
GO_UNUSED = 'import (\n\t"testing"\n\t"fmt"\n)\n'
GO_FAILING = "func TestF(t *testing.T) { if f(2) != 4 { t.Fail() } }\n"
UNREAD: dict[str, tuple[Language, str, str, str]] = {
    "C": (C, OF_C, "int main() {\n    assert(f(2) == 4)\n}", "line 3: expected "),
    "C++": (CPP, OF_C, "int main() { int x = ; }", "line 1: expected primary-expression"),
    "C++, of the newer one": (
        CPP,
        "#include <compare>\n#include <set>\nbool f(std::set<int> s) { return s.contains(1); }\n",
        "int main() { assert(f({1} }",
        "line 1: unterminated argument list",
    ),
    "Go": (GO, OF_GO, "func TestF(t *testing.T) { if f(2) != { } }\n", "line 1: syntax error: "),
    "a package of Go's tests": (GO, OF_GO, GO_UNUSED + GO_FAILING, '"fmt" imported and not used'),
    "a variable of Go's tests": (
        GO,
        OF_GO,
        "func TestF(t *testing.T) {\n\tgot := f(2)\n}\n",
        "line 2: declared and not used: got",
    ),
    "Java": (JAVA, OF_JAVA, java_main("assert Solution.f(2) == 4"), "line 1: ';' expected"),
    "a class of Java that is open": (
        JAVA,
        OF_JAVA,
        "class Main {\n",
        "line 1: reached end of file",
    ),
    "JavaScript": (JS, OF_JS, "\nassert(f(2) === 4", "line 2: SyntaxError: missing ) after"),
    "a module of JavaScript": (
        JS,
        f"export {OF_JS}",
        f"{IMPORT}assert(f(2)",
        "SyntaxError: missing",
    ),
    "TypeScript": (TS, OF_TS, f"{IMPORT}assert(f(2) === 4", "line 2: 1005: ')' expected."),
}
"""Scripts that are none of their language, and what is said of them."""
UNREADABLE: dict[str, Case] = {
    "C, an open bracket": (C, "int f(int n) { return 2 * n;\n", "int main() { }", COMPILE),
    "C, a type without its end": (C, "struct S { int n; }\n", "int main() { return 0; }", COMPILE),
    "C, a head alone": (C, "#include <assert.h>\nint f(int n)\n", "int main() { }", COMPILE),
    "C++, a macro": (
        CPP,
        "#define MORE(a, b) a > b;\n",
        "int main() { assert((MORE(2, 1))); }",
        COMPILE,
    ),
    "C++, a base": (CPP, OF_C, "struct B : Base { };\nint main() { }", COMPILE),
    "Go, an open bracket": (GO, OF_GO.replace("}", ""), GO_TEST, COMPILE),
    "Go, both": (GO, f"{OF_GO}func g() {{ var x int }}\n", GO_UNUSED + GO_FAILING, COMPILE),
    "Java, an open class": (JAVA, OF_JAVA.rstrip("}\n"), java_main("assert true;"), COMPILE),
    "Java, a type": (JAVA, OF_JAVA, java_main("String s = Solution.f(2);"), COMPILE),
    "JavaScript": (JS, "function f(n) {\n", EQUAL, COMPILE),
    "TypeScript, an open bracket": (TS, OF_TS.rstrip("}\n"), f"{IMPORT}{EQUAL}", COMPILE),
    "TypeScript, a type": (TS, OF_TS, "const s: string = f(2);", COMPILE),
}
"""Errors that a compiler finds in the tests, and that are the program's."""
