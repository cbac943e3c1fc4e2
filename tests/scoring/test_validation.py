"""Validation: what a scorer agrees with, whom it is no better than, and when it is refused."""

import random
from collections.abc import Sequence

import pytest

from sodakd.errors import ScorerRefused
from sodakd.scoring.grades import GradedAnswer
from sodakd.scoring.rubric import LEVELS, Prediction, points_of
from sodakd.scoring.tables import validation_tables
from sodakd.scoring.validation import Validation, check_floors, validate
from sodakd.screen import make_console
from sodakd.types import Outcome
from tests.scoring.graded import graded, score

ROWS = graded(120)
TRAINED = {"language": {"python": 9}, "author": {"teacher": 5, "fault": 4}}


def exact(row: GradedAnswer) -> Prediction:
    points = points_of(row.score)
    return Prediction(expected=points, points=points)


def random_points(count: int) -> list[Prediction]:
    draw = random.Random(0)
    drawn = [{rule: draw.randrange(n) / 2 for rule, n in LEVELS.items()} for _ in range(count)]
    return [Prediction(expected=points, points=points) for points in drawn]


def validated(predictions: Sequence[Prediction], rows: Sequence[GradedAnswer] = ROWS) -> Validation:
    return validate(rows, predictions, base="base", trained_on=TRAINED, count=100)


PERFECT = validated([exact(row) for row in ROWS])


def test_a_perfect_scorer_agrees_wholly_in_every_rule_that_varies() -> None:
    for rule in PERFECT.rules:
        constant = rule.rule == "practices"
        assert rule.mae.value == 0
        if constant:
            assert rule.spearman.value is None
            assert rule.kappa.value is None
        else:
            for figure in (rule.spearman, rule.kendall, rule.kappa):
                assert figure.value == pytest.approx(1)
    assert (PERFECT.answers, PERFECT.questions, PERFECT.judged) == (120, 60, 120)


def test_a_scorer_that_draws_agrees_with_nothing() -> None:
    found = validated(random_points(len(ROWS)))
    for figure in (found.total.spearman, found.total.kappa, found.given_length):
        assert figure.value is not None
        assert abs(figure.value) < 0.25
    total = found.total.spearman
    assert total.low is not None
    assert total.high is not None
    assert total.low < 0 < total.high
    assert found.auc.value == pytest.approx(0.5, abs=0.15)


def test_a_scorer_that_only_counts_characters_is_seen_through() -> None:
    rows = [
        row.model_copy(update={"answer": "x" * (10 * round(10 * row.score.total) + at % 7)})
        for at, row in enumerate(ROWS)
    ]
    lengths = [len(row.answer) / 10 for row in rows]
    counts = [
        Prediction(expected=dict.fromkeys(LEVELS, length), points=dict.fromkeys(LEVELS, 0.5))
        for length in lengths
    ]
    found = validated(counts, rows)
    assert found.total.spearman.value == pytest.approx(1, abs=0.03)
    length = next(one for one in found.baselines if one.name == "length")
    assert length.spearman.value == pytest.approx(found.total.spearman.value, abs=0.03)
    assert found.given_length.value is None or abs(found.given_length.value) < 0.3


def test_where_most_grades_are_one_a_scorer_that_orders_them_by_chance_can_still_agree() -> None:
    draw = random.Random(0)
    rows = [row.model_copy(update={"score": ROWS[0].score}) for row in ROWS[:100]]
    rows += [row.model_copy(update={"score": score([0] * 5)}) for row in ROWS[100:]]
    nearly = [
        {
            rule: max(0.0, points - draw.random() / 30)
            for rule, points in points_of(one.score).items()
        }
        for one in rows
    ]
    found = validated([Prediction(expected=one, points=one) for one in nearly], rows)
    assert found.total.spearman.value == pytest.approx(1)


