"""A C or C++ program followed by its test script, as one translation unit."""

import re

from sodakd.judge.languages.literals import CLOSED

_KEYWORDS = ("main", "int", "long", "signed", "double", "float", "char", "void")
"""What programs redefine for themselves (`#define int long long`), and no test means so."""
_UNDEFINED = "".join(f"#undef {name}\n" for name in (*_KEYWORDS, "NDEBUG"))
AFTER = f'#line 1 "after"\n{_UNDEFINED}extern int sodakd_end;\n#include <assert.h>\n'
"""Between a program and its script: a main is a main, an assertion an assertion; what a program
leaves without its end meets a declaration here, and not in the script."""
_EXITS = {"exit": "stdlib.h", "_Exit": "stdlib.h", "quick_exit": "stdlib.h", "_exit": "unistd.h"}
"""How a script may end by itself, and the header that declares it."""
_WORD = re.compile(r"\w++")
_NO_HEADER = re.compile(
    r"^program\.c(?:pp)?:(\d+):\d+: fatal error: (.+): No such file", re.MULTILINE
)


def joined(program: str, script: str, *, cpp: bool) -> str:
    """The text of both. Lines are numbered as if nothing stood between them.

    An `exit(0)` of the script is its end, one of the program is not (`finish.c`).
    """
    said = set(_WORD.findall(script))
    exits = [name for name in _EXITS if name in said]
    file = "program.cpp" if cpp else "program.c"
    lines = [f"{program}{CLOSED}{AFTER}"]
    if exits:
        linkage = 'extern "C" [[noreturn]]' if cpp else "extern __attribute__((__noreturn__))"
        lines += [f"#include <{_EXITS[name]}>" for name in exits]
        lines += ["#include <cstdlib>"] if cpp else []
        lines.append(f"{linkage} void sodakd_exit(int);")
        lines += ["namespace std { using ::sodakd_exit; }"] if cpp else []
        lines += [f"#define {name} sodakd_exit" for name in exits]
    return "\n".join([*lines, f'#line {first_line(program)} "{file}"', script, ""])


def first_line(program: str) -> int:
    """The number of the first line of a program's script."""
    return program.count("\n") + 2


def missing_header(said: str, program: str) -> str:
    """The header that a script includes and the machine has not, by a compiler's words, or ""."""
    found = _NO_HEADER.search(said)
    return found[2] if found and int(found[1]) >= first_line(program) else ""
