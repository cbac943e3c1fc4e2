"""Parsers of a teacher's replies, tolerant of what models write around what was asked for.

A reply that does not hold what was asked for is data of the run: `UnreadableReply` says what is
missing, in words that are sent with the next ask.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar, cast

from pydantic import JsonValue, ValidationError

from sodakd.inference.completions import Completion, Finish
from sodakd.json_text import JsonError, parse_json_at, valid_unicode
from sodakd.records import RubricScore
from sodakd.teacher.read_tests import (
    NothingToTryError,
    TestReplyError,
    draft,
    read_calls,
    read_inputs,
    with_declaration,
)
from sodakd.teacher.requests import FOR_LISTS, Evolve, Invent, TeacherRequest, Test
from sodakd.text.fences import blocks
from sodakd.text.test_validation import signature_error
from sodakd.text.thinking import strip_thinking
from sodakd.types import CallTests, FaultKind, FrozenModel, Language, Level, Question

RequestT = TypeVar("RequestT", bound=TeacherRequest)


class UnreadableReply(Exception):
    """A parse error: a reply without what was asked for. Data of a run: counted, asked again."""


@dataclass(frozen=True)
class FaultyCode:
    """A faulty program and the kind of its fault."""

    kind: FaultKind
    code: str


class InventedQuestion(FrozenModel):
    """The JSON that an `Invent` reply holds in its fenced block."""

    text: str
    level: Level
    source: str = "invented"
    tests: CallTests | None = None


@dataclass(frozen=True)
class ComparisonScores:
    """The scores of a `Compare` reply, 1 to 10."""

    a: float
    b: float


_FINISH_MESSAGES = {
    Finish.LENGTH: "the reply was cut off at its token limit",
    Finish.FILTERED: "the reply was held back by a content filter",
    Finish.UNKNOWN: "the reply ended for a reason that is not known: it may be cut off",
    Finish.FAILED: "no reply came, after every attempt",
}


def completed_text(reply: Completion, kind: str = "") -> str:
    """Return the text of a reply that finished with `stop`, without its reasoning block.

    A reply to an ask whose `kind` is for a list may be cut off: what is whole of it is used. Lines
    end as on Unix, and half surrogates are replaced: what is read from it can be written.

    Raises:
        UnreadableReply: it ended in any other way, its thinking had no end, or it says nothing.
    """
    cut_off = reply.finish is Finish.LENGTH and kind in FOR_LISTS
    if reply.finish is not Finish.STOP and not cut_off:
        raise UnreadableReply(_FINISH_MESSAGES[reply.finish])
    visible, ended = strip_thinking(reply.text)
    if not visible.strip():
        raise UnreadableReply(
            "the reply is empty" if ended else "the reply ended before its thinking did"
        )
    return valid_unicode(visible).replace("\r\n", "\n")


LINES = re.MULTILINE | re.IGNORECASE
LINE_START = r"^(?:[^\S\n]|[>*#-])*+"
"""The start of a line, and marks of Markdown. It takes no second line and gives nothing back: so
patterns that begin by it take time linear in a text."""
_NUMBER = r"([0-9]++(?:\.[0-9]++)?)"
_POINTS = re.compile(rf"{LINE_START}Rule\s*+([1-5])\b[^:\n]*+:[\s*]*+{_NUMBER}", LINES)
_DASHED = re.compile(
    rf"{LINE_START}Rule\s*+([1-5])\b[^:\n]*?[-–—=][\s*]*+{_NUMBER}"  # noqa: RUF001
    r"(?=[\s*]*+(?:/\s*+\d|points?\b)|[ \t*]*+\.?[ \t*]*+$)",
    LINES,
)
_NAMED = re.compile(
    rf"{LINE_START}(?:Rule\s*+)?([1-5])\b[.):]?+[^:\n]*+:[ \t*]*+{_NUMBER}"
    r"(?=[ \t*]*+(?:/[ \t]*+\d|points?\b|\(|[.,;]?[ \t*]*+$))",
    LINES,
)
"""Points behind a rule's name: `Rule 2: Boundary check: 1/1`, `2. Boundary check: 1 point`."""
_RULES = ("functionality", "boundary", "coverage", "readability", "practices")
_MOST_POINTS = 100.0
"""More than any rule has, and few enough to be rounded."""
_SCORE = re.compile(rf"{LINE_START}Score[ \t]++([AB])[\s*]*+:[\s*]*+{_NUMBER}", LINES)


