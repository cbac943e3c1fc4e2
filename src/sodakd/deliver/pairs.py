"""Build pairs of a correct and a faulty solution from what the teacher delivers.

A correct solution must pass the question's tests, a faulty one must fail them; either is asked
again a bounded number of times, then dropped and counted.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sodakd.judge.extract import extract_code
from sodakd.judge.judge import Judge, Program
from sodakd.recipe import DeliverySettings
from sodakd.run import Built, Run
from sodakd.teacher.asks import (
    Ask,
    Fault,
    Reply,
    Solve,
    UnreadableReply,
    read_fault,
    read_solution,
)
from sodakd.teacher.ledger import Ledger
from sodakd.types import FaultKind, Frozen, Pair, Question, Verdict


class Solved(Frozen):
    """A question and the teacher's solution of it, which passed."""

    question: Question
    code: str


@dataclass(frozen=True)
class Delivery:
    """What stage 1 works with, and where it says how far it is."""

    run: Run
    step: str
    ledger: Ledger
    judge: Judge
    settings: DeliverySettings

    def ask(self, asks: Sequence[Ask], note: str, tally: Counter[str]) -> list[Reply]:
        """Ask the teacher, and say how far that is."""
        return self.ledger.ask(
            asks,
            self.run.full(self.step),
            tally,
            lambda done: self.run.say(self.step, done, len(asks), note),
        )

    def verdicts(self, questions: Sequence[Question], codes: Sequence[str]) -> list[Verdict]:
        """Run each code against its question's tests."""
        programs = [
            Program(code, question.language, question.tests)
            for question, code in zip(questions, codes, strict=True)
            if question.tests is not None
        ]
        return self.judge.many(
            programs, lambda done: self.run.say(self.step, done, len(programs), "verify by running")
        )


def build_solutions(delivery: Delivery, questions: Sequence[Question]) -> Built[Solved]:
    """Correct knowledge: one verified solution for each question the teacher can solve.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    solved = _solve(delivery, questions, tally)
    return Built([Solved(question=each.question, code=each.code) for each in solved], tally)


def build_pairs(delivery: Delivery, questions: Sequence[Question], seed: int) -> Built[Pair]:
    """Correct and faulty knowledge: a verified pair for each question where both can be had.

    Kinds of fault are asked for in an order drawn evenly for each question from `seed`.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    solved = _solve(delivery, questions, tally)
    rng = random.Random(f"faults {seed}")
    waiting = [
        Fault(
            question=each.question,
            correct=each.code,
            kinds=tuple(rng.sample(list(FaultKind), len(FaultKind))),
        )
        for each in solved
    ]
    pairs: dict[str, Pair] = {}
    for attempt in range(delivery.settings.fault_attempts):
        if not waiting:
            break
        replies = delivery.ask(waiting, "faulty solutions", tally)
        again: list[Fault] = []
        readable = _readable_faults(waiting, replies, again, tally)
        verdicts = delivery.verdicts(
            [pair.question for _, pair in readable], [pair.rejected for _, pair in readable]
        )
        for (ask, pair), verdict in zip(readable, verdicts, strict=True):
            if verdict.passed:
                tally["fault_passed"] += 1
                again.append(ask)
            else:
                pairs[pair.question.id] = pair
                tally[f"fault_{pair.fault}"] += 1
        waiting = [ask.model_copy(update={"attempt": attempt + 1}) for ask in again]
    tally["fault_dropped"] += len(waiting)
    kept = [pairs[each.question.id] for each in solved if each.question.id in pairs]
    tally["pairs"] = len(kept)
    return Built(kept, tally)


def _readable_faults(
    asks: Sequence[Fault], replies: Sequence[Reply], again: list[Fault], tally: Counter[str]
) -> list[tuple[Fault, Pair]]:
    readable = []
    for ask, reply in zip(asks, replies, strict=True):
        try:
            found = read_fault(reply.text)
        except UnreadableReply:
            tally["fault_unreadable"] += 1
            again.append(ask)
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
        replies = delivery.ask(asks, "correct solutions", tally)
        candidates = [
            replace(each, code=_code(reply, tally))
            for each, reply in zip(waiting, replies, strict=True)
        ]
        verdicts = delivery.verdicts(
            [each.question for each in candidates], [each.code for each in candidates]
        )
        waiting = []
        for each, verdict in zip(candidates, verdicts, strict=True):
            if verdict.passed:
                solved[each.question.id] = each
            else:
                tally[f"solution_{verdict.outcome}"] += 1
                waiting.append(replace(each, error=verdict.output))
    tally["solution_dropped"] += len(waiting)
    tally["solved"] = len(solved)
    return [solved[question.id] for question in questions if question.id in solved]


def _code(reply: Reply, tally: Counter[str]) -> str:
    try:
        return read_solution(reply.text)
    except UnreadableReply:
        tally["solution_unreadable"] += 1
        return extract_code(reply.text)
