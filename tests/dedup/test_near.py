"""Of texts that are alike the first stays; what is left out names one that it is like."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from sodakd.dedup import near
from sodakd.dedup.corpus import Corpus
from sodakd.dedup.near import Limits, Match, find_duplicates, jaccard

LIST = "Write a function that returns the sum of all even numbers in a list of integers"
OTHER = "Sort the words of a text by their length and print each of them on a line"


def found(texts: Sequence[str], limits: Limits, programs: Sequence[int] = ()) -> list[Match]:
    corpus = Corpus(limits.bands)
    for start in range(0, len(texts), 7):  # what a batch is makes no difference
        corpus.add(texts[start : start + 7])
    forms = np.array(programs, np.uint64) if programs else None
    return find_duplicates(corpus, limits, forms)


def test_copies_but_for_case_and_layout_are_exact() -> None:
    texts = [LIST, OTHER, LIST.upper(), f"  {OTHER}\n"]
    assert found(texts, Limits()) == [Match(2, 0, "exact", 1.0), Match(3, 1, "exact", 1.0)]
    assert [one.method for one in found(texts, Limits(exact=False))] == ["jaccard", "jaccard"]


def test_a_changed_word_is_near_and_the_score_is_exact() -> None:
    (match,) = found([LIST, OTHER, LIST.replace("even", "odd")], Limits(jaccard=0.6))
    # 16 words have 14 runs of three; those with the changed word are other ones: 11 of 17.
    assert match == Match(2, 0, "jaccard", 11 / 17)
    assert found([LIST, OTHER, LIST.replace("even", "odd")], Limits(jaccard=0.66)) == []


def test_rouge_finds_what_jaccard_leaves() -> None:
    texts = [LIST, LIST.replace("even", "odd").replace("sum", "product")]
    assert found(texts, Limits()) == []
    assert found(texts, Limits(rouge=0.75)) == [Match(1, 0, "rouge", 14 / 16)]


def test_a_question_inside_a_longer_one_has_its_ngrams_there() -> None:
    texts = [f"{OTHER}. {LIST}. Do not use the standard library.", LIST]
    assert found(texts, Limits(ngram=0.9)) == [Match(1, 0, "ngram", 1.0)]


def test_the_same_program_makes_two_questions_one() -> None:
    assert found([LIST, OTHER, "Add up"], Limits(), [5, 0, 5]) == [Match(2, 0, "code", 1.0)]


def test_texts_without_words_are_like_none() -> None:
    assert found(["", "", "\n", LIST], Limits(rouge=0.75, ngram=0.5)) == []
    assert found([], Limits(rouge=0.75, ngram=0.5)) == []


def test_what_is_left_out_as_near_is_near_one_that_stays() -> None:
    words = LIST.split()
    chain = [" ".join(words)]
    for at in range(0, len(words), 2):
        words[at] = f"w{at}"
        chain.append(" ".join(words))
    matches = found(chain, Limits(jaccard=0.5))
    dropped = {one.number for one in matches}
    assert dropped
    assert not dropped & {one.twin for one in matches}


def test_how_many_candidates_are_looked_at_together_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = random.Random(4)
    texts = [LIST, OTHER]
    for _ in range(200):
        words = draw.choice(texts).split()
        words[draw.randrange(len(words))] = f"w{draw.randrange(9)}"
        texts.append(" ".join(words))
    limits = Limits(jaccard=0.5, rouge=0.8)
    together = found(texts, limits)
    monkeypatch.setattr(near, "_WORDS", 1)
    assert found(texts, limits) == together
    assert len({one.twin for one in together}) > 2


@pytest.mark.parametrize("limit", [0.5, 0.7, 0.9])
def test_nearly_all_pairs_are_found_that_a_comparison_of_all_finds(limit: float) -> None:
    draw = random.Random(3)
    vocabulary = [f"word{number}" for number in range(300)]
    texts = [" ".join(draw.choices(vocabulary, k=30)) for _ in range(150)]
    for _ in range(150):
        words = draw.choice(texts[:150]).split()
        for _ in range(draw.choice((1, 2, 3))):
            words[draw.randrange(30)] = draw.choice(vocabulary)
        texts.append(" ".join(words))
    split = [[hash(word) for word in text.split()] for text in texts]
    near = {
        later
        for later in range(150, 300)
        for earlier in range(later)
        if jaccard(split[later], split[earlier]) >= limit
    }
    dropped = {one.number for one in found(texts, Limits(jaccard=limit))}
    assert dropped <= near
    assert len(dropped) >= 0.9 * len(near)


def test_long_texts_are_taken_in_by_parts() -> None:
    long = [f"{number} " * 300_000 for number in range(4)]
    assert found([LIST, *long, long[1], LIST], Limits()) == [
        Match(5, 2, "exact", 1.0),
        Match(6, 0, "exact", 1.0),
    ]


def test_many_texts_of_one_bucket_are_compared_with_few() -> None:
    texts = [f"{LIST} number {number}" for number in range(2000)]
    matches = found(texts, Limits(jaccard=0.7))
    assert len(matches) == 1999
    assert {one.twin for one in matches} == {0}
