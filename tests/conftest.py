"""Shared values of the tests."""

import fcntl
import gc
import os
import shutil
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
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_deselected",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with whole runs and with trainings: no long test is left to one process at the end."""
    items.sort(key=lambda item: item.path.parent.name not in {"tests", "training"})


def pytest_collection_finish() -> None:
    """Keep what was imported from the garbage collector: each training runs it a few times."""
    gc.collect()
    gc.freeze()


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

    Not to be changed; `tiny.yaml` is beside. It is run once: each process of xdist has a copy.
    """
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "finished"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "run" / "report.html").exists():
            words = ("run", str(write_recipe(shared)), "--out", str(shared / "run"))
            done = subprocess.run(command(*words), capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    return shutil.copytree(shared, tmp_path_factory.mktemp("own") / "finished") / "run"


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
