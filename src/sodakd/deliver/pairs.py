"""Build pairs of a correct and a faulty solution from what the teacher delivers.

A correct solution must pass the question's tests, a faulty one must fail them; either is asked
again a bounded number of times, then dropped and counted. Of a question without tests the correct
one must compile, run to its end, and have no fault that static tools find; the faulty one must not
run so, or print something else. One that is another program, and shows no difference, is asked
again where there is output to differ in; then it is kept or dropped, as the recipe says, and
counted.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sodakd.judge.extract import extract_for
from sodakd.judge.judge import Judge
from sodakd.judge.trial import bare_program, program_for
from sodakd.records import Solved
from sodakd.run import Built, Run
from sodakd.settings.stages import DeliverySettings
from sodakd.teacher.asks import Ask, Fault, Reply, Solve
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.reading import UnreadableReply, again, read_fault, whole
from sodakd.types import FaultKind, Pair, Question, Severity, Verdict

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

    def ask(self, asks: Sequence[Ask], tally: Counter[str], note: str = "") -> list[Reply]:
        """Ask the teacher; with a note, say how far that is."""
        return self.ledger.ask(asks, self.run.full(self.step), tally, self._shown(len(asks), note))

    def verdicts(
        self, questions: Sequence[Question], codes: Sequence[str], note: str = ""
    ) -> list[Verdict]:
        """Run each code against its question's tests, or without tests to its end.

        With a note, say how far that is.
        """
        programs = [
            program_for(question, code) for question, code in zip(questions, codes, strict=True)
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
        programs = [bare_program(questions[at], codes[at]) for at in untested]
        for at, findings in zip(untested, self.judge.lint(programs), strict=True):
            wrong = [
                finding.written
                for finding in findings
                if wanted == "all" or finding.severity is Severity.ERROR
            ]
            if wrong:
                found[at] = "\n".join(["static tools found:", *wrong[:_SHOWN]])
        return found

    def _shown(self, total: int, note: str) -> Callable[[int], None] | None:
        if not note:
            return None
        return lambda done: self.run.say(self.step, done, total, note)


def build_solutions(delivery: Delivery, questions: Sequence[Question]) -> Built[Solved]:
    """Static distillation's data: one answer a question, taken as it is, not verified.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    asks = [Solve(question=question) for question in questions]
    replies = delivery.ask(asks, tally, "correct solutions")
    rows = [
        Solved(question_id=question.id, prompt=question.text, code=_code(question, reply, tally))
        for question, reply in zip(questions, replies, strict=True)
    ]
    return Built(rows, tally)


