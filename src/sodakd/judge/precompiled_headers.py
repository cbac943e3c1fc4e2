"""Headers that come precompiled: most of what gcc and g++ spend on a small program."""

import re
from pathlib import Path

from sodakd.judge.build_cache import cached_build, run_tool
from sodakd.judge.languages.c import FLAGS as C_FLAGS
from sodakd.judge.languages.c import HEADER, HEADERS, HEADERS_OF_CALLS
from sodakd.judge.languages.c_tokens import names
from sodakd.judge.languages.cpp import FLAGS as CPP_FLAGS
from sodakd.judge.languages.cpp import WRITERS


def c_headers(gcc: str, version: str) -> Path:
    """A folder of precompiled headers, each beside its text: what programs include first."""

    def build(target: Path) -> None:
        texts = {HEADER.format(number): _included(names) for number, names in enumerate(HEADERS)}
        texts["calls.h"] = HEADERS_OF_CALLS
        for name, text in texts.items():
            (target / name).write_text(text)
            run_tool(gcc, *C_FLAGS, "-x", "c-header", name, "-o", f"{name}.gch", folder=target)

    key = f"{version} {C_FLAGS} {HEADERS} {HEADERS_OF_CALLS}".encode()
    return cached_build("c", key, build)


def _included(names: tuple[str, ...]) -> str:
    return "".join(f"#include <{name}.h>\n" for name in names)


_WHOLE = "#include <bits/stdc++.h>\n"
_HEAVY = re.compile(
    r"^#[ \t]*include[ \t]*<(?:ccomplex|charconv|chrono|codecvt|complex|condition_variable|ctgmath"
    r"|execution|filesystem|future|memory_resource|mutex|random|regex|scoped_allocator"
    r"|shared_mutex|thread)>.*$",
    re.MULTILINE,
)
"""Parts of C++'s library that few programs use, and whose templates g++ instantiates anew for each
program, precompiled or not: more than half the time of a small one."""


def cpp_headers(compiler: str, version: str) -> Path:
    """A folder with the whole library precompiled (`whole.h`), and with its light part (`light.h`).

    `heavy` lists every word that stands in the text of the whole and not in that of the light part:
    a program that has none of them cannot tell the two apart. It is missing where the library has
    another form than was known. In `light/` stands an empty
    `bits/stdc++.h`, for programs that have the light part already. `writers.h` is the text before
    a program that is called.
    """

    def build(target: Path) -> None:
        options = (*CPP_FLAGS, "-x", "c++-header")
        (target / "whole.h").write_text(_WHOLE)
        seen = run_tool(compiler, *options, "-M", "whole.h", folder=target).split()
        source = next(Path(path) for path in seen if path.endswith("bits/stdc++.h"))
        (target / "light.h").write_text(_HEAVY.sub("", source.read_text()))
        texts = []
        for name in ("whole.h", "light.h"):
            run_tool(compiler, *options, name, "-o", f"{name}.gch", folder=target)
            texts.append(run_tool(compiler, *options, "-E", "-dD", name, folder=target))
        whole, light = (names(_LINE.sub("", text)) for text in texts)
        if whole - light >= _MISSED:
            (target / "heavy").write_text("\n".join(sorted(whole - light)) + "\n")
        (target / "light" / "bits").mkdir(parents=True)
        (target / "light" / "bits" / "stdc++.h").touch()
        (target / "writers.h").write_text(WRITERS)

    key = f"{version} {CPP_FLAGS} {_HEAVY.pattern} {WRITERS}".encode()
    return cached_build("cpp", key, build)


_MISSED = {"regex", "future", "complex", "filesystem", "mt19937", "system_clock"}
"""Names that the light part cannot have, or it was not split from the whole as it should be."""

_LINE = re.compile(r"^# .*$|operator\s*\"\"\s*\w+", re.MULTILINE)
"""Where a text comes from; and suffixes of literals, which `words` knows in a program."""
