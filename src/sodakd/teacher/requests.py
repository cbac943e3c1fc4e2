"""Requests to a teacher, called asks: a type for each kind, and the hashes they are cached by.

A language-model teacher renders an ask as a prompt; the embedded world's teacher answers the same
ask by computation. Both reply with text, and both replies are read by the parsers of `parsers.py`.

`attempt` tells repeated asks apart; `unreadable` says what was wrong with the form of the reply
before, where the same thing is asked again.
"""

import hashlib
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, TypeAdapter

from sodakd.types import FaultKind, FrozenModel, Language, Level, Question


class Solve(FrozenModel):
    """Ask for a correct solution; `error` is what was wrong with the one of the last attempt."""

    kind: Literal["solve"] = "solve"
    question: Question
    attempt: int = 0
    error: str = ""
    unreadable: str = ""


class Fault(FrozenModel):
    """Ask for a minimal edit that makes `correct` wrong, of the first kind that can be made.

    A language model is asked for one kind at a time, at each attempt for the next.
    """

    kind: Literal["fault"] = "fault"
    question: Question
    correct: str
    kinds: tuple[FaultKind, ...] = Field(min_length=1)
    attempt: int = 0
    unreadable: str = ""


class Grade(FrozenModel):
    """Ask for the five-rule rubric of SODA on an answer."""

    kind: Literal["grade"] = "grade"
    question: Question
    answer: str
    attempt: int = 0
    unreadable: str = ""


class Invent(FrozenModel):
    """Ask for a new question with the skills of `question`, at `level`.

    Requests for several questions of one parent and level differ in `variant`: it is part of the
    prompt and of the ledger's key, so each gets a reply of its own.
    """

    kind: Literal["invent"] = "invent"
    question: Question
    level: Level
    variant: int = 0
    attempt: int = 0
    unreadable: str = ""


class Test(FrozenModel):
    """Ask for what a question can be tested by: an entry point, its signature and inputs.

    What the inputs must give is never asked for. `known` are inputs that faulty programs slipped
    through: others are asked for then, of the same entry point.
    """

    __test__: ClassVar[bool] = False  # not for pytest, whatever its name says

    kind: Literal["test"] = "test"
    question: Question
    known: tuple[tuple[JsonValue, ...], ...] = ()
    attempt: int = 0
    unreadable: str = ""


class Operation(StrEnum):
    """How Evol-Instruct rewrites a question (WizardCoder)."""

    CONSTRAINT = "constraint"
    RARER = "rarer"
    REASONING = "reasoning"
    MISDIRECTION = "misdirection"
    COMPLEXITY = "complexity"


class Evolve(FrozenModel):
    """Ask for the question made a bit harder by one operation (Evol-Instruct)."""

    kind: Literal["evolve"] = "evolve"
    question: Question
    operation: Operation
    attempt: int = 0
    unreadable: str = ""


class Refine(FrozenModel):
    """Ask for the student's own wrong answer, mended with few changes (PERsD).

    `error` is what its execution said.
    """

    kind: Literal["refine"] = "refine"
    question: Question
    answer: str
    error: str
    attempt: int = 0
    unreadable: str = ""


class Inspire(FrozenModel):
    """Ask for a problem and its solution, inspired by a snippet of code (OSS-Instruct)."""

    kind: Literal["inspire"] = "inspire"
    snippet: str
    language: Language
    attempt: int = 0
    unreadable: str = ""


class Compare(FrozenModel):
    """Ask for points from 1 to 10 for each of two answers (Lion's referee)."""

    kind: Literal["compare"] = "compare"
    question: Question
    answer_a: str
    answer_b: str
    attempt: int = 0
    unreadable: str = ""


TeacherRequest = Solve | Fault | Grade | Invent | Test | Evolve | Refine | Inspire | Compare

FOR_LISTS = frozenset({"test", "invent"})
"""Kinds of asks whose replies end in a list: small models write on and on, and never close it."""

REQUEST_ADAPTER: TypeAdapter[TeacherRequest] = TypeAdapter(
    Annotated[TeacherRequest, Field(discriminator="kind")]
)
"""Reads an ask of any kind from JSON."""


def ask_key(ask: TeacherRequest) -> str:
    """Return the SHA-256 of an ask, the same for every teacher."""
    return hashlib.sha256(ask.model_dump_json().encode()).hexdigest()


def request_key(teacher: str, ask: str) -> str:
    """Return the ledger's cache key: the SHA-256 of a teacher's version and an ask's key."""
    return hashlib.sha256(f"{teacher}\n{ask}".encode()).hexdigest()


def question_id(ask: TeacherRequest) -> str:
    """Return the id of an ask's question; of an `Inspire` the hash of its snippet."""
    return snippet_id(ask.snippet) if isinstance(ask, Inspire) else ask.question.id


def snippet_id(snippet: str) -> str:
    """Return what an `Inspire` has in the place of a question's id."""
    return hashlib.sha256(snippet.encode()).hexdigest()[:16]
