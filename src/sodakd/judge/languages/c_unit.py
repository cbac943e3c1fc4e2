"""A C or C++ program and its tests as one unit, in which the program has no say over the tests.

Macros that the program defines end where it ends. The tests' `main` lies in a section of a name
that the program cannot know: no other is run in its place, and a comment or a condition that the
program leaves open swallows the tests for nothing. Their assertions fail in the harness
(`finish.c`).
"""

import os
import re
from dataclasses import dataclass

from sodakd.judge.inside.elf import Checked
from sodakd.judge.languages.c_tokens import words

_DEFINED = re.compile(
    r"(?:\#|%:)(?:\s|/\*.*?(?:\*/|\Z))*define(?:\s|/\*.*?(?:\*/|\Z))+(\w+)", re.DOTALL
)
_MAIN = re.compile(r"\bmain\s*\(")
_ASSEMBLER = frozenset({"asm", "__asm", "__asm__"})
_STANDARD = {"bool": "_Bool", "true": "1", "false": "0"}
"""What `stdbool.h` defines; a program of C may do so itself, and the tests may use it."""
_ENDS = frozenset({"abort", "exit", "_exit", "_Exit", "quick_exit"})
_COMPARES = frozenset(
    """
    bcmp memcmp memmem strcasecmp strcasestr strchr strcmp strcoll strlen strncasecmp strncmp
    strpbrk strrchr strstr wcscmp wcsncmp wmemcmp
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Unit:
    """The text that is compiled, what is asked of the program, and the name that it cannot know."""

    source: str
    checked: Checked
    mark: str


def refusal(program: str) -> str:
    """Why a program cannot be compiled together with its tests, or "".

    Assembler reaches whatever stands beside it: the instructions of the tests, their frames.
    """
    found = words(program)
    if found is None:
        found = frozenset(re.findall(r"\w+", program))
    return "assembler beside the tests: ask by calls" if found & _ASSEMBLER else ""


def unit(program: str, script: str, entry_point: str, *, cpp: bool) -> Unit:
    """The program, then its tests. Lines are numbered as if nothing stood between them."""
    mark = f"sodakd_{os.urandom(8).hex()}"
    failed = f"{mark}_failed(const char *, const char *, unsigned, const char *)"
    linkage = 'extern "C"' if cpp else "extern"
    section = f'__attribute__((__section__("{mark}"), __no_reorder__, __used__))'
    defined = dict.fromkeys(_DEFINED.findall(program.replace("\\\n", "")))
    own_main = _MAIN.search(script) is not None
    lines = [
        f'{linkage} void {failed} __asm__("sodakd_failed") __attribute__((__noreturn__));',
        "#line 1",
        program,
        "#undef main",
        "#undef NDEBUG",
        "#undef assert",
        *(f"#undef {name}" for name in defined),
        *(f"#define {name} {_STANDARD[name]}" for name in _STANDARD if name in defined and not cpp),
        "#include <assert.h>",
        f"#define __assert_fail {mark}_failed",
        *([f"#define main {section} main"] if own_main else ()),
        f"#line {program.count(chr(10)) + 2}",
        script,
        # Where main has no end of its own, as after a function that never returns, this is it.
        "#undef main",
        f"{section} static void {mark}_end(void) {{ __builtin_trap(); }}",
        "",
    ]
    used = frozenset(re.findall(r"\w+", script))
    library = (_ENDS | (_COMPARES & used)) - {entry_point}
    return Unit("\n".join(lines), Checked("program", mark if own_main else "", library), mark)
