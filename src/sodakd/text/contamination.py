"""Overlap with the evaluation set: word n-grams, as in GPT-3's and Llama's decontamination."""

from collections.abc import Iterable

from sodakd.text.dedup import question_words
from sodakd.types import Question


class ContaminationIndex:
    """The evaluation questions: tells whether a new question overlaps with one of them."""

    def __init__(self, questions: Iterable[Question], ngram: int, limit: float) -> None:
        self._size = ngram
        self._limit = limit
        self._owners: dict[tuple[str, ...], set[str]] = {}
        self._ids: set[str] = set()
        for question in questions:
            self._ids.add(question.id)
            for gram in self._grams(question):
                self._owners.setdefault(gram, set()).add(question.id)

    def overlap(self, question: Question) -> float:
        """The largest share of a question's n-grams that stand in one evaluation question."""
        grams = self._grams(question)
        counts: dict[str, int] = {}
        for gram in grams:
            for owner in self._owners.get(gram, ()):
                counts[owner] = counts.get(owner, 0) + 1
        return max(counts.values(), default=0) / max(1, len(grams))

    def rejection_reason(self, question: Question) -> str | None:
        """The reason to refuse a question, or None."""
        if question.id in self._ids or self.overlap(question) >= self._limit:
            return "overlaps_evaluation"
        return None

    def _grams(self, question: Question) -> set[tuple[str, ...]]:
        tokens = question_words(question)
        return {
            tokens[start : start + self._size]
            for start in range(max(1, len(tokens) - self._size + 1))
        }
