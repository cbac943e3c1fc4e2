"""A model behind a server is evaluated as one of a folder is, and a stop loses no answer."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from sodakd.errors import EndpointError
from sodakd.evaluate.command import evaluate
from sodakd.evaluate.open_model import RemoteModel, model_factory
from sodakd.types import Language
from tests.evaluate.test_benchmarks import settings
from tests.real_data import real_data
from tests.servers.running import serving
from tests.tiny import command

pytestmark = pytest.mark.toolchain


def _keys(out: Path) -> list[tuple[str, int]]:
    rows = [json.loads(line) for line in (out / "samples.jsonl").read_text().splitlines()]
    return [(row["task_id"], row["number"]) for row in rows]


def test_an_evaluation_that_is_killed_goes_on_and_asks_for_nothing_twice(tmp_path: Path) -> None:
    data, out = real_data("humaneval"), tmp_path / "out"
    with serving("--latency", "0.1") as server:
        words = command(
            "eval", "m", "--base-url", server.url, "--data", str(data), "--limit", "30",
            "--n", "2", "--temperature", "0.5", "--max-in-flight", "4", "--out", str(out),
            "--workers", "1",
        )  # fmt: skip
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as first:
            until = time.monotonic() + 60
            kept = out / "samples.jsonl"
            while time.monotonic() < until:
                if kept.exists() and kept.read_bytes().count(b"\n") >= 10:
                    break
                time.sleep(0.02)
            first.send_signal(signal.SIGKILL)
        before = _keys(out)
        assert 10 <= len(before) < 60
        subprocess.run(words, check=True, capture_output=True)
        keys = _keys(out)
        assert set(before) <= set(keys)
        assert keys == sorted(keys)
        assert len(keys) == len(set(keys)) == 60
        # Those in flight at the kill, and one that was delivered and not yet written.
        assert server.books()["delivered"] <= 60 + 4 + 1
    (group,) = json.loads((out / "results.json").read_text())["groups"]
    assert (group["tasks"], group["samples"], group["pass_at"]) == (30, 60, {"1": 0.0})
    verdicts = [json.loads(line) for line in (out / "verdicts.jsonl").read_text().splitlines()]
    assert {(row["task_id"], row["number"]) for row in verdicts} == set(keys)


def test_an_answer_that_could_not_be_had_is_no_wrong_answer(tmp_path: Path) -> None:
    asked = settings("m", "humaneval", real_data("humaneval"), Language.PYTHON, 20)
    with (
        serving("--faults", "bad_request", "--share", "0.2", "--seed", "3") as server,
        pytest.raises(
            EndpointError, match=r"of 20 prompts, the first because: .* all others are kept"
        ),
    ):
        evaluate(asked, tmp_path, model_factory("m", RemoteModel(server.url, "NONE", 1)), 1)
    assert 0 < len(_keys(tmp_path)) < 20
    assert not (tmp_path / "results.json").exists()
    with serving() as server:
        (group,) = evaluate(
            asked, tmp_path, model_factory("m", RemoteModel(server.url, "NONE", 4)), 1
        ).groups
    assert group.samples == 20


@pytest.mark.parametrize("fault", ["bad_request", "filter"])
def test_a_server_that_gives_no_answer_ends_the_evaluation_and_the_same_command_asks_again(
    fault: str, tmp_path: Path
) -> None:
    asked = settings("m", "humaneval", real_data("humaneval"), Language.PYTHON, 3)
    with (
        serving("--faults", fault, "--share", "1") as server,
        pytest.raises(EndpointError) as error,
    ):
        evaluate(asked, tmp_path, model_factory("m", RemoteModel(server.url, "NONE", 1)), 1)
    assert not (tmp_path / "samples.jsonl").exists()
    assert not (tmp_path / "results.json").exists()
    last = (tmp_path / "log.txt").read_text().splitlines()[-1]
    assert last.endswith(f"  error: {' '.join(str(error.value).split())}")
    with serving() as server:
        (group,) = evaluate(
            asked, tmp_path, model_factory("m", RemoteModel(server.url, "NONE", 4)), 1
        ).groups
        assert server.books()["delivered"] == group.samples == 3


def test_answers_that_were_cut_are_counted_and_told(tmp_path: Path) -> None:
    asked = settings("m", "humaneval", real_data("humaneval"), Language.PYTHON, 3)
    with serving("--faults", "length", "--share", "1") as server:
        done = evaluate(asked, tmp_path, model_factory("m", RemoteModel(server.url, "NONE", 4)), 1)
    assert "humaneval, python: 3 of 3 answers were cut at max_new_tokens" in done.remarks
    assert [group.cut for group in done.groups] == [3]
    again = evaluate(
        asked, tmp_path, model_factory("m", RemoteModel("http://localhost:1", "NONE", 4)), 1
    )
    assert again == done
