"""C++ (C++17, else C++20): the program, then what calls it, in one unit."""

import re
from collections.abc import Callable, Sequence
from functools import cache

from sodakd.judge.languages import literals
from sodakd.judge.languages.c import WRAPPED, tried
from sodakd.judge.languages.c_tokens import COMMENT, words
from sodakd.judge.languages.c_with_tests import AFTER, joined
from sodakd.judge.sandbox.build_run import BUILD
from sodakd.judge.sandbox.json_values import Json
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task
from sodakd.text.entry_point import method_of
from sodakd.text.signatures import TYPES

_TYPES = TYPES["cpp"]
FLAGS = ("-std=gnu++17", "-O1", "-w", "-Werror=return-type", "-fPIE")
FLAGS_20 = ("-std=gnu++20", *FLAGS[1:])
_SLOW = BUILD.cpu_seconds / 2
"""CPU seconds of a compiler after which it is not tried again."""
_WHOLE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<bits/stdc\+\+\.h>", re.MULTILINE)

WRITERS = """\
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>
static FILE *sodakd_out;
static void sodakd_put(long long v) { fprintf(sodakd_out, "%lld", v); }
static void sodakd_put(double v) {
    char text[40];
    snprintf(text, sizeof text, "%.17g", v);
    if (v != v) strcpy(text, "NaN");
    else if (v - v != 0) strcpy(text, v > 0 ? "Infinity" : "-Infinity");
    else if (!strpbrk(text, ".e")) strcat(text, ".0");
    fputs(text, sodakd_out);
}
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
template <class T, class G> static void sodakd_give(G &&v) {
    constexpr bool fraction = std::is_floating_point<std::decay_t<G>>::value;
    if constexpr (std::is_integral<T>::value && fraction) sodakd_put(static_cast<double>(v));
    else sodakd_put(static_cast<T>(std::forward<G>(v)));
}
"""
"""Before a program that is called; it may use the whole library."""


def judge(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Build and try one program."""
    called = task.script is None
    source = calls(task) if called else joined(task.code, task.script or "", cpp=True)
    header = header_of(task.tools.get("heavy"), task.code, source, called=called)
    result = tried(box, task, oom, source, _driver(task, header))
    if result.stage == "compile" and result.cpu_seconds < _SLOW:
        oom()  # what the kernel ended is no sign about what follows
        newer = tried(box, task, oom, source, _driver(task, "", FLAGS_20))
        result = result if newer.stage == "compile" else newer
    return result


def _driver(task: Task, header: str, flags: Sequence[str] = FLAGS) -> Sequence[str]:
    """g++, with a precompiled header before the program, or none."""
    tools, called = task.tools, task.script is None
    folder = tools["headers"]
    included = ["-include", f"{folder}/{header}"] if header else []
    if header == LIGHT:
        included.append(f"-I{folder}/light")
    elif called and not header:
        included += ["-include", "bits/stdc++.h"]
    parts = ("-include", f"{folder}/writers.h") if called else (tools["finish"],)
    return (
        tools["g++"], *flags, "-pipe", "-fno-use-linker-plugin", tools["linker"], WRAPPED,
        *included, *parts, "-o", "program", "program.cpp",
    )  # fmt: skip


LIGHT, WHOLE = "light.h", "whole.h"


def header_of(heavy: str | None, code: str, source: str, *, called: bool) -> str:
    """What comes precompiled: nothing that the program does not include itself.

    A program that includes less than the whole library is compiled as it stands, so that what it
    forgot is still missed. Calls may use all of it. `heavy` is the file of the words of which none
    stands in the light part.
    """
    if not called and not _WHOLE.search(COMMENT.sub(" ", code)):
        return ""
    found = words(source) if heavy is not None else None
    light = heavy is not None and found is not None and not found & _heavy(heavy)
    return LIGHT if light else WHOLE


@cache
def _heavy(path: str) -> frozenset[str]:
    with open(path, encoding="utf-8") as file:
        return frozenset(file.read().split())


def calls(task: Task) -> str:
    """The program before what calls it."""
    given, method = _TYPES[task.result_type], method_of(task.entry_point)
    entry = f"{method.holder}().{method.name}" if method else task.entry_point
    lines = [f"{task.code}{literals.CLOSED}{AFTER}", '#line 1 "calls.cpp"']
    lines += ['extern "C" signed __wrap_main() {', '    sodakd_out = fdopen(3, "w");']
    for arguments in task.arguments:
        written = map(_literal, task.argument_types, arguments)
        call = f"sodakd_give<{given}>({entry}({', '.join(written)}))"
        lines.append(f'    fputs("{{\\"value\\":", sodakd_out); {call};')
        lines.append('    fputs("}\\n", sodakd_out);')
    return "\n".join([*lines, "    fclose(sodakd_out);", "    return 0;", "}", ""])


def _literal(kind: str, value: Json) -> str:
    if kind in literals.LISTS:
        assert isinstance(value, list)
        items = ", ".join(_literal(literals.LISTS[kind], item) for item in value)
        return f"{_TYPES[kind]}{{{items}}}"
    if kind == "str":
        return f"std::string({literals.text(value)})"
    if kind == "bool":
        return "true" if value else "false"
    return literals.number(value, "LL" if kind == "int" else "")
