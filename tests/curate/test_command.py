"""`sodakd dedup` and `sodakd decontaminate`: rows go out as they came in, pairs are named."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sodakd.cli import app
from sodakd.errors import DataError
from tests.methods.test_exam import MBPP_ROWS, write_mbpp

FIRST = "Write a function that returns the sum of all even numbers in a list of integers"
ROWS: Sequence[Mapping[str, object]] = (
    {"instruction": FIRST, "output": "print(1)", "note": "é"},
    {"instruction": "Sort the words of a text by their length", "output": ""},
    {"instruction": f"{FIRST}.", "output": "", "id": 7},
    {"instruction": FIRST.upper(), "output": ""},
    {"instruction": None, "output": "kept: nothing is compared"},
)


def rows(path: Path, own: Sequence[Mapping[str, object]] = ROWS) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in own), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(*words: str | Path) -> Result:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_duplicates_go_and_the_other_rows_stay_as_they_were(tmp_path: Path) -> None:
    out, report = tmp_path / "out.jsonl", tmp_path / "pairs.jsonl"
    done = run("dedup", rows(tmp_path / "q.jsonl"), "--out", out, "--report", report)
    assert read(out) == [ROWS[0], ROWS[1], ROWS[4]]
    pairs = [(pair["row"], pair["twin"], pair["method"]) for pair in read(report)]
    assert pairs == [
        ("q.jsonl#3", "q.jsonl#1", "jaccard"),
        ("q.jsonl#4", "q.jsonl#1", "exact"),
    ]
    assert "5 rows" in done.stdout
    assert "60.0 %" in done.stdout
    assert done.stderr == "rows without a question, which are compared with nothing: 1\n"


def test_tasks_of_a_benchmark_go_and_are_named(tmp_path: Path) -> None:
    mbpp = write_mbpp(tmp_path)
    text = str(MBPP_ROWS[1]["text"])
    source = rows(tmp_path / "q.jsonl", [{"instruction": text, "output": ""}, ROWS[1]])
    out, report = tmp_path / "out.jsonl", tmp_path / "leaks.jsonl"
    run(
        "decontaminate",
        source,
        "--against",
        "mbpp",
        "--data",
        mbpp,
        "--out",
        out,
        "--report",
        report,
    )
    assert read(out) == [ROWS[1]]
    assert {(pair["row"], pair["twin"]) for pair in read(report)} == {("q.jsonl#1", "mbpp MBPP/11")}


def test_a_file_of_questions_is_a_benchmark_too(tmp_path: Path) -> None:
    exam = rows(tmp_path / "exam.jsonl", [ROWS[0]])
    out = tmp_path / "out.jsonl"
    run("decontaminate", rows(tmp_path / "q.jsonl"), "--against", exam, "--out", out)
    assert read(out) == [ROWS[1], ROWS[4]]


def test_another_column_is_named_as_for_seeds(tmp_path: Path) -> None:
    source = rows(tmp_path / "q.jsonl", [{"task": FIRST}, {"task": FIRST}])
    with pytest.raises(DataError, match=r"questions\.columns\.text"):
        run("dedup", source)
    assert "50.0 %" in run("dedup", source, "columns.text=task").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dedup", "q.jsonl", "--method", "exakt"), "no method exakt; there are: exact, code"),
        (("dedup", "q.jsonl", "--method", ","), "--method names none"),
        (("dedup", "q.jsonl", "--out", "q.jsonl"), "--out is q.jsonl itself"),
        (("dedup", "q.jsonl", "--out", "a", "--report", "a"), "is named twice"),
        (("dedup", "q.jsonl", "--out", "a", "--report", "folder/../a"), "is named twice"),
        (("dedup", "q.jsonl", "--out", "folder"), "--out folder is a folder"),
        (("dedup", "q.jsonl", "--report", "folder"), "--report folder is a folder"),
        (("dedup", "q.jsonl", "--report", "q.jsonl/a"), "--report q.jsonl/a would lie in"),
        (("dedup", "folder", "--out", "folder/a.jsonl"), "--out lies in folder, which is read"),
        (("dedup", "folder", "--report", "linked"), "--report is folder/one.jsonl itself"),
        (("dedup", "q.jsonl", "--out", "fifo"), "fifo is a pipe or a device"),
        (("dedup", "q.jsonl", "--out", "to_fifo"), "to_fifo is a pipe or a device"),
        (("dedup", "a.part", "--out", "a"), "--out is a.part itself"),
        (("seeds", "folder", "--out", "folder/a.jsonl"), "--out lies in folder, which is read"),
        (("seeds", "recipe.yaml", "--out", "recipe.yaml"), "--out is recipe.yaml itself"),
        (("seeds", "q.jsonl", "--out", "fifo"), "fifo is a pipe or a device"),
        (
            ("decontaminate", "q.jsonl", "--against", "exam.jsonl", "--out", "exam.jsonl"),
            "--out is exam.jsonl itself",
        ),
        (
            (
                "decontaminate",
                "q.jsonl",
                "--against",
                "mbpp",
                "--data",
                "exam.jsonl",
                "--report",
                "exam.jsonl",
            ),
            "--report is exam.jsonl itself",
        ),
        (("dedup", "none.jsonl"), "there is no source none.jsonl"),
        (("dedup", "-"), "standard input can be read once"),
        (("dedup", "empty.jsonl"), "holds no rows"),
        (("decontaminate", "q.jsonl", "--against", "humanevil"), "did you mean humaneval?"),
        (("decontaminate", "q.jsonl", "--against", ","), "--against names nothing"),
        (("decontaminate", "q.jsonl", "--against", "mbpp", "--data", "."), "holds no file of mbpp"),
    ],
)
def test_an_error_says_what_is_wrong(
    words: Sequence[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name in ("q.jsonl", "exam.jsonl", "a.part", "folder/one.jsonl"):
        rows(tmp_path / name)
    os.link(tmp_path / "folder/one.jsonl", tmp_path / "linked")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "to_fifo").symlink_to("fifo")
    (tmp_path / "recipe.yaml").write_text("questions: {source: q.jsonl}\n", encoding="utf-8")
    (tmp_path / "empty.jsonl").touch()
    there = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError) as caught:
        run(*words)
    assert said in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == there
    for name in ("q.jsonl", "exam.jsonl", "a.part", "folder/one.jsonl"):
        assert read(tmp_path / name) == list(ROWS)
    assert (tmp_path / "fifo").is_fifo()


def test_values_that_json_has_no_form_for_are_written_as_text(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    values = {
        "instruction": FIRST, "at": datetime(2026, 11, 28, 20, 15, 1, tzinfo=UTC),
        "day": date(2026, 11, 28), "time": time(20, 15), "price": Decimal("1.50"),
        "text": "é".encode(), "took": timedelta(seconds=90), "more": [{"day": date(2026, 1, 2)}],
    }  # fmt: skip
    parquet.write_table(pyarrow.Table.from_pylist([values]), tmp_path / "q.parquet")
    for command in (
        ("dedup",),
        ("decontaminate", "--against", rows(tmp_path / "e.jsonl", ROWS[1:2])),
    ):
        run(command[0], tmp_path / "q.parquet", *command[1:], "--out", tmp_path / "out.jsonl")
        assert read(tmp_path / "out.jsonl") == [
            {
                "instruction": FIRST, "at": "2026-11-28T20:15:01+00:00", "day": "2026-11-28",
                "time": "20:15:00", "price": "1.50", "text": "é", "took": "0:01:30",
                "more": [{"day": "2026-01-02"}],
            }
        ]  # fmt: skip


def test_bytes_that_are_no_text_are_an_error_that_names_their_column(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    row = {"instruction": FIRST, "image": {"path": "a.png", "bytes": b"\x89PNG\xff"}}
    parquet.write_table(pyarrow.Table.from_pylist([row]), source := tmp_path / "q.parquet")
    assert "1 row " in run("dedup", source).stdout
    with pytest.raises(DataError, match=r"q\.parquet#1: column 'image' holds bytes"):
        run("dedup", source, "--out", tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_nanoseconds_are_text_and_what_is_no_number_is_null(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    columns = {
        "instruction": [FIRST],
        "at": pyarrow.array([1_700_000_000_000_000_001], pyarrow.timestamp("ns")),
        "share": [float("nan")],
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "q.parquet")
    run("dedup", tmp_path / "q.parquet", "--out", tmp_path / "out.jsonl")
    (row,) = read(tmp_path / "out.jsonl")
    assert str(row["at"]).startswith("2023-11-14")
    assert str(row["at"]).endswith("22:13:20.000000001")
    assert row["share"] is None


def test_what_is_no_object_is_no_row_and_is_counted(tmp_path: Path) -> None:
    source, out = rows(tmp_path / "q.jsonl", ROWS[:2]), tmp_path / "out.jsonl"
    first, second = source.read_text(encoding="utf-8").splitlines()
    lines = [first, "[1, 2]", '"text"', second, "3", "null"]
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    exam = rows(tmp_path / "exam.jsonl", ROWS[2:3])
    for words, stay in (
        (("dedup", source), ROWS[:2]),
        (("decontaminate", source, "--against", exam), ROWS[1:2]),
    ):
        done = run(*words, "--out", out)
        assert read(out) == list(stay)
        assert "2 rows" in done.stdout
        assert done.stderr.count("cannot be read") == 1
        assert (
            "left out: 4; the first is q.jsonl#2: a row is an object; found a list" in done.stderr
        )


@pytest.mark.parametrize("command", [("dedup",), ("decontaminate", "--against", "q.jsonl")])
def test_the_pairs_are_written_before_the_table_is_shown(
    command: Sequence[str], tmp_path: Path
) -> None:
    rows(tmp_path / "q.jsonl")
    words = [sys.executable, "-m", "sodakd", command[0], "q.jsonl", *command[1:]]
    read_end, write_end = os.pipe()
    os.close(read_end)  # who reads the table is gone, as after `| head`
    try:
        done = subprocess.run(
            [*words, "--report", "pairs.jsonl"], cwd=tmp_path, stdout=write_end, check=False
        )
    finally:
        os.close(write_end)
    assert done.returncode == 128 + signal.SIGPIPE
    assert read(tmp_path / "pairs.jsonl")


@pytest.mark.parametrize("option", ["--out", "--report"])
def test_a_file_that_is_called_gz_is_compressed(option: str, tmp_path: Path) -> None:
    source = rows(tmp_path / "q.jsonl")
    run("dedup", source, option, plain := tmp_path / "a.jsonl")
    run("dedup", source, option, packed := tmp_path / "a.jsonl.gz")
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    run("seeds", source, "--out", packed)
    assert len(gzip.decompress(packed.read_bytes()).splitlines()) == 5


@pytest.mark.heavy
def test_rows_that_are_near_by_a_sentence_model_go(tmp_path: Path) -> None:
    from tests.tiny_models import write_encoder  # torch, which nothing else here needs

    model = write_encoder(tmp_path / "model", "bert")
    own = [{"instruction": text} for text in ("Sort the words.", "Add numbers.", "Sort the words.")]
    source, report = rows(tmp_path / "q.jsonl", own), tmp_path / "pairs.jsonl"
    words = ("--method", "embedding", "--model", model, "--embedding", "0.99999")
    done = run("dedup", source, *words, "--report", report)
    assert done.exit_code == 0, done.output
    assert [(pair["row"], pair["twin"], pair["method"]) for pair in read(report)] == [
        ("q.jsonl#3", "q.jsonl#1", "embedding")
    ]


@pytest.mark.parametrize("words", [["--method", "embedding"], ["--model", "models/sentences"]])
def test_a_sentence_model_and_its_method_go_together(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(DataError, match="embedding and --model go together"):
        run("dedup", rows(tmp_path / "q.jsonl"), *words)
