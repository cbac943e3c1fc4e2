"""Graded answers: three shapes of files, and every wrong input one clear error."""

import json
from pathlib import Path

import pytest
from annotated_types import Le
from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.jsonl import write_rows
from sodakd.records import Difficulty, Feedback, RubricScore
from sodakd.scoring.grades import Author, check_grades, read_answers, read_grades
from sodakd.scoring.rubric import LEVELS
from sodakd.types import JudgeStage, Outcome, Question, Solution, Verdict
from tests.real_data import real_data
from tests.scoring.graded import graded, score

FULL: dict[str, JsonValue] = {
    "functionality": 2, "boundary": 0.5, "coverage": 1, "readability": 1, "practices": 0,
}  # fmt: skip
ROW: dict[str, JsonValue] = {
    "question": "Add two numbers.", "language": "Python", "answer": "a + b", "score": FULL,
}  # fmt: skip


def written(folder: Path, *rows: dict[str, JsonValue]) -> Path:
    path = folder / "grades.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def feedback(question: Question, points: RubricScore | None, cycle: int = 1) -> Feedback:
    return Feedback(
        question=question,
        solution=Solution(
            question_id=question.id, text="Sum:\n```python\nsum(xs)\n```", code="sum(xs)",
            author=f"cycle-{cycle}",
        ),
        verdict=Verdict(outcome=Outcome.WRONG_ANSWER, stage=JudgeStage.RUN),
        findings=(), score=points, samples=1, pass_rate=0.0, difficulty=Difficulty.HARD, reason="",
    )  # fmt: skip


def test_the_levels_are_those_of_the_rubric() -> None:
    fields = {name: field for name, field in RubricScore.model_fields.items() if name != "reason"}
    tops = {
        name: next(one.le for one in field.metadata if isinstance(one, Le))
        for name, field in fields.items()
    }
    assert dict(LEVELS) == {name: 1 + 2 * int(str(top)) for name, top in tops.items()}


def test_own_rows_are_read_with_a_reason_an_author_and_an_outcome_or_without(
    tmp_path: Path,
) -> None:
    whole = {**ROW, "author": "student", "outcome": "passed", "id": 7, "question_id": "q"}
    plain, rich = read_grades(written(tmp_path, ROW, whole)).rows
    assert plain.score.total == 4.5
    assert (plain.language, plain.author, plain.outcome, plain.passed) == ("python", "", None, None)
    assert (rich.author, rich.passed, rich.question_id) == (Author.STUDENT, True, "q")


def test_no_verdict_is_neither_passed_nor_failed(tmp_path: Path) -> None:
    (row,) = read_grades(written(tmp_path, {**ROW, "outcome": "no_verdict"})).rows
    assert row.passed is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"score": {**FULL, "functionality": 3}}, r"row 2: score\.functionality: .*(found 3)"),
        ({"score": {**FULL, "boundary": 0.3}}, r"score\.boundary: .*multiple of 0\.5"),
        ({"score": {**FULL, "boundary": float("nan")}}, "score"),
        ({"score": {"functionality": 2}}, r"score\.boundary: Field required"),
        ({"score": None}, "score: "),
        ({"answer": None}, "answer: "),
        ({"question": ""}, "question: "),
        ({"author": "me"}, "author: "),
        ({"outcome": "good"}, "outcome: "),
    ],
)
def test_wrong_rows_are_named_with_their_mistake(
    change: dict[str, JsonValue], says: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=says) as error:
        read_grades(written(tmp_path, ROW, {**ROW, **change}))
    assert "functionality 0 to 2, boundary 0 to 1" in str(error.value)


def test_all_wrong_rows_are_named_at_once_ten_at_most(tmp_path: Path) -> None:
    rows = [{**ROW, "score": {**FULL, "practices": 9}} for _ in range(12)]
    with pytest.raises(DataError, match=r"row 10: [\s\S]*and 2 more"):
        read_grades(written(tmp_path, *rows))


