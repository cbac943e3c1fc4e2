"""Code of the brace languages with its texts and comments blanked: what brackets and names are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sodakd.types import Language

_SCRIPTS = frozenset({Language.JAVASCRIPT, Language.TYPESCRIPT})
_NEXT: Mapping[Language, re.Pattern[str]] = {
    language: re.compile(rf"//|/\*|[\"'()\[\]{{}}]{more}")
    for language, more in {
        Language.C: "",
        Language.CPP: r'|(?<![\w])(?:u8|[uUL])?R"',
        Language.JAVA: "",
        Language.GO: "|`",
        Language.JAVASCRIPT: "|`|/",
        Language.TYPESCRIPT: "|`|/",
    }.items()
}
_LINE = re.compile(r"[^\n]*+")
_NO_END = re.compile(r"[^\n]")
_QUOTED = {
    quote: re.compile(rf"{quote}(?:[^{quote}\\\n]++|\\.)*+({quote}|\Z)?", re.DOTALL)
    for quote in "\"'"
}
_TRIPLE = re.compile(r'"""(?:[^"\\]++|\\.|"(?!""))*+(""")?', re.DOTALL)
_TEMPLATE = re.compile(r"(?:[^`\\$]++|\\.|\$(?!\{))*+(`|\$\{)?", re.DOTALL)
_RAW_BEGIN = re.compile(r'[^()\\\s"]{0,16}(?=\()')
_REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]++|\\.|\[(?:[^\]\\\n]++|\\.)*+\])++/\w*+")
_REGEX_WITHOUT_CLASS = re.compile(r"/(?![*/])(?:[^\\/\[\n]++|\\.)++/\w*+")
_NUMBER = re.compile(r"(?<![\w'.])\.?\d[\w'.]*\Z")
_LONGEST_NUMBER = 64
_BEFORE_REGEX = frozenset({
    "return", "typeof", "case", "in", "of", "do", "else", "void", "delete", "throw", "new",
    "yield", "await",
})  # fmt: skip
_CLOSED_BY = {"(": ")", "[": "]", "{": "}", "${": "}"}


@dataclass(frozen=True)
class Masked:
    """Code without its texts and comments; `flat`: also without what is in round and square
    brackets; `shallow`: also without what is in braces. `blank` has blanks in their place, so that
    every place of the code stays its place. `early`: why the end came too early, or "".
    """

    text: str
    blank: str
    flat: str
    shallow: str
    early: str


@dataclass
class _Reader:
    """Goes through the code once, from one sign that matters to the next."""

    code: str
    language: Language
    at: int = 0
    early: str = ""
    broken: bool = False
    word: str = ""
    stack: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)
    filled: int = 0
    no_class_before: int = 0
    flat: list[str] = field(default_factory=list)
    shallow: list[str] = field(default_factory=list)
    braces: int = 0
    others: int = 0

    def read(self) -> Masked:
        pattern = _NEXT[self.language]
        while (found := pattern.search(self.code, self.at)) is not None:
            self._code(self.at, found.start())
            self.at = found.end()
            self._sign(found.group(), found.start())
        self._code(self.at, len(self.code))
        self.blank.append(spaces(self.code[self.filled :]))
        early = self.early
        if not early and self.stack and not self.broken:
            many = len(self.stack)
            early = f"{many} brackets are open at the end" if many > 1 else "a bracket is open"
        return Masked(
            text="".join(self.text),
            blank="".join(self.blank),
            flat="".join(self.flat),
            shallow="".join(self.shallow),
            early=early,
        )

    def _code(self, start: int, end: int) -> None:
        """Code that is seen as it is, and in `blank` the blanks of what was passed before it."""
        if start == end:
            return
        if self.filled < start:
            self.blank.append(spaces(self.code[self.filled : start]))
        self.blank.append(self.code[start:end])
        self.filled = end
        self._plain(self.code[start:end])

    def _plain(self, piece: str) -> None:
        self.text.append(piece)
        if not self.others:
            self.flat.append(piece)
            if not self.braces:
                self.shallow.append(piece)
        end = piece.rstrip()
        if end:
            start = len(end) - 1
            while start > 0 and _in_word(end[start]) and _in_word(end[start - 1]):
                start -= 1
            self.word = end[start:]

    def _sign(self, sign: str, start: int) -> None:
        if sign == "//":
            self.at = _end(_LINE, self.code, self.at)
        elif sign == "/*":
            over = self.code.find("*/", self.at)
            self.at = len(self.code) if over < 0 else over + 2
            self.early = "a comment does not end" if over < 0 else ""
            self._plain(" ")
        elif sign == "/":
            self._slash(start)
        elif sign == "`":
            self._backtick()
        elif sign in _QUOTED:
            self._quote(sign, start)
        elif sign.endswith('R"'):
            self._raw()
        else:
            self._bracket(sign, start)

    def _slash(self, start: int) -> None:
        """A regular expression where no value stands before it, else a division."""
        value = self.word[-1:] in {")", "]", "}", "'"} or _in_word(self.word[-1:])
        found = self._regex(start) if not value or self.word in _BEFORE_REGEX else None
        if found is None:
            self._code(start, self.at)
        else:
            self.at = found.end()
            self._plain(" 'r' ")

    def _regex(self, start: int) -> re.Match[str] | None:
        """The regular expression at a slash. Where a line's class (`[`) does not close, no other of
        that line is looked for.
        """
        if start < self.no_class_before:
            return _REGEX_WITHOUT_CLASS.match(self.code, start)
        found = _REGEX.match(self.code, start)
        if found is None:
            self.no_class_before = _end(_LINE, self.code, start)
        return found

    def _backtick(self) -> None:
        if self.language is Language.GO:
            over = self.code.find("`", self.at)
            self.at = len(self.code) if over < 0 else over + 1
            self.early = "a text in backticks does not end" if over < 0 else ""
            self._plain("''")
        else:
            self._template()

    def _template(self) -> None:
        found = _TEMPLATE.match(self.code, self.at)
        assert found is not None  # it takes nothing as well
        self.at = found.end()
        self._plain("''")
        if found.group(1) == "${":
            self._plain("${")
            self._open("${")
        elif found.group(1) is None:
            self.early = "a text in backticks does not end"
            self.at = len(self.code)

    def _quote(self, sign: str, start: int) -> None:
        if self.language is Language.JAVA and self.code.startswith('"""', start):
            found = _TRIPLE.match(self.code, start)
        elif sign == "'" and self._separates_digits(start):
            return
        else:
            found = _QUOTED[sign].match(self.code, start)
        assert found is not None  # it takes the mark alone as well
        self.at = found.end()
        if not found.group(1) and self.at == len(self.code):
            self.early = "a text does not end"
        self._plain("''")

    def _separates_digits(self, at: int) -> bool:
        if self.language not in {Language.C, Language.CPP}:
            return False
        return _NUMBER.search(self.code[max(0, at - _LONGEST_NUMBER) : at]) is not None

    def _raw(self) -> None:
        found = _RAW_BEGIN.match(self.code, self.at)
        if found is not None:
            closing = f'){found.group()}"'
            over = self.code.find(closing, self.at)
            self.at = len(self.code) if over < 0 else over + len(closing)
            self.early = "a raw text does not end" if over < 0 else ""
        self._plain("''")

    def _bracket(self, sign: str, start: int) -> None:
        if sign in _CLOSED_BY:
            self._code(start, self.at)
            self._open(sign)
            return
        if not self.stack or _CLOSED_BY[self.stack[-1]] != sign:
            self.broken = True
            self._code(start, self.at)
            return
        opened = self.stack.pop()
        self.braces -= opened == "{"
        self.others -= opened != "{"
        if opened == "${":
            self._template()
        else:
            self._code(start, self.at)

    def _open(self, sign: str) -> None:
        self.stack.append(sign)
        self.braces += sign == "{"
        self.others += sign != "{"


@lru_cache(maxsize=16)
def mask(code: str, language: Language) -> Masked:
    """Blank the texts and comments of code in any of the seven languages but Python."""
    return _Reader(code, language).read()


def spaces(text: str) -> str:
    """A blank for each character of a text but its ends of line."""
    return _NO_END.sub(" ", text)


def _in_word(sign: str) -> bool:
    return sign.isalnum() or sign in {"_", "$"}


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
