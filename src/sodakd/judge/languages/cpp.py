"""C++ (C++17, else C++20): the program, then what calls it, in one unit."""

import re
from collections.abc import Callable, Sequence
from functools import cache

from sodakd.answers.declared import TYPES
from sodakd.judge.inside.box import Box
from sodakd.judge.inside.native import BUILD, refused
from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.task import Result, Task
from sodakd.judge.languages import literals
from sodakd.judge.languages.c import OWN_MAIN, steps, tried
from sodakd.judge.languages.c_tokens import COMMENT, words
from sodakd.judge.languages.c_unit import refusal, unit

_TYPES = TYPES["cpp"]
FLAGS = ("-std=gnu++17", "-O1", "-w", "-Werror=return-type", "-fPIE")
FLAGS_20 = ("-std=gnu++20", *FLAGS[1:])
_SLOW = BUILD.cpu_seconds / 2
"""CPU seconds of a compiler after which it is not tried again."""
_NEWER = re.compile(
    r"""<=>|\]\s*<\s*(?:typename|class|auto|int|std::)|\busing\s+enum\b|\bexplicit\s*\(
    |\#\s*include\s*<(?:barrier|bit|compare|concepts|coroutine|latch|numbers|ranges|semaphore
        |source_location|span|stop_token|syncstream|version)>
    |\b(?:ranges|views|numbers)::|\bspan\s*<|\bstd::(?:span|erase|identity|rot[lr]|integral)\b
    |[.>]\s*(?:contains|starts_with|ends_with)\s*\(
    |\b(?:concept|requires|consteval|constinit|co_await|co_return|co_yield|char8_t|jthread
        |stop_token|source_location|midpoint|lerp|erase_if|ssize|to_array|to_address|bind_front
        |popcount|bit_cast|bit_ceil|bit_floor|bit_width|has_single_bit|count[lr]_(?:zero|one)
        |type_identity(?:_t)?|remove_cvref(?:_t)?|same_as|convertible_to|floating_point
        |(?:strong|weak|partial)_ordering|lexicographical_compare_three_way|shift_(?:left|right)
        |is_constant_evaluated|make_(?:unique|shared)_for_overwrite|atomic_ref
        |(?:counting|binary)_semaphore|osyncstream|cmp_(?:equal|less|greater)\w*|in_range
        |(?:integral|signed_integral)\s+auto)\b""",
    re.VERBOSE,
)
"""What C++20 has and C++17 has not."""
_WIDER = re.compile(
    r"new_allocator\.h|unique_ptr\.h|stl_construct\.h|\bnon-.constexpr|need .typename"
)
"""What g++ says where C++20 allows what C++17 has in fewer places: an aggregate made in place, a
constant that the library computes, a type without `typename`."""
_WHOLE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<bits/stdc\+\+\.h>", re.MULTILINE)

WRITERS = """\
#include <cstdio>
#include <cstring>
#include <string>
#include <unistd.h>
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
BEFORE_CALLS = WRITERS + OWN_MAIN


def judge(box: Box, task: Task, oom: Callable[[], bool]) -> Result:
    """Build and try one program."""
    called = task.script is None
    if not called and (why := refusal(task.code)):
        return refused(task, why)
    held = None if called else unit(task.code, task.script or "", task.entry_point, cpp=True)
    text = calls(task) if held is None else f"{task.code}\n{task.script}"
    source = text if held is None else held.source
    header = header_of(task.tools.get("heavy"), task.code, text, called=called) if task.warm else ""
    warm = steps(task, (), header)
    if warm and header == LIGHT:
        compiled, *others = warm
        warm = ((*compiled, f"-I{task.tools['headers']}/light"), *others)
    result = tried(box, task, oom, source, warm or (_driver(task),), warm, held)
    if result.stage == "compile" and result.cpu_seconds < _SLOW and newer(text, result.output):
        oom()  # what the kernel ended is no sign about what follows
        result = tried(box, task, oom, source, (_driver(task, FLAGS_20),), (), held)
    return result


def _driver(task: Task, flags: Sequence[str] = FLAGS) -> Sequence[str]:
    """g++ as anyone calls it."""
    tools = task.tools
    whole = (tools["g++"], *flags, "-pipe", tools["linker"], "-o", "program", "program.cpp")
    if task.script is None:
        return (*whole, "-include", "bits/stdc++.h", "-include", f"{tools['headers']}/own_main.h")
    return (*whole[:-1], tools["finish"], whole[-1], "-Wl,--wrap=main")


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


def newer(source: str, said: str) -> bool:
    """Whether a program that C++17 refuses, and says why, may be one of C++20."""
    return _NEWER.search(source) is not None or _WIDER.search(said) is not None


@cache
def _heavy(path: str) -> frozenset[str]:
    with open(path, encoding="utf-8") as file:
        return frozenset(file.read().split())


def calls(task: Task) -> str:
    """The program before what calls it."""
    given = _TYPES[task.result_type]
    lines = [task.code, "#undef main", '#line 1 "calls.cpp"', "signed main() {"]
    lines += ['    sodakd_out = fdopen(3, "w");', "    close(4);"]
    for arguments in task.arguments:
        written = map(_literal, task.argument_types, arguments)
        call = f"sodakd_give<{given}>({task.entry_point}({', '.join(written)}))"
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