def build_pairs(delivery: Delivery, questions: Sequence[Question], seed: int) -> Built[Pair]:
    """Correct and faulty knowledge: a verified pair for each question where both can be had.

    Kinds of fault are kept even: of each question the kinds seen least so far are asked for first,
    equals in an order drawn from `seed`.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    solved = _solve(delivery, questions, tally)
    rng = random.Random(f"faults {seed}")
    pairs: dict[str, Pair] = {}
    for start in range(0, len(solved), _CHUNK):
        asks = []
        for each in solved[start : start + _CHUNK]:
            order = rng.sample(list(FaultKind), len(FaultKind))
            kinds = sorted(order, key=lambda kind: tally[f"fault_{kind}"])
            asks.append(Fault(question=each.question, correct=each.code, kinds=tuple(kinds)))
        pairs |= _faults(delivery, asks, tally)
        delivery.run.say(delivery.step, len(pairs), len(solved), "faulty solutions")
    kept = [pairs[each.question.id] for each in solved if each.question.id in pairs]
    tally["pairs"] = len(kept)
    return Built(kept, tally)


def _faults(delivery: Delivery, asks: Sequence[Fault], tally: Counter[str]) -> dict[str, Pair]:
    """Verified pairs by question id; an ask without one is repeated, then dropped and counted."""
    pairs: dict[str, Pair] = {}
    unseen: dict[str, Pair] = {}
    keeps = delivery.settings.unverified_faults == "keep"
    waiting = list(asks)
    for attempt in range(delivery.settings.fault_attempts):
        if not waiting:
            break
        replies = delivery.ask(waiting, tally)
        asked, waiting = waiting, []
        readable = _readable_faults(asked, replies, waiting, tally)
        questions = [pair.question for _, pair in readable]
        verdicts = delivery.verdicts(questions, [pair.rejected for _, pair in readable])
        # These were judged before: the judge remembers.
        correct = delivery.verdicts(questions, [pair.chosen for _, pair in readable])
        for (ask, pair), verdict, other in zip(readable, verdicts, correct, strict=True):
            mark = _found_wrong(pair, verdict, other)
            if mark.name:
                tally[mark.name] += 1
            if mark.unseen:
                unseen.setdefault(pair.question.id, pair)
            if mark.wrong:
                pairs[pair.question.id] = pair
            elif not (mark.unseen and keeps and not other.output.strip()):
                waiting.append(ask.model_copy(update={"attempt": attempt + 1, "unreadable": ""}))
    for number, pair in unseen.items():
        if keeps and number not in pairs:
            pairs[number] = pair
            tally["fault_unverified"] += 1
    tally["fault_dropped"] += sum(ask.question.id not in pairs for ask in waiting)
    for pair in pairs.values():
        tally[f"fault_{pair.fault}"] += 1
        tally["correct_letters"] += len(pair.chosen)
        tally["faulty_letters"] += len(pair.rejected)
    return pairs


@dataclass(frozen=True)
class _Mark:
    wrong: bool
    name: str = ""
    unseen: bool = False


def _found_wrong(pair: Pair, verdict: Verdict, correct: Verdict) -> _Mark:
    """Whether a fault is one, and what to count."""
    if not verdict.passed:
        return _Mark(wrong=True)
    if pair.question.tests is not None or _bare(pair.rejected) == _bare(pair.chosen):
        return _Mark(wrong=False, name="fault_passed")
    if verdict.output != correct.output:
        return _Mark(wrong=True, name="fault_prints_otherwise")
    return _Mark(wrong=False, name="fault_unseen", unseen=True)


def _bare(code: str) -> str:
    """A program without what does not run: comments at the end of lines, and spaces."""
    return re.sub(r"\s+", "", re.sub(r"(?m)(?:^|\s)(?:#|//).*$", "", code))


def _readable_faults(
    asks: Sequence[Fault], replies: Sequence[Reply], unread: list[Fault], tally: Counter[str]
) -> list[tuple[Fault, Pair]]:
    readable = []
    for ask, reply in zip(asks, replies, strict=True):
        try:
            found = read_fault(whole(reply))
        except UnreadableReply as error:
            tally["fault_unreadable"] += 1
            unread.append(again(ask, error))
            continue
        pair = Pair(
            question=ask.question, chosen=ask.correct, rejected=found.code, fault=found.kind
        )
        readable.append((ask, pair))
    return readable


@dataclass(frozen=True)
class _Candidate:
    question: Question
    code: str = ""
    error: str = ""


def _solve(
    delivery: Delivery, questions: Sequence[Question], tally: Counter[str]
) -> list[_Candidate]:
    waiting = [_Candidate(question) for question in questions]
    solved: dict[str, _Candidate] = {}
    for attempt in range(delivery.settings.solve_attempts):
        if not waiting:
            break
        asks = [
            Solve(question=each.question, attempt=attempt, error=each.error) for each in waiting
        ]
        replies = delivery.ask(asks, tally, "correct solutions")
        candidates = [
            replace(each, code=_code(each.question, reply, tally))
            for each, reply in zip(waiting, replies, strict=True)
        ]
        verdicts = delivery.verdicts(
            [each.question for each in candidates],
            [each.code for each in candidates],
            "verify by running",
        )
        right = [at for at, verdict in enumerate(verdicts) if verdict.passed]
        refused = delivery.refused(
            [candidates[at].question for at in right], [candidates[at].code for at in right]
        )
        why = dict(zip(right, refused, strict=True))
        waiting = []
        for at, (each, verdict) in enumerate(zip(candidates, verdicts, strict=True)):
            if why.get(at):
                tally["solution_lint"] += 1
                waiting.append(replace(each, error=why[at]))
            elif verdict.passed:
                solved[each.question.id] = each
            else:
                tally[f"solution_{verdict.outcome}"] += 1
                waiting.append(replace(each, error=verdict.output))
    tally["solution_dropped"] += len(waiting)
    tally["solved"] = len(solved)
    return [solved[question.id] for question in questions if question.id in solved]


def _code(question: Question, reply: Reply, tally: Counter[str]) -> str:
    found = extract_for(question, reply.text)
    if not found.code or not _is_whole(reply):
        tally["solution_unreadable"] += 1
    return found.code


def _is_whole(reply: Reply) -> bool:
    try:
        whole(reply)
    except UnreadableReply:
        return False
    return True