def parse_grade(text: str) -> RubricScore:
    """Return the rubric of a `Grade` reply: analysis first, then five lines `Rule N: POINTS`.

    Of several lines for a rule the last counts. Points are rounded to halves.
    """
    read = [list(form.finditer(text)) for form in (_POINTS, _DASHED, _NAMED)]
    lines = max(read, key=lambda lines: len({line[1] for line in lines}))
    points = {int(line[1]): min(float(line[2]), _MOST_POINTS) for line in lines}
    if sorted(points) != [1, 2, 3, 4, 5]:
        raise UnreadableReply(f"points for the rules {sorted(points)} instead of 1 to 5")
    fields = {name: round(points[number] * 2) / 2 for number, name in enumerate(_RULES, start=1)}
    try:
        return RubricScore(reason=_analysis(text[: lines[0].start()]), **fields)
    except ValidationError as error:
        raise UnreadableReply(f"points out of range: {error.error_count()} of them") from error


def _analysis(text: str) -> str:
    """A text without the lines at its end that hold marks alone."""
    lines = text.rstrip().split("\n")
    while lines and not lines[-1].strip(" \t\r>*#-"):
        del lines[-1]
    return "\n".join(lines).strip()


@dataclass(frozen=True)
class NoFunction:
    """A `Test` reply that says that no function can be tried, and why."""

    reason: str


def parse_test(text: str, ask: Test) -> Question | NoFunction:
    """Return the question of a `Test` reply with calls of which nothing is expected yet."""
    found = _json(text)
    if not isinstance(found, dict):
        raise UnreadableReply("no JSON object in the reply")
    question, known = ask.question, ask.question.tests
    try:
        if ask.known and isinstance(known, CallTests):
            given = found.get("inputs")
            cases = read_inputs(given, known.entry_point, known.signature, question.language, 1)
            return draft(question, known.model_copy(update={"cases": cases}))
        if "entry_point" in found and found["entry_point"] in _NOTHING:
            return NoFunction(str(found.get("reason", "")))
        return draft(question, read_calls(found, question.language, LEAST_INPUTS))
    except NothingToTryError as error:
        return NoFunction(str(error))
    except TestReplyError as error:
        raise UnreadableReply(str(error)) from None


_NOTHING = (None, "", "null", "none", "None")
LEAST_INPUTS = 5
"""Inputs that a reply must hold: it is asked for twice as many."""


def parse_invention(text: str, ask: Invent) -> Question:
    """Return the question of an `Invent` reply; unknown JSON keys are ignored.

    Of its calls nothing is expected, unless it brings tests with values, as the world's does.
    """
    values = _json(text)
    try:
        found = InventedQuestion.model_validate(values, extra="ignore")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnreadableReply(f"no question in the reply: {first['msg']} at {place}") from error
    text, language = found.text, ask.question.language
    if not text.strip():
        raise UnreadableReply("no question in the reply: its text is empty")
    tests = found.tests
    if tests is not None and (wrong := signature_error(tests, language)):
        raise UnreadableReply(wrong)
    if tests is None and isinstance(values, dict) and "inputs" in values:
        try:
            tests = read_calls(values, language, LEAST_INPUTS)
        except TestReplyError as error:
            raise UnreadableReply(str(error)) from None
    if tests is not None and found.source == "invented":  # the world's own questions hold theirs
        text = with_declaration(text, tests, language)
    question = Question.new(
        text=text,
        language=language,
        tests=tests,
        source=found.source,
        level=found.level,
        parent=ask.question.id,
    )
    if not question.survives_json():
        raise UnreadableReply(
            "the tests hold a number that JSON cannot: infinite, NaN, or of thousands of digits"
        )
    return question


def parse_evolved(text: str, ask: Evolve) -> Question:
    """Return the rewritten question of an `Evolve` reply: its fenced block, or all of it."""
    found = blocks(text, open_up=False)
    own = [block.text for block in found if block.label in {"", "markdown"}]
    rewritten = (own or [text])[0].strip()
    if not rewritten:
        raise UnreadableReply("the reply is empty")
    question = ask.question
    return written_question(rewritten, question.language, f"evolve {ask.operation}", question.id)


