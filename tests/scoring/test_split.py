"""The split of a scorer's data: questions, never rows."""

import pytest

from sodakd.errors import DataError
from sodakd.scoring.split import Part, QuestionSplit, group_numbers, question_key, split_questions
from tests.scoring.graded import graded

ROWS = graded(200)


def split(seed: int = 0) -> QuestionSplit:
    return split_questions(ROWS, held_back=0.2, stopping=0.15, seed=seed)


def test_no_question_is_in_two_parts_and_every_row_in_one() -> None:
    found = split()
    parts = [found.of(ROWS, part) for part in Part]
    assert [len(part) for part in parts] == [130, 30, 40]
    texts = [{row.question for row in part} for part in parts]
    assert not (texts[0] & texts[1])
    assert not (texts[0] & texts[2])
    assert not (texts[1] & texts[2])


def test_the_seed_decides_and_not_the_order_of_the_rows() -> None:
    again = split_questions(ROWS[::-1], held_back=0.2, stopping=0.15, seed=0)
    assert again == split()
    assert split(1).held_back != split().held_back


def test_one_problem_in_two_wordings_stays_together_by_its_id() -> None:
    other = [
        row.model_copy(update={"question": f"In Java: {row.question}", "language": "java"})
        for row in ROWS
    ]
    found = split_questions([*ROWS, *other], held_back=0.2, stopping=0.15, seed=0)
    held = {row.question_id for row in found.of([*ROWS, *other], Part.HELD_BACK)}
    assert held.isdisjoint(row.question_id for row in found.of([*ROWS, *other], Part.TRAIN))
    assert len(set(group_numbers([*ROWS, *other]))) == 100


def test_a_question_is_known_by_its_words_in_another_file() -> None:
    assert question_key("Add  two\nNumbers.") == question_key("add two numbers.")
    found = split()
    renamed = [
        row.model_copy(update={"question_id": f"x{at}", "question": row.question.upper()})
        for at, row in enumerate(ROWS)
    ]
    assert len(found.unseen(renamed)) == len(found.of(ROWS, Part.HELD_BACK))


def test_two_questions_cannot_be_split() -> None:
    with pytest.raises(DataError, match="2 different questions cannot be split"):
        split_questions(ROWS[:4], held_back=0.2, stopping=0.15, seed=0)
