"""The imports of a Go program that is put together from parts: each once, each needed.

Go refuses a package that is imported twice or never used. What the benchmark's own parts import is
the house's to mend; what a model imports for itself stays as it wrote it.
"""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from sodakd.text.lexer import lexed
from sodakd.text.source import Source, Span, without_spans
from sodakd.types import Language

_CLAUSE = re.compile(
    r"^[ \t]*+(?:package[ \t]++\w++[ \t]*+;?"
    r"|(import)(?:[ \t]*+\([^()]*+\)[ \t]*+;?|[ \t]++[^\n]*+))",
    re.MULTILINE,
)
_SPEC = re.compile(r'(?:^|[\n;(])[ \t]*+(?:import[ \t]++)?(?:([\w.]++)[ \t]*+)?"([^"\n]++)"')
_QUALIFIER = re.compile(r"(?<![\w.])(\w++)[ \t]*+\.")
_VERSION = re.compile(r"v\d+")


@dataclass(frozen=True)
class Import:
    """One imported package, and the name that the program gives it where it gives one."""

    path: str
    alias: str = ""

    @property
    def name(self) -> str:
        """What its functions are called by."""
        parts = self.path.split("/")
        last = parts[-2] if len(parts) > 1 and _VERSION.fullmatch(parts[-1]) else parts[-1]
        return self.alias or last

    def used_among(self, qualifiers: Set[str]) -> bool:
        """Whether a program calls it; blank and dot imports always count as used."""
        return self.name in {"_", "."} or self.name in qualifiers


@dataclass(frozen=True)
class Part:
    """A piece of Go: what it imports, and the rest of it."""

    imports: tuple[Import, ...]
    body: str


def split(text: str) -> Part:
    """Take the package clauses and imports out of a piece of Go, wherever they stand in it."""
    imports: list[Import] = []
    gone: list[Span] = []
    for match in _CLAUSE.finditer(Source(text, Language.GO).shallow):
        gone.append(Span(*match.span()))
        if match[1]:
            written = lexed(text[match.start() : match.end()], Language.GO).uncommented
            imports += [Import(path, alias) for alias, path in _SPEC.findall(written)]
    return Part(tuple(imports), without_spans(text, gone))


def _qualifiers(text: str) -> Set[str]:
    """What stands before a point in a program: the names of packages, among others."""
    return set(_QUALIFIER.findall(Source(text, Language.GO).masked))


def write(
    own: Sequence[Import], offered: Iterable[Import], body: str, tests: str, gone: str = ""
) -> str:
    """A whole program: package, imports, body.

    `own` imports stay, but for those that only a removed piece (`gone`) used; of those `offered`
    the ones that body or tests use are added.
    """
    used, used_by_gone = _qualifiers(f"{body}\n{tests}"), _qualifiers(gone)
    kept = [one for one in own if one.used_among(used) or not one.used_among(used_by_gone)]
    names = {one.name for one in kept}
    for one in offered:
        if one.name not in names and one.used_among(used):
            kept.append(one)
            names.add(one.name)
    lines = [f'\t{one.alias} "{one.path}"'.replace("\t ", "\t") for one in dict.fromkeys(kept)]
    block = "\n".join(["import (", *lines, ")"]) if lines else ""
    return f"package main\n\n{block}\n\n{body.strip()}\n"
