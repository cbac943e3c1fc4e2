"""Stage 1: a pair is kept when its correct code passes and its faulty code fails."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from sodakd.inference.completions import Completion, Finish
from sodakd.judge import Judge, Program
from sodakd.judge.untested import to_program
from sodakd.settings.stages import DeliverySettings, JudgeSettings
from sodakd.stages.context import StageContext
from sodakd.stages.pairs import build_pairs
from sodakd.stages.solutions import build_solutions, lint_rejections
from sodakd.stages.test_strength import MOST
from sodakd.synthetic.generate import draw_questions
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.requests import Fault, Solve, TeacherRequest
from sodakd.text.mutations import mutations
from sodakd.types import FaultKind, Language, Outcome, Question, TestScript, Usage
from tests.stages.stage import stage

pytestmark = pytest.mark.toolchain


class CarelessTeacher(WorldTeacher):
    """The world's teacher, wrong at its first attempt of every ask."""

    name = "careless"

    def reply(self, ask: TeacherRequest) -> Completion:
        right = super().reply(ask)
        match ask:
            case Solve(attempt=0):
                return Completion(text="```python\ndef f(x:\n```", usage=right.usage)
            case Solve(attempt=1):
                assert "SyntaxError" in ask.error
                return right
            case Fault(attempt=0):
                return Completion(text="I would rather not.", usage=right.usage)
            case Fault(attempt=1):
                correct = f"Fault: drop\n```python\n{ask.correct}```"
                return Completion(text=correct, usage=Usage(prompt_tokens=1, completion_tokens=1))
            case _:
                return right


class HastyTeacher(WorldTeacher):
    """Solves any question by a program that runs to its end and has an undefined name in it."""

    name = "hasty"

    def reply(self, ask: TeacherRequest) -> Completion:
        usage = Usage(prompt_tokens=1, completion_tokens=1)
        match ask:
            case Solve(attempt=0):
                code = "import os\n\n\ndef f(x):\n    return x + one\n"
            case Solve():
                assert ask.error == ("static tools found:\nruff F821, line 5: Undefined name `one`")
                code = "import os\n\n\ndef f(x):\n    return x + 1\n"
            case _:
                return Completion(text="Fault: syntax\n```python\ndef f(x:\n```", usage=usage)
        return Completion(text=f"```python\n{code}```", usage=usage)


class QuietTeacher(WorldTeacher):
    """Of a question without tests: a fault that shows at the second asking only, if at all."""

    name = "quiet"

    def __init__(self, code: str, *faults: str) -> None:
        super().__init__()
        self.code = code
        self.faults = faults

    def reply(self, ask: TeacherRequest) -> Completion:
        usage = Usage(prompt_tokens=1, completion_tokens=1)
        if isinstance(ask, Solve):
            return Completion(text=f"```python\n{self.code}\n```", usage=usage)
        fault = self.faults[min(ask.attempt, len(self.faults) - 1)]
        return Completion(text=f"Fault: constant\n```python\n{fault}\n```", usage=usage)


class SlippingTeacher(WorldTeacher):
    """A faulty program with words behind it that belong to no program, at the first asking."""

    name = "slipping"

    def reply(self, ask: TeacherRequest) -> Completion:
        right = super().reply(ask)
        if not isinstance(ask, Fault) or ask.attempt:
            return right
        code = ask.correct.rstrip()
        return Completion(
            text=f"Fault: constant\n```python\n{code}``` I only changed it.\n", usage=right.usage
        )


class CuttingTeacher(WorldTeacher):
    """Its first solutions end before they are whole, each in another way, and would compile."""

    name = "cutting"

    def __init__(self) -> None:
        super().__init__()
        self.solves = 0

    def reply(self, ask: TeacherRequest) -> Completion:
        right = super().reply(ask)
        if not isinstance(ask, Solve) or ask.attempt:
            return right
        self.solves += 1
        cut = "```python\ndef f(x):\n    total = 0\n"
        others = [finish for finish in Finish if finish is not Finish.STOP]
        replies = [
            *(Completion(text=cut, usage=right.usage, finish=finish) for finish in others),
            Completion(text="", usage=right.usage),
            Completion(text="I'm sorry, but I can't help with that request.", usage=right.usage),
            Completion(text="```python\n\n```\n", usage=right.usage),
        ]
        return replies[self.solves % len(replies)]


class CountingTeacher(WorldTeacher):
    """Solves every question by one program, which is asked for again by another attempt."""

    name = "counting"

    def __init__(self) -> None:
        super().__init__()
        self.attempts: list[int] = []

    def reply(self, ask: TeacherRequest) -> Completion:
        self.attempts.append(ask.attempt)
        code = "```python\ndef total(xs):\n    return sum(xs)\n```"
        return Completion(text=code, usage=Usage(prompt_tokens=1, completion_tokens=1))


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings()) as judge:
        yield judge


