"""Shared values of the tests."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sodakd.judge.worker_process import Worker
from sodakd.types import CallTests, Language, Question, TestCase
from tests import warm
from tests.summary import (
    pytest_configure,
    pytest_deselected,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)
from tests.tiny import command, write_recipe

__all__ = [
    "pytest_configure",
    "pytest_deselected",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]


@pytest.fixture(autouse=True, scope="session")
def _warm_ends() -> Iterator[None]:
    yield
    warm.stop()


@pytest.fixture(autouse=True)
def _sandbox_is_named(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that starts the sandbox is marked so, for a plain `pytest` is to need no compiler."""
    if request.node.get_closest_marker("toolchain") is None:

        def start(_: Worker) -> None:
            raise AssertionError("this test runs programs: mark it with pytest.mark.toolchain")

        monkeypatch.setattr(Worker, "start", start)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny run that was never stopped, started as a user would start it.

    Not to be changed; `tiny.yaml` is beside.
    """
    folder = tmp_path_factory.mktemp("finished")
    words = ("run", str(write_recipe(folder)), "--out", str(folder / "run"))
    done = subprocess.run(command(*words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture
def question() -> Question:
    """A question with two tests."""
    return Question.new(
        text="Write a function total(xs) that adds up a list of integers.",
        language=Language.PYTHON,
        tests=CallTests(
            entry_point="total",
            cases=(
                TestCase(arguments=([1, 2, 3],), expected=6),
                TestCase(arguments=([],), expected=0),
            ),
        ),
        source="hand",
        level=1,
    )
