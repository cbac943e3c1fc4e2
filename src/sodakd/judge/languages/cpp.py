"""C++ (C++17, else C++20): the program, then what calls it, in one unit."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sodakd.judge.build_cache import run_tool
from sodakd.judge.languages.c import (
    REFERENCE,
    SHARED_WRITERS,
    called,
    driver,
    gcc,
    tried,
    with_main,
)
from sodakd.judge.languages.c_with_tests import AFTER, joined
from sodakd.judge.languages.literals import CLOSED, Literals, octal_text
from sodakd.judge.languages.spec import LanguageSpec
from sodakd.judge.sandbox.build_run import BUILD
from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task
from sodakd.text.entry_point import method_of
from sodakd.text.json_values import Json
from sodakd.text.lexer import lexed
from sodakd.value_type import read_type


def _text(value: Json) -> str:
    length = f", {len(str(value).encode())}" if "\0" in str(value) else ""
    return f"std::string({octal_text(value)}{length})"


_LITERALS = Literals(
    "cpp",
    "{type}{{{items}}}",
    text=_text,
    int_suffix="LL",
    entry_form="std::pair<const {key_type}, {value_type}>{{{key}, {value}}}",
    some_form="{type}{{{value}}}",
    none_form="{type}{{}}",
)
_FLAGS = ("-std=gnu++17", "-O1", "-w", "-Werror=return-type", "-fPIE")
_FLAGS_20 = ("-std=gnu++20", *_FLAGS[1:])
_SLOW = BUILD.cpu_seconds / 2
"""CPU seconds of a compiler after which it is not tried again."""
_HEAVY = re.compile(
    r"^#[ \t]*include[ \t]*<(?:ccomplex|charconv|chrono|codecvt|complex|condition_variable|ctgmath"
    r"|execution|filesystem|future|memory_resource|mutex|random|regex|scoped_allocator"
    r"|shared_mutex|thread)>.*$",
    re.MULTILINE,
)
"""Parts of the library that few programs use, and whose templates g++ instantiates anew for each
program, precompiled or not: a third of what a small one takes."""
_MISSED = {"regex", "future", "complex", "filesystem", "mt19937", "system_clock"}
"""Names that the light part cannot have, or it was not split from the whole as it should be."""
_LINE = re.compile(r"^# .*$|operator\s*\"\"\s*\w+", re.MULTILINE)
"""Where a text comes from; and suffixes of literals, which `names` knows in a program."""
_WORD = re.compile(r"(?<!\w)[^\W\d]\w*+")
_NAME = re.compile(r"\.?\d(?:[eEpP][+-]|'\w|[\w.])*+|(?P<word>[^\W\d]\w*+)|\#\#|\\")
_NUMBER = re.compile(r"0[xX][\da-fA-F.'pP+-]*[uUlL]*|[\d.'eE+-]+[uUlLfF]*|0[bB][01']+[uUlL]*")
_INCLUDED = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<bits/stdc\+\+\.h>", re.MULTILINE)

WRITERS = f"""\
{SHARED_WRITERS}
static void sodakd_put(long long v) {{ sodakd_int(v); }}
static void sodakd_put(double v) {{ sodakd_float(v); }}
static void sodakd_put(bool v) {{ sodakd_bool(v); }}
static void sodakd_put(char v) {{ sodakd_text(&v, 1); }}
static void sodakd_put(const std::string &v) {{ sodakd_text(v.data(), v.size()); }}
template <class T> static void sodakd_put(const std::vector<T> &v);
template <class T> static void sodakd_put(const std::optional<T> &v);
template <class K, class V> static void sodakd_put(const std::map<K, V> &v);
template <class A, class B> static void sodakd_put(const std::pair<A, B> &v);
template <class... T> static void sodakd_put(const std::tuple<T...> &v) {{
    const char *before = "[";
    std::apply([&](const T &...item) {{
        ((fputs(before, sodakd_out), sodakd_put(item), before = ","), ...);
    }}, v);
    fputc(']', sodakd_out);
}}
template <class A, class B> static void sodakd_put(const std::pair<A, B> &v) {{
    sodakd_put(std::tie(v.first, v.second));
}}
template <class T> static void sodakd_put(const std::vector<T> &v) {{
    const char *before = "[";
    for (const T &item : v) {{
        fputs(before, sodakd_out);
        sodakd_put(item);
        before = ",";
    }}
    fputs(v.empty() ? "[]" : "]", sodakd_out);
}}
template <class T> static void sodakd_put(const std::optional<T> &v) {{
    if (v) sodakd_put(*v);
    else fputs("null", sodakd_out);
}}
template <class K, class V> static void sodakd_put(const std::map<K, V> &v) {{
    constexpr bool text = std::is_same<K, std::string>::value || std::is_same<K, char>::value;
    const char *before = "{{", *quote = text ? "" : "\\"";
    for (const auto &item : v) {{
        fputs(before, sodakd_out);
        fputs(quote, sodakd_out);
        sodakd_put(item.first);
        fputs(quote, sodakd_out);
        fputc(':', sodakd_out);
        sodakd_put(item.second);
        before = ",";
    }}
    fputs(v.empty() ? "{{}}" : "}}", sodakd_out);
}}
template <class T, class G> static void sodakd_give(G &&v) {{
    constexpr bool fraction = std::is_floating_point<std::decay_t<G>>::value;
    if constexpr (std::is_integral<T>::value && fraction) sodakd_put(static_cast<double>(v));
    else sodakd_put(static_cast<T>(std::forward<G>(v)));
}}
"""
"""Before a program that is called; it may use the whole library."""
_HEADERS = {"whole.h": "#include <bits/stdc++.h>\n", "writers.h": WRITERS}


def run(box: Sandbox, task: Task, oom: Callable[[], bool]) -> Result:
    """Build and try one program, which may be of the newer C++.

    Calls may use the whole library. Another program that includes less of it is compiled as it
    stands, so that what it forgot is still missed.
    """
    folder = task.tools["headers"]
    source = calls(task) if task.script is None else joined(task.code, task.script, cpp=True)
    included = []
    if task.script is None or _INCLUDED.search(lexed(task.code, "cpp").uncommented):
        heavy, found = _heavy(f"{folder}/heavy"), names(source)
        light = heavy is not None and found is not None and not found & heavy
        included = ["-include", f"{folder}/light.h", f"-I{folder}/light"] if light else []
        included = included or ["-include", f"{folder}/whole.h"]
    if task.script is None:
        included += ["-include", f"{folder}/writers.h"]
    result = tried(box, task, oom, source, driver(task, "g++", *_FLAGS, *included))
    if result.stage == "compile" and result.cpu_seconds < _SLOW:
        oom()  # what the kernel ended is no sign about what follows
        included = [one.replace("/light.h", "/whole.h") for one in included if one[:2] != "-I"]
        newer = tried(box, task, oom, source, driver(task, "g++", *_FLAGS_20, *included))
        refused = {result.outcome, newer.outcome} == {"compile_error"}
        result = result if refused else newer
    return result


def names(text: str) -> frozenset[str] | None:
    """Every name in a program; None where one may be put together (`##`, a line that goes on), or
    hide in a raw string or after a number.
    """
    code = lexed(text, "cpp")
    raw = any(one.partition('"')[0].endswith("R") for one in code.strings)
    if raw or not all(one.closed for one in code.tokens):
        return None
    found = list(_NAME.finditer(code.blank))
    odd = any(not _NUMBER.fullmatch(one[0]) for one in found if one.lastgroup != "word")
    return None if odd else frozenset(one[0] for one in found if one.lastgroup)


@cache
def _heavy(path: str) -> frozenset[str] | None:
    """The names that only the whole library has; None where it could not be split."""
    try:
        with open(path, encoding="utf-8") as file:
            return frozenset(file.read().split())
    except OSError:
        return None


def _split(compiler: str, folder: Path) -> None:
    """Precompile the light part of the library beside the whole, and list what it lacks: a program
    without any of these names cannot tell the two apart. In `light/` stands an empty
    `bits/stdc++.h`, for programs that have the light part already.
    """
    form = (*_FLAGS, "-x", "c++-header")
    seen = run_tool(compiler, *form, "-M", "whole.h", folder=folder).split()
    source = next(path for path in seen if path.endswith("bits/stdc++.h"))
    (folder / "light.h").write_text(_HEAVY.sub("", Path(source).read_text()))
    run_tool(compiler, *form, "light.h", "-o", "light.h.gch", folder=folder)
    read = (*form, "-E", "-dD")
    texts = (run_tool(compiler, *read, one, folder=folder) for one in ("whole.h", "light.h"))
    whole, light = ({*_WORD.findall(lexed(_LINE.sub("", one), "cpp").blank)} for one in texts)
    if whole - light >= _MISSED:
        (folder / "heavy").write_text("\n".join(sorted(whole - light)))
    (folder / "light" / "bits").mkdir(parents=True)
    (folder / "light" / "bits" / "stdc++.h").touch()


def calls(task: Task) -> str:
    """The program before what calls it."""
    method = method_of(task.entry_point)
    entry = f"{method.holder}().{method.name}" if method else ""
    give = f"sodakd_give<{_LITERALS.type_name(read_type(task.result_type))}>"
    gives = [f"{give}({call})" for call in _LITERALS.calls(task, entry)]
    return called(task, f"{task.code}{CLOSED}{AFTER}", 'extern "C" signed', gives)


LANGUAGE = LanguageSpec(
    suffix="cpp",
    install="apt-get install g++",
    toolchain=lambda: gcc("g++", "c++", _FLAGS, _HEADERS, _split),
    run=run,
    reference=REFERENCE,
    untested=with_main,
)