def delivery(
    folder: Path, judge: Judge, teacher: WorldTeacher, settings: DeliverySettings | None = None
) -> StageContext:
    return stage(folder, teacher, judge, delivery=settings or DeliverySettings())


def questions(count: int) -> list[Question]:
    return draw_questions(count, (1, 2, 3, 4, 5), Split.TRAIN, seed=5)


def test_every_kept_pair_is_verified_by_running(tmp_path: Path, judge: Judge) -> None:
    built = build_pairs(delivery(tmp_path, judge, WorldTeacher()), questions(120))
    assert len(built.rows) >= 115
    for pair in built.rows:
        assert pair.question.tests is not None
        language, tests = pair.question.language, pair.question.tests
        assert judge.judge(Program(pair.chosen, language, tests)).passed
        assert pair.rejected is not None
        assert not judge.judge(Program(pair.rejected, language, tests)).passed
    kinds = Counter(pair.fault for pair in built.rows)
    assert set(kinds) == set(FaultKind)


def test_a_wrong_answer_is_asked_again_with_its_error(tmp_path: Path, judge: Judge) -> None:
    built = build_pairs(delivery(tmp_path, judge, CarelessTeacher()), questions(12))
    assert len(built.rows) == 12
    assert built.tally["solution_compile_error"] == 12
    assert built.tally["fault_unreadable"] == 24
    assert built.tally["teacher_calls"] == 5 * 12


def test_what_breaks_the_syntax_proves_no_other_kind_of_fault(tmp_path: Path, judge: Judge) -> None:
    built = build_pairs(delivery(tmp_path, judge, SlippingTeacher()), questions(6))
    assert built.tally["fault_broken"] == 6
    assert len(built.rows) == 6
    assert not any("I only" in (pair.rejected or "") for pair in built.rows)


def test_what_stays_wrong_is_dropped_and_counted(tmp_path: Path, judge: Judge) -> None:
    settings = DeliverySettings(solve_attempts=1, fault_attempts=1)
    built = build_pairs(delivery(tmp_path, judge, CarelessTeacher(), settings), questions(7))
    assert built.rows == []
    assert built.tally["solution_dropped"] == 7


def test_a_question_without_a_fault_gets_a_mutation_that_its_tests_find_wrong(
    tmp_path: Path, judge: Judge
) -> None:
    settings = DeliverySettings(fault_attempts=2, mutated_faults=True)  # a word, then no change
    work = delivery(tmp_path, judge, CarelessTeacher(), settings)
    built = build_pairs(work, questions(12))
    assert 0 < len(built.rows) == built.tally["fault_mutated"] <= built.tally["fault_dropped"] == 12
    for row in built.rows:
        assert row.rejected in mutations(row.chosen, row.question.language, MOST)
        verdict = judge.judge(to_program(row.question, row.rejected))
        assert verdict.outcome in {Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR, Outcome.TIMEOUT}
        assert row.fault is None  # kinds are the teacher's


def test_a_solved_question_without_a_fault_is_kept_where_the_recipe_wants_it(
    tmp_path: Path, judge: Judge
) -> None:
    settings = DeliverySettings(fault_attempts=2, mutated_faults=True, unpaired="keep")
    built = build_pairs(delivery(tmp_path, judge, CarelessTeacher(), settings), questions(12))
    alone = [row for row in built.rows if row.rejected is None]
    assert len(built.rows) == built.tally["solved"] == 12
    assert 0 < len(alone) == built.tally["unpaired"] == 12 - built.tally["fault_mutated"]
    letters = sum(len(row.chosen) for row in built.rows)
    assert built.tally["correct_letters"] == letters


def test_a_reply_that_is_not_whole_is_asked_again_and_never_trained_on(
    tmp_path: Path, judge: Judge
) -> None:
    built = build_pairs(delivery(tmp_path, judge, CuttingTeacher()), questions(14))
    assert len(built.rows) == built.tally["solution_unreadable"] == built.tally["solved"] == 14
    assert all(judge.judge(to_program(row.question, row.chosen)).passed for row in built.rows)


def test_a_reply_that_is_not_whole_is_no_row_of_static_distillation(
    tmp_path: Path, judge: Judge
) -> None:
    built = build_solutions(delivery(tmp_path, judge, CuttingTeacher()), questions(14))
    assert built.rows == []
    assert built.tally["solution_unreadable"] == built.tally["solution_dropped"] == 14


