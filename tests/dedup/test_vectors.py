"""Near vectors: what is left out is near to one that stays."""

import numpy as np
import pytest

from sodakd.dedup import vectors as module
from sodakd.dedup.corpus import Corpus
from sodakd.dedup.near import Limits, find_duplicates
from sodakd.dedup.vectors import Vectors, like_earlier


def at(*degrees: float) -> Vectors:
    """Vectors of length 1 in these directions."""
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


@pytest.mark.parametrize("table", [1, 1 << 24])
def test_each_is_like_the_nearest_earlier_one_that_stays(
    table: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TABLE", table)
    # 0 and 20 stay, 8 goes with 0; 14 is near 8, which is gone, and nearer to 20 than to 0.
    given = at(0, 8, 20, 14, 90, 0)
    found = list(like_earlier(given, float(np.cos(np.radians(10))), np.ones(6, bool)))
    assert [(number, twin) for number, twin, _ in found] == [(1, 0), (3, 2), (5, 0)]
    assert found[0][2] == pytest.approx(np.cos(np.radians(8)), abs=1e-6)
    assert found[2][2] == 1.0


def test_vectors_come_last_and_questions_without_words_are_like_none() -> None:
    corpus = Corpus(0.7)
    corpus.add(["Sort the words.", "sort the WORDS .", "Order all terms.", "", "", "Add numbers."])
    limits = Limits(jaccard=None, embedding=0.9)
    found = find_duplicates(corpus, limits, vectors=at(0, 0, 5, 5, 5, 90))
    assert [(one.number, one.twin, one.method) for one in found] == [
        (1, 0, "exact"),
        (2, 0, "embedding"),
    ]
