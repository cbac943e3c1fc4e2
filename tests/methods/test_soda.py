"""The parts of the SODA method that can be told by hand."""

import pytest

from sodakd.methods.soda import stalled, with_replay
from sodakd.training.batches import Example


@pytest.mark.parametrize(
    ("rates", "patience", "stop"),
    [([0.3], 1, False), ([0.3, 0.2], 1, True), ([0.3, 0.2], 2, False), ([0.3, 0.2, 0.4], 2, False)],
)
def test_patience_counts_cycles_without_a_better_rate(
    rates: list[float], patience: int, stop: bool
) -> None:
    assert stalled(rates, patience) is stop


def test_replay_is_the_share_it_is_called() -> None:
    new = [Example(f"new {number}", "", None) for number in range(70)]
    older = [Example(f"old {number}", "", None) for number in range(500)]
    mixed = with_replay(new, older, share=0.3, seed=1)
    assert mixed[:70] == new
    assert len(mixed) == 100
    assert len({each.prompt for each in mixed}) == 100
    assert mixed == with_replay(new, older, share=0.3, seed=1)
    assert with_replay(new, older, share=0.0, seed=1) == new
