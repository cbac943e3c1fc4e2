"""A run's scorer: what it is trained on, when it is believed, and that its steps are done once."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sodakd.errors import ScorerRefused
from sodakd.jsonl import read_rows
from sodakd.methods.run_scorer import check_scorer, score_answers, train_scorer
from sodakd.recipe import Recipe
from sodakd.run import Progress, Run
from sodakd.scoring.figures import ScorerCheck
from sodakd.scoring.grades import GradedAnswer
from sodakd.scoring.validation import Validation
from sodakd.settings.scoring import RunScorerSettings, ScorerSettings
from tests.scoring.graded import graded, score
from tests.tiny_models import write_model

GRADES = graded(80)
NEW = [row.model_copy(update={"question": f"{row.question} Again."}) for row in graded(40, seed=1)]
STEP = "cycle-2/scorer"


def recipe(floor: float | None = None, **scorer: object) -> Recipe:
    """A training of one epoch on texts that are cut short, with a floor of Spearman."""
    training = ScorerSettings(epochs=1, max_length=64)
    settings = RunScorerSettings(min_spearman=floor, min_auc=None, training=training)
    return Recipe(scorer=settings.model_copy(update=scorer))


def trained(
    folder: Path,
    of: Recipe,
    grades: Sequence[GradedAnswer] = GRADES,
    again: Sequence[GradedAnswer] = (),
) -> tuple[Path | None, list[str]]:
    """A run's scorer on a model of two layers, and what the run remarks."""
    said: list[str] = []

    def keep(progress: Progress) -> None:
        if progress.remark:
            said.append(progress.note)

    base = folder / "base/student"
    if not base.exists():
        write_model(base)
    return train_scorer(Run(folder, keep, "soda"), of, STEP, base, grades, again, 0), said


def row(folder: Path, step: str) -> ScorerCheck:
    """The row of a check."""
    (found,) = read_rows(folder / "soda" / f"{step}.jsonl", ScorerCheck)
    return found


@pytest.mark.parametrize(
    ("grades", "why"),
    [
        (GRADES[:10], "10 graded answers to 5 questions are too few"),
        ([one.model_copy(update={"score": score([1] * 5)}) for one in GRADES], "the same grade"),
    ],
)
def test_grades_that_nothing_can_be_learnt_from_are_a_refusal_with_the_figures(
    grades: Sequence[GradedAnswer], why: str, tmp_path: Path
) -> None:
    scorer, said = trained(tmp_path, recipe(), grades)
    assert scorer is None
    assert why in said[0]
    assert said[0].endswith("the teacher grades")
    assert why in row(tmp_path, f"{STEP}-check").error
    assert not (tmp_path / "soda" / STEP).exists()
    with pytest.raises(ScorerRefused, match=why):
        trained(tmp_path, recipe(refused="stop"), grades)


@pytest.mark.heavy
def test_a_scorer_is_validated_on_held_back_questions_and_trained_once(tmp_path: Path) -> None:
    again = [grade for grade in GRADES[:5] for _ in range(2)]
    scorer, said = trained(tmp_path, recipe(), [*GRADES, *GRADES[:9]], again)  # some came twice
    assert scorer == tmp_path / "soda" / STEP
    found = Validation.model_validate_json((scorer / "validation.json").read_bytes())
    assert (found.answers, found.seen, found.base) == (16, 64, "base/student")
    assert found.consistency is not None
    assert found.consistency.answers == 5
    assert row(tmp_path, f"{STEP}-check") == found.check(STEP)
    before = {path: path.read_bytes() for path in scorer.rglob("*")}
    assert trained(tmp_path, recipe()) == (scorer, [])
    refused, said = trained(tmp_path, recipe(floor=1.0))  # as a run may go on with another floor
    assert refused is None
    assert "must be 1 at least" in said[0]
    assert {path: path.read_bytes() for path in scorer.rglob("*")} == before


@pytest.mark.heavy
def test_a_training_that_was_stopped_anywhere_begins_anew_and_ends_in_the_same_weights(
    tmp_path: Path,
) -> None:
    one, _ = trained(tmp_path / "one", recipe())
    left = tmp_path / "two/soda" / f"{STEP}.part"
    (left.with_name("scorer.part.part")).mkdir(parents=True)
    left.mkdir()
    (left / "model.safetensors").write_bytes(b"half of it")
    two, _ = trained(tmp_path / "two", recipe())
    assert one is not None
    assert two is not None
    for name in ("model.safetensors", "heads.safetensors", "validation.json", "scorer.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    assert not list((tmp_path / "two").rglob("*.part"))


@pytest.mark.heavy
def test_a_scorer_that_no_longer_agrees_is_refused_with_the_newest_figures(tmp_path: Path) -> None:
    scorer, _ = trained(tmp_path, recipe())
    assert scorer is not None
    run = Run(tmp_path, name="soda")
    assert check_scorer(run, recipe(), "cycle-3/a", scorer, NEW)
    assert not check_scorer(run, recipe(floor=1.0), "cycle-3/a", scorer, NEW)
    found = row(tmp_path, "cycle-3/a")
    assert (found.scorer, found.answers, found.judged) == (STEP, 40, 40)
    for few in (0, 1):
        assert not check_scorer(run, recipe(floor=-1.0), f"cycle-3/{few}", scorer, NEW[:few])
    assert row(tmp_path, "cycle-3/0").error
    with pytest.raises(ScorerRefused, match="must be 1 at least"):
        check_scorer(run, recipe(1.0, refused="stop"), "cycle-3/a", scorer, NEW)
    assert [one.total for one in score_answers(scorer, NEW)] == [
        one.total for one in score_answers(scorer, NEW)
    ]
