"""Words by numpy are the words by the regular expression, and MinHash has its values."""

import re
import unicodedata

import numpy as np
import pytest

from sodakd.dedup.minhash import band_shape, signatures
from sodakd.dedup.word_hashes import hash_words, shingles
from sodakd.dedup.words import words

TEXTS = ["Sort the list, then sort it again.", "", "f(x_1) == -2.5", "a", "\n\t", "the LIST"]

WIDE = {32: 0x3000, **{code: code + 0xFEE0 for code in range(33, 127)}}
"""The full-width forms of ASCII."""


def per_text(texts: list[str]) -> list[list[int]]:
    found = hash_words(texts)
    ends = found.starts.tolist()
    return [found.words[ends[at] : ends[at + 1]].tolist() for at in range(len(texts))]


def test_words_and_marks_are_those_of_a_regular_expression() -> None:
    known: dict[str, int] = {}
    for text, hashes in zip(TEXTS, per_text(TEXTS), strict=True):
        own = re.findall(r"\w+|[^\w\s]", text.lower())
        assert list(words(text)) == own
        assert [
            known.setdefault(word, one) for word, one in zip(own, hashes, strict=True)
        ] == hashes
    assert len(set(known.values())) == len(known)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("数组求和", 4),
        ("a数b", 3),
        ("naïve größe", 2),
        ("“quoted” word—dash", 6),
        ("x²", 1),
        ("😀ok", 2),
    ],
)
def test_beyond_ascii_letters_make_words_and_marks_stand_alone(text: str, words: int) -> None:
    assert len(per_text([text])[0]) == words


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("naïve größe", unicodedata.normalize("NFD", "naïve größe")),
        ("find the first", "ﬁnd the ﬁrst"),
        ("sort 12 words!", "sort 12 words!".translate(WIDE)),
        ("10 km", "10\N{NO-BREAK SPACE}km"),
        ("가나다", unicodedata.normalize("NFD", "가나다")),
        ("é " * 2000, "e\N{COMBINING ACUTE ACCENT} " * 2000),
    ],
)
def test_words_are_the_same_in_every_form_of_unicode(text: str, other: str) -> None:
    assert words(text) == words(other) == words(unicodedata.normalize("NFKC", other))
    one, same = per_text([text, other])
    assert one == same != []


def test_words_do_not_depend_on_the_texts_beside_them() -> None:
    alone = [per_text([text])[0] for text in TEXTS]
    assert per_text(TEXTS) == alone
    assert per_text([*reversed(TEXTS)]) == alone[::-1]


def test_half_a_surrogate_is_a_word_like_others() -> None:
    assert len(per_text(["broken \ud800 text"])[0]) == 3


def test_a_text_has_a_shingle_for_each_run_and_a_short_one_has_one() -> None:
    found = shingles(hash_words(["a b c d", "a b", "", "a b c", "c b a"]), 3)
    assert np.diff(found.starts).tolist() == [2, 1, 0, 1, 1]
    assert len(set(found.words.tolist())) == 4  # "a b c" is in two texts


def test_signatures_are_those_of_datasketch_2() -> None:
    hashes = np.array([1, 2, 3, 4_000_000_000], np.uint32)
    first, second = signatures(hashes, np.array([0, 3]), 4)
    # MinHash(4, seed=1, hashfunc=lambda one: one) of datasketch 2.0.0, updated with these.
    assert first.tolist() == [63217260, 131247162, 308645290, 1412089388]
    assert second.tolist() == [3574023852, 2073479306, 1021435482, 391642460]


@pytest.mark.parametrize(("threshold", "shape"), [(0.45, (10, 3)), (0.5, (8, 4)), (0.7, (5, 6))])
def test_bands_of_a_run_are_those_of_datasketch(threshold: float, shape: tuple[int, int]) -> None:
    assert band_shape(threshold, 32) == shape
