"""Figures over seeds, against values counted by hand and those of scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sodakd.evaluate.over_seeds import effect_size, holm, over_seeds, sign_flip_p, t_quantile


def test_a_mean_has_students_interval_and_one_seed_has_none() -> None:
    found = over_seeds([28.2, 25.8, 28.9])  # mean 27.633, deviation 1.6258, t(2) 4.3027
    assert found.mean == pytest.approx(27.6333, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((23.5948, 31.6719), abs=1e-3)
    alone = over_seeds([0.5])
    assert (alone.mean, alone.low, alone.high) == (0.5, None, None)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 8, 30, 31, 199])
def test_quantiles_of_t_are_scipys(freedom: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed: the train extra")
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)


def test_flips_are_counted_by_hand() -> None:
    # Of 1, 2, 3: the sums +6 and -6 of eight are as far as 6.
    assert sign_flip_p([1, 2, 3]) == 2 / 8
    # Of 1, 2, -3 every sum is at least as far as 0.
    assert sign_flip_p([1, 2, -3]) == 1
    # Of 3, 2, -1 (sum 4): +-6, +-4 by the sign of the last, of eight: four.
    assert sign_flip_p([3, 2, -1]) == 4 / 8
    assert sign_flip_p([0.1] * 8) == 2 / 256
    assert sign_flip_p([0.0, 0.0]) == 1


@pytest.mark.parametrize("count", [8, 16])
def test_flips_give_the_p_of_scipy(count: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed: the train extra")
    differences = [0.021 * (at % 5) - 0.017 for at in range(count)]
    tested = stats.permutation_test(
        (differences,), lambda x, axis: x.sum(axis=axis), permutation_type="samples",
        vectorized=True, n_resamples=2**16,
    )  # fmt: skip
    assert sign_flip_p(differences) == pytest.approx(tested.pvalue, abs=0.006)


def test_holms_correction_is_that_of_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=9))
def test_holms_correction_keeps_the_order_and_lowers_nothing(ps: list[float]) -> None:
    found = holm(ps)
    assert all(before <= after <= 1 for before, after in zip(ps, found, strict=True))
    assert [found[at] for at in sorted(range(len(ps)), key=ps.__getitem__)] == sorted(found)


def test_an_effect_is_the_mean_by_the_deviation_and_none_where_nothing_varies() -> None:
    assert effect_size([1, 2, 3]) == pytest.approx(2.0)
    assert effect_size([0.1, 0.1, 0.1]) is None
    assert effect_size([0.3]) is None
