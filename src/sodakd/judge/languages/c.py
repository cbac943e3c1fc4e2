"""C (gcc, C17): the types of lists, the program, then what calls it, in one unit."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace

from sodakd.answers.declared import TYPES
from sodakd.judge.inside.box import Box
from sodakd.judge.inside.compiler import COMPILERS
from sodakd.judge.inside.native import Compile, Plan, build_and_run, refused
from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.languages import literals
from sodakd.judge.languages.c_tokens import COMMENT
from sodakd.judge.languages.c_unit import Unit, refusal, unit

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
static void sodakd_float(double v) {
    char text[40];
    snprintf(text, sizeof text, "%.17g", v);
    if (v != v) strcpy(text, "NaN");
    else if (v - v != 0) strcpy(text, v > 0 ? "Infinity" : "-Infinity");
    else if (!strpbrk(text, ".e")) strcat(text, ".0");
    fputs(text, sodakd_out);
}
/* A fraction where an int is asked for is not cut off. */
#define sodakd_whole(v) \\
    _Generic((v), float: sodakd_float, double: sodakd_float, long double: sodakd_float, \\
             default: sodakd_int)(v)
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

_TYPES = TYPES["c"]
PUT = {
    "int": "sodakd_whole", "float": "sodakd_float", "bool": "sodakd_bool", "str": "sodakd_str",
    "list[int]": "sodakd_ints", "list[float]": "sodakd_floats", "list[str]": "sodakd_strs",
}  # fmt: skip
ASSERT = "#undef main\n#undef NDEBUG\n#undef assert\n#include <assert.h>\n"
"""Between a program and its script, as static tools read them: a main is a main, an assertion an
assertion. What the judge itself compiles is in `c_unit.py`."""

WRONG = re.compile(r"Assertion [`'].*' failed")
FLAGS = ("-std=gnu17", "-w")
STRICT = (
    "-Werror=return-type",
    "-Werror=implicit-function-declaration",
    "-Werror=int-conversion",
)
"""What a function must keep to that is called by code of ours."""

HEADERS = (
    ("stdio", "stdlib", "string", "math"),
    ("stdio", "stdlib", "math"),
    ("stdio", "math"),
    ("stdio", "stdlib", "string"),
)
"""Headers that come precompiled together where a program begins by including them all: those that
take longer to read as text. More of them would hide that a program forgot one."""

HEADER = "first{}.h"
HEADERS_OF_CALLS = PRELUDE + WRITERS
OWN_MAIN = "#define main sodakd_own_main\n"
"""Before a program that is called: a `main` of its own is no main. What stands before such a
program is included by the command, so that its lines are those that a compiler quotes."""
FINISH = "finish.o"
_INCLUDES = re.compile(
    r"(?:\s|//[^\n]*\n|/\*.*?\*/|\#[ \t]*include[ \t]*<\w+\.h>[ \t]*(?://[^\n]*)?\n)*",
    re.DOTALL,
)
_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<(\w+)\.h>", re.MULTILINE)


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Build and try one program."""
    if task.script is None:
        warm = steps(task, STRICT, "calls.h")
        return tried(box, task, oom, calls(task), warm or (_driver(task),), warm)
    if why := refusal(task.code):
        return refused(task, why)
    held = unit(task.code, task.script, task.entry_point, cpp=False)
    warm = steps(task, (), precompiled(f"{task.code}\n{task.script}"))
    return tried(box, task, oom, held.source, warm or (_driver(task),), warm, held)


def tried(
    box: Box,
    task: Task,
    oom: Callable[[], bool],
    source: str,
    build: tuple[Sequence[str], ...],
    warm: tuple[Sequence[str], ...],
    held: Unit | None = None,
) -> Result:
    """Compile a text by these commands, warm where there are some of those, and run it."""
    text = source.encode(errors="surrogatepass")
    plan = Plan(
        files={f"program.{task.language}": text},
        build=linked(source, build),
        run=("/tmp/program",),
        wrong=WRONG,
        checked=held.checked if held else None,
        compile=compiler(box, task, warm, text),
    )
    result = noted(task, build_and_run(box, task, plan, oom))
    if held is None:
        return result
    said = result.output.replace(held.mark, "tests").replace("sodakd_failed", "tests_failed")
    return replace(result, output=said)


