"""A Java program and its test script as one file: one header, one public type, no bare method.

Lines stay those of the program: what is left out is blanked, what is added stands in its first
line.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from sodakd.judge.languages.literals import CLOSED
from sodakd.text.lexer import lexed, spaces

_DECLARED = re.compile(
    r"\b(?:(?P<public>public)|(?:class|interface|enum|record)\s++(?P<type>[\w$]++)"
    r"|(?P<header>(?P<kind>package|import)\b[^;{}]{0,400}+;))"
)
_MAIN = re.compile(r"\bvoid\s++main\s*+\(")
_STANDARD = re.compile(r"package javax?\.")
_NO_PACKAGE = re.compile(r"error: package ([\w.]++) does not exist")
Span = tuple[int, int]


@dataclass(frozen=True)
class Unit:
    """What a file holds: the outermost types by name, with where each begins and its `public`
    stands, or None; where its package and its imports stand; where a `main` stands.
    """

    types: Sequence[tuple[str, int, Span | None]]
    package: Span
    imports: Sequence[Span]
    mains: Sequence[int]


def read(source: str) -> Unit:
    """Read a file."""
    code = lexed(source, "java")
    types = list[tuple[str, int, Span | None]]()
    imports = list[Span]()
    package, public = (0, 0), None
    for found in _DECLARED.finditer(code.outermost):
        if found["type"]:
            types.append((found["type"], found.start(), public))
            public = None
        elif found["public"]:
            public = found.span()
        elif not types and found["kind"] == "import":
            imports.append(found.span())
        elif not types:
            package = found.span()
    return Unit(types, package, imports, [one.start() for one in _MAIN.finditer(code.blank)])


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
    named = next((name for name, _, public in (*own.types, *test.types) if public), other)
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
    start, whole = len(text) - len(script) if test.mains else 0, read(text)
    first_main = next((at for at in whole.mains if at >= start), 0)
    outer = (name for name, at, _ in reversed(whole.types) if at < first_main)
    first, lacks = code.count("\n") + 2, [one for one in asked if one not in there]
    return Joined(text, f"{named}.java", next(outer, "Program"), first, lacks)


def in_class(source: str, name: str) -> str:
    """Methods without a class as one of this name, behind their package and imports.

    Classes beside them are static within it: no object of it is there to make one.
    """
    unit = read(source)
    spans = [span for span in (unit.package, *unit.imports) if span[1]]
    header = " ".join(_said(source, *span) for span in spans)
    outermost, parts, at = lexed(source, "java").outermost, list[str](), 0
    bare = _blanked(source, unit, name, spans)
    for _, start, _ in unit.types:
        own = re.split(r"[;{}]", outermost[:start])[-1]
        if source.startswith("class", start) and not re.search(r"\bstatic\b", own):
            parts += [bare[at:start], "static "]
            at = start
    return f"{header} public class {name} {{ {''.join([*parts, bare[at:]])}\n}}"


def with_holder(source: str, method: str) -> tuple[str, str]:
    """A program and its outer type that has a static method, which is called there.

    Methods that stand in no type stand in a class behind that. Where no type has the method it is
    `Solution`, and the compiler says so.
    """
    code, unit = lexed(source, "java"), read(source)
    named = {name for name, _, _ in unit.types}
    if re.search(rf"\b{re.escape(method)}\s*+\(", code.outermost):
        holder = "Answer" if "Solution" in named else "Solution"
        return in_class(source, holder), holder
    declared = re.compile(
        rf"\bstatic\b[^;{{}}()=]{{0,300}}\b{re.escape(method)}\s*+\([^;{{}}]{{0,2000}}\{{"
    )
    ends = [*(start for _, start, _ in unit.types[1:]), len(source)]
    having = [
        name
        for (name, start, _), end in zip(unit.types, ends, strict=True)
        if declared.search(code.blank, start, end)
    ]
    return source, "Solution" if "Solution" in having or not having else having[0]


def _own(source: str, span: Span, packages: Set[str]) -> bool:
    """Whether an import is of a package that is none any more."""
    found = re.fullmatch(r"import ([\w.]+)\.[\w*]+;", _said(source, *span))
    return found is not None and f"package {found[1]};" in packages


def _said(source: str, start: int, end: int) -> str:
    text = lexed(source, "java").blank[start:end]
    return re.sub(r"\s++", " ", text).replace(" ;", ";")


def _blanked(source: str, unit: Unit, named: str, spans: Sequence[Span]) -> str:
    """The text without these parts, and without the `public` of types that name no file."""
    parts, at = [], 0
    publics = (public for name, _, public in unit.types if public and name != named)
    for start, end in sorted([*spans, *publics]):
        if end > start:
            parts += [source[at:start], spaces(source[start:end])]
            at = end
    return "".join([*parts, source[at:]])
