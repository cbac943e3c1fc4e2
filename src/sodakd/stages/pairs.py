"""Build pairs of a correct and a faulty solution from what the teacher delivers.

A correct solution must pass the question's tests, a faulty one must fail them; either is asked
again a bounded number of times, then dropped and counted. Of a question without tests the correct
one must compile, run to its end, and have no fault that static tools find; the faulty one must not
run so, or print something else. One that is another program, and shows no difference, is asked
again where there is output to differ in; then it is kept or dropped, as the recipe says, and
counted.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sodakd.judge.judge import Judge
from sodakd.judge.untested import lint_program, to_program
from sodakd.records import SftExample
from sodakd.run import Run, StepOutput
from sodakd.settings.stages import DeliverySettings
from sodakd.stages.programs import read_fault, read_program
from sodakd.teacher.ask_and_parse import Read, parse_each
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.parsers import FaultyCode, RequestT, UnreadableReply, retry_request
from sodakd.teacher.requests import Fault, Reply, Solve, TeacherRequest
from sodakd.text.same_program import is_same
from sodakd.types import FaultKind, Language, Outcome, PreferencePair, Question, Severity, Verdict

_SHOWN = 10  # findings that the teacher is told of
_CHUNK = 64  # faults asked for at once; between chunks their kinds are evened out


@dataclass(frozen=True)
class Delivery:
    """What stage 1 works with, and where it says how far it is."""

    run: Run
    step: str
    ledger: Ledger
    judge: Judge
    settings: DeliverySettings

    def ask(
        self, asks: Sequence[TeacherRequest], tally: Counter[str], note: str = ""
    ) -> list[Reply]:
        """Ask the teacher; with a note, say how far that is."""
        return self.ledger.ask(
            asks, self.run.qualified_step(self.step), tally, self._shown(len(asks), note)
        )

    def verdicts(
        self, questions: Sequence[Question], codes: Sequence[str], note: str = ""
    ) -> list[Verdict]:
        """Run each code against its question's tests, or without tests to its end.

        With a note, say how far that is.
        """
        programs = [
            to_program(question, code) for question, code in zip(questions, codes, strict=True)
        ]
        return self.judge.all(programs, self._shown(len(programs), note))

    def refused(self, questions: Sequence[Question], codes: Sequence[str]) -> list[str]:
        """What static tools found that no solution may have, in words; "" where there is nothing.

        Tests say more than they do: only questions without tests are looked at.
        """
        wanted = self.settings.refused_findings
        found = [""] * len(questions)
        if wanted == "none":
            return found
        untested = [at for at, question in enumerate(questions) if question.tests is None]
        programs = [lint_program(questions[at], codes[at]) for at in untested]
        for at, findings in zip(untested, self.judge.lint(programs), strict=True):
            wrong = [
                finding.as_text
                for finding in findings
                if wanted == "all" or finding.severity is Severity.ERROR
            ]
            if wrong:
                found[at] = "\n".join(["static tools found:", *wrong[:_SHOWN]])
        return found

    def _shown(self, total: int, note: str) -> Callable[[int], None] | None:
        if not note:
            return None
        return lambda done: self.run.report_progress(self.step, done, total, note)


def build_solutions(delivery: Delivery, questions: Sequence[Question]) -> StepOutput[SftExample]:
    """Static distillation's data: one answer a question, not verified.

    A reply without a whole program is dropped and counted.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    asks = [Solve(question=question) for question in questions]
    found, unread = _ask_solutions(delivery, asks, tally)
    if unread:
        tally["solution_dropped"] = len(unread)
    rows = [
        SftExample(question_id=ask.question.id, prompt=ask.question.text, code=code)
        for ask, code in found
    ]
    return StepOutput(rows, tally)


