"""C++ (C++17, else C++20): the program, then what calls it, in one unit."""

import re
from collections.abc import Callable

from sodakd.judge.languages.c import REFERENCE, SHARED_WRITERS, driver, gcc, tried, with_main
from sodakd.judge.languages.c_with_tests import AFTER, joined
from sodakd.judge.languages.literals import CLOSED, Literals
from sodakd.judge.languages.spec import LanguageSpec
from sodakd.judge.sandbox.build_run import BUILD
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task
from sodakd.text.entry_point import method_of
from sodakd.text.lexer import lexed
from sodakd.text.signatures import TYPES

_LITERALS = Literals(
    TYPES["cpp"], "{type}{{{items}}}", text_form="std::string({})", int_suffix="LL"
)
_FLAGS = ("-std=gnu++17", "-O1", "-w", "-Werror=return-type", "-fPIE")
_FLAGS_20 = ("-std=gnu++20", *_FLAGS[1:])
_SLOW = BUILD.cpu_seconds / 2
"""CPU seconds of a compiler after which it is not tried again."""
_WHOLE = "#include <bits/stdc++.h>\n"
_INCLUDED = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<bits/stdc\+\+\.h>", re.MULTILINE)

WRITERS = f"""\
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>
{SHARED_WRITERS}
static void sodakd_put(long long v) {{ sodakd_int(v); }}
static void sodakd_put(double v) {{ sodakd_float(v); }}
static void sodakd_put(bool v) {{ sodakd_bool(v); }}
static void sodakd_put(const std::string &v) {{ sodakd_text(v.data(), v.size()); }}
template <class T> static void sodakd_put(const std::vector<T> &v) {{
    fputc('[', sodakd_out);
    bool first = true;
    for (const T &item : v) {{
        if (!first) fputc(',', sodakd_out);
        first = false;
        sodakd_put(item);
    }}
    fputc(']', sodakd_out);
}}
template <class T, class G> static void sodakd_give(G &&v) {{
    constexpr bool fraction = std::is_floating_point<std::decay_t<G>>::value;
    if constexpr (std::is_integral<T>::value && fraction) sodakd_put(static_cast<double>(v));
    else sodakd_put(static_cast<T>(std::forward<G>(v)));
}}
"""
"""Before a program that is called; it may use the whole library."""


def run(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Build and try one program, which may be of the newer C++.

    Calls may use the whole library. Another program that includes less of it is compiled as it
    stands, so that what it forgot is still missed.
    """
    called = task.script is None
    source = calls(task) if called else joined(task.code, task.script or "", cpp=True)
    whole = called or _INCLUDED.search(lexed(task.code, "cpp").uncommented)
    headers = ["whole.h"] * bool(whole) + ["writers.h"] * called
    included = [part for one in headers for part in ("-include", f"{task.tools['headers']}/{one}")]
    result = tried(box, task, oom, source, driver(task, "g++", *_FLAGS, *included))
    if result.stage == "compile" and result.cpu_seconds < _SLOW:
        oom()  # what the kernel ended is no sign about what follows
        newer = tried(box, task, oom, source, driver(task, "g++", *_FLAGS_20, *included))
        refused = {result.outcome, newer.outcome} == {"compile_error"}
        result = result if refused else newer
    return result


def calls(task: Task) -> str:
    """The program before what calls it."""
    method = method_of(task.entry_point)
    entry = f"{method.holder}().{method.name}" if method else ""
    lines = [f"{task.code}{CLOSED}{AFTER}", '#line 1 "calls.cpp"']
    lines += ['extern "C" signed __wrap_main() {', '    sodakd_out = fdopen(3, "w");']
    for call in _LITERALS.calls(task, entry):
        give = f"sodakd_give<{_LITERALS.types[task.result_type]}>({call})"
        lines.append(f'    fputs("{{\\"value\\":", sodakd_out); {give};')
        lines.append('    fputs("}\\n", sodakd_out);')
    return "\n".join([*lines, "    fclose(sodakd_out);", "    return 0;", "}", ""])


LANGUAGE = LanguageSpec(
    suffix="cpp",
    install="apt-get install g++",
    toolchain=lambda: gcc("g++", "c++", _FLAGS, {"whole.h": _WHOLE, "writers.h": WRITERS}),
    run=run,
    reference=REFERENCE,
    untested=with_main,
)
