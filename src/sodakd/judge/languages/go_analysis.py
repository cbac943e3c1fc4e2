"""A Go program read from its tokens: what it declares, and what it may do beside its tests.

A program is linked together with others only where nothing of it can run in their processes, and
where it has no means to find them in its own: what this reads must err to the side of `alone`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<space>\s++|//[^\n]*+|/\*.*?\*/)
    |(?P<text>`[^`]*+`|"(?:\\.|[^"\\\n])*+")
    |(?P<rune>'(?:\\.|[^'\\\n])++')
    |(?P<endless>/\*.*|`.*|"(?:\\.|[^"\\\n])*+|'(?:\\.|[^'\\\n])*+)
    |(?P<word>[^\W\d]\w*+)
    |(?P<number>\d\w*+)
    |(?P<mark>[()\[\]{}.*,;]|[^\w\s"'`/()\[\]{}.*,;]++|.)""",
    re.VERBOSE | re.DOTALL,
)
"""What does not end is read to the end: nothing is read more than twice."""
_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_DECLARED = frozenset({"func", "type", "const", "var"})

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


class Token(NamedTuple):
    """A token that is no space: its kind (a group of `TOKEN`), its text, where it begins."""

    kind: str
    text: str
    start: int


def tokens(source: str) -> Iterator[Token]:
    """The tokens of a text, those that end nowhere among them."""
    for found in TOKEN.finditer(source):
        if found.lastgroup is not None and found.lastgroup != "space":
            yield Token(found.lastgroup, found.group(), found.start())


@dataclass(frozen=True)
class Source:
    """What was read. `clear`: every token was understood, and none is an order to the compiler."""

    clear: bool
    imports: frozenset[str]
    goroutines: bool
    starts: bool
    """It may run code before `main`: it has an `init`, or a variable of the package."""

    @property
    def harmless(self) -> bool:
        """Whether it may be linked together with others."""
        within = self.clear and not self.goroutines and not self.starts
        return within and self.imports <= HARMLESS


def read(program: str) -> Source:
    """Read a program."""
    clear = "//go:" not in program
    imports: set[str] = set()
    goroutines = starts = False
    depth, header, last = 0, True, ""
    for one in tokens(program):
        if one.kind == "endless":
            clear = False
        elif one.kind == "mark":
            depth += _DEPTH.get(one.text, 0)
            clear = clear and depth >= 0 and not (header and one.text == ".")
        elif one.kind == "text" and header:
            imports.add(one.text[1:-1])
        elif one.kind == "word":
            goroutines = goroutines or one.text == "go"
            if depth == 0:
                header = header and one.text not in _DECLARED
                starts = starts or one.text == "var" or (last == "func" and one.text == "init")
                clear = clear and (header or one.text != "import")
        last = one.text
    return Source(clear and depth == 0, frozenset(imports), goroutines, starts)


@dataclass(frozen=True)
class Function:
    """A function of a package: its name, where that stands, and its parameters as tokens."""

    name: str
    start: int
    parameters: tuple[str, ...]

    def takes(self, kind: str) -> bool:
        """Whether its one parameter is a pointer to this type of some package."""
        return (
            len(self.parameters) == 5
            and self.parameters[1::2] == ("*", ".")
            and (self.parameters[4] == kind)
        )


def functions(program: str) -> list[Function]:
    """The functions of a program, those of types left out."""
    found, depth, held = list[Function](), 0, list(tokens(program))
    for at, one in enumerate(held):
        if one.kind == "mark":
            depth += _DEPTH.get(one.text, 0)
        elif depth == 0 and one.text == "func" and at + 2 < len(held):
            name, opening = held[at + 1 : at + 3]
            if name.kind == "word" and opening.text == "(":
                found.append(Function(name.text, name.start, _parameters(held, at + 3)))
    return found


def _parameters(held: Sequence[Token], at: int) -> tuple[str, ...]:
    """Those of a test, as far as they could be."""
    few = [one.text for one in held[at : at + 6]]
    return tuple(few[: few.index(")")]) if ")" in few else tuple(few)


def tests(program: str) -> list[str]:
    """The names of its tests."""
    named = functions(program) if "Test" in program else []
    return [one.name for one in named if one.name[:4] == "Test" and one.takes("T")]
