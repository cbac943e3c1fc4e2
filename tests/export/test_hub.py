"""Uploads to a hub on loopback, over real HTTP: every file arrives as it is, and nothing else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sodakd.errors import ExportError
from sodakd.export.command import ExportJob, export
from sodakd.export.hub import push
from tests.export.folder import run_with_student
from tests.servers.running import serving
from tests.tiny import sodakd

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
TOKEN = "hf_SecretOfATest"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run. Not to be changed."""
    return run_with_student(tmp_path_factory.mktemp("hub") / "run")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a hub, and the folder in which its repositories appear."""
    folder = tmp_path_factory.mktemp("repositories")
    with serving("--token", TOKEN, "--folder", str(folder), module="hub") as server:
        yield server.url, folder


def environment(url: str, home: Path, token: str = TOKEN) -> dict[str, str]:
    # Without Xet, whose storage has a protocol of its own, the client uploads by Git LFS.
    return {
        "HF_ENDPOINT": url, "HF_TOKEN": token, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1",
        "NO_PROXY": "127.0.0.1",
    }  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.heavy
def test_a_student_arrives_byte_for_byte(run: Path, hub: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = hub
    command = ["export", str(run), "--out", str(tmp_path / "model"), "--push-to-hub", "me/student"]
    done = sodakd(*command, "--private", **environment(url, tmp_path))
    assert done.returncode == 0, done.stderr
    assert f"uploaded: {url}/me/student" in done.stdout
    sent = files(tmp_path / "model")
    assert files(folder / "model" / "me" / "student") == sent
    assert "model.safetensors" in sent
    assert b'name = "me/student"' in sent["README.md"]
    settings = folder / "model" / "me" / "student.settings.json"
    assert json.loads(settings.read_text()) in ({"private": True}, {"visibility": "private"})
    again = sodakd(*command, **environment(url, tmp_path))
    assert again.returncode == 0, again.stderr
    assert files(folder / "model" / "me" / "student") == sent
    requests = [json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()]
    assert {row["path"].partition("?")[0] for row in requests} <= {
        "/api/repos/create", "/api/validate-yaml", "/api/models/me/student/preupload/main",
        "/me/student.git/info/lfs/objects/batch", "/verify",
        "/api/models/me/student/commit/main", "/api/models/me/student",
        *(row["path"] for row in requests if row["path"].startswith("/objects/")),
    }  # fmt: skip
    agents = {
        row["headers"].get("user-agent", row["headers"].get("User-Agent")) for row in requests
    }
    assert not [agent for agent in agents if "torch" in agent or "telemetry" in agent]


def test_a_dataset_arrives_byte_for_byte(run: Path, hub: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = hub
    done = sodakd(
        "export", str(run), "--dataset", "preference", "--out", str(tmp_path / "pairs"),
        "--push-to-hub", "me/pairs", **environment(url, tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "uploaded:" in done.stdout
    assert files(folder / "dataset" / "me" / "pairs") == files(tmp_path / "pairs")


@pytest.mark.parametrize(
    ("repo", "token", "says"),
    [
        ("me/other", "hf_wrong", "me/other was not uploaded"),
        ("forbidden/other", TOKEN, "You don't have the rights"),
        ("me/other", "", "set HF_TOKEN"),
    ],
)
def test_a_refusal_is_one_clear_error_without_the_token(
    run: Path, hub: tuple[str, Path], tmp_path: Path, repo: str, token: str, says: str
) -> None:
    url, folder = hub
    done = sodakd(
        "export", str(run), "--out", str(tmp_path / "model"), "--push-to-hub", repo,
        **environment(url, tmp_path / "home", token),
    )  # fmt: skip
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr
    assert (tmp_path / "model" / "model.safetensors").exists()
    assert not (folder / "model" / "me" / "other" / "README.md").exists()


def test_a_hub_that_is_not_there_is_one_clear_error(run: Path, tmp_path: Path) -> None:
    done = sodakd(
        "export", str(run), "--out", str(tmp_path / "model"), "--push-to-hub", "me/student",
        **environment("http://127.0.0.1:9", tmp_path),
    )  # fmt: skip
    assert done.returncode == 2
    assert "me/student was not uploaded (ConnectError" in done.stderr
    assert "The folder is whole" in done.stderr


def test_a_name_that_the_hub_cannot_have_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(ExportError, match=r"no such name was not uploaded \(HFValidationError"):
        push(tmp_path, "no such name")


HERE = Path()


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (ExportJob(HERE, HERE, private=True), "--private is for --push-to-hub"),
        (ExportJob(HERE, HERE, provenance=True), "--provenance is for --dataset"),
        (ExportJob(HERE, HERE, gguf_python=Path("python3")), "are for --gguf"),
        (ExportJob(HERE, HERE, dataset="preference", gguf="auto"), "--gguf is for a student"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    run: Path, tmp_path: Path, job: ExportJob, says: str
) -> None:
    with pytest.raises(ExportError, match=says):
        list(export(replace(job, run=run, out=tmp_path / "model")))
    assert not (tmp_path / "model").exists()
