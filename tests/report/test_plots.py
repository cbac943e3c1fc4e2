"""The plots: round ticks, escaped names, values where they belong."""

import pytest

from sodakd.report.axes import SMALL, Axis, rounded, short, ticks
from sodakd.report.bars import histogram, stacked_bars
from sodakd.report.faults import edit_distance
from sodakd.report.plots import LegendEntry, Line, Point, line_plot
from tests.report.folder import pair


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.25, 0.5, 0.75, 1.0]),
        (0, 400, [0, 100, 200, 300, 400]),
        (-12, 0.5, [-10, -5, 0]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round_and_within_the_axis(
    low: float, high: float, expected: list[float]
) -> None:
    found = ticks(Axis("", low, high))
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in found)
    assert len(found) <= 7
    assert set(expected) & {round(value, 6) for value in found}


def test_a_logarithmic_axis_has_powers_of_ten() -> None:
    assert ticks(Axis("", 0.02, 30, log=True)) == [0.1, 1.0, 10.0]
    axis = Axis("", 0.1, 10, log=True)
    assert SMALL.x(1, axis) == pytest.approx((SMALL.x(0.1, axis) + SMALL.x(10, axis)) / 2)


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0"), (0.25, "0.25"), (1200, "1.2k"), (3e6, "3M"), (0.0002, "2e-4")]
)
def test_numbers_are_said_shortly(value: float, words: str) -> None:
    assert short(value) == words


@pytest.mark.parametrize("value", [0.0, 0.3, 1, 7, 99, 100, 101, 12345])
def test_the_top_of_an_axis_is_at_or_above_its_value(value: float) -> None:
    assert value <= rounded(value) <= max(1.0, 2 * value)


def test_names_are_escaped() -> None:
    key = LegendEntry("<b>", "red")
    line = Line("<b>", [Point(0, 0.5, 0.4, 0.6)], "red", dots=True)
    axis = Axis("<b>", 0, 1)
    drawn = stacked_bars(["<b>"], [key], [[3]], "<b>") + line_plot([line], axis, axis, SMALL, "<b>")
    assert "<b>" not in drawn
    assert "50.0 % (95 %: 40.0 to 60.0)" in drawn


def test_a_histogram_counts_what_lies_outside_at_its_ends() -> None:
    drawn = histogram([-5, 0.5, 9], 0, 1, 2, "ratio", "pairs")
    assert "0 to 0.5: 1<" in drawn
    assert "0.5 to 1: 2<" in drawn


def test_edit_distance_counts_tokens_and_not_spaces() -> None:
    assert edit_distance(pair(1)) == 2
    assert edit_distance(pair(1, chosen="def total(xs):\n  # adds  up\n  return sum(xs)-1")) == 0
