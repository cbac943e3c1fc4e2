"""A student in several processes: they come to one's answers, also where one of them is killed."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sodakd.errors import EndpointError
from sodakd.inference.protocols import Generation
from sodakd.methods.engines import LOG, Engine, StudentEngine
from sodakd.settings.generation import GenerationSettings
from tests.inference.small import keep_canary, nudge, write_lively
from tests.servers.running import ROOT

pytestmark = pytest.mark.heavy

WORKER = "sodakd.inference.worker"
PROMPTS = [f"Add {number} to {'x ' * (number % 7)}." for number in range(60)]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_lively(tmp_path_factory.mktemp("workers") / "student")
    keep_canary(folder)
    return folder


def engine(folder: Path, tell: Callable[[str], None] = print, **fields: object) -> StudentEngine:
    settings = GenerationSettings.model_validate({"device": "cpu", "batch_size": 4, **fields})
    return StudentEngine(settings, 1, folder, tell)


def workers() -> list[psutil.Process]:
    """The processes of this one's that answer."""
    found = [(each, str(each.cmdline())) for each in psutil.Process().children(recursive=True)]
    return [each for each, words in found if WORKER in words and "supervise" not in words]


@pytest.fixture(scope="module")
def expected(student: Path, tmp_path_factory: pytest.TempPathFactory) -> list[list[Generation]]:
    """What one process answers: greedily, and drawn."""
    alone = engine(tmp_path_factory.mktemp("alone"))
    return answers(alone.open(student))


def answers(opened: Engine) -> list[list[Generation]]:
    return [
        opened.model.generate(PROMPTS, max_new_tokens=24, temperature=temperature, seed=3)
        for temperature in (0.0, 0.8)
    ]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[StudentEngine, list[str]]]:
    """Two workers, and what is told of them; none of them lives on."""
    told: list[str] = []
    found = engine(tmp_path, told.append, workers=2)
    yield found, told
    found.close()
    assert workers() == []


def test_two_workers_answer_as_one_process_and_a_killed_ones_prompts_go_to_the_other(
    student: Path,
    expected: list[list[Generation]],
    two: tuple[StudentEngine, list[str]],
    tmp_path: Path,
) -> None:
    opened, told = two
    model = opened.open(student)
    assert "tokens are the same to" in model.checked
    assert model.checked.endswith("on each of 2 servers")
    assert [said.usage for said in expected[0]] == [
        said.usage for said in model.model.generate(PROMPTS, max_new_tokens=24)
    ]
    assert answers(model) == expected
    first, second = workers()
    came: list[int] = []

    def take(number: int, _: Generation) -> None:
        came.append(number)
        if len(came) == 20:
            os.kill(first.pid, signal.SIGKILL)

    again = model.model.generate(PROMPTS, max_new_tokens=24, on_generation=take)
    assert again == expected[0]
    assert sorted(came) == list(range(len(PROMPTS)))
    (line,) = told
    assert line.startswith("worker ")
    assert " is lost, and what it was asked goes to the other one: its process ended with" in line
    assert line in (tmp_path / LOG).read_text()
    second.kill()
    with pytest.raises(EndpointError, match="none of the 2 servers of the student is left"):
        model.model.generate(PROMPTS, max_new_tokens=24)


def test_workers_in_half_precision_answer_through_the_queue_and_mostly_as_one_process(
    student: Path, tmp_path: Path
) -> None:
    alone = engine(tmp_path, dtype="bfloat16")
    expected = alone.open(student).model.generate(PROMPTS[:24], max_new_tokens=12)
    alone.close()
    opened = engine(tmp_path, dtype="bfloat16", workers=2)
    try:
        found = opened.open(student).model.generate(PROMPTS[:24], max_new_tokens=12)
    finally:
        opened.close()
    assert "through a queue" in (tmp_path / "generation-2.log").read_text()
    alike = sum(one == other for one, other in zip(found, expected, strict=True))
    assert alike >= 0.7 * len(found)


def test_workers_whose_student_has_other_weights_than_its_canary_are_refused_and_ended(
    two: tuple[StudentEngine, list[str]], tmp_path: Path
) -> None:
    changed = write_lively(tmp_path / "changed", seed=3)
    keep_canary(changed)
    nudge(changed, 0.5)
    with pytest.raises(Exception, match=r"worker 1 of 2 .* answers with other weights"):
        two[0].open(changed)
