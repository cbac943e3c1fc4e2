"""Many printed programs in one file a language: compiled once, run once, compared."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import JsonValue

from sodakd.judge.languages.javascript import node_modules
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.synthetic.code_templates import result_kind
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.program import Program
from sodakd.types import Language

Job = tuple[Program, Sequence[JsonValue]]

_C_PRELUDE = """\
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <stdbool.h>
#include <ctype.h>
#include <math.h>
typedef struct { long long *items; int count; } IntList;
typedef struct { double *items; int count; } FloatList;
typedef struct { char **items; int count; } StrList;
static void show_L(IntList v) {
    printf("[");
    for (int i = 0; i < v.count; i++) printf(i ? ",%lld" : "%lld", v.items[i]);
    printf("]\\n");
}
static void show_N(long long v) { printf("%lld\\n", v); }
static void show_S(char *v) { printf("\\"%s\\"\\n", v); }
"""
_CPP_PRELUDE = """\
#include <bits/stdc++.h>
static void show(const std::vector<long long> &v) {
    printf("[");
    for (size_t i = 0; i < v.size(); i++) printf(i ? ",%lld" : "%lld", v[i]);
    printf("]\\n");
}
static void show(long long v) { printf("%lld\\n", v); }
static void show(const std::string &v) { printf("\\"%s\\"\\n", v.c_str()); }
"""
_JAVA_SHOW = """\
    static void show(long[] v) { System.out.println(Arrays.toString(v)); }
    static void show(long v) { System.out.println(v); }
    static void show(String v) { System.out.println('"' + v + '"'); }
