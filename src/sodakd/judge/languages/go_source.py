"""What a Go program may do before and beside its tests, read from its tokens.

A program is linked together with others only where nothing of it can run in their processes, and
where it has no means to find them in its own: what this reads must err to the side of `alone`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<endless>/\*.*)
    |(?P<text>`[^`]*`|"(?:\\.|[^"\\\n])*")
    |(?P<rune>'(?:\\.|[^'\\\n])+')
    |(?P<word>[^\W\d]\w*)
    |(?P<number>\d\w*)
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_DECLARED = frozenset({"func", "type", "const", "var"})
_TRUTHS = frozenset({"true", "false"})

HARMLESS = frozenset(
    """
    bufio bytes cmp container/heap container/list container/ring crypto/md5 crypto/sha1
    crypto/sha256 crypto/sha512 encoding/base64 encoding/binary encoding/csv encoding/hex
    encoding/json errors fmt hash/crc32 hash/fnv html io log maps math math/big math/bits math/cmplx
    math/rand math/rand/v2 regexp slices sort strconv strings testing unicode unicode/utf16
    unicode/utf8 github.com/stretchr/testify/assert
    """.split()  # noqa: SIM905
)
"""Packages that give a program no way out of the language: no system call, no pointer of another
type (`unsafe`, `reflect`), no goroutine, by whose races a pointer could be made."""


@dataclass(frozen=True)
class Source:
    """What was read. `clear`: every token was understood, and none is an order to the compiler."""

    clear: bool
    imports: frozenset[str]
    goroutines: bool
    starts: bool
    """It may run code before `main`: it has an `init`, or a variable of the package."""
    shadows: bool
    """It declares a `true` or a `false` of its own."""

    @property
    def slim(self) -> bool:
        """Whether its tests may be run by our `testing`, which knows one goroutine at a time."""
        return self.clear and not self.goroutines and not self.imports & {"time", "context"}

    @property
    def harmless(self) -> bool:
        """Whether it may be linked together with others."""
        return self.slim and not self.starts and not self.shadows and self.imports <= HARMLESS


def read(program: str) -> Source:
    """Read a program."""
    clear = "//go:" not in program
    imports: set[str] = set()
    goroutines = starts = shadows = False
    depth, header, last, before = 0, True, "", ""
    for kind, token in _tokens(program):
        if kind == "endless":
            clear = False
        elif kind == "mark":
            depth += _DEPTH.get(token, 0)
            # A quote that opens nothing, a bracket too many, `import . "..."`.
            clear = clear and token not in "\"'`" and depth >= 0 and not (header and token == ".")
        elif kind == "text" and header:
            imports.add(token[1:-1])
        elif kind == "word":
            goroutines = goroutines or token == "go"
            if depth == 0:
                header = header and token not in _DECLARED
                starts = starts or token == "var" or (last == "func" and token == "init")
                clear = clear and (header or token != "import")
        if last in _TRUTHS:
            shadows = shadows or before in _DECLARED or (before == "(" and kind == "word")
        elif before in _TRUTHS and last == "=":
            shadows = shadows or token != "="
        before, last = last, token
    return Source(clear and depth == 0, frozenset(imports), goroutines, starts, shadows)


def _tokens(program: str) -> Iterator[tuple[str, str]]:
    for found in TOKEN.finditer(program):
        kind = found.lastgroup
        assert kind is not None
        if kind != "space":
            yield kind, found.group()


_TEST = re.compile(r"^func[ \t]+(Test\w*)[ \t]*\([ \t]*\w+[ \t]+\*testing\.T[ \t]*\)", re.MULTILINE)


def tests(program: str) -> list[str]:
    """The names of its tests."""
    return _TEST.findall(program)
