"""Who grades in SODA's cycles with a trained scorer, by a context that only writes it down."""

from pathlib import Path

import pytest

from sodakd.methods.plan import plan
from sodakd.methods.soda import soda
from sodakd.recipe import Recipe
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.scoring import RunScorerSettings
from sodakd.settings.stages import DeliverySettings, FeedbackSettings, UpdateSettings
from sodakd.settings.training import TrainingSettings
from tests.methods.fake_context import FakeContext, inputs

SCORER = Path("base/cycle-2/scorer")


def recipe(cycles: int = 3, pair_share: float = 0.5, consistency_sample: int = 0) -> Recipe:
    """Ten seeds, four probes of which one is graded again, six new questions."""
    return Recipe(
        cycles=cycles,
        questions=QuestionSettings(seeds=10),
        feedback=FeedbackSettings(probes=4, scorer="trained", scorer_refresh=0.25),
        update=UpdateSettings(new_questions=6),
        scorer=RunScorerSettings(pair_share=pair_share, consistency_sample=consistency_sample),
    )


def run(*refused: str, of: Recipe | None = None) -> FakeContext:
    """What SODA asks of its context, where scorers are refused in these steps."""
    context = FakeContext(of or recipe(), refused=refused)
    soda(context, inputs(10))
    return context


def test_the_teacher_grades_the_first_cycle_and_a_share_of_each_later_one() -> None:
    context = run()
    assert context.scorers == {
        "cycle-1/feedback": None,
        "cycle-2/refresh": None,
        "cycle-2/feedback": SCORER,
        "cycle-3/refresh": None,
        "cycle-3/feedback": SCORER,
    }
    assert [len(context.probed[step]) for step in context.scorers] == [4, 1, 3, 1, 3]
    assert list(context.learnt) == ["cycle-2/scorer"]
    assert context.checked["cycle-3/refresh-check"] == context.probed["cycle-3/refresh"]


def test_the_solutions_that_a_scorer_learns_are_of_the_questions_whose_answers_were_graded() -> (
    None
):
    context = run()
    assert context.pairs_graded == {"cycle-2/pair-grades": context.probed["cycle-1/feedback"][:2]}
    assert run(of=recipe(pair_share=0)).pairs_graded == {}


def test_some_of_the_grades_are_asked_for_a_second_time_once_in_a_run() -> None:
    assert run().graded_twice == {}
    context = run("cycle-2/scorer", of=recipe(consistency_sample=3))
    assert list(context.graded_twice) == ["cycle-2/second-grades"]
    twice = context.graded_twice["cycle-2/second-grades"]
    assert len(set(twice)) == 3
    assert set(twice) < set(context.probed["cycle-1/feedback"])
    both = [text for text in twice for _ in range(2)]
    assert context.again == {"cycle-2/scorer": both, "cycle-3/scorer": both}


def test_after_a_scorer_is_refused_the_teacher_grades_and_the_next_one_learns_all_of_it() -> None:
    context = run("cycle-2/scorer")
    assert context.scorers["cycle-2/feedback"] is None
    assert len(context.probed["cycle-2/feedback"]) == 4
    assert "cycle-2/refresh" not in context.probed
    both = [*context.probed["cycle-1/feedback"], *context.probed["cycle-2/feedback"]]
    assert context.learnt["cycle-3/scorer"] == both
    assert context.scorers["cycle-3/feedback"] == Path("base/cycle-3/scorer")


def test_where_a_scorer_has_drifted_the_teacher_grades_the_rest_and_another_is_trained() -> None:
    context = run("cycle-2/refresh-check")
    assert context.scorers["cycle-2/feedback"] is None
    assert len(context.probed["cycle-2/feedback"]) == 3  # the teacher has graded one before
    assert len(context.learnt["cycle-3/scorer"]) == 8


def test_no_scorer_is_trained_behind_the_last_cycle_and_no_grade_of_one_is_learnt() -> None:
    assert run(of=recipe(cycles=1)).learnt == {}
    context = run("cycle-3/refresh-check", of=recipe(cycles=4))
    learnt = context.learnt["cycle-4/scorer"]
    assert not set(learnt) & set(context.probed["cycle-2/feedback"])
    assert set(context.probed["cycle-2/refresh"]) <= set(learnt)


@pytest.mark.parametrize(("faults", "halves"), [(True, 2), (False, 1)])
def test_a_plan_counts_what_a_scorer_saves_and_what_it_takes(faults: bool, halves: int) -> None:
    update = {
        "delivery": DeliverySettings(faults=faults),
        "training": TrainingSettings(loss="first_difference" if faults else "none"),
        "arms": ("soda",),
    }
    trained = plan(recipe().model_copy(update=update))
    feedback = FeedbackSettings(probes=4)
    teacher = plan(recipe().model_copy(update={**update, "feedback": feedback}))
    assert (trained.scored, trained.scorer_grades) == (6, 2 * halves)
    assert teacher.teacher_calls - trained.teacher_calls == 6 - 2 * halves
    twice = plan(recipe(consistency_sample=50).model_copy(update=update))
    assert twice.scorer_grades - trained.scorer_grades == 4  # no more than were graded