def test_a_runs_folder_gives_the_graded_answers_of_all_its_cycles(
    question: Question, tmp_path: Path
) -> None:
    points = score([2, 0.5, 1, 0, 0])
    for cycle in (1, 2):
        rows = [feedback(question, points, cycle), feedback(question, None, cycle)]
        write_rows(tmp_path / "soda" / f"cycle-{cycle}" / "feedback.jsonl", rows)
    found = read_grades(tmp_path)
    assert len(found.rows) == 2
    assert [line.rpartition(": ")[2] for line in found.left_out] == ["it was not graded"] * 2
    first = found.rows[0]
    assert (first.author, first.outcome) == (Author.STUDENT, Outcome.WRONG_ANSWER)
    assert first.answer.startswith("Sum:")


def test_a_grade_that_a_ledger_gave_again_counts_once(question: Question, tmp_path: Path) -> None:
    said = score([2, 0.5, 1, 0, 0]).model_copy(update={"reason": "It adds."})
    for cycle in (1, 2):
        write_rows(
            tmp_path / f"cycle-{cycle}" / "feedback.jsonl", [feedback(question, said, cycle)]
        )
    found = read_grades(tmp_path)
    assert len(found.rows) == 1
    assert "once more" in found.left_out[0]
    other = said.model_copy(update={"reason": "It sums."})
    write_rows(tmp_path / "cycle-2" / "feedback.jsonl", [feedback(question, other)])
    assert len(read_grades(tmp_path).rows) == 2


def test_second_grades_of_a_run_are_no_rows_of_their_own(
    question: Question, tmp_path: Path
) -> None:
    write_rows(tmp_path / "cycle-1" / "feedback.jsonl", [feedback(question, score([1] * 5))])
    (first,) = read_grades(tmp_path).rows
    write_rows(tmp_path / "cycle-2" / "second-grades.jsonl", [first, first])
    found = read_grades(tmp_path)
    assert (found.rows, found.again) == ([first], [first, first])


def test_the_verdict_of_an_answer_without_tests_says_nothing(
    question: Question, tmp_path: Path
) -> None:
    row = feedback(question.model_copy(update={"tests": None}), score([0, 0, 0, 0, 0]))
    write_rows(tmp_path / "feedback.jsonl", [row])
    assert read_grades(tmp_path).rows[0].outcome is None


def test_sources_without_a_grade_say_so(question: Question, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no feedback\.jsonl"):
        read_grades(tmp_path)
    write_rows(tmp_path / "feedback.jsonl", [feedback(question, None)])
    with pytest.raises(DataError, match=r"holds no grade: .*it was not graded"):
        read_grades(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        read_grades(tmp_path / "nothing.jsonl")


def test_the_released_grades_are_read_but_for_the_two_that_do_not_parse() -> None:
    found = read_grades(real_data("sodacoder/scoring_data.json"))
    assert len(found.rows) == 98
    rows = [line.partition(", ")[2].partition(":")[0] for line in found.left_out]
    assert rows == ["row 5", "row 38"]
    assert all("points for the rules" in line for line in found.left_out)
    assert len({row.question for row in found.rows}) == 98
    assert not any("#End of" in row.answer or "#End of" in row.question for row in found.rows)


def test_answers_are_read_with_or_without_a_grade_and_in_their_order(tmp_path: Path) -> None:
    path = written(tmp_path, {**ROW, "score": "?"}, {"question": "q", "answer": ""})
    assert [row.answer for row in read_answers(path)] == ["a + b", ""]
    with pytest.raises(DataError, match="row 1: answer: Field required"):
        read_answers(written(tmp_path, {"question": "q"}))


def test_too_few_grades_are_refused() -> None:
    with pytest.raises(DataError, match=r"10 graded answers to 5 questions are too few.*40"):
        check_grades(graded(10), 40, 20)
    with pytest.raises(DataError, match="50 graded answers to 1 questions are too few"):
        check_grades([graded(2)[0]] * 50, 40, 20)


def test_one_constant_grade_is_refused() -> None:
    rows = [row.model_copy(update={"score": score([1, 0, 0, 0, 0])}) for row in graded(60)]
    with pytest.raises(DataError, match=r"all 60 answers have the same grade \(1 of 6\)"):
        check_grades(rows, 40, 20)