def compiler(box: Box, task: Task, steps: Sequence[Sequence[str]], source: bytes) -> Compile | None:
    """What compiles a program without starting a compiler, where that is known to work."""
    shim = task.tools.get("cc1")
    if not steps or shim is None:
        return None
    return lambda job, assembly: COMPILERS.compile(box, job, steps[0], shim, source, assembly)


def _driver(task: Task) -> Sequence[str]:
    """gcc as anyone calls it."""
    tools = task.tools
    whole = (tools["gcc"], *FLAGS, "-pipe", tools["linker"], "-o", "program", "program.c")
    if task.script is not None:
        return (*whole[:-1], tools["finish"], whole[-1], "-Wl,--wrap=main", "-lm")
    included = [f"{tools['headers']}/{name}" for name in ("plain/calls.h", "own_main.h")]
    return (*whole, *STRICT, "-include", included[0], "-include", included[1], "-lm")


def steps(task: Task, strict: Sequence[str], header: str) -> tuple[Sequence[str], ...]:
    """What gcc would start, with a header of ours already compiled; none where that is not known.

    `header` is "" where no header of ours may stand before the program.
    """
    tools = task.tools
    if not task.warm or "link" not in tools:
        return ()
    compiled = [*shlex.split(tools["compile"]), *strict]
    if header:
        compiled += ["-include", f"{tools['headers']}/{header}"]
    if task.script is None:
        compiled += ["-include", f"{tools['headers']}/own_main.h"]
    linked = shlex.split(tools["link"])
    linked.remove(FINISH)
    if task.script is not None:  # first: what stands before it would run before it
        at = linked.index("program.o")
        linked[at:at] = [tools["finish"], "--wrap=main"]
    return compiled, shlex.split(tools["assemble"]), linked


_OPENSSL = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<openssl/", re.MULTILINE)


def linked(source: str, build: tuple[Sequence[str], ...]) -> tuple[Sequence[str], ...]:
    """The commands of a build; the last one, which links, with the libraries that are included."""
    libraries = ("-lssl", "-lcrypto") if _OPENSSL.search(source) else ()
    return (*build[:-1], (*build[-1], *libraries))


def noted(task: Task, result: Result) -> Result:
    """The result, with a note where the slower way had to be taken."""
    slow = _NOTE if task.warm and "link" not in task.tools else COMPILERS.note
    return replace(result, notes=(*result.notes, slow)) if slow else result


_NOTE = "programs are compiled by gcc's driver, more slowly: its steps were not understood"


def precompiled(source: str) -> str:
    """The header that holds the most of what a program includes before all else, or ""."""
    first = _INCLUDES.match(source)
    assert first is not None
    included = set(_INCLUDE.findall(COMMENT.sub(" ", first.group())))
    for number, names in enumerate(HEADERS):
        if included.issuperset(names):
            return HEADER.format(number)
    return ""


def calls(task: Task) -> str:
    """The program before what calls it."""
    lines = [task.code, "#undef main"]
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
    main = ['#line 1 "calls.c"', "signed main(void) {", *(f"    {line}" for line in body), "}", ""]
    return "\n".join([*lines, *main])


def _literal(kind: str, value: Json, name: str) -> tuple[list[str], str]:
    if kind in literals.LISTS:
        assert isinstance(value, list)
        item = literals.LISTS[kind]
        items = [_literal(item, one, name)[1] for one in value]
        base = _TYPES[item]
        array = f"{base} {name}[] = {{{', '.join(items) or '0'}}};"
        return [array], f"({_TYPES[kind]}){{{name}, {len(items)}}}"
    if kind == "str":
        return [], f"(char[]){{{literals.text(value)}}}"  # it may be written to
    if kind == "bool":
        return [], "true" if value else "false"
    return [], literals.number(value, "LL" if kind == "int" else "")