"""


def tool(name: str) -> str:
    """Where a tool is. Skips the test, by the tool's name, where it is not."""
    found = shutil.which(name) or shutil.which(name, path=os.environ.get("SODAKD_TEST_TOOLS", ""))
    if found is None and (packages := node_modules(f".bin/{name}")):
        found = str(packages / ".bin" / name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def outputs(language: Language, jobs: Sequence[Job], folder: Path) -> list[JsonValue]:
    """What the printed programs give for their inputs, in order."""
    names = {
        Language.JAVA: ("Batch.java", _java, (("javac", "Batch.java"), ("java", "Batch"))),
        Language.JAVASCRIPT: ("batch.js", _script, (("node", "batch.js"),)),
        Language.TYPESCRIPT: (
            "batch.ts",
            lambda jobs: _declared(_script(jobs, Language.TYPESCRIPT)),
            (
                ("tsc", "--strict", "--target", "ES2022", "--lib", "ES2022", "batch.ts"),
                ("node", "batch.js"),
            ),
        ),
        Language.C: (
            "batch.c",
            _c,
            (("gcc", "-std=c17", "-O1", "-w", "-o", "batch", "batch.c"), ("./batch",)),
        ),
        Language.CPP: (
            "batch.cpp",
            _cpp,
            (("g++", "-std=c++17", "-w", "-o", "batch", "batch.cpp"), ("./batch",)),
        ),
        Language.GO: ("batch.go", _go, _go_commands(folder) if language is Language.GO else ()),
    }
    file, write, commands = names[language]
    resolved = [[it[0] if "/" in it[0] else tool(it[0]), *it[1:]] for it in commands]
    (folder / file).write_text(write(jobs), encoding="utf-8")
    said = ""
    for command in resolved:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[:3000]
        said = done.stdout
    return [json.loads(line) for line in said.splitlines()]


def _declared(code: str) -> str:
    return "declare const console: { log(text: string): void };\n" + code


def _script(jobs: Sequence[Job], language: Language = Language.JAVASCRIPT) -> str:
    parts: list[str] = []
    for program, values in jobs:
        calls = [f"console.log(JSON.stringify({program.name}({json.dumps(it)})));" for it in values]
        parts.append("\n".join(["(() => {", print_program(program, language), *calls, "})();"]))
    return "\n".join(parts)


def _listed(value: JsonValue, wrap: str) -> str:
    if isinstance(value, list):
        return wrap.replace("@", ", ".join(map(str, value)))
    return json.dumps(value)


def _java(jobs: Sequence[Job]) -> str:
    classes: list[str] = []
    calls: list[str] = []
    for number, (program, values) in enumerate(jobs):
        code = print_program(program, Language.JAVA)
        code = re.sub(r"^import .*\n", "", code, flags=re.MULTILINE)
        code = code.replace("class Solution", "static class Solution")
        tests = []
        for value in values:
            said = f"{value}L" if isinstance(value, int) else _listed(value, "new long[] {@}")
            tests.append(f"show(Solution.{program.name}({said}));")
        run = "static void run() { " + " ".join(tests) + " }"
        classes.append(f"static class P{number} {{\n{code}\n{run}\n}}")
        calls.append(f"P{number}.run();")
    main = "public static void main(String[] a) { " + "\n".join(calls) + " }"
    imports = "import java.util.*;\nimport java.util.stream.*;\n"
    return "\n".join([imports, "class Batch {", _JAVA_SHOW, *classes, main, "}"])


def _cpp(jobs: Sequence[Job]) -> str:
    parts, calls = [_CPP_PRELUDE], []
    for number, (program, values) in enumerate(jobs):
        code = print_program(program, Language.CPP).replace("#include <bits/stdc++.h>", "")
        parts.append(f"namespace p{number} {{ {code} }}")
        calls += [f"show(p{number}::{program.name}({_listed(it, '{@}')}));" for it in values]
    return "\n".join([*parts, "int main() {", *calls, "}"])


_HELPERS = ("copy", "reversed", "flipped", "contains", "ascending", "descending", "by_code")


def _c(jobs: Sequence[Job]) -> str:
    parts, calls = [_C_PRELUDE], []
    for number, (program, values) in enumerate(jobs):
        names = (program.name, *_HELPERS)
        parts += [f"#define {name} p{number}_{name}" for name in names]
        parts.append(print_program(program, Language.C))
        parts += [f"#undef {name}" for name in names]
        gives = result_kind(program)
        for value in values:
            count = len(value) if isinstance(value, list) else 0
            said = _listed(value, f"(IntList){{(long long[]){{@{'' if count else '0'}}}, {count}}}")
            calls.append(f"show_{gives}(p{number}_{program.name}({said}));")
    return "\n".join([*parts, "int main(void) {", *calls, "}"])


def _go_commands(folder: Path) -> Sequence[Sequence[str]]:
    """Go's own tools, and the library that the judge keeps compiled: `go run` would compile one."""
    go = toolchain(Language.GO)
    if isinstance(go, MissingToolchain):
        pytest.skip(f"go: {go.reason}; {go.command}")
    tools = go.tools
    library = Path(tools["go_packages"])
    listed = library.read_text(encoding="utf-8").replace("=lib/", f"={library.parent}/lib/")
    (folder / "packages").write_text(listed, encoding="utf-8")
    known = ("-importcfg", "packages")
    return (
        (tools["go_compile"], "-o", "batch.a", "-p", "main", *known, "batch.go"),
        (tools["go_link"], "-o", "batch", *known, "batch.a"),
        ("./batch",),
    )


def _go(jobs: Sequence[Job]) -> str:
    imports: set[str] = {'import "os"', 'import "encoding/json"'}
    parts: list[str] = []
    calls: list[str] = []
    for number, (program, values) in enumerate(jobs):
        code = print_program(program, Language.GO).replace("package main\n", "")
        imports |= set(re.findall(r"^import .*$", code, flags=re.MULTILINE))
        code = re.sub(r"^import .*\n", "", code, flags=re.MULTILINE)
        parts.append(code.replace(f"func {program.name}(", f"func p{number}("))
        calls += [f"out.Encode(p{number}({_listed(it, '[]int{@}')}))" for it in values]
    main = ["func main() {", "out := json.NewEncoder(os.Stdout)", *calls, "}"]
    return "\n".join(["package main", *sorted(imports), *parts, *main])
