"""`sodakd table` for real, with models that a server plays."""

import csv
import io
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sodakd.report.model_table import ModelTable
from tests.leaderboard.adders import COUNT, share, write_benchmarks, write_models
from tests.servers.running import Running, serving
from tests.tiny import command, sodakd

pytestmark = [pytest.mark.toolchain, pytest.mark.heavy]
MODELS = ("all", "odd", "even", "none")
FILES = ("table.json", "settings.json")
ROW_FILES = ("settings.json", "samples.jsonl", "verdicts.jsonl", "findings.jsonl", "results.json")


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving("--latency", "0.02", module="solver") as running:
        yield running


def words_for(folder: Path, server: Running, out: str, *more: str) -> list[str]:
    """The command for a table of four models over two benchmarks, with static tools."""
    models = folder / "models.yaml"
    if not models.exists():
        write_benchmarks(folder / "data")
        write_models(
            models, server.url, *MODELS, all="price: {prompt: 1.0, completion: 10.0}, licence: mit"
        )
    return [
        "table", str(models), "--benchmark", "humaneval", "--benchmark", "humaneval-x",
        "--language", "python", "--data", str(folder / "data"), "--out", str(folder / out),
        "--workers", "1", "--lint", *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def finished(server: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that was never stopped."""
    folder = tmp_path_factory.mktemp("table")
    done = sodakd(*words_for(folder, server, "whole", "--against", "odd"))
    assert done.returncode == 0, done.stderr
    assert "even  the model has answered: humaneval-x, python, all" in done.stderr
    return folder / "whole"


def read(out: Path) -> ModelTable:
    return ModelTable.model_validate_json((out / "table.json").read_bytes())


def contents(out: Path) -> dict[str, bytes]:
    """The bytes of all that the answers decide."""
    rows = [out / "rows" / name / file for name in MODELS for file in ROW_FILES]
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in (*(out / name for name in FILES), *rows)
    }


def test_a_model_has_its_rate_interval_tokens_and_price_best_first(finished: Path) -> None:
    found = read(finished)
    rates = {row.entry.name: row.groups[0].pass_at[1] for row in found.rows}
    assert rates == {name: pytest.approx(share(name)) for name in MODELS}
    assert [row.entry.name for row in found.rows][::3] == ["all", "none"]
    assert not found.missing
    first = found.rows[0]
    groups = ["average", "humaneval Python", "humaneval-x Python"]
    assert [group.group for group in first.groups] == groups
    assert first.groups[1].low < 1 == first.groups[1].high
    assert first.completion_tokens == 10 + (COUNT - 1) / 2
    assert first.prompt_tokens is not None
    assert first.price == pytest.approx(
        1000 * (first.prompt_tokens * 1.0 + first.completion_tokens * 10.0) / 1e6
    )
    assert first.findings is not None
    assert sum(first.findings.model_dump().values()) == first.answers == 2 * COUNT
    assert found.rows[-1].outcomes == {"wrong_answer": 2 * COUNT}


def test_each_model_is_held_against_the_chosen_one_on_the_same_tasks(finished: Path) -> None:
    found = {row.entry.name: row.differences for row in read(finished).rows}
    assert not found["odd"]
    average, *languages = found["even"]
    assert average.test == "permutation"
    for each in languages:
        assert (each.test, each.won, each.lost, each.difference) == ("mcnemar", 3, 3, 0.0)
    for each in found["all"]:
        assert each.difference == pytest.approx(0.5)
        assert each.p <= each.p_holm


def test_markdown_and_csv_say_the_same(finished: Path) -> None:
    assert "| all | 100.0 (" in (finished / "table.md").read_text()
    rows = {
        row["name"]: row
        for row in csv.DictReader(io.StringIO((finished / "table.csv").read_text()))
    }
    assert {name: float(row["average pass@1"]) for name, row in rows.items()} == {
        name: pytest.approx(share(name)) for name in MODELS
    }
    took = json.loads((finished / "measured.json").read_text())
    assert float(rows["all"]["seconds"]) == took["all"]["seconds"] > 0
    assert took["all"]["answers"] == 2 * COUNT


def test_two_shards_merged_are_one_run(finished: Path, server: Running, tmp_path: Path) -> None:
    for shard in ("0/2", "1/2"):
        out = str(tmp_path / shard[0])
        words = words_for(finished.parent, server, out, "--shard", shard)
        done = sodakd(*words)
        assert done.returncode == 0, done.stderr
        assert len(read(tmp_path / shard[0]).missing) == 2
    whole = tmp_path / "whole"
    shards = [word for name in "10" for word in ("--merge", str(tmp_path / name))]
    done = sodakd("table", *shards, "--out", str(whole), "--against", "odd")
    assert done.returncode == 0, done.stderr
    assert contents(whole) == contents(finished)


def test_rows_of_one_run_that_are_parted_and_merged_are_the_same_files(
    finished: Path, tmp_path: Path
) -> None:
    done = sodakd("table", "--merge", str(finished), "--out", str(tmp_path), "--against", "odd")
    assert done.returncode == 0, done.stderr
    for name in ("table.json", "measured.json", "table.csv", "table.md"):
        assert (tmp_path / name).read_bytes() == (finished / name).read_bytes(), name


def test_a_table_killed_in_the_middle_ends_in_the_same_bytes(
    finished: Path, server: Running, tmp_path: Path
) -> None:
    words = words_for(finished.parent, server, str(tmp_path / "out"), "--against", "odd")
    kept = tmp_path / "out/rows/odd/samples.jsonl"
    with subprocess.Popen(
        command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as first:  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until and not (kept.exists() and kept.stat().st_size):
            time.sleep(0.005)
        first.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out/table.json").exists()
    before = server.books()["delivered"]
    done = sodakd(*words)
    assert done.returncode == 0, done.stderr
    assert "1 of 4 rows are finished, and read" in done.stderr
    assert contents(tmp_path / "out") == contents(finished)
    assert server.books()["delivered"] - before < 3 * 2 * COUNT, "what was answered is asked again"


def test_a_row_that_does_not_load_stops_no_other_is_told_and_tried_again(
    server: Running, tmp_path: Path
) -> None:
    write_benchmarks(tmp_path / "data")
    models = write_models(tmp_path / "models.yaml", server.url, "all", "odd")
    folder = tmp_path / "damaged"
    folder.mkdir()
    broken = f"  - {{name: broken, model: '{folder}'}}\n"
    models.write_text(models.read_text().replace("models:\n", f"models:\n{broken}"))
    words = [
        "table", str(models), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"),
        "--workers", "1",
    ]  # fmt: skip
    done = sodakd(*words)
    assert done.returncode == 2
    assert "1 of 3 rows failed" in done.stderr
    assert f"broken: {folder} holds no config.json" in done.stderr
    found = read(tmp_path / "out")
    assert [row.entry.name for row in found.rows] == ["all", "odd"]
    assert "holds no config.json" in found.missing["broken"]
    assert "broken" in (tmp_path / "out/table.md").read_text()
    models.write_text(models.read_text().replace(broken, ""))
    write_models(tmp_path / "models.yaml", server.url, "all", "odd", "broken", broken="")
    again = sodakd(*words, "--at", "broken=even")
    assert again.returncode == 0, again.stderr
    assert read(tmp_path / "out").missing == {}


def test_several_answers_to_a_task_and_code_to_continue(server: Running, tmp_path: Path) -> None:
    write_benchmarks(tmp_path / "data")
    models = write_models(
        tmp_path / "models.yaml", server.url, "all", "seeded", seeded="prompt: continue"
    )
    done = sodakd(
        "table", str(models), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"),
        "--workers", "1", "--n", "2", "--temperature", "0.8", "--against", "all",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (best, other) = read(tmp_path / "out").rows
    assert (best.entry.name, other.entry.name) == ("all", "seeded")
    assert other.entry.prompt == "continue"
    assert 0 < other.groups[0].pass_at[1] < 1
    (difference,) = other.differences
    assert difference.difference == pytest.approx(other.groups[0].pass_at[1] - 1)
    samples = (tmp_path / "out/rows/seeded/samples.jsonl").read_text()
    assert '"text":"    return x + 0\\n"' in samples


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--against", "nobody"), "is no row; the rows are all, odd"),
        (("--shard", "2/2"), "write i/n with i from 0 to n - 1"),
        (("--at", "nobody=x"), "no model is called 'nobody'"),
        (("--n", "2"), "needs a --temperature above 0"),
        (("--benchmark", "nothing"), "unknown benchmark 'nothing'"),
        (("--data", "/nowhere"), "/nowhere holds no file of humaneval"),
        (("--language", "go"), "humaneval has none of the languages asked for"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(
    more: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    models = write_models(tmp_path / "models.yaml", "http://127.0.0.1:9/v1", "all", "odd")
    done = sodakd("table", str(models), "--out", str(tmp_path / "out"), *more)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_another_temperature_is_another_table(finished: Path, server: Running) -> None:
    words = words_for(finished.parent, server, "whole", "--temperature", "0.5")
    done = sodakd(*words)
    assert done.returncode == 2
    assert "temperature was 0.0 and is 0.5" in done.stderr


def test_a_merge_asks_nothing(finished: Path, tmp_path: Path) -> None:
    done = sodakd("table", "--merge", str(finished), "--out", str(tmp_path), "--benchmark", "mbpp")
    assert done.returncode == 2
    assert "--merge runs nothing" in done.stderr
