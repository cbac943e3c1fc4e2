"""C++ (C++17): the program, then what calls it, in one unit."""

import re
from collections.abc import Callable

from sodakd.judge.inside.job import Box
from sodakd.judge.inside.native import Plan, build_and_run, script_of
from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.languages import literals
from sodakd.judge.languages.c import ASSERT, WRONG

TYPES = {
    "int": "long long", "float": "double", "bool": "bool", "str": "std::string",
    "list[int]": "std::vector<long long>", "list[float]": "std::vector<double>",
    "list[str]": "std::vector<std::string>",
}  # fmt: skip

FLAGS = ("-std=gnu++17", "-O1", "-pipe", "-w", "-Werror=return-type", "-fPIE")
_WHOLE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<bits/stdc\+\+\.h>", re.MULTILINE)

WRITERS = """\
#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>
static FILE *sodakd_out;
static void sodakd_put(long long v) { fprintf(sodakd_out, "%lld", v); }
static void sodakd_put(double v) { fprintf(sodakd_out, "%.17g", v); }
static void sodakd_put(bool v) { fputs(v ? "true" : "false", sodakd_out); }
static void sodakd_put(const std::string &v) {
    fputc('"', sodakd_out);
    for (unsigned char c : v) {
        if (c == '"' || c == '\\\\') fprintf(sodakd_out, "\\\\%c", c);
        else if (c < 32) fprintf(sodakd_out, "\\\\u%04x", c);
        else fputc(c, sodakd_out);
    }
    fputc('"', sodakd_out);
}
template <class T> static void sodakd_put(const std::vector<T> &v) {
    fputc('[', sodakd_out);
    bool first = true;
    for (const T &item : v) {
        if (!first) fputc(',', sodakd_out);
        first = false;
        sodakd_put(item);
    }
    fputc(']', sodakd_out);
}
"""


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Build and try one program."""
    tools = task.tools
    if task.script >= 0:
        files = {
            "program.cpp": f"{task.code}\n{ASSERT}{script_of(task)}".encode(errors="surrogatepass")
        }
        more: tuple[str, ...] = ("program.cpp", tools["finish"], "-Wl,--wrap=main")
    else:
        files = {"program.cpp": calls(task).encode(errors="surrogatepass")}
        more = ("program.cpp",)
    compiler = [tools["g++"], *FLAGS, tools["linker"]]
    if task.script < 0 or _WHOLE.search(task.code):
        # Where the whole library is included anyway it comes precompiled; a program that includes
        # less of it is compiled as it stands, so that what it forgot is still missed.
        compiler += ["-include", tools["whole.h"]]
    build = (*compiler, "-o", "program", *more)
    plan = Plan(files=files, build=(build,), run=("/tmp/program",), wrong=WRONG)
    return build_and_run(box, task, plan, oom)


def calls(task: Task) -> str:
    """The program between what writes and what calls. A `main` of its own is no main."""
    given = TYPES[task.result_type]
    lines = [WRITERS, "#define main sodakd_own_main", task.code, "#undef main", "int main() {"]
    lines += ['    sodakd_out = fdopen(3, "w");', "    close(4);"]
    for arguments in task.arguments:
        written = map(_literal, task.argument_types, arguments)
        call = f"static_cast<{given}>({task.entry_point}({', '.join(written)}))"
        lines.append(f'    fputs("{{\\"value\\":", sodakd_out); sodakd_put({call});')
        lines.append('    fputs("}\\n", sodakd_out);')
    return "\n".join([*lines, "    fclose(sodakd_out);", "    return 0;", "}", ""])


def _literal(kind: str, value: Json) -> str:
    if kind in literals.LISTS:
        assert isinstance(value, list)
        items = ", ".join(_literal(literals.LISTS[kind], item) for item in value)
        return f"{TYPES[kind]}{{{items}}}"
    if kind == "str":
        return f"std::string({literals.text(value)})"
    if kind == "bool":
        return "true" if value else "false"
    return literals.number(value, "LL" if kind == "int" else "")
