"""Stage 3: feedback decides the level, and what is not new or not fair is refused and counted."""

import random
from collections import Counter
from pathlib import Path

import pytest

from sodakd.dedup.contamination import ContaminationIndex
from sodakd.dedup.index import DedupIndex
from sodakd.dedup.words import rouge_l, words
from sodakd.inference.completions import Completion
from sodakd.records import Difficulty, Feedback
from sodakd.settings.stages import UpdateSettings
from sodakd.stages.curriculum import sample_targets, unlocked_level
from sodakd.stages.new_questions import new_questions
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.splits import Split, split_of
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.computed_teacher import ComputedTeacher
from sodakd.teacher.requests import TeacherRequest
from sodakd.types import JudgeStage, Language, Outcome, Question, Solution, Usage, Verdict
from tests.stages.stage import stage


def asked(text: str) -> Question:
    return Question.new(text=text, language=Language.PYTHON, tests=None, source="test", level=1)


def row(question: Question, difficulty: Difficulty) -> Feedback:
    passed = difficulty in {Difficulty.MASTERED, Difficulty.EASY}
    outcome = Outcome.PASSED if passed else Outcome.WRONG_ANSWER
    return Feedback(
        question=question,
        solution=Solution(question_id=question.id, text="", code="", author="student"),
        verdict=Verdict(outcome=outcome, stage=JudgeStage.RUN),
        findings=(),
        score=None,
        samples=1,
        pass_rate=float(passed),
        difficulty=difficulty,
        reason="",
    )


def feedback(passing: tuple[int, ...]) -> list[Feedback]:
    """Feedback on questions of levels 1 to 5, of which these levels are passed."""
    return [
        row(question, Difficulty.EASY if question.level in passing else Difficulty.HARD)
        for question in draw_questions(100, (1, 2, 3, 4, 5), Split.TRAIN, seed=3)
    ]


@pytest.mark.parametrize(("passing", "highest"), [((), 1), ((1,), 2), ((1, 2, 3), 4), ((2, 3), 1)])
def test_a_level_opens_when_those_below_are_passed(passing: tuple[int, ...], highest: int) -> None:
    assert unlocked_level(feedback(passing), gate=0.3) == highest


def test_without_a_floor_no_question_is_above_the_highest_open_level() -> None:
    settings = UpdateSettings(uniform_share=0)
    wishes = sample_targets(feedback((1, 2)), 300, settings, random.Random(1))
    assert max(wish.level for wish in wishes) == 3


def test_the_floor_reaches_every_level_evenly() -> None:
    settings = UpdateSettings(uniform_share=1)
    wishes = sample_targets(feedback(()), 1000, settings, random.Random(1))
    counts = Counter(wish.level for wish in wishes)
    assert sorted(counts) == [1, 2, 3, 4, 5]
    assert min(counts.values()) > 140


def test_rouge_l_by_hand() -> None:
    assert rouge_l(words("the cat sat"), words("the cat lay down")) == pytest.approx(2 * 2 / 7)


def test_the_pool_knows_the_same_and_the_nearly_same() -> None:
    text = "Write a function that keeps the even numbers of a list and adds them up"
    pool = DedupIndex([asked(text)], near_duplicate=0.7)
    assert pool.rejection_reason(asked(text)) == "exact_duplicate"
    assert pool.rejection_reason(asked(text + " quickly")) == "near_duplicate"
    assert (
        pool.rejection_reason(asked("Sort the words of a text by their length, longest first"))
        is None
    )


def test_overlap_with_the_evaluation_set_is_refused() -> None:
    exam = "Given a list of integers return the sum of the squares of its even members in order"
    held_out = ContaminationIndex([asked(exam)], ngram=5, limit=0.5)
    assert held_out.rejection_reason(asked("Please: " + exam)) == "overlaps_evaluation"
    assert (
        held_out.rejection_reason(asked("Reverse each word of a text and join them by dashes"))
        is None
    )


class Parrot(ComputedTeacher):
    """Replies with the same question to everything."""

    name = "parrot"

    def __init__(self, reply: Completion) -> None:
        self.only = reply

    def reply(self, ask: TeacherRequest) -> Completion:
        return self.only

    def at_most(self, ask: TeacherRequest) -> Usage:
        return Usage(prompt_tokens=1, completion_tokens=10_000)


def test_new_questions_are_new_of_the_train_split_and_counted(tmp_path: Path) -> None:
    exam = draw_questions(100, (1, 2, 3, 4, 5), Split.TEST, seed=1)
    rows = feedback((1, 2))
    pool = [each.question for each in rows]
    settings = UpdateSettings(new_questions=150, near_duplicate=0.95, overlap=0.9)
    work = stage(tmp_path, WorldTeacher(), update=settings)
    built = new_questions(work, rows, pool, exam)
    assert len(built.rows) == 150
    ids = {question.id for question in built.rows}
    assert len(ids) == 150
    assert not ids & {question.id for question in [*pool, *exam]}
    assert {question.parent for question in built.rows} <= {question.id for question in pool}
    for question in built.rows:
        if (question.level or 0) > 1:
            assert split_of(program_of(question)) is Split.TRAIN
    refused = built.tally["teacher_calls"] - built.tally["kept"]
    reasons = ("exact_duplicate", "near_duplicate", "overlaps_evaluation", "another_level")
    assert refused == sum(built.tally[reason] for reason in reasons)


def test_a_teacher_that_repeats_itself_is_not_asked_for_ever(tmp_path: Path) -> None:
    rows = feedback((1,))
    from sodakd.teacher.requests import Invent

    reply = WorldTeacher().reply(Invent(question=rows[0].question, level=2))
    settings = UpdateSettings(new_questions=20, attempts_per_question=2)
    built = new_questions(stage(tmp_path, Parrot(reply), update=settings), rows, [], [])
    assert len(built.rows) == 1
    assert built.tally["teacher_calls"] == 40


class Stammerer(ComputedTeacher):
    """Says nothing readable of a question, until it is told what was wrong."""

    name = "stammerer"

    def __init__(self) -> None:
        self.told: list[str] = []

    def reply(self, ask: TeacherRequest) -> Completion:
        if not ask.unreadable:
            return Completion(
                text="Let me think.", usage=Usage(prompt_tokens=1, completion_tokens=1)
            )
        self.told.append(ask.unreadable)
        return WorldTeacher().reply(ask.model_copy(update={"attempt": 0, "unreadable": ""}))

    def at_most(self, ask: TeacherRequest) -> Usage:
        return Usage(prompt_tokens=1, completion_tokens=10_000)


def test_an_unreadable_question_is_asked_for_once_more_with_what_was_wrong(tmp_path: Path) -> None:
    teacher = Stammerer()
    settings = UpdateSettings(new_questions=10, near_duplicate=0.95)
    work = stage(tmp_path, teacher, update=settings)
    built = new_questions(work, feedback((1, 2)), [], [])
    assert len(built.rows) == 10
    assert built.tally["invent_unreadable"] == len(teacher.told) >= 10
    assert all(words.startswith("no JSON in the reply") for words in teacher.told)
    assert built.tally["invent_dropped"] == 0
