"""What is known of each call to a teacher: in which language, why it was made, what came of it.

All of it is read from the run's folder: the ledger's rows, with their asks and replies, and the
rows that the steps kept. A reply is read by the parser that read it in the run; but for one in
which what was kept stands word for word, where it was the only ask for that.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from sodakd.inference.completions import Completion, Finish
from sodakd.records import Snippet
from sodakd.report.kept_rows import Kept, KeptRows, plain_stage
from sodakd.stages.programs import read_fault, read_inspired, read_program
from sodakd.teacher.ledger_calls import LedgerCall
from sodakd.teacher.parsers import (
    NoFunction,
    UnreadableReply,
    completed_text,
    parse_comparison,
    parse_evolved,
    parse_grade,
    parse_invention,
    parse_test,
)
from sodakd.teacher.requests import (
    REQUEST_ADAPTER,
    Compare,
    Evolve,
    Fault,
    Grade,
    Inspire,
    Invent,
    Operation,
    Refine,
    Solve,
    TeacherRequest,
    Test,
)
from sodakd.types import FaultKind, PreferencePair

NOT_TOLD = "not told"
QUESTIONS = frozenset({"invent", "evolve", "inspire"})
"""Kinds of asks that bring a question."""


class Why(StrEnum):
    """Why an ask was made."""

    FIRST = "asked first"
    UNREADABLE = "again: not readable"
    REFUSED = "again: refused"
    UNKNOWN = "again: not told why"


class Fate(StrEnum):
    """What came of an ask."""

    KEPT = "kept"
    REFUSED = "refused"
    UNREADABLE = "not readable"
    FAILED = "no answer"
    OPEN = "in flight or cut off"
    UNFINISHED = "step not finished"
    PREFLIGHT = "preflight"
    UNKNOWN = "not told"


@dataclass(frozen=True)
class CallFacts:
    """A call, and what is known of it.

    `pair` is the one that its step kept of its question; `brought` the id of the question that a
    reply which was kept brought, or was for.
    """

    call: LedgerCall
    arm: str
    language: str
    why: Why
    fate: Fate
    brought: str
    pair: PreferencePair | None


class CallReader:
    """Reads the calls of a ledger in their order."""

    def __init__(
        self, kept: KeptRows, arms: Iterable[str], repeated: Collection[tuple[str, str, str]]
    ) -> None:
        self._kept = kept
        self._repeated = repeated
        self._arms = frozenset(arms)
        self._solved: dict[tuple[str, str], str] = {}
        self._claimed: set[tuple[str, str]] = set()
        self._before: dict[tuple[str, str, str], Fate] = {}

    def read(self, calls: Iterable[LedgerCall]) -> Iterator[CallFacts]:
        """Yield each call with what is known of it."""
        for call in calls:
            kept = self._kept.steps.get(call.step)
            told = call.ask is not None or call.kind == "inspire"  # a snippet's, whatever it is
            known = None if told else self._kept.only_language
            request = self._request(call, kept) if known is None else None
            fate, brought = self._fate(call, request, kept)
            yield CallFacts(
                call=call,
                arm=call.arm if call.arm in self._arms else "",
                language=_language(request) if known is None else known.display_name,
                why=self._why(call, request),
                fate=fate,
                brought=brought,
                pair=None if kept is None else kept.pairs.get(call.question),
            )
            self._before[call.step, call.kind, call.question] = fate

    def _request(self, call: LedgerCall, kept: Kept | None) -> TeacherRequest | None:
        """The ask, as far as a reply is read by it; None where it is not known."""
        if call.ask is not None:
            try:
                return REQUEST_ADAPTER.validate_json(call.ask)
            except ValidationError:  # of another version
                return None
        asked = self._kept.subjects.get(call.question)
        if isinstance(asked, Snippet):
            return Inspire(snippet=asked.text, language=asked.language)
        if asked is None:
            return None
        match call.kind:
            case "solve":
                return Solve(question=asked)
            case "fault":
                pair = None if kept is None else kept.pairs.get(call.question)
                solved = self._solved.get((call.step, call.question)) or asked.reference
                correct = solved if pair is None else pair.chosen
                kinds = tuple(FaultKind)
                return Fault(question=asked, correct=correct, kinds=kinds) if correct else None
            case "grade":
                return Grade(question=asked, answer="")
            case "invent":
                return Invent(question=asked, level=1)
            case "test":
                return Test(question=asked)
            case "evolve":
                return Evolve(question=asked, operation=Operation.CONSTRAINT)
            case "compare":
                return Compare(question=asked, answer_a="", answer_b="")
            case "refine":
                return Refine(question=asked, answer="", error="")
        return None

    def _why(self, call: LedgerCall, request: TeacherRequest | None) -> Why:
        before = self._before.get((call.step, call.kind, call.question))
        # What agrees on tests is asked for several times from the start.
        repeats = call.kind in {"solve", "fault"} and plain_stage(call.step) in _REPEATING
        if call.ask is not None and request is not None:
            if request.unreadable:
                return Why.UNREADABLE
            return Why.REFUSED if repeats and request.attempt else Why.FIRST
        if not repeats or before is None:
            return Why.FIRST
        return _AFTER.get(before, Why.UNKNOWN)

    def _fate(
        self, call: LedgerCall, request: TeacherRequest | None, kept: Kept | None
    ) -> tuple[Fate, str]:
        """What came of a call, and the id of the question that it brought or was kept for."""
        if call.step == "preflight":
            return Fate.PREFLIGHT, ""
        if call.state != "answered" or call.reply is None:
            return Fate.FAILED if call.state == "failed" else Fate.OPEN, ""
        if kept is not None and (brought := self._stands(call, call.reply, kept)):
            return Fate.KEPT, brought
        request = request or self._request(call, kept)
        if request is None:
            return Fate.UNKNOWN, ""
        try:
            found = _read(call, call.reply, request)
        except UnreadableReply:
            return Fate.UNREADABLE, ""
        if isinstance(request, Solve):
            self._solved[call.step, call.question] = found
        if kept is None:
            return Fate.UNFINISHED, ""
        if call.kind in QUESTIONS:  # of replies that hold the same question the first is kept
            if (call.step, found) in self._claimed:
                return Fate.REFUSED, ""
            self._claimed.add((call.step, found))
        if not _holds(kept, call, found):
            return Fate.REFUSED, ""
        return Fate.KEPT, found if call.kind in {*QUESTIONS, "test"} else call.question

    def _stands(self, call: LedgerCall, reply: str, kept: Kept) -> str:
        """The id of the question of which the kept text stands in a reply; "" where it must be
        read.
        """
        if call.finish != Finish.STOP:
            return ""
        if call.kind in QUESTIONS:
            for child in kept.children.get(call.question, ()):
                own = (call.step, child.id)
                if own not in self._claimed and json.dumps(child.text) in reply:
                    self._claimed.add(own)
                    return child.id
            return ""
        if (call.step, call.kind, call.question) in self._repeated:
            return ""
        pair, program = kept.pairs.get(call.question), kept.programs.get(call.question)
        if pair is not None and call.kind in {"solve", "fault"}:
            program = pair.chosen if call.kind == "solve" else pair.rejected
        return call.question if program and program.strip() in reply else ""


def _language(request: TeacherRequest | None) -> str:
    if request is None:
        return NOT_TOLD
    asked = request if isinstance(request, Inspire) else request.question
    return asked.language.display_name


_REPEATING = frozenset({"pairs", "solutions"})
_AFTER = {Fate.UNREADABLE: Why.UNREADABLE, Fate.REFUSED: Why.REFUSED}


def _read(call: LedgerCall, reply: str, request: TeacherRequest) -> str:
    """What a reply holds: a program, the id of a question, or nothing that is kept as it is.

    Raises `UnreadableReply`.
    """
    text = completed_text(Completion(text=reply, finish=Finish(call.finish)), call.kind)
    match request:
        case Solve() | Refine():
            return read_program(text, request.question)
        case Fault():
            return read_fault(text, request).code
        case Grade():
            parse_grade(text)
        case Compare():
            parse_comparison(text)
        case Invent():
            return parse_invention(text, request).id
        case Evolve():
            return parse_evolved(text, request).id
        case Inspire():
            return read_inspired(text, request).id
        case Test():
            tested = parse_test(text, request)
            return "" if isinstance(tested, NoFunction) else tested.id
    return ""


def _holds(kept: Kept, call: LedgerCall, found: str) -> bool:
    """Whether a step kept what a reply held; grades and comparisons are kept as they are read."""
    pair = kept.pairs.get(call.question)
    match call.kind, plain_stage(call.step):
        case "solve", "pairs":
            return pair is not None and pair.chosen == found
        case "fault", _:
            return pair is not None and pair.rejected == found
        case "solve", "questions" | "tests":  # it helps to agree on tests
            return call.question in kept.questions
        case "solve" | "refine", _:
            return kept.programs.get(call.question) == found
        case "grade" | "compare", _:
            return True
    return found in kept.questions
