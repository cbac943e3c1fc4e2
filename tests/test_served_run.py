"""A whole run over real HTTP: a tiny teacher behind `transformers serve`, killed between calls."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sodakd.jsonl import read_rows
from sodakd.records import Feedback
from sodakd.teacher.spend_report import spend_by
from sodakd.types import PreferencePair, Question
from tests.real_data import real_data
from tests.servers.transformers_serve import Served, serving_model
from tests.tiny import ROOT, command, sodakd

pytestmark = [pytest.mark.slow, pytest.mark.toolchain, pytest.mark.timeout(1800)]
pytest.importorskip(
    "fastapi", reason="transformers serve needs pip install 'transformers[serving]'"
)
pytest.importorskip(
    "uvicorn", reason="transformers serve needs pip install 'transformers[serving]'"
)

SMALL = (
    "questions.tests=none", "delivery.unverified_faults=keep",
    "teacher.max_tokens=160", "teacher.timeout=300",
    "teacher.prompt_price=0.15", "teacher.completion_price=0.60",
    "questions.seeds=30", "questions.hold_out=6", "questions.max_words=40",
    "base.questions=60", "base.shape.max_position_embeddings=1024", "base.training.max_steps=4",
    "delivery.solve_attempts=2", "delivery.fault_attempts=2", "training.max_steps=4",
    "feedback.probes=6", "feedback.max_new_tokens=16", "evaluation.max_new_tokens=16",
    "update.new_questions=8", "update.near_duplicate=0.95",
)  # fmt: skip


def run_on(model: Path, url: str, source: Path, out: Path, *others: str) -> list[str]:
    """The shipped recipe for such a server, made small."""
    place = (f"teacher.model={model}", f"teacher.base_url={url}", f"questions.source={source}")
    recipe = str(ROOT / "recipes" / "local-server.yaml")
    return command("run", recipe, *place, *SMALL, *others, "--out", str(out))


def make_teacher(source: Path, folder: Path, steps: int) -> Path:
    from tests.servers.tiny_teacher import make

    make(source, folder, steps)
    return folder


@pytest.fixture(scope="module")
def source() -> Path:
    return real_data("codealpaca/code_alpaca_2k.json")


@pytest.fixture(scope="module")
def trained(
    source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Served]]:
    folder = tmp_path_factory.mktemp("trained")
    model = make_teacher(source, folder / "model", 300)
    with serving_model(model, folder / "server.log") as served:
        yield model, served


def kill_in_mid_call(words: list[str], served: Served, after: int) -> None:
    """Start the run, and kill it with calls in flight of which none was delivered."""
    before = sum(served.counts().asked.values())
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 400
        while sum(served.counts().asked.values()) < before + after:
            assert process.poll() is None, "the run ended before it was killed"
            assert time.monotonic() < until
            time.sleep(0.05)
        served.hold()
        time.sleep(1.0)  # what was delivered is on the client's disk
        assert served.counts().in_flight > 0
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    served.go()


def test_two_cycles_killed_in_mid_call_ask_nothing_twice(
    trained: tuple[Path, Served], source: Path, tmp_path: Path
) -> None:
    model, served = trained
    out = tmp_path / "run"
    words = run_on(model, served.url, source, out)
    kill_in_mid_call(words, served, 20)
    kill_in_mid_call(words, served, 25)
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    counts = served.counts()
    assert max(counts.delivered.values()) == 1
    *_, books = spend_by(out / "ledger.sqlite", "run")
    assert sum(counts.delivered.values()) == books.calls
    assert 0 < books.lost <= 2 * 10  # what was in flight at the two kills, or the next to be sent
    assert books.calls <= sum(counts.asked.values()) <= books.calls + books.lost
    assert len(read_rows(out / "soda/cycle-1/pairs.jsonl", PreferencePair)) > 6
    assert len(read_rows(out / "soda/cycle-1/questions.jsonl", Question)) > 2
    assert len(read_rows(out / "soda/cycle-2/pairs.jsonl", PreferencePair)) > 1
    for cycle in (1, 2):
        graded = read_rows(out / f"soda/cycle-{cycle}/feedback.jsonl", Feedback)
        assert sum(row.score is not None for row in graded) > len(graded) / 2
    weights = [
        out / step / "student/model.safetensors"
        for step in ("base", "soda/cycle-1", "soda/cycle-2")
    ]
    assert len({path.read_bytes() for path in weights}) == 3
    assert (out / "student" / "model.safetensors").exists()
    assert (out / "report.html").exists()
    print(sodakd("ledger", str(out), "--by", "ask").stdout, counts.statuses)


def test_a_teacher_that_says_nothing_readable_ends_the_run_with_the_counts(
    source: Path, tmp_path: Path
) -> None:
    model = make_teacher(source, tmp_path / "model", 0)
    with serving_model(model, tmp_path / "server.log") as served:
        words = run_on(model, served.url, source, tmp_path / "run", "teacher.max_tokens=24")
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 2, done.stderr
    assert "the first cycle holds no pair" in done.stderr
    assert "solution_unreadable 48" in done.stderr
    assert "Traceback" not in done.stderr
