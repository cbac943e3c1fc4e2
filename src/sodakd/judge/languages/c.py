"""C (gcc, C17): the types of lists, the program, then what calls it, in one unit."""

import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from sodakd.judge.build_cache import (
    SANDBOX,
    cached_build,
    run_tool,
    tool_errors,
    tool_output,
    which,
)
from sodakd.judge.languages.c_with_tests import AFTER, joined, missing_header
from sodakd.judge.languages.literals import CLOSED, Literals, octal_text
from sodakd.judge.languages.spec import LanguageSpec, Reference, Toolchain, Untested
from sodakd.judge.sandbox.build_run import build_and_run
from sodakd.judge.sandbox.execute import BuildPlan
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task
from sodakd.text.signatures import c_lists
from sodakd.value_type import read_type

_INCLUDED = """\
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
"""


def _structs(kinds: Sequence[str]) -> Mapping[str, str]:
    """The lists of these types by name, declared where the program does not do so itself."""
    form = "#ifndef SODAKD_OWN_{0}\ntypedef struct {{ {1}; int count; }} {0};\n#endif\n"
    return {name: form.format(name, items) for name, items in c_lists(kinds)}


_GIVEN = _structs(("list[int]", "list[float]", "list[str]"))
"""The lists that the header declares; others stand before the program that needs them."""
PRELUDE = f"{_INCLUDED}{''.join(_GIVEN.values())}"
SHARED_WRITERS = """\
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
static void sodakd_bool(bool v) { fputs(v ? "true" : "false", sodakd_out); }
static void sodakd_text(const char *v, size_t count) {
    fputc('"', sodakd_out);
    for (; count; v++, count--) {
        unsigned char c = (unsigned char)*v;
        if (c == '"' || c == '\\\\') fprintf(sodakd_out, "\\\\%c", c);
        else if (c < 32) fprintf(sodakd_out, "\\\\u%04x", c);
        else fputc(c, sodakd_out);
    }
    fputc('"', sodakd_out);
}
"""
"""What writes the values of calls in C and C++."""
WRITERS = (
    SHARED_WRITERS
    + """\
/* A fraction where an int is asked for is not cut off. */
#define sodakd_whole(v) \\
    _Generic((v), float: sodakd_float, double: sodakd_float, long double: sodakd_float, \\
             default: sodakd_int)(v)
static void sodakd_char(char v) { sodakd_text(&v, 1); }
static void sodakd_str(const char *v) {
    if (v) sodakd_text(v, strlen(v));
    else fputs("null", sodakd_out);
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
)

_LITERALS = Literals(
    "c",
    "({type}){{.items = ({item}[]){{{items}}}, .count = {count}}}",
    text=lambda value: f"(char[]){{{octal_text(value)}}}",  # it may be written to
    int_suffix="LL",
)
_PUT = {
    "int": "sodakd_whole", "float": "sodakd_float", "bool": "sodakd_bool", "str": "sodakd_str",
    "list[int]": "sodakd_ints", "list[float]": "sodakd_floats", "list[str]": "sodakd_strs",
    "char": "sodakd_char",
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
_FLAGS = ("-std=gnu17", "-w")
_STRICT = (
    "-Werror=return-type", "-Werror=implicit-function-declaration", "-Werror=int-conversion",
)  # fmt: skip
"""What a function must keep to that is called by code of ours."""
_DECLARED = re.compile(
    r"(?:conflicting types for|redefinition of) .((?:Int|Float|Str|Bool|Char)(?:List)+)\b"
)
_OPENSSL = re.compile(r"^[ \t]*+#[ \t]*+include[ \t]*+<openssl/", re.MULTILINE)
_MAIN = re.compile(r"\bmain\s*\(")


def run(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Build and try one program."""
    if task.script is not None:
        command = driver(task, "gcc", *_FLAGS)
        return tried(box, task, oom, joined(task.code, task.script, cpp=False), command)
    source = calls(task)
    command = driver(task, "gcc", *_FLAGS, *_STRICT, "-include", f"{task.tools['headers']}/calls.h")
    result = tried(box, task, oom, source, command)
    if result.stage == "compile" and (own := set(_DECLARED.findall(result.output))):
        named = [f"-DSODAKD_OWN_{name}" for name in sorted(own)]
        result = tried(box, task, oom, source, (*command, *named))
    return result


def driver(task: Task, compiler: str, *options: str) -> Sequence[str]:
    """The command that builds a program of C or C++. What runs is `__wrap_main`, ours: a `main` of
    the program's own is not called.
    """
    tools = task.tools
    parts = () if task.script is None else (f"{tools['headers']}/finish.o",)
    return (
        tools[compiler], *options, "-fmax-errors=20", "-pipe", "-fno-use-linker-plugin",
        tools["linker"], "-Wl,--wrap=main", *parts, "-o", "program", f"program.{task.language}",
        "-lm",
    )  # fmt: skip


def tried(
    box: Sandbox, task: Task, oom: Callable[[], bool], source: str, command: Sequence[str]
) -> Result:
    """Compile a text by a command, with the libraries that it includes, and run it."""
    libraries = ("-lssl", "-lcrypto") if _OPENSSL.search(source) else ()
    plan = BuildPlan(
        files={f"program.{task.language}": source.encode(errors="surrogatepass")},
        build=((*command, *libraries),),
        run=("/tmp/program",),
        made="program",
        wrong=WRONG,
        memory=MEMORY,
        oversized=OVERSIZED,
        lacking=lambda said: missing_header(said, task.code),
    )
    return build_and_run(box, task, plan, oom)


def calls(task: Task) -> str:
    """The program before what calls it."""
    name = _LITERALS.type_name(read_type(task.result_type))
    put = _PUT.get(task.result_type, f"sodakd_put_{name}")
    structs = _structs((*task.argument_types, task.result_type))
    lists = "".join(text for name, text in structs.items() if name not in _GIVEN)
    before = f'{lists}#line 1 "program.c"\n' if lists else ""
    gives = [f"{put}({call})" for call in _LITERALS.calls(task)]
    return called(task, f"{before}{task.code}{CLOSED}{AFTER}{_writers(task)}", "signed", gives)


def called(task: Task, before: str, linkage: str, gives: Iterable[str]) -> str:
    """What stands before the calls, and the function that makes them: each one gives a value."""
    lines = [before, f'#line 1 "calls.{task.language}"', f"{linkage} __wrap_main(void) {{"]
    lines.append('    sodakd_out = fdopen(3, "w");')
    for give in gives:
        lines.append(f'    fputs("{{\\"value\\":", sodakd_out); {give};')
        lines.append('    fputs("}\\n", sodakd_out);')
    return "\n".join([*lines, "    fclose(sodakd_out); return 0;", "}", ""])


def _writers(task: Task) -> str:
    """What writes a result that the header has no writer for."""
    text = ""
    for part in read_type(task.result_type).parts() if task.result_type not in _PUT else ():
        if part.name == "list":
            item, name = map(_LITERALS.type_name, (part.item, part))
            put = f"sodakd_put_{item}" if part.item.items else f"sodakd_{part.item.name}"
            text += f"static void sodakd_put_{name}({name} v) {{ SODAKD_LIST(v, {put}); }}\n"
    return text


def gcc(
    name: str, language: str, flags: Sequence[str], headers: Mapping[str, str],
    more: Callable[[str, Path], None] = lambda *_: None,
) -> Toolchain:  # fmt: skip
    """A compiler of gcc's, and a folder with headers of ours, of which the first is precompiled,
    what programs that hold their tests are linked to, and what `more` builds there.
    """
    # It may be a wrapper, which says where the compiler lies.
    found = re.search(r"^COLLECT_GCC=(.+)$", tool_errors(which(name), "-v"), re.MULTILINE)
    compiler = (shutil.which(found[1]) if found else None) or which(name)
    version, finish = tool_output(compiler, "-dumpfullversion"), SANDBOX / "finish.c"

    def build(target: Path) -> None:
        run_tool("gcc", "-O1", "-c", "-o", str(target / "finish.o"), str(finish))
        for header, text in headers.items():
            (target / header).write_text(text)
        first = next(iter(headers))
        form = (*flags, "-x", f"{language}-header")
        run_tool(compiler, *form, first, "-o", f"{first}.gch", folder=target)
        more(compiler, target)

    key = f"{version} {flags} {headers} {more.__name__}".encode() + finish.read_bytes()
    folder = str(cached_build(name.replace("+", "p"), key, build))
    linker = f"-fuse-ld={'gold' if shutil.which('ld.gold') else 'bfd'}"  # gold takes half the time
    return Toolchain(
        {name: compiler, "linker": linker, "headers": folder}, (folder,), {name: version}
    )


def with_main(code: str) -> Untested:
    """An answer that may be functions alone."""
    return Untested(code, "\n" if _MAIN.search(code) else "int main(void) { return 0; }\n")


REFERENCE = Reference(0.10, 1_000_000, """\
#include <stdlib.h>
static int order(const void *a, const void *b) {
    long long one = *(const long long *)a, other = *(const long long *)b;
    return (one > other) - (one < other);
}
long long work(long long n) {
    char *composite = (char *)calloc(n + 1, 1);
    long long *values = (long long *)malloc((n + 1) * sizeof *values), count = 0, steps = 0;
    for (long long i = 2; i < n; i++) {
        if (composite[i]) continue;
        count++;
        for (long long j = i * i; j < n; j += i) composite[j] = 1;
    }
    for (long long i = 0; i < n; i++) values[i] = i * 7919 % n;
    qsort(values, n, sizeof *values, order);
    for (long long i = 1; i < n / 10; i++)
        for (long long m = i; m != 1; steps++) m = m % 2 == 0 ? m / 2 : 3 * m + 1;
    return count + values[n / 2] + steps;
}
""")  # fmt: skip
LANGUAGE = LanguageSpec(
    suffix="c",
    install="apt-get install gcc libc6-dev",
    toolchain=lambda: gcc("gcc", "c", _FLAGS, {"calls.h": PRELUDE + WRITERS}),
    run=run,
    reference=REFERENCE,
    untested=with_main,
)
