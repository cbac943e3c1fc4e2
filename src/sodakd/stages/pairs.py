"""Build pairs of a correct and a faulty solution from what the teacher delivers.

A correct solution must pass the question's tests, a faulty one must fail them; either is asked
again a bounded number of times, then dropped and counted; where the tests cannot run at all, the
question is dropped at once. Of a question without tests the faulty one must not run to its end, or
print something else. One that is another program, and shows no difference, is asked
again where there is output to differ in; then it is kept or dropped, as the recipe says, and
counted.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sodakd.records import Feedback
from sodakd.run import StepOutput
from sodakd.stages.context import StageContext
from sodakd.stages.programs import read_fault
from sodakd.stages.solutions import ask_again, solve, verdicts
from sodakd.stages.test_strength import run_mutations
from sodakd.teacher.parsers import FaultyCode
from sodakd.teacher.requests import Fault
from sodakd.types import FaultKind, Language, Outcome, PreferencePair, Question, Verdict


def build_pairs(
    stage: StageContext, questions: Sequence[Question], feedback: Sequence[Feedback] = ()
) -> StepOutput[PreferencePair]:
    """Return a verified pair for each question where both its solutions can be had.

    A question's reference is its correct half, and no other is asked for. Kinds of fault are kept
    even: of each question the kinds seen least so far are asked for first, equals in an order that
    is drawn. A share of the faulty halves, `delivery.on_policy_share`, are the student's own failed
    answers, where `feedback` has so many. With `delivery.mutated_faults` a question without a fault
    gets a mutation of its correct half; one that has none even so is kept with its correct half
    alone, or dropped, as `delivery.unpaired` says. Without `delivery.faults` there are correct
    halves alone.

    Raises:
        BudgetReached: the next call could pass the budget.
    """
    tally: Counter[str] = Counter()
    solved = solve(stage, questions, tally, stage.recipe.delivery.solve_attempts)
    if stage.recipe.delivery.faults:
        own = _on_policy(stage, solved, feedback, tally)
        pairs = own | _with_faults(stage, [each for each in solved if each[0].id not in own], tally)
        if stage.recipe.delivery.mutated_faults:
            pairs |= _mutated(stage, [each for each in solved if each[0].id not in pairs], tally)
        if stage.recipe.delivery.unpaired == "keep":
            alone = _alone([each for each in solved if each[0].id not in pairs], tally)
            tally["unpaired"] = len(alone)
            pairs |= alone
        kept = [pairs[each.id] for each, _ in solved if each.id in pairs]
    else:
        kept = list(_alone(solved, tally).values())
    tally["pairs"] = len(kept)
    return StepOutput(kept, tally)


def _alone(
    solved: Sequence[tuple[Question, str]], tally: Counter[str]
) -> dict[str, PreferencePair]:
    """Correct halves without a faulty one, by question id."""
    tally["correct_letters"] += sum(len(code) for _, code in solved)
    return {each.id: PreferencePair(question=each, chosen=code) for each, code in solved}


def _with_faults(
    stage: StageContext, solved: Sequence[tuple[Question, str]], tally: Counter[str]
) -> dict[str, PreferencePair]:
    """Pairs with the teacher's faults, by question id."""
    rng = random.Random(f"faults {stage.seed}")
    pairs: dict[str, PreferencePair] = {}
    progress = stage.progress(len(solved), "faulty solutions")
    size = stage.recipe.delivery.faults_at_once
    for start in range(0, len(solved), size):
        requests = []
        for question, code in solved[start : start + size]:
            order = rng.sample(list(FaultKind), len(FaultKind))
            kinds = sorted(order, key=lambda kind: tally[f"fault_{kind}"])
            requests.append(Fault(question=question, correct=code, kinds=tuple(kinds)))
        pairs |= _verified_pairs(stage, requests, tally)
        progress(len(pairs))
    return pairs


def _mutated(
    stage: StageContext, solved: Sequence[tuple[Question, str]], tally: Counter[str]
) -> dict[str, PreferencePair]:
    """Pairs with a mutation of the correct solution that the tests find wrong, by question id."""
    tested = [each for each in solved if each[0].tests is not None]
    pairs: dict[str, PreferencePair] = {}
    for (question, right), tried in zip(tested, run_mutations(stage, tested), strict=True):
        wrong = [code for code, verdict in tried if verdict.outcome in _FAILED_WHEN_RUN]
        if wrong:
            code = random.Random(f"mutation {stage.seed} {question.id}").choice(wrong)
            pairs[question.id] = PreferencePair(question=question, chosen=right, rejected=code)
    tally["fault_mutated"] = len(pairs)
    _count_letters(pairs.values(), tally)
    return pairs


