"""Which task a row of a file of solutions answers: ids are compared by what they mean."""

import re
from collections.abc import Iterable, Sequence

from sodakd.evaluate.benchmarks.task import BenchmarkTask, TaskKey
from sodakd.text.labels import language_of
from sodakd.types import Language

_NUMBERED = re.compile(
    r"((?:[a-z+#]++[-_ ]?+)*+)[/:. _-]*+(\d{1,9})(?:\.0)?+(?:[_-].*+)?", re.DOTALL
)
_LONGEST = 200
_SHOWN = 3


class TaskIds:
    """The ids of tasks: `MBPP/11`, `Mbpp/11`, `mbpp_11` and `11` mean the same task."""

    def __init__(self, tasks: Iterable[BenchmarkTask]) -> None:
        self._spelt: dict[str, list[TaskKey]] = {}
        self._meant: dict[tuple[str, int], dict[TaskKey, None]] = {}
        for task in tasks:
            self._spelt.setdefault(task.id, []).append(task.key)
            own = _meaning(task.id)
            if own is not None:
                word, number = own
                for each in (word, _word(task.key[0]), task.language.value, ""):
                    self._meant.setdefault((each, number), {})[task.key] = None

    def find(self, name: str, language: Language | None) -> Sequence[TaskKey]:
        """Return the tasks of this id, in the language that its row names; none where it is
        unknown. Several have an id that is spelt alike in each of their languages.

        Raises:
            ValueError: it is a number, or a name, that several tasks share; says which.
        """
        found = self._of_language(self._spelt.get(name, ()), language)
        if found:
            return found
        meaning = _meaning(name)
        found = [] if meaning is None else self._of_meaning(*meaning, language)
        if len(found) > 1:
            some = ", ".join(f"{one[2]} of {one[0]}, {one[1]}" for one in found[:_SHOWN])
            raise ValueError(
                f"the id {name!r} may be {some}: name one --benchmark and one --language, or give"
                " the row its `language`"
            )
        return found

    def in_words(self) -> str:
        """The first and the last id of each benchmark and language."""
        ends: dict[tuple[str, Language], list[str]] = {}
        for keys in self._spelt.values():
            for benchmark, language, name in keys:
                ends.setdefault((benchmark, language), []).append(name)
        return "; ".join(
            f"{benchmark}, {language}: {names[0]} to {names[-1]}"
            for (benchmark, language), names in ends.items()
        )

    def _of_meaning(self, word: str, number: int, language: Language | None) -> list[TaskKey]:
        named = language_of(word) if word else None
        for each in (word, word.removesuffix("+").removesuffix("plus"), named):
            found = self._meant.get((each, number), {}) if each is not None else {}
            if found:
                return self._of_language(found, language)
        return []

    @staticmethod
    def _of_language(keys: Iterable[TaskKey], language: Language | None) -> list[TaskKey]:
        return [key for key in keys if language is None or key[1] is language]


def _meaning(name: str) -> tuple[str, int] | None:
    """The word and the number of an id; None where it has no number."""
    found = _NUMBERED.fullmatch(name.strip().casefold()[:_LONGEST])
    return (_word(found[1]), int(found[2])) if found else None


def _word(text: str) -> str:
    return re.sub(r"[-_ ]", "", text)
