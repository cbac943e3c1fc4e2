"""A Java program and its test script as one file: one header, one public type.

The program is read by its tokens, so that no comment and no text is taken for code. Lines stay
those of the program: what is left out is blanked, what is added stands in its first line.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from sodakd.judge.languages.literals import CLOSED

_TOKEN = re.compile(
    r"""//[^\n]*+|/\*.*?(?:\*/|\Z)
    |\"{3}(?:\\.|[^\\])*?(?:\"{3}|\Z)|"(?:\\.|[^"\\\n])*+"?|'(?:\\.|[^'\\\n])*+'?
    |(?P<open>\{)|(?P<close>\})
    |(?P<type>\b(?:class|interface|enum|record)\s++(?P<name>[\w$]++))
    |(?P<public>\bpublic\b)|(?P<main>\bvoid\s++main\s*+\()
    |(?P<header>\b(?:package|import)\b[^;{}"']{0,400}+;)
    |[\w$]++|[^\w$/"'{}]++""",
    re.VERBOSE | re.DOTALL,
)
"""What does not end is read to the end: nothing is read twice."""
_STANDARD = re.compile(r"package javax?\.")
_COMMENT = re.compile(r"//[^\n]*+|/\*.*?\*/", re.DOTALL)
_NO_PACKAGE = re.compile(r"error: package ([\w.]++) does not exist")


@dataclass(frozen=True)
class Type:
    """A type of the outermost level, where it begins, and where its `public` stands, or None."""

    name: str
    at: int
    public: int | None


@dataclass(frozen=True)
class Unit:
    """What a file holds: its types, package and imports.

    `package` and `imports` are where they stand, from and to; `mains` where a `main` stands, and in
    which type of the outermost level.
    """

    types: tuple[Type, ...]
    package: tuple[int, int]
    imports: tuple[tuple[int, int], ...]
    mains: tuple[tuple[int, str], ...]


def read(source: str) -> Unit:
    """Read a file."""
    types, imports = list[Type](), list[tuple[int, int]]()
    mains = list[tuple[int, str]]()
    package, depth, public, last = (0, 0), 0, None, ""
    for found in _TOKEN.finditer(source):
        kind = found.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        elif kind == "main":
            mains.append((found.start(), last))
        elif found["type"]:
            last = found["name"] if depth <= 0 or not last else last
            if depth == 0:
                types.append(Type(found["name"], found.start(), public))
                public = None
        elif depth == 0 and kind == "public":
            public = found.start()
        elif depth == 0 and kind == "header" and not types:
            if found.group().startswith("import"):
                imports.append(found.span())
            else:
                package = found.span()
    return Unit(tuple(types), package, tuple(imports), tuple(mains))


@dataclass(frozen=True)
class Joined:
    """A program and its script as one file: its text, its name, and the type that has `main`.

    The script begins at the line `first`; `asked` are its own imports, without those that the
    program has too.
    """

    text: str
    file: str
    main: str
    first: int
    asked: Sequence[str]

    def lacking(self, said: str) -> str:
        """The package that the script imports and the machine has not, by a compiler's words."""
        names = _NO_PACKAGE.findall(said)
        return next((name for name in names if any(f" {name}." in one for one in self.asked)), "")


def joined(code: str, script: str, other: str = "Program") -> Joined:
    """Put a program and its script into one file; `other` is its name where no type is public."""
    own, test = read(code), read(script)
    named = next((one.name for one in (*own.types, *test.types) if one.public is not None), other)
    packages = {_said(code, *own.package), _said(script, *test.package)}
    packages = {one for one in packages if not _STANDARD.match(one)}  # what is Java's stays
    asked = [_said(script, *span) for span in test.imports if not _own(script, span, packages)]
    there = {_said(code, *span) for span in own.imports}
    within = [span for span in own.imports if _own(code, span, packages)]
    code = _blanked(code, own, named, [own.package, *within])
    script = _blanked(script, test, named, [test.package, *test.imports])
    if asked:
        code = f"{' '.join(asked)} {code}"
    text = f"{code}{CLOSED}{script}" if script else code
    start = len(text) - len(script) if test.mains else 0
    main = next((name for at, name in read(text).mains if at >= start), "") or "Program"
    first = code.count("\n") + 2
    return Joined(text, f"{named}.java", main, first, [one for one in asked if one not in there])


def _own(source: str, span: tuple[int, int], packages: Set[str]) -> bool:
    """Whether an import is of a package that is none any more."""
    found = re.fullmatch(r"import ([\w.]+)\.[\w*]+;", _said(source, *span))
    return found is not None and f"package {found[1]};" in packages


def _said(source: str, start: int, end: int) -> str:
    return re.sub(r"\s++", " ", _COMMENT.sub(" ", source[start:end])).replace(" ;", ";")


def _blanked(source: str, unit: Unit, named: str, spans: list[tuple[int, int]]) -> str:
    """The text without these parts, and without the `public` of types that name no file."""
    parts, at = [], 0
    for start, end in sorted([*spans, *_publics(unit, named)]):
        if end > start:
            parts += [source[at:start], re.sub(r"[^\n]", " ", source[start:end])]
            at = end
    return "".join([*parts, source[at:]])


def _publics(unit: Unit, named: str) -> Iterator[tuple[int, int]]:
    for one in unit.types:
        if one.public is not None and one.name != named:
            yield one.public, one.public + len("public")
