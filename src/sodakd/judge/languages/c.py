"""C (gcc, C17): the types of lists, the program, then what calls it, in one unit."""

import re
from collections.abc import Callable, Sequence

from sodakd.judge.languages import literals
from sodakd.judge.languages.c_tokens import COMMENT
from sodakd.judge.languages.c_with_tests import AFTER, joined, missing_header
from sodakd.judge.sandbox.build_run import BuildPlan, build_and_run
from sodakd.judge.sandbox.json_values import Json
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task
from sodakd.text.signatures import TYPES

LISTS = ("IntList", "FloatList", "StrList")
PRELUDE = """\
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef SODAKD_OWN_IntList
typedef struct { long long *items; int count; } IntList;
#endif
#ifndef SODAKD_OWN_FloatList
typedef struct { double *items; int count; } FloatList;
#endif
#ifndef SODAKD_OWN_StrList
typedef struct { char **items; int count; } StrList;
#endif
"""

WRITERS = """\
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
/* Of any type that has items and a count: a program may declare the lists itself. */
#define SODAKD_LIST(v, put) do { \\
    __auto_type sodakd_list = (v); \\
    fputc('[', sodakd_out); \\
    for (long sodakd_at = 0; sodakd_at < sodakd_list.count; sodakd_at++) { \\
        if (sodakd_at) fputc(',', sodakd_out); \\
        put(sodakd_list.items[sodakd_at]); \\
    } \\
    fputc(']', sodakd_out); \\
} while (0)
#define sodakd_ints(v) SODAKD_LIST(v, sodakd_int)
#define sodakd_floats(v) SODAKD_LIST(v, sodakd_float)
#define sodakd_strs(v) SODAKD_LIST(v, sodakd_str)
"""

_TYPES = TYPES["c"]
PUT = {
    "int": "sodakd_whole", "float": "sodakd_float", "bool": "sodakd_bool", "str": "sodakd_str",
    "list[int]": "sodakd_ints", "list[float]": "sodakd_floats", "list[str]": "sodakd_strs",
}  # fmt: skip
WRONG = re.compile(r"^program: program\.c(?:pp)?:\d+: .*: Assertion [`']", re.MULTILINE)
MEMORY = re.compile(
    r"^(?:terminate called after throwing an instance of 'std::bad_alloc'"
    r"|cannot allocate TLS data structures"
    r"|\S+: error while loading shared libraries: .*(?:cannot allocate|failed to map))",
    re.MULTILINE,
)
"""What C++ says of an end of memory, and the loader of a program for which there is not enough."""
OVERSIZED = re.compile(r"error: relocation (?:overflow|truncated to fit)")
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
WRAPPED = "-Wl,--wrap=main"
"""What runs is `__wrap_main`, ours: a `main` of the program's own is not called."""
_INCLUDES = re.compile(
    r"(?:\s++|//[^\n]*+\n|/\*.*?\*/|\#[ \t]*+include[ \t]*+<\w++\.h>[ \t]*+(?://[^\n]*+)?\n)*+",
    re.DOTALL,
)
_INCLUDE = re.compile(r"^[ \t]*+#[ \t]*+include[ \t]*+<(\w++)\.h>", re.MULTILINE)
_DECLARED = re.compile(rf"(?:conflicting types for|redefinition of) .({'|'.join(LISTS)})\b")
_OPENSSL = re.compile(r"^[ \t]*+#[ \t]*+include[ \t]*+<openssl/", re.MULTILINE)


def judge(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Build and try one program."""
    if task.script is not None:
        source = joined(task.code, task.script, cpp=False)
        header = precompiled(task.code)
        return tried(box, task, oom, source, _driver(task, (header,) if header else ()))
    source = calls(task)
    result = tried(box, task, oom, source, _driver(task, ("calls.h",)))
    if result.stage == "compile" and (own := set(_DECLARED.findall(result.output))):
        named = [f"-DSODAKD_OWN_{name}" for name in sorted(own)]
        result = tried(box, task, oom, source, (*_driver(task, ("calls.h",)), *named))
    return result


def tried(
    box: Sandbox, task: Task, oom: Callable[[], bool], source: str, command: Sequence[str]
) -> Result:
    """Compile a text by a command, with the libraries that it includes, and run it."""
    libraries = ("-lssl", "-lcrypto") if _OPENSSL.search(source) else ()
    plan = BuildPlan(
        files={f"program.{task.language}": source.encode(errors="surrogatepass")},
        build=((*command, *libraries),),
        run=("/tmp/program",),
        wrong=WRONG,
        memory=MEMORY,
        oversized=OVERSIZED,
        lacking=lambda said: missing_header(said, task.code),
    )
    return build_and_run(box, task, plan, oom)


def _driver(task: Task, headers: Sequence[str]) -> Sequence[str]:
    """gcc, with these headers of ours before the program."""
    tools = task.tools
    included = [part for name in headers for part in ("-include", f"{tools['headers']}/{name}")]
    parts = STRICT if task.script is None else (tools["finish"],)
    return (
        tools["gcc"], *FLAGS, "-pipe", "-fno-use-linker-plugin", tools["linker"], WRAPPED,
        *parts, *included, "-o", "program", "program.c", "-lm",
    )  # fmt: skip


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
    body = ['sodakd_out = fdopen(3, "w");']
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
    main = ['#line 1 "calls.c"', "signed __wrap_main(void) {", *(f"    {line}" for line in body)]
    return "\n".join([f"{task.code}{literals.CLOSED}{AFTER}", *main, "}", ""])


def _literal(kind: str, value: Json, name: str) -> tuple[list[str], str]:
    if kind in literals.LISTS:
        assert isinstance(value, list)
        item = literals.LISTS[kind]
        items = [_literal(item, one, name)[1] for one in value]
        base = _TYPES[item]
        array = f"{base} {name}[] = {{{', '.join(items) or '0'}}};"
        return [array], f"({_TYPES[kind]}){{.items = {name}, .count = {len(items)}}}"
    if kind == "str":
        return [], f"(char[]){{{literals.text(value)}}}"  # it may be written to
    if kind == "bool":
        return [], "true" if value else "false"
    return [], literals.number(value, "LL" if kind == "int" else "")