def test_without_faults_only_solutions_are_asked_for(tmp_path: Path, judge: Judge) -> None:
    work = delivery(tmp_path, judge, WorldTeacher(), DeliverySettings(faults=False))
    built = build_pairs(work, questions(5))
    assert [(row.rejected, row.fault) for row in built.rows] == [(None, None)] * 5
    assert built.tally["teacher_calls"] == built.tally["pairs"] == 5


@pytest.mark.parametrize(
    ("test", "again"),
    [
        ("def test_a(tmp_path):\n    assert total([1]) == 1", False),
        ("assert total(given()) == 1", False),
        ("assert total([one()]) == 1", True),  # the question asks for it
        ("assert total([1]) == 2", True),
    ],
)
def test_a_solution_is_not_asked_again_where_the_tests_cannot_run(
    test: str, again: bool, tmp_path: Path, judge: Judge
) -> None:
    teacher = CountingTeacher()
    asked = Question.new(
        text="Write `total`, which adds up a list, and `one`, which gives 1.",
        language=Language.PYTHON,
        tests=TestScript(entry_point="total", script=test),
        source="hand",
        level=None,
    )
    built = build_pairs(delivery(tmp_path, judge, teacher), [asked])
    assert built.rows == []
    assert (len(teacher.attempts) > 1) == again
    assert built.tally["tests_cannot_run"] == (not again)
    assert built.tally["solution_dropped"] == again


def untested() -> Question:
    return Question.new(
        text="Add one.", language=Language.PYTHON, tests=None, source="hand", level=None
    )


def test_without_tests_a_solution_with_a_fault_that_tools_find_is_asked_again(
    tmp_path: Path, judge: Judge
) -> None:
    built = build_pairs(delivery(tmp_path, judge, HastyTeacher()), [untested()])
    (pair,) = built.rows
    assert pair.chosen.endswith("return x + 1\n")  # its unused import is a remark, not a fault
    assert built.tally["solution_lint"] == 1


SAME = "x = 1 + 2\nprint(x)"
IN_MAIN = "if __name__ == '__main__':\n    print({})"


@pytest.mark.parametrize(
    ("code", "faults", "policy", "kept", "asked"),
    [
        ("x = 3\nprint(x)", (SAME, "x = 4\nprint(x)"), "drop", "x = 4\nprint(x)\n", 2),
        ("x = 3\nprint(x)", (SAME,), "keep", f"{SAME}\n", 3),
        ("x = 3\nprint(x)", (SAME,), "drop", None, 3),
        ("x = 3", ("x = 4",), "keep", "x = 4\n", 1),
        ("x = 3", ("x = 4",), "drop", None, 3),
        ("x = 3 // 2", ("x = 3 // 1",), "keep", "x = 3 // 1\n", 1),
        ("x = 3", ("x = 3  # three",), "keep", None, 3),
        (IN_MAIN.format(3), (IN_MAIN.format(4),), "drop", f"{IN_MAIN.format(4)}\n", 1),
    ],
)
def test_a_fault_that_shows_no_difference_is_asked_again_and_then_as_the_recipe_says(
    code: str, faults: tuple[str, ...], policy: Literal["drop", "keep"], kept: str | None,
    asked: int, tmp_path: Path, judge: Judge,
) -> None:  # fmt: skip
    settings = DeliverySettings(unverified_faults=policy)
    work = delivery(tmp_path, judge, QuietTeacher(code, *faults), settings)
    built = build_pairs(work, [untested()])
    assert [pair.rejected for pair in built.rows] == ([] if kept is None else [kept])
    assert built.tally["teacher_calls"] == 1 + asked
    assert built.tally["fault_unverified"] == (kept in {f"{SAME}\n", "x = 4\n", "x = 3 // 1\n"})
    assert built.tally["fault_dropped"] == (kept is None)


@pytest.mark.parametrize(
    ("refused", "rejected"),
    [("none", [False] * 3), ("errors", [False, True, False]), ("all", [True, True, False])],
)
def test_the_recipe_says_which_findings_a_solution_may_not_have(
    refused: Literal["none", "errors", "all"], rejected: list[bool], tmp_path: Path, judge: Judge
) -> None:
    work = delivery(tmp_path, judge, WorldTeacher(), DeliverySettings(refused_findings=refused))
    answers = [(untested(), code) for code in ("import os\n", "print(y)\n", "x = 1\n")]
    assert [bool(words) for words in lint_rejections(work, answers)] == rejected


def test_static_distillation_takes_one_answer_a_question_as_it_is(
    tmp_path: Path, judge: Judge
) -> None:
    built = build_solutions(delivery(tmp_path, judge, CarelessTeacher()), questions(7))
    assert [row.code for row in built.rows] == ["def f(x:\n"] * 7
    assert built.tally["teacher_calls"] == 7
