"""Engines in processes of their own: a stale one is stopped, and none outlives its student."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from sodakd.errors import EndpointError, ModelError
from sodakd.inference.canary import read_canary
from sodakd.inference.model_server import Command, Server
from sodakd.methods.engines import LOG, StudentEngine
from sodakd.settings.generation import GenerationSettings
from tests import tiny_models
from tests.inference.small import keep_canary, nudge, write_lively
from tests.servers.running import ROOT, serving

pytestmark = pytest.mark.heavy

OURS = (sys.executable, "-m", "tests.servers.model", "{model}", "--port", "{port}")
PROMPTS = ["Add two numbers.", "Say hello.", "Count the vowels of a word."]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def student(tmp_path: Path) -> Path:
    folder = write_lively(tmp_path / "student")
    keep_canary(folder)
    return folder


@contextmanager
def students(folder: Path, **fields: object) -> Iterator[StudentEngine]:
    """Engines of these settings, closed at the end."""
    found = StudentEngine(GenerationSettings.model_validate(fields), 1, folder)
    try:
        yield found
    finally:
        found.close()


def trained_on(folder: Path) -> None:
    """Change the weights in place, as a cycle does, and keep what they say now."""
    nudge(folder, 0.02)
    keep_canary(folder)


def test_a_stale_engine_is_stopped_and_a_fresh_one_answers_as_transformers_does(
    student: Path, tmp_path: Path
) -> None:
    before = read_canary(student)
    with serving(str(student), module="model") as server:
        fields = {"backend": "server", "base_urls": server.url}
        with students(tmp_path, **fields) as opened:
            assert "tokens are the same to" in opened.open(student).checked
        trained_on(student)
        assert read_canary(student) != before
        with (
            students(tmp_path, **fields) as opened,
            pytest.raises(ModelError, match="start a fresh engine on the student's folder"),
        ):
            opened.open(student)
    answers = []
    kinds: tuple[dict[str, object], ...] = ({}, {"backend": "server", "command": OURS})
    for kind in kinds:
        with students(tmp_path, **kind) as opened:
            engine = opened.open(student)
            assert opened.open(student) is engine
            assert "tokens are the same to" in engine.checked
            answers.append(engine.model.generate(PROMPTS, max_new_tokens=12))
    assert answers[0] == answers[1]
    assert "the canary's" in (tmp_path / LOG).read_text()


def test_without_log_probabilities_the_texts_are_compared_and_it_is_said(
    student: Path, tmp_path: Path
) -> None:
    with serving(str(student), "--no-logprobs", module="model") as server:
        fields = {"backend": "server", "base_urls": server.url}
        with students(tmp_path, **fields) as opened:
            assert "texts are the same (the engine tells no log" in opened.open(student).checked
        shutil.rmtree(student)
        keep_canary(write_lively(student, seed=9))
        with students(tmp_path, **fields) as opened, pytest.raises(ModelError, match="it answers"):
            opened.open(student)


def test_a_server_ends_before_the_next_student_is_opened_and_when_it_fails_its_canary(
    student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_lively(tmp_path / "other", seed=3)
    keep_canary(other)
    nudge(other, 0.5)  # and the canary is that of before
    started: list[subprocess.Popen[bytes]] = []
    begin = Server.start

    def start(self: Server) -> str:
        url = begin(self)
        assert self._process is not None
        started.append(self._process)
        return url

    monkeypatch.setattr(Server, "start", start)
    with students(tmp_path, backend="server", command=OURS) as opened:
        opened.open(student)
        with pytest.raises(ModelError, match="answers with other weights"):
            opened.open(other)
        assert [process.poll() is not None for process in started] == [True, True]


def test_a_folder_without_a_canary_is_no_student_of_a_server(tmp_path: Path) -> None:
    folder = write_lively(tmp_path / "bare")
    with students(tmp_path) as opened:
        assert opened.open(folder).checked.startswith("the folder has no canary; float32 on ")
    with (
        students(tmp_path, backend="server", base_urls=["http://127.0.0.1:9/v1"]) as opened,
        pytest.raises(ModelError, match=r"has no canary\.json"),
    ):
        opened.open(folder)


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with serving() as server:
        port = int(server.url.split(":")[2].partition("/")[0])
        command = Command(OURS, "student", port, 20.0, tmp_path / "log", "generation")
        with pytest.raises(EndpointError, match=f"a server answers at port {port} already"):
            Server(command).start()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"backend": "server"}, "needs generation.command"),
        ({"backend": "vllm", "base_urls": "http://x/v1"}, "is for backend server"),
        ({"base_urls": "http://x/v1"}, "is for backend server or vllm, not transformers"),
        ({"backend": "vllm", "batch_size": 3}, "is for backend transformers, not vllm"),
        ({"backend": "server", "base_urls": "http://x/v1", "port": 1}, "set one of them"),
        ({"backend": "server", "base_urls": "http://x/v1", "workers": 2}, "set one of them"),
        ({"backend": "server", "base_urls": ["http://x/v1", "http://x/v1"]}, "twice: once is"),
        ({"device": "cuda:1", "workers": 2}, "names one device, cuda:1"),
    ],
)
def test_settings_that_do_not_fit_the_backend_are_refused(
    fields: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        GenerationSettings.model_validate(fields)


TRANSFORMERS = shutil.which("transformers", path=str(Path(sys.executable).parent))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(
    TRANSFORMERS is None or importlib.util.find_spec("fastapi") is None,
    reason="needs `transformers serve`: pip install 'transformers[serving]'",
)
def test_transformers_serve_goes_on_with_old_weights_and_is_caught(
    student: Path, tmp_path: Path
) -> None:
    assert TRANSFORMERS is not None
    command = (TRANSFORMERS, "serve", "{model}", "--port", "{port}", "--device", "cpu")
    server = Server(Command(command, str(student), None, 300.0, tmp_path / "serve.log"))
    fields = {"backend": "server", "base_urls": server.start()}
    with students(tmp_path, **fields) as opened:
        assert "texts are the same" in opened.open(student).checked
    shutil.rmtree(student)
    keep_canary(write_lively(student, seed=9))
    with students(tmp_path, **fields) as opened, pytest.raises(ModelError, match="it answers"):
        opened.open(student)
    server.stop()
    with students(tmp_path, backend="server", command=command) as opened:
        assert "texts are the same" in opened.open(student).checked


VLLM = os.environ.get("SODAKD_TEST_VLLM", "")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(
    not VLLM, reason="SODAKD_TEST_VLLM does not name a Python of an environment with vLLM"
)
def test_vllm_answers_as_the_trainer_does_and_a_stale_one_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = tiny_models._shape
    wide = {"hidden_size": 128, "num_attention_heads": 2}  # vLLM knows no heads below 32
    monkeypatch.setattr(tiny_models, "_shape", lambda vocab: {**shape(vocab), **wide})
    student = write_lively(tmp_path / "student")
    keep_canary(student)
    words = (VLLM, "-m", "vllm.entrypoints.openai.api_server", "--model", "{model}")
    place = ("--host", "127.0.0.1", "--port", "{port}", "--max-model-len", "256")
    # To compile takes minutes on a CPU, and the memory is not vLLM's alone.
    command = (*words, *place, "--enforce-eager", "--gpu-memory-utilization", "0.2")
    with students(tmp_path) as opened:
        expected = opened.open(student).model.generate(PROMPTS, max_new_tokens=12)
    with students(tmp_path, backend="vllm", command=command) as opened:
        engine = opened.open(student)
        assert "tokens are the same to" in engine.checked
        answers = engine.model.generate(PROMPTS, max_new_tokens=12)
        # vLLM holds back the bytes of a letter that is not whole yet.
        assert [each.text for each in answers] == [each.text.rstrip("\ufffd") for each in expected]
        client = engine.model
        trained_on(student)
        canary = read_canary(student)
        assert canary is not None
        with pytest.raises(ModelError, match="answers with other weights"):
            client.check(canary, canary.tolerance("float32"))  # type: ignore[attr-defined]
        opened.close()
        assert "tokens are the same to" in opened.open(student).checked
