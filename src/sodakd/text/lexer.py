"""The one lexer: where comments and strings are in code of the seven languages, and what is left.

It is written for text of any kind, time is linear in it, and what does not close is read to its
end. Code inside the sandbox uses it: nothing but the standard library is imported here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

from sodakd.text.languages import LANGUAGES


class Kind(StrEnum):
    """What a token is. `STRAY`: a bracket that closes none; `CODE`: a run of all that is not told
    apart.
    """

    COMMENT = "comment"
    STRING = "string"
    OPEN = "open"
    CLOSE = "close"
    STRAY = "stray"
    CODE = "code"


class Token(NamedTuple):
    """A token: its kind, its place, and whether it ends as it should.

    A string is a text, a character, a regular expression, or a part of a template (`` `a${ ``).
    """

    kind: Kind
    start: int
    end: int
    closed: bool = True


_SIGNS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"{one.comment}|[\"'()\[\]{{}}]{one.also}") for name, one in LANGUAGES.items()
}
"""Where code stops to be a plain run."""
_LINE = re.compile(r"[^\n]*+")
_GOES_ON = re.compile(r"(?:\\\r?\n|[^\n])*+")
_NO_END = re.compile(r"[^\n]")
_QUOTED = {
    quote: re.compile(rf"(?:[^{quote}\\\n]++|\\.)*+({quote})?", re.DOTALL) for quote in "\"'"
}
_TRIPLE = {
    quote * 3: re.compile(
        rf"(?:[^{quote}\\]++|\\.|{quote}(?!{quote * 2}))*+({quote * 3})?", re.DOTALL
    )
    for quote in "\"'"
}
_TEMPLATE = re.compile(r"(?:[^`\\$]++|\\.|\$(?!\{))*+(`|\$\{)?", re.DOTALL)
_RAW_BEGIN = re.compile(r'[^()\\\s"]{0,16}(?=\()')
_REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]++|\\.|\[(?:[^\]\\\n]++|\\.)*+\])++/\w*+")
_REGEX_WITHOUT_CLASS = re.compile(r"/(?![*/])(?:[^\\/\[\n]++|\\.)++/\w*+")
_BEFORE_REGEX = frozenset({
    "return", "typeof", "case", "in", "of", "do", "else", "void", "delete", "throw", "new",
    "yield", "await",
})  # fmt: skip
_CLOSED_BY = {"(": ")", "[": "]", "{": "}", "${": "}"}
_OPENED_BY = {")": "(", "]": "[", "}": "{"}


class _Lexer:
    """Goes through the code once, from one sign that matters to the next."""

    def __init__(self, code: str, language: str) -> None:
        self.code = code
        self.signs, self.written = _SIGNS[language], LANGUAGES[language]
        self.begun = 0
        """Where the run of code begins that has not been given yet."""
        self.word = ""
        """The last word or sign, after which a slash divides or begins a regular expression."""
        self.no_class_before = 0
        self.stack: list[str] = []

    def tokens(self) -> Iterator[Token]:
        at = 0
        while (found := self.signs.search(self.code, at)) is not None:
            at = found.end()
            token = self._token(found.group(), found.start(), at)
            if token is not None:
                yield from self._run(found.start())
                if token.kind is not Kind.CODE:
                    yield token
                    self.begun = token.end
                at = token.end
        yield from self._run(len(self.code))

    def _run(self, end: int) -> Iterator[Token]:
        if self.begun < end:
            yield Token(Kind.CODE, self.begun, end)
            self.begun = end

    def _token(self, sign: str, start: int, at: int) -> Token | None:
        """The token that a sign begins; None where it goes on with the code before it."""
        if sign in {"#", "//", "/*"}:
            self._look_back(start)
        if sign in {"#", "//"}:
            line = _GOES_ON if self.written.preprocessor else _LINE
            return Token(Kind.COMMENT, start, _end(line, self.code, at))
        if sign == "/*":
            return self._up_to("*/", Kind.COMMENT, start, at)
        if sign == "/":
            return self._slash(start, at)
        if sign in _CLOSED_BY:
            self.word = sign
            self.stack.append(sign)
            return Token(Kind.OPEN, start, at)
        if sign in _OPENED_BY:
            return self._closing(sign, start, at)
        if sign[-1] not in "\"'`":
            return None  # a number
        self.word = "'"
        return self._string(sign, start, at)

    def _up_to(self, closing: str, kind: Kind, start: int, at: int) -> Token:
        over = self.code.find(closing, at)
        return Token(kind, start, len(self.code) if over < 0 else over + len(closing), over >= 0)

    def _string(self, sign: str, start: int, at: int) -> Token:
        quote = sign[-1]
        if quote == "`":
            if self.written.raw == quote:
                return self._up_to("`", Kind.STRING, start, at)
            return self._template(start, at)
        if self.written.raw and sign.endswith(self.written.raw):
            begun = _RAW_BEGIN.match(self.code, at)
            if begun is None:
                return Token(Kind.STRING, start, at, closed=False)
            return self._up_to(f'){begun.group()}"', Kind.STRING, start, at)
        if quote in self.written.triple and self.code.startswith(quote * 3, at - 1):
            return self._matched(_TRIPLE[quote * 3], start, at + 2)
        return self._matched(_QUOTED[quote], start, at)

    def _matched(self, pattern: re.Pattern[str], start: int, at: int) -> Token:
        found = pattern.match(self.code, at)
        assert found is not None  # it takes nothing as well
        return Token(Kind.STRING, start, found.end(), found.group(1) is not None)

    def _template(self, start: int, at: int) -> Token:
        token = self._matched(_TEMPLATE, start, at)
        if not token.closed:
            return token._replace(end=len(self.code))
        if self.code[token.end - 1] == "{":
            self.stack.append("${")
            self.word = "{"
        return token

    def _closing(self, sign: str, start: int, at: int) -> Token:
        self.word = sign
        if not self.stack or _CLOSED_BY[self.stack[-1]] != sign:
            return Token(Kind.STRAY, start, at)
        if self.stack.pop() == "${":
            self.word = "'"
            return self._template(start, at)
        return Token(Kind.CLOSE, start, at)

    def _slash(self, start: int, at: int) -> Token:
        """A regular expression where no value stands before it, else a division: code."""
        self._look_back(start)
        value = self.word[-1:] in {")", "]", "}", "'"} or _in_word(self.word[-1:])
        found = self._regex(start) if not value or self.word in _BEFORE_REGEX else None
        if found is None:
            return Token(Kind.CODE, start, at)
        self.word = "'"
        return Token(Kind.STRING, start, found.end())

    def _look_back(self, end: int) -> None:
        """Note the last word of the run that ends here, if it has one."""
        run = self.code[self.begun : end].rstrip()
        if run:
            first = len(run) - 1
            while first > 0 and _in_word(run[first]) and _in_word(run[first - 1]):
                first -= 1
            self.word = run[first:]

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


def tokens(code: str, language: str) -> Iterator[Token]:
    """The tokens of code in one of the seven languages: together they are all of it."""
    return _Lexer(code, language).tokens()


@dataclass(frozen=True)
class Lexed:
    """Code with its tokens, and the views of it that are asked for."""

    code: str
    tokens: tuple[Token, ...]

    @cached_property
    def strings(self) -> tuple[str, ...]:
        """The strings, with their quotes, in their order."""
        found = (one for one in self.tokens if one.kind is Kind.STRING)
        return tuple(self.code[one.start : one.end] for one in found)

    @cached_property
    def text(self) -> str:
        """The code without comments; of a string two quotes are left."""
        return "".join(self._plain(one) for one in self.tokens)

    @cached_property
    def uncommented(self) -> str:
        """The code without comments, a blank for each that ends within its line."""
        return "".join(
            self._plain(one) if one.kind is Kind.COMMENT else self.code[one.start : one.end]
            for one in self.tokens
        )

    @cached_property
    def blank(self) -> str:
        """The code with blanks for comments and strings: every place stays its place."""
        hidden = {Kind.COMMENT, Kind.STRING}
        pieces = ((one.kind, self.code[one.start : one.end]) for one in self.tokens)
        return "".join(spaces(piece) if kind in hidden else piece for kind, piece in pieces)

    @cached_property
    def bare(self) -> str:
        """The code with blanks for comments: every place stays its place."""
        pieces = ((one.kind, self.code[one.start : one.end]) for one in self.tokens)
        return "".join(spaces(piece) if kind is Kind.COMMENT else piece for kind, piece in pieces)

    @cached_property
    def outermost(self) -> str:
        """The code with blanks for comments, strings and what is in brackets: places stay."""
        kept: list[str] = []
        depth = 0
        for one in self.tokens:
            depth -= self._closes(one)
            piece = self.code[one.start : one.end]
            hidden = depth > 0 or one.kind in {Kind.COMMENT, Kind.STRING}
            kept.append(spaces(piece) if hidden else piece)
            depth += self._opens(one)
        return "".join(kept)

    @cached_property
    def flat(self) -> str:
        """The text without what is in round and square brackets."""
        return self._outside("([")

    @cached_property
    def shallow(self) -> str:
        """The text without what is in brackets of any kind."""
        return self._outside("([{")

    @cached_property
    def early(self) -> str:
        """Why the end came too early; "" where it did not, or where a bracket closes none."""
        last = self.tokens[-1] if self.tokens else None
        if last is not None and not last.closed and last.end == len(self.code):
            return f"a {'comment' if last.kind is Kind.COMMENT else 'text'} does not end"
        if any(one.kind is Kind.STRAY for one in self.tokens):
            return ""
        many = sum(self._opens(one) - self._closes(one) for one in self.tokens)
        return f"{many} brackets are open at the end" if many > 1 else "a bracket is open" * many

    def _plain(self, one: Token) -> str:
        if one.kind is Kind.COMMENT:
            return " " if self.code.startswith("/*", one.start) else ""
        if one.kind is Kind.STRING:
            return " 'r' " if self.code[one.start] == "/" else "''"
        return self.code[one.start : one.end]

    def _opens(self, one: Token, brackets: str = "([{") -> bool:
        """Whether a token opens a bracket of these; a template's `${` is one of any."""
        if one.kind is Kind.STRING:
            return one.closed and self.code.endswith("${", one.start, one.end)
        return one.kind is Kind.OPEN and self.code[one.start] in brackets

    def _closes(self, one: Token, brackets: str = "([{") -> bool:
        if one.kind is Kind.STRING:
            return self.code[one.start] == "}"
        return one.kind is Kind.CLOSE and _OPENED_BY[self.code[one.start]] in brackets

    def _outside(self, brackets: str) -> str:
        kept: list[str] = []
        depth = 0
        for one in self.tokens:
            depth -= self._closes(one, brackets)
            if not depth:
                kept.append(self._plain(one))
            depth += self._opens(one, brackets)
        return "".join(kept)


@lru_cache(maxsize=16)
def lexed(code: str, language: str) -> Lexed:
    """The code of one of the seven languages, read once."""
    return Lexed(code, tuple(tokens(code, language)))


def spaces(text: str) -> str:
    """A blank for each character of a text but its ends of line."""
    return _NO_END.sub(" ", text)


def _in_word(sign: str) -> bool:
    return sign.isalnum() or sign in {"_", "$"}


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
