"""Shared values of the tests."""

import pytest

from sodakd.types import Case, Language, Question, Tests


@pytest.fixture
def question() -> Question:
    """A question with two tests."""
    return Question.new(
        text="Write a function total(xs) that adds up a list of integers.",
        language=Language.PYTHON,
        tests=Tests(
            entry_point="total",
            cases=(Case(arguments=([1, 2, 3],), expected=6), Case(arguments=([],), expected=0)),
        ),
        source="hand",
        level=1,
    )
