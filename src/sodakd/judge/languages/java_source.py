"""A Java program and its test script as one file: one header, one public type.

The program is read by its tokens, so that no comment and no text is taken for code. Lines stay
those of the program: what is left out is blanked, what is added stands in its first line.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from sodakd.judge.languages.java_names import main_class
from sodakd.judge.languages.literals import CLOSED

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)
    |\"{3}(?:\\.|.)*?(?:\"{3}|\Z)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'
    |(?P<open>\{)|(?P<close>\})|(?P<end>;)
    |(?P<type>\b(?:class|interface|enum|record)\s+(?P<name>[\w$]+))
    |(?P<public>\bpublic\b)|(?P<header>\b(?:package|import)\b[^;{}"']{0,400};)""",
    re.VERBOSE | re.DOTALL,
)
"""What does not end is read to the end: nothing is read twice."""
_ENDLESS = re.compile(r"/\*(?!.*\*/\Z)|\"{3}(?!.*\"{3}\Z)", re.DOTALL)
_MAIN = re.compile(r"\bvoid\s+main\s*\(")
_STANDARD = re.compile(r"package javax?\.")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Type:
    """A type of the outermost level, where it begins, and where its `public` stands, or None."""

    name: str
    at: int
    public: int | None


@dataclass(frozen=True)
class Unit:
    """What a file holds: its types, package and imports.

    `package` and `imports` are where they stand, from and to. `endless`: it ends within a comment
    or a text.
    """

    types: tuple[Type, ...]
    package: tuple[int, int]
    imports: tuple[tuple[int, int], ...]
    endless: bool


def read(source: str) -> Unit:
    """Read a file."""
    types, imports = list[Type](), list[tuple[int, int]]()
    package, depth, public, endless = (0, 0), 0, None, False
    for found in _TOKEN.finditer(source):
        kind = found.lastgroup
        if kind is None:
            endless = endless or _ENDLESS.match(found.group()) is not None
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        elif depth == 0 and kind == "public":
            public = found.start()
        elif depth == 0 and found["type"]:
            types.append(Type(found["name"], found.start(), public))
            public = None
        elif depth == 0 and kind == "header" and not types:
            if found.group().startswith("import"):
                imports.append(found.span())
            else:
                package = found.span()
    return Unit(tuple(types), package, tuple(imports), endless)


@dataclass(frozen=True)
class Joined:
    """A program and its script as one file: its text, its name, and the type that has `main`.

    `endless`: the program ends within a comment or a text, and is no program.
    """

    text: str
    file: str
    main: str
    endless: bool


def joined(code: str, script: str, other: str = "Program") -> Joined:
    """Put a program and its script into one file; `other` is its name where no type is public."""
    own, test = read(code), read(script)
    named = next((one.name for one in (*own.types, *test.types) if one.public is not None), other)
    packages = {_said(code, *own.package), _said(script, *test.package)}
    packages = {one for one in packages if not _STANDARD.match(one)}  # what is Java's stays
    asked = " ".join(
        _said(script, *span) for span in test.imports if not _own(script, span, packages)
    )
    within = [span for span in own.imports if _own(code, span, packages)]
    code = _blanked(code, own, named, [own.package, *within])
    script = _blanked(script, test, named, [test.package, *test.imports])
    if asked:
        code = f"{asked} {code}"
    text = f"{code}{CLOSED}{script}" if script else code
    start = len(text) - len(script) if _MAIN.search(script) else 0
    return Joined(text, f"{named}.java", main_class(text, start), own.endless)


def _own(source: str, span: tuple[int, int], packages: Set[str]) -> bool:
    """Whether an import is of a package that is none any more."""
    found = re.fullmatch(r"import ([\w.]+)\.[\w*]+;", _said(source, *span))
    return found is not None and f"package {found[1]};" in packages


def _said(source: str, start: int, end: int) -> str:
    return re.sub(r"\s+", " ", _COMMENT.sub(" ", source[start:end])).replace(" ;", ";")


def _blanked(source: str, unit: Unit, named: str, spans: list[tuple[int, int]]) -> str:
    """The text without these parts, and without the `public` of types that name no file."""
    spans = [*spans, *_publics(unit, named)]
    for start, end in spans:
        if end > start:
            blank = re.sub(r"[^\n]", " ", source[start:end])
            source = f"{source[:start]}{blank}{source[end:]}"
    return source


def _publics(unit: Unit, named: str) -> Iterator[tuple[int, int]]:
    for one in unit.types:
        if one.public is not None and one.name != named:
            yield one.public, one.public + len("public")
