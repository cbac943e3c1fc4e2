"""Contamination that is known is found, each kind by the method that is meant for it."""

import pytest

from sodakd.dedup.leaks import BenchmarkIndex, LeakLimits
from sodakd.types import Language, Question
from tests.dedup.test_word_hashes import WIDE

TASK = '''def has_gap(numbers: list[int], threshold: int) -> bool:
    """Check whether two neighbours in the given list of numbers are further apart than the
    given threshold.
    >>> has_gap([1, 9, 4, 20], 15)
    True
    >>> has_gap([3, 8, 2], 7)
    False
    """
    return any(abs(a - b) > threshold for a, b in zip(numbers, numbers[1:]))
'''
SAID = (
    "Check whether two neighbours in the given list of numbers are further apart than the given"
    " threshold."
)
EXAMPLES = "> f([1,9,4,20], 15)\ntrue\n> f([3,8,2], 7)\nfalse"


def question(text: str, answer: str | None = None, source: str = "rows#1") -> Question:
    made = Question.new(text=text, language=Language.PYTHON, tests=None, source=source, level=None)
    return made.model_copy(update={"reference": answer})


INDEX = BenchmarkIndex(
    [
        question("Sort the words of a sentence by their length, and join them by dashes again"),
        question(f"{SAID}\n{EXAMPLES}", TASK, "humaneval"),
    ],
    LeakLimits(),
)


def methods(text: str, answer: str | None = None) -> set[str]:
    found = INDEX.leaks(question(text, answer))
    assert {leak.task.source for leak in found} <= {"humaneval"}
    return {leak.method for leak in found}


def test_a_copy_is_found_by_every_method() -> None:
    assert methods(f"{SAID}\n{EXAMPLES}", TASK) == {
        "exact", "code", "ngram", "jaccard", "rouge", "values",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "answer", "method"),
    [
        (f"{SAID.upper()} Use Java.", None, "ngram"),
        (SAID.translate(WIDE), None, "exact"),
        (f"Please solve this for me, I am in a hurry and need it today. {SAID}", None, "ngram"),
        (SAID.replace("neighbours", "members").replace("further", "more"), None, "rouge"),
        (f"Prüfe, ob zwei Nachbarn weit voneinander sind.\n{EXAMPLES}", None, "values"),
        ("Is there a jump?", TASK.replace("numbers", "xs").replace("has_gap", "g"), "code"),
    ],
)
def test_a_disguised_task_is_found(text: str, answer: str | None, method: str) -> None:
    assert method in methods(text, answer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Write a function that checks whether a given list of numbers is sorted",
        "Given a list of numbers and a threshold, count those above the threshold",
        "f([1, 2, 3], 4) -> true",
    ],
)
def test_what_only_sounds_like_a_task_is_none(text: str) -> None:
    assert methods(text, "print(sorted([1, 2, 3]))") == set()


def test_a_method_that_is_not_asked_says_nothing() -> None:
    limits = LeakLimits(exact=False, code=False, ngram=None, jaccard=None, values=None)
    index = BenchmarkIndex([question(SAID, TASK)], limits)
    assert [leak.method for leak in index.leaks(question(SAID, TASK))] == ["rouge"]