def build_pairs(
    delivery: Delivery, questions: Sequence[Question], seed: int
) -> StepOutput[PreferencePair]:
    """Correct and faulty knowledge: a verified pair for each question where both can be had.

    Kinds of fault are kept even: of each question the kinds seen least so far are asked for first,
    equals in an order drawn from `seed`. Without `delivery.faults` there are correct halves alone.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    solved = _solve(delivery, questions, tally)
    if delivery.settings.faults:
        kept = _with_faults(delivery, solved, tally, seed)
    else:
        kept = [PreferencePair(question=question, chosen=code) for question, code in solved]
        tally["correct_letters"] = sum(len(code) for _, code in solved)
    tally["pairs"] = len(kept)
    return StepOutput(kept, tally)


def _with_faults(
    delivery: Delivery, solved: Sequence[tuple[Question, str]], tally: Counter[str], seed: int
) -> list[PreferencePair]:
    rng = random.Random(f"faults {seed}")
    pairs: dict[str, PreferencePair] = {}
    for start in range(0, len(solved), _CHUNK):
        asks = []
        for question, code in solved[start : start + _CHUNK]:
            order = rng.sample(list(FaultKind), len(FaultKind))
            kinds = sorted(order, key=lambda kind: tally[f"fault_{kind}"])
            asks.append(Fault(question=question, correct=code, kinds=tuple(kinds)))
        pairs |= _faults(delivery, asks, tally)
        delivery.run.report_progress(delivery.step, len(pairs), len(solved), "faulty solutions")
    return [pairs[question.id] for question, _ in solved if question.id in pairs]


def _faults(
    delivery: Delivery, asks: Sequence[Fault], tally: Counter[str]
) -> dict[str, PreferencePair]:
    """Verified pairs by question id; an ask without one is repeated, then dropped and counted."""
    found: dict[str, tuple[Fault, FaultyCode]] = {}
    unseen: dict[str, tuple[Fault, FaultyCode]] = {}
    keeps = delivery.settings.unverified_faults == "keep"
    waiting = list(asks)
    for _ in range(delivery.settings.fault_attempts):
        if not waiting:
            break
        faults, waiting = _ask_and_read(delivery, waiting, _read_fault, tally, "fault")
        questions = [ask.question for ask, _ in faults]
        verdicts = delivery.verdicts(questions, [fault.code for _, fault in faults])
        # These were judged before: the judge remembers.
        correct = delivery.verdicts(questions, [ask.correct for ask, _ in faults])
        for (ask, fault), verdict, other in zip(faults, verdicts, correct, strict=True):
            mark = _check_fault(ask, fault, verdict, other)
            if mark.name:
                tally[mark.name] += 1
            if mark.unseen:
                unseen.setdefault(ask.question.id, (ask, fault))
            if mark.wrong:
                found[ask.question.id] = ask, fault
            elif not (mark.unseen and keeps and not other.output.strip()):
                update = {"attempt": ask.attempt + 1, "unreadable": ""}
                waiting.append(ask.model_copy(update=update))
    for number, one in unseen.items():
        if keeps and number not in found:
            found[number] = one
            tally["fault_unverified"] += 1
    tally["fault_dropped"] += sum(ask.question.id not in found for ask in waiting)
    for ask, fault in found.values():
        tally[f"fault_{fault.kind}"] += 1
        tally["correct_letters"] += len(ask.correct)
        tally["faulty_letters"] += len(fault.code)
    return {
        number: PreferencePair(
            question=ask.question, chosen=ask.correct, rejected=fault.code, fault=fault.kind
        )
        for number, (ask, fault) in found.items()
    }


@dataclass(frozen=True)
class _FaultCheck:
    wrong: bool
    name: str = ""
    unseen: bool = False


def _check_fault(ask: Fault, fault: FaultyCode, verdict: Verdict, correct: Verdict) -> _FaultCheck:
    """Whether a fault is one, and what to count."""
    question = ask.question
    if verdict.outcome is Outcome.COMPILE_ERROR and _compiles_still(fault.kind, question.language):
        return _FaultCheck(wrong=False, name="fault_broken")  # what was read is no program
    if not verdict.passed:
        return _FaultCheck(wrong=True)
    if question.tests is not None or is_same(fault.code, ask.correct, question.language):
        return _FaultCheck(wrong=False, name="fault_passed")
    if verdict.output != correct.output:
        return _FaultCheck(wrong=True, name="fault_prints_otherwise")
    return _FaultCheck(wrong=False, name="fault_unseen", unseen=True)


def _compiles_still(kind: FaultKind, language: Language) -> bool:
    """Whether a program with a fault of this kind compiles, if the correct one does."""
    if language in _CHECKED_WHEN_RUN:
        return kind is not FaultKind.SYNTAX
    return kind in {FaultKind.OPERATOR, FaultKind.CONSTANT}


_CHECKED_WHEN_RUN = {Language.PYTHON, Language.JAVASCRIPT}
"""Languages in which nothing but broken syntax is found before a program runs."""


def _solve(
    delivery: Delivery, questions: Sequence[Question], tally: Counter[str]
) -> list[tuple[Question, str]]:
    """Questions with their verified solutions, in order; what stays wrong is counted."""
    waiting = [Solve(question=question) for question in questions]
    solved: dict[str, str] = {}
    for _ in range(delivery.settings.solve_attempts):
        if not waiting:
            break
        found, waiting = _ask_solutions(delivery, waiting, tally)
        verdicts = delivery.verdicts(
            [ask.question for ask, _ in found], [code for _, code in found], "verify by running"
        )
        right = [at for at, verdict in enumerate(verdicts) if verdict.passed]
        refused = delivery.refused(
            [found[at][0].question for at in right], [found[at][1] for at in right]
        )
        why = dict(zip(right, refused, strict=True))
        for at, ((ask, code), verdict) in enumerate(zip(found, verdicts, strict=True)):
            if verdict.passed and not why[at]:
                solved[ask.question.id] = code
                continue
            tally["solution_lint" if verdict.passed else f"solution_{verdict.outcome}"] += 1
            error = why[at] if verdict.passed else verdict.output
            update = {"attempt": ask.attempt + 1, "error": error, "unreadable": ""}
            waiting.append(ask.model_copy(update=update))
    tally["solution_dropped"] += len(waiting)
    tally["solved"] = len(solved)
    return [(each, solved[each.id]) for each in questions if each.id in solved]


def _ask_and_read(
    delivery: Delivery,
    asks: Sequence[RequestT],
    read: Callable[[str, RequestT], Read],
    tally: Counter[str],
    name: str,
    note: str = "",
) -> tuple[list[tuple[RequestT, Read]], list[RequestT]]:
    """Asks with what their replies hold; and what to ask again where they hold nothing."""
    held = parse_each(asks, delivery.ask(asks, tally, note), read, tally, name)
    found: list[tuple[RequestT, Read]] = []
    unread: list[RequestT] = []
    for ask, one in zip(asks, held, strict=True):
        if isinstance(one, UnreadableReply):
            unread.append(retry_request(ask, one))
        else:
            found.append((ask, one))
    return found, unread


def _ask_solutions(
    delivery: Delivery, asks: Sequence[Solve], tally: Counter[str]
) -> tuple[list[tuple[Solve, str]], list[Solve]]:
    def read(text: str, ask: Solve) -> str:
        return read_program(text, ask.question)

    return _ask_and_read(delivery, asks, read, tally, "solution", "correct solutions")


def _read_fault(text: str, ask: Fault) -> FaultyCode:
    return read_fault(text, ask.question)
