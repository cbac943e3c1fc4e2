"""What is asked of a teacher, as typed values, and how its replies are read.

A language-model teacher renders an ask as a prompt; the embedded world's teacher answers the same
ask by computation. Both reply with text, and both replies are read by the parsers of this file.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import Field, JsonValue, ValidationError

from sodakd.types import FaultKind, Frozen, Question, Score, Tests, canonical


class Solve(Frozen):
    """Ask for a correct solution; `error` is what was wrong with the one of the last attempt."""

    kind: Literal["solve"] = "solve"
    question: Question
    attempt: int = 0
    error: str = ""


class Fault(Frozen):
    """Ask for a minimal edit that makes `correct` wrong, of the first kind that can be made."""

    kind: Literal["fault"] = "fault"
    question: Question
    correct: str
    kinds: tuple[FaultKind, ...] = Field(min_length=1)
    attempt: int = 0


class Grade(Frozen):
    """Ask for the five-rule rubric of SODA on an answer."""

    kind: Literal["grade"] = "grade"
    question: Question
    answer: str


class Invent(Frozen):
    """Ask for a new question with the skills of `question`, at `level`.

    Twins differ in `variant`.
    """

    kind: Literal["invent"] = "invent"
    question: Question
    level: int = Field(ge=1, le=5)
    variant: int = 0


Ask = Solve | Fault | Grade | Invent


class Usage(Frozen):
    """Tokens of one call."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class Reply(Frozen):
    """What a teacher said to one ask, and the tokens it took."""

    text: str
    usage: Usage


class Teacher(Protocol):
    """Whoever answers asks. `name` is part of the ledger's key: two teachers share no reply.

    `computes`: an answer costs a moment and no money, so one may be lost to a power cut.
    """

    name: str
    computes: bool

    def reply(self, ask: Ask) -> Reply:
        """Answer one ask. Raises `TeacherError` when no answer can be had."""
        ...

    def at_most(self, ask: Ask) -> Usage:
        """The most tokens the answer can take: what the budget reserves before the call."""
        ...


class UnreadableReply(Exception):
    """A reply that does not hold what was asked for. Data of the run: counted, asked again."""


@dataclass(frozen=True)
class FaultyCode:
    """A faulty program and the kind of its fault."""

    kind: FaultKind
    code: str


def request_key(teacher: str, ask: Ask) -> str:
    """The ledger's key: a hash of the teacher's name and the whole ask."""
    body = canonical({"teacher": teacher, "ask": ask.model_dump(mode="json")})
    return hashlib.sha256(body.encode()).hexdigest()


_FENCE = re.compile(r"^```[ \t]*(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_RULES = ("functionality", "boundary", "coverage", "readability", "practices")
_POINTS = re.compile(r"^Rule\s+([1-5])\s*:\s*([0-9.]+)", re.MULTILINE)
_KIND = re.compile(r"^Fault:\s*(\w+)", re.MULTILINE)


def fenced(text: str) -> str:
    """The content of the first fenced block. Raises `UnreadableReply` where there is none."""
    found = _FENCE.search(text)
    if found is None:
        raise UnreadableReply("no fenced block in the reply")
    return found.group(2)


def read_solution(text: str) -> str:
    """The code of a `Solve` reply: its first fenced block."""
    return fenced(text)


def read_fault(text: str) -> FaultyCode:
    """The kind (a line `Fault: KIND`) and the code of a `Fault` reply."""
    found = _KIND.search(text)
    if found is None or found.group(1) not in set(FaultKind):
        raise UnreadableReply("no line 'Fault: KIND' with a known kind in the reply")
    return FaultyCode(kind=FaultKind(found.group(1)), code=fenced(text))


def read_grade(text: str) -> Score:
    """The points of a `Grade` reply: analysis first, then five lines `Rule N: POINTS`."""
    lines = list(_POINTS.finditer(text))
    points = {int(line[1]): float(line[2]) for line in lines}
    if sorted(points) != [1, 2, 3, 4, 5]:
        raise UnreadableReply(f"points for the rules {sorted(points)} instead of 1 to 5")
    reason = text[: lines[0].start()].strip()
    fields = {name: points[number] for number, name in enumerate(_RULES, start=1)}
    try:
        return Score(reason=reason, **fields)
    except ValidationError as error:
        raise UnreadableReply(f"points out of range: {error.error_count()} of them") from error


class InventedQuestion(Frozen):
    """The JSON that an `Invent` reply holds in its fenced block."""

    text: str = Field(min_length=1)
    level: int = Field(ge=1, le=5)
    source: str
    tests: Tests | None


def read_invention(text: str, ask: Invent) -> Question:
    """The question of an `Invent` reply."""
    try:
        row: JsonValue = json.loads(fenced(text))
        found = InventedQuestion.model_validate(row)
    except (ValueError, ValidationError) as error:
        raise UnreadableReply(f"no question in the reply: {error}") from error
    return Question.new(
        text=found.text,
        language=ask.question.language,
        tests=found.tests,
        source=found.source,
        level=found.level,
        parent=ask.question.id,
    )
