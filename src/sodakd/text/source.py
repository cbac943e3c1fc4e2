"""Reading source of six languages with braces: enough to join programs, no parser.

Model-written text is read here, in time linear in it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sodakd.text.languages import LANGUAGES
from sodakd.text.lexer import lexed, spaces
from sodakd.types import Language

_WORD = re.compile(r"\S")
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)

_NATIVE_NAMES = re.compile(
    r"\b(?:struct|class|enum|union)[ \t]++(\w++)[^()]*+\Z|\b(\w++)[ \t\n]*+\("
)
_TYPEDEF = re.compile(r"\}[ \t]*+(\w++)[ \t]*+;")
_NAMES = {
    name: re.compile(one.defines, re.MULTILINE) for name, one in LANGUAGES.items() if one.defines
}
_HEAD = re.compile(r"([^;{}]*+)(?:[;}]|(\{)|\Z)")

_END = re.compile(r"\}(?![ \t]*+[{()\[\],=:|&.?>])(?:[ \t]*+(?:\w++[ \t]*+)?;)?|;")
_ENDS = {
    name: re.compile(rf"{_END.pattern}|(?=^(?:{one.begins}))", re.MULTILINE)
    for name, one in LANGUAGES.items()
    if one.begins
}
"""Where an item ends; in languages that need no semicolon, also before a word that begins one.

Not behind braces that a head goes on after: those of a type (`func f() []interface{} {`), or of a
value.
"""


@dataclass(frozen=True)
class Span:
    """A piece of a source: from `start` up to `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """A text in a language with braces."""

    text: str
    language: Language

    @cached_property
    def masked(self) -> str:
        """The text with comments, strings and directives blanked; every place stays its place."""
        masked = lexed(self.text, self.language).blank
        if LANGUAGES[self.language].preprocessor:
            masked = _DIRECTIVE.sub(lambda found: spaces(found[0]), masked)
        return masked

    @cached_property
    def shallow(self) -> str:
        """The masked text with all that stands inside braces blanked."""
        parts: list[str] = []
        depth, kept = 0, 0
        for at, mark in self._braces():
            if mark == "{":
                if depth == 0:
                    parts.append(self.masked[kept : at + 1])
                    kept = at + 1
                depth += 1
            elif depth:
                depth -= 1
                if depth == 0:
                    parts.append(spaces(self.masked[kept:at]))
                    kept = at
        rest = self.masked[kept:]
        return "".join(parts) + (rest if depth == 0 else spaces(rest))

    @property
    def depth(self) -> int:
        """How many braces are open at the end; negative where more are closed than opened."""
        return self.masked.count("{") - self.masked.count("}")

    @cached_property
    def names(self) -> frozenset[str]:
        """What is defined outside of all braces."""
        return names_in(self.shallow, self.language)

    @property
    def is_body(self) -> bool:
        """Whether it ends a function that it did not begin: a local name is no definition then."""
        return self.depth < 0 or re.search(r"\breturn\b", self.shallow) is not None

    def closes(self, depth: int, after: int) -> int | None:
        """The place behind the first brace after `after` that comes back down to a depth."""
        now = 0
        for at, mark in self._braces():
            now += 1 if mark == "{" else -1
            if mark == "}" and now <= depth and at >= after:
                return at + 1
        return None

    def items(self) -> list[Span]:
        """The definitions outside of all braces, in order: each ends at its `;` or its `}`."""
        spans: list[Span] = []
        start = 0
        shallow = self.shallow
        for match in _ENDS.get(self.language, _END).finditer(shallow):
            first = first_word(self.masked, start, match.end())
            if first < match.end():
                spans.append(Span(first, match.end()))
            start = match.end()
        return spans

    def without(self, unwanted: Callable[[str], bool]) -> "Source":
        """The source without the items whose shallow text is unwanted."""
        shallow = self.shallow
        gone = [one for one in self.items() if unwanted(shallow[one.start : one.end])]
        return Source(without_spans(self.text, gone), self.language)

    def _braces(self) -> list[tuple[int, str]]:
        return [(match.start(), match[0]) for match in re.finditer(r"[{}]", self.masked)]


def names_in(shallow: str, language: Language) -> frozenset[str]:
    """The names that a shallow text defines."""
    if language not in _NAMES:
        return frozenset(_native_names(shallow))
    found = _NAMES[language].finditer(shallow)
    return frozenset(name for match in found for name in match.groups() if name)


def heads(shallow: str) -> Iterator[str]:
    """What stands before each brace that opens, from the last brace or semicolon on."""
    return (found[1] for found in _HEAD.finditer(shallow) if found[2])


def _native_names(shallow: str) -> Iterator[str]:
    for head in heads(shallow):
        found = _NATIVE_NAMES.search(head)
        if found is not None:
            yield found[1] or found[2]
    yield from _TYPEDEF.findall(shallow)


def without_spans(text: str, spans: Iterable[Span]) -> str:
    """A text without these pieces, which are in order."""
    kept, at = [], 0
    for span in spans:
        kept.append(text[at : span.start])
        at = span.end
    return "".join([*kept, text[at:]])


def first_word(masked: str, start: int, end: int) -> int:
    """Where the first word stands, after what is blanked; `end` where there is none."""
    word = _WORD.search(masked, start, end)
    return word.start() if word else end
