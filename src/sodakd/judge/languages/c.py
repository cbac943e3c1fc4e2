"""C (gcc, C17): the types of lists, the program, then what calls it, in one unit."""

import re
from collections.abc import Callable

from sodakd.judge.inside.job import Box
from sodakd.judge.inside.native import Plan, build_and_run, script_of
from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.languages import literals

PRELUDE = """\
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef SODAKD_LISTS
#define SODAKD_LISTS
typedef struct { long long *items; int count; } IntList;
typedef struct { double *items; int count; } FloatList;
typedef struct { char **items; int count; } StrList;
#endif
"""

WRITERS = """\
#include <unistd.h>
static FILE *sodakd_out;
static void sodakd_int(long long v) { fprintf(sodakd_out, "%lld", v); }
static void sodakd_float(double v) { fprintf(sodakd_out, "%.17g", v); }
static void sodakd_bool(bool v) { fputs(v ? "true" : "false", sodakd_out); }
static void sodakd_str(const char *v) {
    if (!v) { fputs("null", sodakd_out); return; }
    fputc('"', sodakd_out);
    for (; *v; v++) {
        unsigned char c = (unsigned char)*v;
        if (c == '"' || c == '\\\\') fprintf(sodakd_out, "\\\\%c", c);
        else if (c < 32) fprintf(sodakd_out, "\\\\u%04x", c);
        else fputc(c, sodakd_out);
    }
    fputc('"', sodakd_out);
}
#define SODAKD_LIST(name, type, put) static void name(type v) { \\
    fputc('[', sodakd_out); \\
    for (int i = 0; i < v.count; i++) { if (i) fputc(',', sodakd_out); put(v.items[i]); } \\
    fputc(']', sodakd_out); }
SODAKD_LIST(sodakd_ints, IntList, sodakd_int)
SODAKD_LIST(sodakd_floats, FloatList, sodakd_float)
SODAKD_LIST(sodakd_strs, StrList, sodakd_str)
"""

TYPES = {
    "int": "long long", "float": "double", "bool": "bool", "str": "char *",
    "list[int]": "IntList", "list[float]": "FloatList", "list[str]": "StrList",
}  # fmt: skip
PUT = {
    "int": "sodakd_int", "float": "sodakd_float", "bool": "sodakd_bool", "str": "sodakd_str",
    "list[int]": "sodakd_ints", "list[float]": "sodakd_floats", "list[str]": "sodakd_strs",
}  # fmt: skip
ASSERT = "#undef main\n#undef NDEBUG\n#undef assert\n#include <assert.h>\n"
"""Between a program and its script: a main is a main, an assertion an assertion."""

WRONG = re.compile(r"Assertion [`'].*' failed")
FLAGS = ("-pipe", "-w")


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Build and try one program."""
    tools = task.tools
    if task.script >= 0:
        source = f"{task.code}\n{ASSERT}{script_of(task)}"
        build: tuple[str, ...] = (
            tools["gcc"], "-std=gnu17", *FLAGS, tools["linker"], "-o", "program", "program.c",
            tools["finish"], "-Wl,--wrap=main", "-lm",
        )  # fmt: skip
        files = {"program.c": source.encode(errors="surrogatepass")}
    else:
        files = {"program.c": calls(task).encode(errors="surrogatepass")}
        build = (
            tools["gcc"], "-std=gnu17", *FLAGS, tools["linker"], "-Werror=return-type",
            "-Werror=implicit-function-declaration", "-Werror=int-conversion",
            "-o", "program", "program.c", "-lm",
        )  # fmt: skip
    plan = Plan(files=files, build=(build,), run=("/tmp/program",), wrong=WRONG)
    return build_and_run(box, task, plan, oom)


def calls(task: Task) -> str:
    """The program between what it may use and what calls it. A `main` of its own is no main."""
    lines = [PRELUDE, WRITERS, "#define main sodakd_own_main", task.code, "#undef main"]
    body = ['sodakd_out = fdopen(3, "w");', "close(4);"]
    for number, arguments in enumerate(task.arguments):
        names = []
        for place, (kind, value) in enumerate(zip(task.argument_types, arguments, strict=True)):
            before, expression = _literal(kind, value, f"a{number}_{place}")
            body += before
            names.append(expression)
        call = f"{task.entry_point}({', '.join(names)})"
        body.append(f'fputs("{{\\"value\\":", sodakd_out); {PUT[task.result_type]}({call});')
        body.append('fputs("}\\n", sodakd_out);')
    body.append("fclose(sodakd_out); return 0;")
    return "\n".join([*lines, "int main(void) {", *(f"    {line}" for line in body), "}", ""])


def _literal(kind: str, value: Json, name: str) -> tuple[list[str], str]:
    if kind in literals.LISTS:
        assert isinstance(value, list)
        item = literals.LISTS[kind]
        items = [_literal(item, one, name)[1] for one in value]
        base = TYPES[item]
        array = f"{base} {name}[] = {{{', '.join(items) or '0'}}};"
        return [array], f"({TYPES[kind]}){{{name}, {len(items)}}}"
    if kind == "str":
        return [], f"(char[]){{{literals.text(value)}}}"  # it may be written to
    if kind == "bool":
        return [], "true" if value else "false"
    return [], literals.number(value, "LL" if kind == "int" else "")
