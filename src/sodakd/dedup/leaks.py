"""Questions that stand in a benchmark: as they are, renamed, translated, in another wording.

The benchmarks are small and the questions many: tasks are held in indices, questions pass by.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sodakd.dedup.contamination import Gram, statement
from sodakd.dedup.program_form import program_forms
from sodakd.dedup.values import example_values
from sodakd.dedup.words import rouge_l, words
from sodakd.types import Question

METHODS = EXACT, CODE, NGRAM, JACCARD, ROUGE, VALUES = (
    "exact", "code", "ngram", "jaccard", "rouge", "values",
)  # fmt: skip
Item = TypeVar("Item")
_SHINGLE = 3
_COMMON = 20
"""Tasks that a word 3-gram may stand in, and still bring two questions together."""
_LEAST_GRAMS = 3
"""n-grams of a task's statement whose share is counted; fewer are a commonplace."""


@dataclass(frozen=True)
class LeakLimits:
    """From which likeness on a question stands in a benchmark; None leaves a method out.

    `exact`, `code`: whether they are asked. `ngram`: the share of n-grams of `size` words, of the
    question or of the task, that stand in the other. `jaccard`: that of word 3-grams. `rouge`:
    ROUGE-L. `values`: of a task's example values, how many a question has.
    """

    exact: bool = True
    code: bool = True
    ngram: float | None = 0.5
    size: int = 8
    jaccard: float | None = 0.6
    rouge: float | None = 0.75
    values: int | None = 2


@dataclass(frozen=True)
class Leak:
    """A task that a question is like, by which method, and how much."""

    task: Question
    method: str
    score: float


class BenchmarkIndex:
    """The tasks of benchmarks: tells which of them a question is like, by each method."""

    def __init__(self, tasks: Sequence[Question], limits: LeakLimits) -> None:
        self._tasks, self._limits = tasks, limits
        self._statements = [statement(task) for task in tasks]
        self._exact: dict[Gram, int] = {}
        self._forms: dict[str, int] = {}
        self._runs = [_grams(told, _SHINGLE) for told in self._statements]
        self._grams = [_grams(told, limits.size) for told in self._statements]
        self._with_run: Mapping[Gram, list[int]] = _owners(self._runs)
        self._with_gram: Mapping[Gram, list[int]] = _owners(self._grams)
        values = [example_values(task.text) for task in tasks] if limits.values else []
        self._values = values
        self._with_value = _owners(values)
        for number, task in enumerate(tasks):
            self._exact.setdefault(words(task.text), number)
            if task.code_prompt is not None:
                self._exact.setdefault(words(task.code_prompt.code), number)
            if len(self._statements[number]) > _SHINGLE:
                self._exact.setdefault(self._statements[number], number)
            for form in program_forms(_program(task), task.language) if limits.code else ():
                self._forms.setdefault(form, number)

    def leaks(self, question: Question) -> list[Leak]:
        """The task that a question is most like, by each method that finds one."""
        return [
            Leak(self._tasks[number], method, score)
            for method, number, score in self._found(question)
        ]

    def _found(self, question: Question) -> Iterator[tuple[str, int, float]]:
        limits, told = self._limits, statement(question)
        if limits.exact:
            for text in (words(question.text), told):
                if (number := self._exact.get(text)) is not None:
                    yield EXACT, number, 1.0
                    break
        if limits.code and question.reference:
            forms = program_forms(_program(question), question.language)
            known = [self._forms[form] for form in forms if form in self._forms]
            yield from ((CODE, number, 1.0) for number in known[:1])
        yield from self._by_ngrams(told)
        yield from self._by_likeness(told)
        if limits.values:
            yield from self._by_values(question, limits.values)

    def _by_ngrams(self, told: Gram) -> Iterator[tuple[str, int, float]]:
        if self._limits.ngram is None:
            return
        own = _grams(told, self._limits.size)
        shared = _counted(own, self._with_gram)
        shares = []
        for number, count in shared.items():
            sizes = (size for size in (len(own), len(self._grams[number])) if size >= _LEAST_GRAMS)
            shares.append((count / min(sizes, default=max(len(own), 1)), -number))
        share, number = max(shares, default=(0.0, 0))
        if share >= self._limits.ngram:
            yield NGRAM, -number, share

    def _by_likeness(self, told: Gram) -> Iterator[tuple[str, int, float]]:
        limits = self._limits
        if limits.jaccard is None and limits.rouge is None:
            return
        own = _grams(told, _SHINGLE)
        rare = {gram for gram in own if len(self._with_run.get(gram, ())) <= _COMMON}
        near = sorted(_counted(rare, self._with_run))
        if limits.jaccard is not None and near:
            score, number = max((_jaccard(own, self._runs[one]), -one) for one in near)
            if score >= limits.jaccard:
                yield JACCARD, -number, score
        if limits.rouge is not None and near:
            score, number = max((rouge_l(told, self._statements[one]), -one) for one in near)
            if score >= limits.rouge:
                yield ROUGE, -number, score

    def _by_values(self, question: Question, least: int) -> Iterator[tuple[str, int, float]]:
        own = example_values(question.text)
        rare = {one for one in own if len(self._with_value.get(one, ())) <= _COMMON}
        shared = _counted(rare, self._with_value)
        count, number = max(((count, -number) for number, count in shared.items()), default=(0, 0))
        if count >= least:
            yield VALUES, -number, count / max(1, len(self._values[-number]))


def _program(question: Question) -> str:
    """The program of a question's reference; where that continues a beginning, the whole."""
    reference, prompt = question.reference or "", question.code_prompt
    if prompt is None or prompt.entry_point in reference.partition("(")[0]:
        return reference
    return prompt.code + reference


def _grams(told: Gram, size: int) -> frozenset[Gram]:
    places = range(max(1, len(told) - size + 1))
    return frozenset(told[start : start + size] for start in places) if told else frozenset()


def _owners(every: Sequence[Collection[Item]]) -> Mapping[Item, list[int]]:
    owners: dict[Item, list[int]] = defaultdict(list)
    for number, own in enumerate(every):
        for one in own:
            owners[one].append(number)
    return owners


def _counted(own: Collection[Item], owners: Mapping[Item, list[int]]) -> Counter[int]:
    """How many of these each task has."""
    return Counter(number for one in own for number in owners.get(one, ()))


def _jaccard(one: frozenset[Gram], other: frozenset[Gram]) -> float:
    shared = len(one & other)
    return shared / max(1, len(one) + len(other) - shared)
