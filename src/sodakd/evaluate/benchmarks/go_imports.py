"""The imports of a Go program that is put together from parts: each once, each needed.

Go refuses a package that is imported twice or never used. What the benchmark's own parts import is
the house's to mend; what a model imports for itself stays as it wrote it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sodakd.evaluate.benchmarks.source import Source
from sodakd.types import Language

_GROUP = re.compile(
    r"^[ \t]*import[ \t]*\(([^)]*)\)[ \t]*;?|^[ \t]*import[ \t]+[^\n]*", re.MULTILINE
)
_SPEC = re.compile(r'(?:^|[\n;(])[ \t]*(?:import[ \t]+)?([\w.]+)?[ \t]*"([^"\n]+)"')
_PACKAGE = re.compile(r"^[ \t]*package[ \t]+\w+[ \t]*;?", re.MULTILINE)
_VERSION = re.compile(r"v\d+")
_COMMENT = re.compile(r"//[^\n\"]*(?=\n|\Z)")


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

    def used_in(self, masked: str) -> bool:
        """Whether the program calls it; blank and dot imports always count as used."""
        if self.name in {"_", "."}:
            return True
        return re.search(rf"(?<![\w.]){re.escape(self.name)}[ \t]*\.", masked) is not None


@dataclass(frozen=True)
class Part:
    """A piece of Go: what it imports, and the rest of it."""

    imports: tuple[Import, ...]
    body: str


def split(text: str) -> Part:
    """Take package clause and imports out of a piece of Go."""
    masked = Source(text, Language.GO).masked
    first = re.search(r"^[ \t]*func\b", masked, re.MULTILINE)
    limit = first.start() if first else len(text)
    imports: list[Import] = []
    cut = [match.span() for match in _PACKAGE.finditer(masked, 0, limit)]
    for match in _GROUP.finditer(masked, 0, limit):
        cut.append(match.span())
        written = _COMMENT.sub("", text[match.start() : match.end()])
        imports += [Import(path, alias) for alias, path in _SPEC.findall(written)]
    for start, end in sorted(cut, reverse=True):
        text = text[:start] + text[end:]
    return Part(tuple(imports), text)


def write(
    own: Sequence[Import], offered: Iterable[Import], body: str, tests: str, gone: str = ""
) -> str:
    """A whole program: package, imports, body.

    `own` imports stay, but for those that only a removed piece (`gone`) used; of those `offered`
    the ones that body or tests use are added.
    """
    masked = Source(f"{body}\n{tests}", Language.GO).masked
    masked_gone = Source(gone, Language.GO).masked
    kept = [one for one in own if one.used_in(masked) or not (gone and one.used_in(masked_gone))]
    names = {one.name for one in kept}
    for one in offered:
        if one.name not in names and one.used_in(masked):
            kept.append(one)
            names.add(one.name)
    lines = [f'\t{one.alias} "{one.path}"'.replace("\t ", "\t") for one in dict.fromkeys(kept)]
    block = "\n".join(["import (", *lines, ")"]) if lines else ""
    return f"package main\n\n{block}\n\n{body.strip()}\n"
