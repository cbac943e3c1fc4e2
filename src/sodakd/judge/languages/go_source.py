"""A Go program and its test script: what they declare, and the two as one file of package main.

What is added stands in the line of the program's package clause, so that all lines stay its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sodakd.judge.languages.literals import CLOSED
from sodakd.text.lexer import Kind, lexed

OWN_MAIN, SCRIPT_MAIN = "SodakdOwnMain", "SodakdScriptMain"
"""What `main` is called in a program and in a script: the main package has one of ours."""
SCRIPT_EXIT = "SodakdExit"
"""What a script's `os.Exit` goes through: one by 0 is its end."""
_NO_PACKAGE = re.compile(r"could not import (\S+) \(")
_NO_ASSERTION = re.compile(
    r"undefined: assert\.(\w+)|type \*assert\.Assertions has no field or method (\w+)"
)
_GIVEN = {"testing": '"testing"', "assert": '"github.com/stretchr/testify/assert"'}
"""What a script may use without importing it, and what is imported then."""
_IMPORT = r"""(?:(?:(?<!\w)(?!import\b)[\w.]++\s*+)?(?:"[^"\n]*+"|`[^`]*+`))"""
_HEADER = re.compile(
    rf"""[\s;]*+(?P<package>package\s++\w++)?[\s;]*+
    (?:import\s*+(?:{_IMPORT}|\((?:{_IMPORT}|[\s;]++)*+\))[\s;]*+)*+""",
    re.VERBOSE,
)
_FUNCTION = re.compile(r"\bfunc\s++(\w++)\s*+\(([^()]*+)\)")
_TAKES = re.compile(r"\s*\w+\s*\*\s*\w+\s*\.\s*(\w+)\s*,?\s*")
_STARTS = re.compile(r"\bvar\b|\bfunc\s+init\b|\bimport\b")
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
class Header:
    """What a file begins with. `package`: where its clause stands; `end`: where the header ends.

    `imports` are written as in Go: `"fmt"`, `f "fmt"`.
    """

    package: tuple[int, int]
    end: int
    imports: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names by which packages are known in the file."""
        split = (one.rpartition(" ") for one in self.imports)
        return frozenset(name or re.split(r"[/`\"]+", path)[-2] for name, _, path in split)

    @property
    def paths(self) -> frozenset[str]:
        """The packages themselves."""
        return frozenset(one.rpartition(" ")[2][1:-1] for one in self.imports)


@lru_cache(maxsize=16)
def header(source: str) -> Header:
    """Read the header of a file, which has perhaps none."""
    found = _HEADER.match(lexed(source, "go").bare)
    assert found is not None  # it takes nothing as well
    first = found.end("package") if found["package"] else 0
    imports = re.findall(_IMPORT, found.string[first : found.end()])
    written = tuple(re.sub(r"\s*(?=[\"`])", " ", one, count=1).strip() for one in imports)
    package = found.span("package") if found["package"] else (0, 0)
    end = len(found.group().rstrip()) if found["package"] or imports else 0
    return Header(package, end, written)


@dataclass(frozen=True)
class Function:
    """A function of a package: its name, where that stands, and the type `t *testing.T` takes."""

    name: str
    start: int
    takes: str


def functions(program: str) -> Iterator[Function]:
    """The functions of a program, those of types left out."""
    code = lexed(program, "go")
    for found in _FUNCTION.finditer(code.outermost):
        taken = _TAKES.fullmatch(code.blank, *found.span(2))
        yield Function(found[1], found.start(1), taken[1] if taken else "")


def tests(program: str) -> list[str]:
    """The names of its tests."""
    return [one.name for one in functions(program) if one.name[:4] == "Test" and one.takes == "T"]


def harmless(program: str) -> bool:
    """Whether a program may be linked together with others.

    Nothing of it runs in their processes: it has no `init`, no variable of the package. It has no
    means to find them in its own: no goroutine, no order to the compiler, harmless packages alone.
    What this cannot read is not harmless.
    """
    code, head = lexed(program, "go"), header(program)
    read = not code.early and all(one.closed and one.kind is not Kind.STRAY for one in code.tokens)
    return (
        read
        and "//go:" not in program
        and not any(one.startswith(".") for one in head.imports)
        and head.paths <= HARMLESS
        and not re.search(r"\bgo\b", code.blank)
        and not _STARTS.search(code.outermost, head.end)
    )


def joined(code: str, script: str) -> str:
    """A program and its script as one file of package main.

    A program that ends within a comment or a text is no program, and swallows no script.
    """
    closed = CLOSED if script else "\n"
    last = lexed(code, "go").tokens[-1:]
    if last and not last[0].closed and code[last[0].start] in "/`":
        script, closed = "", "\n)\n"  # in no case does it compile
    own, other = header(code), header(script)
    asked = [one for one in dict.fromkeys(other.imports) if one not in own.imports]
    known, used = own.names | other.names, lexed(script, "go").blank
    for name, path in _GIVEN.items():
        if name not in known and re.search(rf"\b{name}\s*\.", used):
            asked.append(path)
    added = "".join(f"; import {one}" for one in asked)
    start, end = own.package
    after = "" if end else "; "
    blank = re.sub(r"[^\n]", "", script[: other.end])
    program = f"{code[:start]}package main{added}{after}{code[end:]}"
    return f"{program}{closed}{blank}{script[other.end :]}"


def without_mains(code: str, script: str) -> str:
    """A program and its script as one file, whose mains have other names."""
    return joined(_renamed(code, OWN_MAIN), _renamed(_ended(script), SCRIPT_MAIN))


def _renamed(source: str, name: str) -> str:
    for one in functions(source):
        if one.name == "main":
            return f"{source[: one.start]}{name}{source[one.start + len('main') :]}"
    return source


def _ended(script: str) -> str:
    """A script whose `os.Exit` is its end: it goes through a function of the harness."""
    parts, at = [], 0
    for found in re.finditer(r"\bos\s*\.\s*Exit\b", lexed(script, "go").blank):
        parts += [script[at : found.start()], f"{SCRIPT_EXIT}(os.Exit)"]
        at = found.end()
    return "".join([*parts, script[at:]])


def lacking(code: str, script: str, said: str) -> str:
    """The package that a script imports and the machine has not, or what our testify lacks, by a
    compiler's words; or "".
    """
    asked = header(script).paths - header(code).paths
    names = [name for name in _NO_PACKAGE.findall(said) if name in asked]
    names += [f"assert.{one or other}" for one, other in _NO_ASSERTION.findall(said)]
    return next(iter(names), "")


def runs_tests(program: str) -> bool:
    """Whether a program says itself how its tests are run (`TestMain`)."""
    return any(one.name == "TestMain" and one.takes == "M" for one in functions(program))


def main_run(code: str, script: str, *, as_main: bool) -> str:
    """The function that is run in the place of tests: the script's main, else the program's own
    where it is to be run as a file; "" where there are tests to run."""
    if tests(script):
        return ""
    if any(one.name == "main" for one in functions(script)):
        return SCRIPT_MAIN
    return OWN_MAIN if as_main and not script.strip() and not tests(code) else ""
