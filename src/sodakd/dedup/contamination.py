"""Overlap with the evaluation set: word n-grams, as in GPT-3's and Llama's decontamination."""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from sodakd.dedup.words import folded, prose, question_words
from sodakd.text.labels import language_of
from sodakd.text.lexer import Kind
from sodakd.types import Language, Question

OVERLAPS = "overlaps_"
"""Begins a reason to refuse a question; behind it stands what the question overlaps with."""
_EVALUATION = "evaluation"
_EXAMPLE = re.compile(
    r"^[ \t]*(?:[*#/]+[ \t]*)?(?:>|assert\b|```|(?:for )?examples?\b|answer in\b|its tests call\b"
    r"|your code must pass\b)",
    re.MULTILINE | re.IGNORECASE,
)
"""How the examples of a question begin, and what it is asked with behind its words."""
_LANGUAGE_TOLD = re.compile(r"^.*\bcode should be written in\b.*$", re.MULTILINE | re.IGNORECASE)
"""The first line of MBXP in Go."""
_WORD = re.compile(r"\w+")
Gram = tuple[str, ...]


class ContaminationIndex:
    """The evaluation questions: tells whether a new question overlaps with one of them.

    Those whose source is `named`, as a benchmark's is, are told apart by it; and with these a
    question overlaps as well that says the same of another language, or with other examples.
    """

    def __init__(
        self,
        questions: Iterable[Question],
        ngram: int,
        limit: float,
        named: Collection[str] = (),
    ) -> None:
        self._size = ngram
        self._limit = limit
        self._names: dict[str, str] = {}
        self._owners: dict[Gram, set[str]] = {}
        self._told: dict[Gram, set[str]] = {}
        for question in questions:
            name = question.source if question.source in named else _EVALUATION
            self._names.setdefault(question.id, name)
            _own(self._owners, self._grams(question_words(question)), question)
            if name != _EVALUATION:
                _own(self._told, self._grams(statement(question)), question)

    def overlap(self, question: Question) -> float:
        """The largest share of a question's n-grams that stand in one evaluation question."""
        return self._nearest(question)[0]

    def rejection_reason(self, question: Question) -> str | None:
        """The reason to refuse a question, `overlaps_` and with what, or None."""
        share, nearest = self._nearest(question)
        if question.id in self._names:
            nearest = question.id
        elif share < self._limit:
            return None
        return f"{OVERLAPS}{self._names[nearest]}"

    def _nearest(self, question: Question) -> tuple[float, str]:
        """The largest overlap with an evaluation question, and its id: the least of several."""
        found = _share(self._owners, self._grams(question_words(question)))
        told = _share(self._told, self._grams(statement(question))) if self._told else found
        return max(found, told, key=lambda one: one[0])

    def _grams(self, tokens: Gram) -> set[Gram]:
        return {
            tokens[start : start + self._size]
            for start in range(max(1, len(tokens) - self._size + 1))
        }


def statement(question: Question) -> Gram:
    """The words of a question up to its examples, without the names of languages."""
    kind = Kind.STRING if question.language is Language.PYTHON else Kind.COMMENT
    said = _LANGUAGE_TOLD.sub("", prose(question, Kind.COMMENT, kind))
    example = _EXAMPLE.search(said)
    found = _WORD.findall(folded(said[: example.start() if example else None]))
    return tuple(word for word in found if not _is_language(word))


@lru_cache(maxsize=4096)
def _is_language(word: str) -> bool:
    return language_of(word) is not None


def _own(owners: dict[Gram, set[str]], grams: Iterable[Gram], question: Question) -> None:
    for gram in grams:
        owners.setdefault(gram, set()).add(question.id)


def _share(owners: dict[Gram, set[str]], grams: Collection[Gram]) -> tuple[float, str]:
    """The largest share of n-grams that one question owns, and its id: the least of several."""
    counts: dict[str, int] = {}
    for gram in grams:
        for owner in owners.get(gram, ()):
            counts[owner] = counts.get(owner, 0) + 1
    if not counts:
        return 0.0, ""
    most = max(counts.values())
    return most / len(grams), min(owner for owner, count in counts.items() if count == most)
