"""How a teacher's replies are read: tolerant of what models write around what was asked for.

A reply that does not hold what was asked for is data of the run: `UnreadableReply` says what is
missing, in words that are sent with the next ask.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from pydantic import Field, JsonValue, ValidationError

from sodakd.answers.signed import declaration, mistake
from sodakd.answers.thinking import spoken
from sodakd.models.completions import Finish
from sodakd.records import Score
from sodakd.teacher.asks import Ask, Evolve, Inspire, Invent
from sodakd.types import FaultKind, Frozen, Language, Question, Tests

Asked = TypeVar("Asked", bound=Ask)


class UnreadableReply(Exception):
    """A reply that does not hold what was asked for. Data of the run: counted, asked again."""


@dataclass(frozen=True)
class FaultyCode:
    """A faulty program and the kind of its fault."""

    kind: FaultKind
    code: str


class InventedQuestion(Frozen):
    """The JSON that an `Invent` reply holds in its fenced block."""

    text: str = Field(min_length=1)
    level: int = Field(ge=1, le=5)
    source: str = "invented"
    tests: Tests | None = None


@dataclass(frozen=True)
class Inspired:
    """A problem and its solution, of an `Inspire` reply."""

    problem: str
    solution: str


@dataclass(frozen=True)
class Compared:
    """Points of a `Compare` reply, 1 to 10."""

    a: float
    b: float


class Ended(Protocol):
    """The part of a reply that tells whether there is anything to read."""

    @property
    def text(self) -> str: ...
    @property
    def finish(self) -> Finish: ...


_ENDED = {
    Finish.LENGTH: "the reply was cut off at its token limit",
    Finish.FILTERED: "the reply was held back by a content filter",
    Finish.UNKNOWN: "the reply ended for a reason that is not known: it may be cut off",
    Finish.FAILED: "no reply came, after every attempt",
}


def whole(reply: Ended) -> str:
    """The text of a reply that came to its own end, without what was thought aloud.

    Raises `UnreadableReply` for another, and where the thinking had no end.
    """
    if reply.finish is not Finish.STOP:
        raise UnreadableReply(_ENDED[reply.finish])
    said, ended = spoken(reply.text)
    if not ended and not said.strip():
        raise UnreadableReply("the reply ended before its thinking did")
    return said


_LINES = re.MULTILINE | re.IGNORECASE
_FENCE = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<label>[\w+#.-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^[ \t]*(?P=mark)[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_LABELS = {
    Language.PYTHON: {"python", "python3", "py"},
    Language.JAVASCRIPT: {"javascript", "js", "node"},
    Language.TYPESCRIPT: {"typescript", "ts"},
    Language.CPP: {"cpp", "c++", "cc"},
    Language.GO: {"go", "golang"},
}
_POINTS = re.compile(r"^[\s>*#-]*Rule\s*([1-5])\b[^:\n]*:[\s*]*([0-9]+(?:\.[0-9]+)?)", _LINES)
_DASHED = re.compile(
    r"^[\s>*#-]*Rule\s*([1-5])\b[^:\n]*?[-–—=][\s*]*([0-9]+(?:\.[0-9]+)?)"  # noqa: RUF001
    r"(?=[\s*]*(?:/\s*\d|points?\b|\.?[ \t*]*$))",
    _LINES,
)
_RULES = ("functionality", "boundary", "coverage", "readability", "practices")
_KIND = re.compile(
    r"^[\s>*#-]*(?:Fault(?:[ \t]+kind)?|Kind)[\s*]*:[\s*`\"]*([A-Za-z][\w -]*)", _LINES
)
_PROBLEM = re.compile(r"^[\s*#]*\[?Problem(?: Description)?\]?[\s*:]*$", _LINES)
_SOLUTION = re.compile(r"^[\s*#]*\[?Solution\]?[\s*:]*$", _LINES)
_SCORE = re.compile(r"^[\s>*#-]*Score[ \t]+([AB])[\s*]*:[\s*]*([0-9]+(?:\.[0-9]+)?)", _LINES)
_NAMES = re.compile(r"[ -]+")
_ALSO = {
    "off_by_one": FaultKind.CONSTANT,
    "missing_case": FaultKind.DROP,
    "wrong_variable": FaultKind.NAME,
    "missing_return": FaultKind.NO_RETURN,
    "syntax_error": FaultKind.SYNTAX,
}
"""Names that teachers give to kinds of faults, beside those that they are told."""


def fenced(text: str, labels: Sequence[str] = ()) -> str:
    """The content of the first fenced block with one of these labels, else of the first of all.

    A last fence that is not closed ends with the text. Raises `UnreadableReply` for none.
    """
    blocks = list(_FENCE.finditer(text))
    if not blocks:
        raise UnreadableReply("no fenced block in the reply")
    wanted = [block for block in blocks if block["label"].lower() in labels]
    return (wanted or blocks)[0]["code"]


def read_solution(text: str, language: Language | None = None) -> str:
    """The code of a `Solve` or `Refine` reply: its first fenced block, of the language if any."""
    labels = _LABELS.get(language, {language.value}) if language is not None else ()
    code = fenced(text, tuple(labels))
    if not code.strip():
        raise UnreadableReply("the fenced block is empty")
    return code


def read_fault(text: str) -> FaultyCode:
    """The kind (a line `Fault: KIND`) and the code of a `Fault` reply."""
    for found in _KIND.finditer(text):
        name = _NAMES.sub("_", found[1].strip().lower())
        kind = _ALSO.get(name) or next((kind for kind in FaultKind if kind == name), None)
        if kind is not None:
            return FaultyCode(kind=kind, code=fenced(text))
    raise UnreadableReply("no line 'Fault: KIND' with a known kind in the reply")


def read_grade(text: str) -> Score:
    """The points of a `Grade` reply: analysis first, then five lines `Rule N: POINTS`.

    Of several lines for a rule the last counts. Points are rounded to halves.
    """
    lines = list(_POINTS.finditer(text)) or list(_DASHED.finditer(text))
    points = {int(line[1]): round(float(line[2]) * 2) / 2 for line in lines}
    if sorted(points) != [1, 2, 3, 4, 5]:
        raise UnreadableReply(f"points for the rules {sorted(points)} instead of 1 to 5")
    reason = text[: lines[0].start()].strip()
    fields = {name: points[number] for number, name in enumerate(_RULES, start=1)}
    try:
        return Score(reason=reason, **fields)
    except ValidationError as error:
        raise UnreadableReply(f"points out of range: {error.error_count()} of them") from error


def read_invention(text: str, ask: Invent) -> Question:
    """The question of an `Invent` reply."""
    try:
        found = InventedQuestion.model_validate(_json(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnreadableReply(f"no question in the reply: {first['msg']} at {place}") from error
    text, language = found.text, ask.question.language
    if found.tests is not None:
        if wrong := mistake(found.tests, language):
            raise UnreadableReply(wrong)
        how = declaration(found.tests, language)
        if how and found.source == "invented":  # the world's own questions say it in their words
            text = f"{text.rstrip()}\n\n{how}"
    return Question.new(
        text=text,
        language=language,
        tests=found.tests,
        source=found.source,
        level=found.level,
        parent=ask.question.id,
    )


def read_evolved(text: str, ask: Evolve) -> Question:
    """The rewritten question of an `Evolve` reply: its fenced block, or all of it."""
    try:
        rewritten = fenced(text, ("question", "text", "markdown")).strip()
    except UnreadableReply:
        rewritten = text.strip()
    if not rewritten:
        raise UnreadableReply("the reply is empty")
    return Question.new(
        text=rewritten,
        language=ask.question.language,
        tests=None,
        source=f"evolve {ask.operation}",
        level=None,
        parent=ask.question.id,
    )


def read_inspired(text: str, ask: Inspire) -> Inspired:
    """Problem and solution of an `Inspire` reply, each under its own heading."""
    problem, solution = _PROBLEM.search(text), _SOLUTION.search(text)
    if problem is None or solution is None or problem.end() > solution.start():
        raise UnreadableReply("no [Problem Description] followed by a [Solution]")
    asked = text[problem.end() : solution.start()].strip()
    if not asked:
        raise UnreadableReply("the problem description is empty")
    return Inspired(asked, read_solution(text[solution.end() :], ask.language))


def read_comparison(text: str) -> Compared:
    """The points of a `Compare` reply: lines `Score A: N` and `Score B: N`; the last ones count."""
    points = {found[1].upper(): float(found[2]) for found in _SCORE.finditer(text)}
    if set(points) != {"A", "B"}:
        raise UnreadableReply("no lines 'Score A: N' and 'Score B: N' in the reply")
    if not all(1 <= value <= 10 for value in points.values()):
        raise UnreadableReply("a score outside 1 to 10")
    return Compared(points["A"], points["B"])


def _json(text: str) -> JsonValue:
    """The JSON of a fenced block, or of the text from its first brace on."""
    try:
        body = fenced(text, ("json",))
    except UnreadableReply:
        body = text
    start = body.find("{")
    try:
        value: JsonValue = json.JSONDecoder(strict=False).raw_decode(body, max(0, start))[0]
    except ValueError as error:
        raise UnreadableReply(f"no JSON in the reply: {error}") from error
    return value


def again(ask: Asked, error: UnreadableReply) -> Asked:
    """The same ask once more, with what was wrong with the form of its reply."""
    wrong: dict[str, int | str] = {"attempt": ask.attempt + 1, "unreadable": str(error)}
    return cast("Asked", ask.model_copy(update=wrong))
