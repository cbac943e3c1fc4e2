"""Who gives the rubric's points: the teacher, a scorer in its place, or nobody."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from sodakd.inference.protocols import Generation
from sodakd.methods.parts import FULL_MARKS, placeholder_feedback
from sodakd.records import Grader
from sodakd.scoring.grades import Answer, Author, graded_answer
from sodakd.scoring.rubric import LEVELS, Prediction
from sodakd.settings.stages import FeedbackSettings
from sodakd.stages.scores import grade_again, grade_answers, grade_pairs
from sodakd.stages.student_answers import StudentAnswer
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.text.extract import extract
from sodakd.types import FaultKind, Finding, Outcome, PreferencePair, Question
from tests.stages.stage import stage

QUESTIONS = draw_questions(3, (1, 2), Split.TRAIN, seed=5)
WRONG = "def solve(items):\n    return None\n"


def right(question: Question) -> str:
    return print_program(program_of(question), question.language)


def answers() -> list[StudentAnswer]:
    return [
        StudentAnswer(each, Generation(right(each), ended=True), extract(right(each)))
        for each in QUESTIONS
    ]


def half(found: Sequence[Answer]) -> list[Prediction]:
    """A scorer that gives half a point for each rule."""
    return [Prediction(dict.fromkeys(LEVELS, 0.6), dict.fromkeys(LEVELS, 0.5)) for _ in found]


@pytest.mark.parametrize(
    ("name", "total", "calls"), [("teacher", 6.0, 3), ("trained", 6.0, 3), ("none", None, 0)]
)
def test_without_a_scorer_the_teacher_grades_if_anybody_does(
    name: str, total: float | None, calls: int, tmp_path: Path
) -> None:
    settings = FeedbackSettings.model_validate({"scorer": name})
    work, tally = stage(tmp_path, WorldTeacher(), feedback=settings), Counter[str]()
    scores = grade_answers(work, answers(), tally, None)
    work.ledger.close()
    assert {None if one is None else one.total for one in scores} == {total}
    assert tally["teacher_calls"] == calls


def test_a_scorer_asks_no_teacher_and_its_half_points_are_a_grade(tmp_path: Path) -> None:
    settings = FeedbackSettings(scorer="trained")
    work, tally = stage(tmp_path, WorldTeacher(), feedback=settings), Counter[str]()
    scores = grade_answers(work, answers(), tally, half)
    work.ledger.close()
    assert [one.total for one in scores if one] == [2.5] * 3
    assert {one.reason for one in scores if one} == {"the scorer expects 3.00 points in all"}
    assert dict(tally) == {"scored": 3}


@pytest.mark.toolchain
def test_a_faulty_solution_that_the_teacher_did_not_deliver_is_not_graded(tmp_path: Path) -> None:
    first, second, _ = QUESTIONS
    pairs = [
        PreferencePair(question=first, chosen=right(first), rejected=WRONG, fault=FaultKind.DROP),
        PreferencePair(question=second, chosen=right(second), rejected=WRONG),
    ]
    work = stage(tmp_path, WorldTeacher())
    with work.judge:
        rows = grade_pairs(work, pairs).rows
    work.ledger.close()
    assert [row.author for row in rows] == [Author.TEACHER, Author.FAULT, Author.TEACHER]
    assert [row.passed for row in rows] == [True, False, True]
    assert rows[0].score.total > rows[1].score.total


def test_a_second_grade_is_a_call_of_its_own_and_stands_beside_the_first(tmp_path: Path) -> None:
    work, tally = stage(tmp_path, WorldTeacher()), Counter[str]()
    grade_answers(work, answers(), tally, None)
    rows = [placeholder_feedback(each, FULL_MARKS) for each in QUESTIONS]
    texts = zip(rows, answers(), strict=True)
    graded = [
        row.model_copy(
            update={"solution": row.solution.model_copy(update={"text": each.generation.text})}
        )
        for row, each in texts
    ]
    found = grade_again(work, graded)
    work.ledger.close()
    assert found.tally["teacher_calls"] == 3  # though the same was asked for before
    assert [row.question_id for row in found.rows] == [
        each.id for each in QUESTIONS for _ in range(2)
    ]
    assert all(row.score.total == 6 for row in found.rows[1::2])
    assert found.rows[0].score == FULL_MARKS


def test_what_tools_found_is_handed_to_a_scorer(tmp_path: Path) -> None:
    seen: list[Answer] = []

    def look(found: Sequence[Answer]) -> list[Prediction]:
        seen.extend(found)
        return half(found)

    work = stage(tmp_path, WorldTeacher(), feedback=FeedbackSettings(scorer="trained"))
    finding = Finding(tool="ruff", rule="F821", line=1, message="undefined name")
    tools = [(Outcome.PASSED, (finding,)), (Outcome.WRONG_ANSWER, ()), (None, ())]
    grade_answers(work, answers(), Counter(), look, tools)
    work.ledger.close()
    assert [(one.outcome, one.findings) for one in seen] == tools


def test_a_grade_of_a_scorer_teaches_no_other() -> None:
    own = placeholder_feedback(QUESTIONS[0], FULL_MARKS)
    assert graded_answer(own) is not None
    assert graded_answer(own.model_copy(update={"grader": Grader.SCORER})) is None
    assert graded_answer(own.model_copy(update={"score": None})) is None