def test_the_verdict_is_a_baseline_on_the_answers_that_have_one() -> None:
    rows = [
        row.model_copy(update={"outcome": None if at % 3 else Outcome.NO_VERDICT})
        if at < 60
        else row
        for at, row in enumerate(ROWS)
    ]
    found = validated([exact(row) for row in rows], rows)
    verdict = next(one for one in found.baselines if one.name == "verdict")
    assert found.judged == verdict.answers == 60
    assert verdict.spearman.value is not None
    assert verdict.spearman.value < 1
    assert verdict.scorer_spearman.value == pytest.approx(1)


def test_groups_say_what_trained_the_scorer() -> None:
    groups = {(one.by, one.group): one for one in PERFECT.groups}
    assert {name: one.trained_on for (_, name), one in groups.items()} == {
        "python": 9, "java": 0, "teacher": 5, "fault": 4,
    }  # fmt: skip
    assert groups["language", "python"].answers + groups["language", "java"].answers == 120


def test_calibration_holds_every_answer_once_and_its_means() -> None:
    assert sum(one.answers for one in PERFECT.calibration) == 120
    for one in PERFECT.calibration:
        assert one.scored == pytest.approx(one.graded)
        assert one.low <= one.scored <= one.high


def test_answers_graded_twice_say_how_far_the_grader_agrees_with_itself() -> None:
    assert PERFECT.consistency is None
    again = [row.model_copy(update={"score": ROWS[at // 2].score}) for at, row in enumerate(ROWS)]
    both = [*ROWS, *again]
    found = validated([exact(row) for row in both], both).consistency
    assert found is not None
    assert found.answers <= 120
    assert found.spearman.value is not None
    assert found.spearman.value < 0.9
    same = [*ROWS, *ROWS]
    equal = validated([exact(row) for row in same], same).consistency
    assert equal is not None
    assert equal.kappa.value == pytest.approx(1)


def test_second_grades_of_a_run_say_so_whatever_is_held_back() -> None:
    other = ROWS[2].model_copy(update={"score": ROWS[0].score})
    twice = [ROWS[0], ROWS[0], ROWS[1], ROWS[1], ROWS[2], other, *(ROWS[3:5] * 2)]
    found = validate(
        ROWS[:40], [exact(row) for row in ROWS[:40]], base="", trained_on={}, again=twice, count=50
    )
    assert found.consistency is not None
    assert found.consistency.answers == 5
    assert found.consistency.mae.value == abs(ROWS[2].score.total - ROWS[0].score.total) / 5
    assert found.check().consistency == found.consistency


def test_below_a_floor_a_scorer_is_refused_with_its_figures() -> None:
    check_floors(PERFECT, 0.9, 0.9)
    poor = validated(random_points(len(ROWS)))
    check_floors(poor, None, None)
    with pytest.raises(ScorerRefused, match=r"is refused on 120 answers to 60 held-back") as error:
        check_floors(poor, 0.75, 0.85)
    assert f"Spearman with the grades is {poor.total.spearman}" in str(error.value)
    assert f"AUC of passing is {poor.auc} and must be 0.85" in str(error.value)
    assert error.value.exit_code == 4


def test_a_floor_of_what_is_not_defined_refuses() -> None:
    rows = [row.model_copy(update={"outcome": None}) for row in ROWS]
    found = validated([exact(row) for row in rows], rows)
    with pytest.raises(ScorerRefused, match="these answers do not define it"):
        check_floors(found, None, 0.5)


def test_the_figures_come_back_from_json_and_fit_the_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert Validation.model_validate_json(PERFECT.model_dump_json()) == PERFECT
    for part in validation_tables(PERFECT):
        make_console().print(part)
    shown = capsys.readouterr().out
    assert "1.00 (1.00 to 1.00)" in shown
    assert "no answer was graded twice" in shown
    assert "AUC of passing, over 120 answers" in shown


def test_predictions_that_are_constant_have_no_correlation() -> None:
    flat = Prediction(expected=dict.fromkeys(LEVELS, 0.5), points=dict.fromkeys(LEVELS, 0.5))
    found = validated([flat] * len(ROWS))
    assert found.total.spearman.value is None
    assert found.given_length.value is None
    assert found.total.kappa.value == pytest.approx(0, abs=0.3)
    assert found.auc.value == 0.5