def _on_policy(
    stage: StageContext,
    solved: Sequence[tuple[Question, str]],
    feedback: Sequence[Feedback],
    tally: Counter[str],
) -> dict[str, PreferencePair]:
    """Pairs with the student's own failed answers, by question id: a share of all, evenly taken."""
    failed = {row.question.id: row.solution.code for row in feedback if _failed(row)}
    there = [(each, code) for each, code in solved if each.id in failed]
    count = min(len(there), round(len(solved) * stage.recipe.delivery.on_policy_share))
    if not count:
        return {}
    chosen = [there[at * len(there) // count] for at in range(count)]
    pairs = {
        each.id: PreferencePair(
            question=each, chosen=code, rejected=failed[each.id].strip("\n").rstrip() + "\n"
        )
        for each, code in chosen
    }
    tally["on_policy"] = count
    _count_letters(pairs.values(), tally)
    return pairs


def _count_letters(pairs: Iterable[PreferencePair], tally: Counter[str]) -> None:
    for each in pairs:
        tally["correct_letters"] += len(each.chosen)
        tally["faulty_letters"] += len(each.rejected or "")


def _failed(row: Feedback) -> bool:
    """Whether a student's answer is a program that its question's tests found wrong."""
    if row.question.tests is None or not row.solution.code.strip():
        return False
    return row.verdict.outcome in _FAILED


_FAILED_WHEN_RUN = {Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR, Outcome.TIMEOUT}
_FAILED = {*_FAILED_WHEN_RUN, Outcome.COMPILE_ERROR}


def _verified_pairs(
    stage: StageContext, requests: Sequence[Fault], tally: Counter[str]
) -> dict[str, PreferencePair]:
    """Return pairs by question id.

    A request that brings none is repeated, then dropped and counted.
    """
    found: dict[str, tuple[Fault, FaultyCode]] = {}
    unseen: dict[str, tuple[Fault, FaultyCode]] = {}
    keeps = stage.recipe.delivery.unverified_faults == "keep"
    waiting = list(requests)
    for _ in range(stage.recipe.delivery.fault_attempts):
        if not waiting:
            break
        faults, waiting = ask_again(stage, waiting, read_fault, tally, "fault")
        judged = verdicts(stage, [(asked.question, fault.code) for asked, fault in faults])
        # These were judged before: the judge remembers.
        correct = verdicts(stage, [(asked.question, asked.correct) for asked, _ in faults])
        for (asked, fault), verdict, right in zip(faults, judged, correct, strict=True):
            check = _check_fault(asked, fault, verdict, right)
            if check.counted_as:
                tally[check.counted_as] += 1
            _count_kill(asked.question, check, tally)
            if check.unseen:
                unseen.setdefault(asked.question.id, (asked, fault))
            if check.wrong:
                found[asked.question.id] = asked, fault
            elif not (check.unseen and keeps and not right.output.strip()):
                update = {"attempt": asked.attempt + 1, "unreadable": ""}
                waiting.append(asked.model_copy(update=update))
    for number, one in unseen.items():
        if keeps and number not in found:
            found[number] = one
            tally["fault_unverified"] += 1
    tally["fault_dropped"] += sum(asked.question.id not in found for asked in waiting)
    for asked, fault in found.values():
        tally[f"fault_{fault.kind}"] += 1
        tally["correct_letters"] += len(asked.correct)
        tally["faulty_letters"] += len(fault.code)
    return {
        number: PreferencePair(
            question=asked.question, chosen=asked.correct, rejected=fault.code, fault=fault.kind
        )
        for number, (asked, fault) in found.items()
    }


def _count_kill(question: Question, check: "_FaultCheck", tally: Counter[str]) -> None:
    """Count how many faults the tests that were made by agreement are tried by, and kill."""
    if question.reference is not None and (check.wrong or check.counted_as == "fault_passed"):
        tally[f"faults {question.language}"] += 1
        tally[f"faults_killed {question.language}"] += check.wrong


@dataclass(frozen=True)
class _FaultCheck:
    """Whether a fault is one, and what it is counted as; `unseen`: it shows no difference."""

    wrong: bool
    counted_as: str = ""
    unseen: bool = False


def _check_fault(
    asked: Fault, fault: FaultyCode, verdict: Verdict, correct: Verdict
) -> _FaultCheck:
    question = asked.question
    if verdict.outcome is Outcome.COMPILE_ERROR and _compiles_still(fault.kind, question.language):
        return _FaultCheck(wrong=False, counted_as="fault_broken")  # what was read is no program
    if not verdict.passed:
        return _FaultCheck(wrong=True)
    if question.tests is not None:
        return _FaultCheck(wrong=False, counted_as="fault_passed")
    if verdict.output != correct.output:
        return _FaultCheck(wrong=True, counted_as="fault_prints_otherwise")
    return _FaultCheck(wrong=False, counted_as="fault_unseen", unseen=True)


def _compiles_still(kind: FaultKind, language: Language) -> bool:
    """Whether a program with a fault of this kind compiles, if the correct one does."""
    if language in _CHECKED_WHEN_RUN:
        return kind is not FaultKind.SYNTAX
    return kind in {FaultKind.OPERATOR, FaultKind.CONSTANT}


_CHECKED_WHEN_RUN = {Language.PYTHON, Language.JAVASCRIPT}
"""Languages in which nothing but broken syntax is found before a program runs."""
