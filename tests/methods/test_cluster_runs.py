"""Commands on the nodes of a Ray cluster (of this machine): side by side, and as a group."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sodakd.errors import RunError
from sodakd.methods.cluster_runs import run_group, run_on_cluster
from sodakd.methods.side_runs import SideRun
from tests import warm
from tests.ray_nodes import Nodes, cluster, nodes
from tests.test_compare import finished, words_of
from tests.tiny import sodakd_looks, write_recipe

__all__ = ["cluster", "finished", "nodes"]

pytestmark = [
    pytest.mark.toolchain,
    pytest.mark.filterwarnings("ignore"),  # Ray's own
    pytest.mark.timeout(600),
]

CLOCKS = {"manifest.jsonl", "events.jsonl", "log.jsonl"}
"""Files that tell times as well."""


def _untold(name: str, line: str) -> None:
    """It stands in its log."""


def test_commands_run_on_the_nodes_and_one_that_fails_stops_no_other(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[tuple[str, str]] = []
    wrong = SideRun("wrong", Path("logs/wrong.log"), ["run", "missing.yaml"])
    right = [SideRun(str(n), Path(f"logs/{n}.log"), ["cost", "--help"]) for n in range(3)]
    failed = run_on_cluster([wrong, *right], 1, lambda *line: said.append(line), nodes.address)
    assert list(failed) == ["wrong"]
    assert "missing.yaml" in failed["wrong"]
    assert said[0] == ("wrong", f"error: {failed['wrong']}")
    assert not list(tmp_path.glob(".sodakd-*"))


def test_a_folder_that_the_nodes_do_not_see_is_told(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "touch", lambda _, **__: None)  # as on a disk of this machine alone
    monkeypatch.setattr(Path, "unlink", lambda _, **__: None)
    monkeypatch.setattr("sodakd.methods.cluster_runs._PATIENCE", 0.0)
    with pytest.raises(RunError, match=r"does not see .*: the folder has to be on a disk of all"):
        run_group(["cost"], tmp_path / "logs", 2, _untold, nodes.address)


def _killing(words: tuple[str, ...], line: str, kill: Callable[[], None]) -> tuple[int, str]:
    """The exit status of a command, and what it told; a node is killed once it tells a line."""
    read, write = os.pipe()
    told, killed = "", False
    with Path(os.devnull).open("wb") as null, os.fdopen(read, encoding="utf-8") as errors:
        process = warm.start(words, os.environ, null.fileno(), write, warm.LOOKS)
        os.close(write)
        for each in errors:
            told += each
            if line in each and not killed:
                kill()
                killed = True
        assert killed, told
        return process.wait(), told


@pytest.mark.slow
def test_a_comparison_that_loses_a_node_ends_in_the_same_bytes(
    nodes: Nodes, finished: Path, tmp_path: Path
) -> None:
    words = (*words_of(finished.parent, tmp_path / "out"), "--ray", nodes.address)
    status, told = _killing(words, "seed 1  soda/cycle-1/pairs", nodes.kill_one)
    assert status == 0, told
    assert "is lost; it goes on elsewhere" in told
    for name in ("compare.json", "compare.html"):
        assert (tmp_path / "out" / name).read_bytes() == (finished / name).read_bytes()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny recipe's run on this machine."""
    folder = tmp_path_factory.mktemp("alone")
    done = sodakd_looks("run", str(write_recipe(folder)), "--out", str(folder / "out"))
    assert done.returncode == 0, done.stderr
    return folder / "out"


def _rows(run: Path) -> dict[str, bytes]:
    """What a run's steps came to, by file."""
    found = sorted(run.glob("*/**/*.jsonl"))
    kept = [path for path in found if path.name not in CLOCKS]
    return {str(path.relative_to(run)): path.read_bytes() for path in kept}


@pytest.mark.slow
@pytest.mark.parametrize("step", ["pairs", "evaluation", "feedback", "questions"])
def test_a_run_that_loses_a_node_in_a_stage_ends_in_the_same_rows(
    nodes: Nodes, alone: Path, tmp_path: Path, step: str
) -> None:
    out = tmp_path / "out"
    words = ("run", str(write_recipe(tmp_path)), "--out", str(out), "--ray", nodes.address)
    status, told = _killing(words, f"soda/cycle-1/{step}", nodes.kill_one)
    assert status == 0, told
    assert _rows(out) == _rows(alone)


@pytest.mark.slow
def test_a_group_that_loses_a_node_says_which_and_goes_on(
    nodes: Nodes, alone: Path, tmp_path: Path
) -> None:
    recipe, out = str(write_recipe(tmp_path)), tmp_path / "out"
    words = ("run", recipe, "--out", str(out), "--ray", nodes.address, "--processes", "2")
    status, told = _killing(words, "soda/cycle-1/student", nodes.kill_one)
    assert status == 2, told
    assert "error: rank " in told
    assert "the logs of all: " in told
    again = sodakd_looks(*words)
    assert again.returncode == 0, again.stderr
    assert _rows(out) == _rows(alone)


def test_an_address_without_a_cluster_is_told_before_anything_begins(tmp_path: Path) -> None:
    recipe, out = str(write_recipe(tmp_path)), tmp_path / "out"
    for words in (("run", recipe, "--processes", "2"), ("compare", recipe, "--seeds", "0")):
        said = sodakd_looks(*words, "--ray", "127.0.0.1:1", "--out", str(out))
        assert said.returncode == 2
        assert "no Ray cluster at 127.0.0.1:1 (--ray): [Errno 111]" in said.stderr
        assert "write HOST:PORT as `ray start` tells it" in said.stderr
    assert not out.exists()
    checked = sodakd_looks("check", recipe, "judge.ray=ray://x:1", "generation.ray=foo")
    assert checked.returncode == 2
    assert checked.stderr.count("write auto, or HOST:PORT as `ray start` tells") == 2