def written_question(
    text: str, language: Language, source: str, parent: str | None = None
) -> Question:
    """Return the question that a teacher wrote, without tests.

    The world's teacher writes one as its `Invent` replies do: it brings its tests.
    """
    whole: InventedQuestion | None = None
    for block in blocks(text):
        if block.label == "data":
            with suppress(ValidationError):
                whole = InventedQuestion.model_validate_json(block.text)
    if whole is None or whole.source == "invented":
        return Question.new(
            text=valid_unicode(text), language=language, tests=None, source=source, level=None,
            parent=parent,
        )  # fmt: skip
    return Question.new(
        text=whole.text, language=language, tests=whole.tests, source=whole.source,
        level=whole.level, parent=parent,
    )  # fmt: skip


def parse_comparison(text: str) -> ComparisonScores:
    """Return the scores of a `Compare` reply: the last lines `Score A: N` and `Score B: N`."""
    points = {found[1].upper(): float(found[2]) for found in _SCORE.finditer(text)}
    if set(points) != {"A", "B"}:
        raise UnreadableReply("no lines 'Score A: N' and 'Score B: N' in the reply")
    if not all(1 <= value <= 10 for value in points.values()):
        raise UnreadableReply("a score outside 1 to 10")
    return ComparisonScores(points["A"], points["B"])


def _json(text: str) -> JsonValue:
    """Return the first JSON object of a reply: in a block of data, another block, or the text.

    Where there is none, one that would be JSON but for the slips of small models.
    """
    bodies = [body for body in _json_candidates(text) if "{" in body]
    wrong = ""
    for body in chain(
        bodies, map(_mended_json, bodies), map(_closed_json, map(_mended_json, bodies))
    ):
        try:
            return parse_json_at(body, body.find("{"))
        except JsonError as error:
            wrong = wrong or str(error)
    raise UnreadableReply(f"no JSON in the reply: {wrong or 'no object in it'}")


_SLIP = re.compile(
    r"""("(?:[^"\\\n]++|\\.)*+"?+)|('((?:[^'\\\n]++|\\.)*+)'?+)"""
    r"""|(?://|\#)[^\n]*+|\b(True|False|None)\b|,(?=\s*+[\]}])"""
)
_CONSTANTS = {"True": "true", "False": "false", "None": "null"}


def _mended_json(text: str) -> str:
    """A text whose texts stand in double quotes, with JSON's constants, without comments and commas
    that nothing follows.
    """

    def mend(found: re.Match[str]) -> str:
        double, single, inner, constant = found.groups()
        if double is not None:
            return double
        if single is not None:
            return '"' + inner.replace("\\'", "'").replace('"', '\\"') + '"'
        return _CONSTANTS.get(constant, "")

    return _SLIP.sub(mend, text)


_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[\[\]{}]')


def _closed_json(text: str) -> str:
    """A text that breaks off in the middle of a list, or closes it by the wrong bracket, closed
    behind the last whole item. A list that is closed early goes on.
    """
    missing: list[str] = []
    letters = list(text)
    end, rest = len(text), ""
    for found in _BRACKET.finditer(text, text.find("{")):
        bracket = found[0][0]
        if bracket in "[{":
            early = missing == ["}"] and text[end - 1 : found.start()].split() == ["],"]
            if bracket == "[" and early:
                letters[end - 1] = " "
                missing.append("]")
            missing.append("]" if bracket == "[" else "}")
        elif missing[-1:] == [bracket]:
            missing.pop()
            end, rest = found.end(), "".join(reversed(missing))
        elif bracket in "]}":
            break
    return "".join(letters[:end]) + rest


def _json_candidates(text: str) -> Iterator[str]:
    found = blocks(text)
    yield from (block.text for block in found if block.label == "data")
    yield from (block.text for block in found if block.label != "data")
    yield text


def retry_request(ask: RequestT, error: UnreadableReply) -> RequestT:
    """Return the ask of the next attempt, with the parse error of its last reply."""
    wrong: dict[str, int | str] = {"attempt": ask.attempt + 1, "unreadable": str(error)}
    return cast("RequestT", ask.model_copy(update=wrong))
