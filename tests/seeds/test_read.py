"""Sources: files, folders, the hub; the shapes of the field; one clear error for each mistake."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.seeds.columns import read_seeds
from sodakd.seeds.load import read_source
from sodakd.seeds.read import read_rows_of
from sodakd.seeds.seed import Seed
from sodakd.seeds.snippets import read_snippets
from sodakd.settings.questions import ColumnSettings, QuestionSettings
from tests.tiny import sodakd

ROW: dict[str, JsonValue] = {"instruction": "Sort a list.", "input": "[3, 1]", "output": "[1, 3]"}


def seeds_of(path: Path, **columns: str) -> list[Seed]:
    return list(read_seeds(read_rows_of(str(path)), ColumnSettings(**columns)))


def write_lines(path: Path, *rows: dict[str, JsonValue]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "text", "reference"),
    [
        (ROW, "Sort a list.\n\n[3, 1]", "[1, 3]"),
        ({"instruction": "Sort.", "input": "", "response": "x"}, "Sort.", "x"),
        ({"instruction": "Sort.", "input": "<noinput>", "output": ""}, "Sort.", None),
        ({"prompt": "Sort.", "completion": "x"}, "Sort.", "x"),
        ({"prompt": "Sort.", "chosen": "x", "rejected": "y"}, "Sort.", "x"),
        ({"problem": "Sort.", "solution": "x", "lang": "python"}, "Sort.", "x"),
        ({"question": "Sort.", "answer": "x"}, "Sort.", "x"),
        ({"text": "Sort.", "code": "x", "task_id": 1}, "Sort.", "x"),
        (
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "Sort."},
                    {"role": "assistant", "content": "x"},
                    {"role": "user", "content": "Thanks."},
                ]
            },
            "Sort.",
            "x",
        ),
        (
            {"conversations": [{"from": "human", "value": "Sort."}, {"from": "gpt", "value": "x"}]},
            "Sort.",
            "x",
        ),
        (
            {
                "prompt": [{"role": "user", "content": "Sort."}],
                "chosen": [{"role": "assistant", "content": "x"}],
                "rejected": [{"role": "assistant", "content": "y"}],
            },
            "Sort.",
            "x",
        ),
    ],
)
def test_the_shapes_of_the_field_are_known(
    tmp_path: Path, row: dict[str, JsonValue], text: str, reference: str | None
) -> None:
    (seed,) = seeds_of(write_lines(tmp_path / "rows.jsonl", row))
    assert (seed.text, seed.reference) == (text, reference)
    assert seed.origin == "rows.jsonl#1"


def test_the_recipe_may_name_the_columns(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", {"task": "Sort.", "gold": "x", "tongue": "go"})
    (seed,) = seeds_of(path, text="task", reference="gold", language="tongue")
    assert (seed.text, seed.reference, seed.label) == ("Sort.", "x", "go")


def test_json_is_a_list_or_an_object_with_one(tmp_path: Path) -> None:
    for content in ([ROW], {"version": 1, "data": [ROW]}):
        path = tmp_path / "rows.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        assert seeds_of(path)[0].text == "Sort a list.\n\n[3, 1]"


def test_a_folder_gives_the_rows_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write_lines(tmp_path / "b.jsonl", ROW)
    write_lines(tmp_path / "sub" / "a.jsonl", ROW, ROW)
    assert [seed.origin for seed in seeds_of(tmp_path)] == [
        "b.jsonl#1", "sub/a.jsonl#1", "sub/a.jsonl#2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "numbers"),
    [
        ("rows.jsonl", '{"text": "a"}\n\n{"text": "b"}\n', [1, 3]),
        ("rows.json", '{\n"text": "a"\n}\n{\n"text": "b"\n}\n', [1, 4]),
        ("rows.json", '{\n"text": "a"\n}\n{"text": "b"}\n', [1, 4]),
        ("rows.json", '[{"text": "a"},\n\n {"text": "b"}]', [1, 2]),
        ("rows.csv", 'text,code\n"a\nb",c\nd,e\n', [1, 2]),
    ],
)
def test_a_line_has_its_number_and_a_row_of_a_list_or_a_table_its_place_from_1(
    name: str, content: str, numbers: list[int], tmp_path: Path
) -> None:
    (path := tmp_path / name).write_text(content)
    assert [seed.row for seed in seeds_of(path)] == numbers


DEEP = "[" * 500 + "]" * 500


@pytest.mark.parametrize(
    ("value", "why"),
    [(DEEP, "more than 100 deep"), ("[" * 100_000, "deep"), ("9" * 100_001, "of 100001 digits")],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_line_with_a_value_beyond_what_is_read_is_left_out_alone(
    value: str, why: str, place: int, tmp_path: Path
) -> None:
    lines = [f'{{"text": "Sort {number} numbers."}}' for number in range(3)]
    lines[place] = f'{{"text": "Sort.", "tests": {value}}}'
    (path := tmp_path / "rows.jsonl").write_text("\n".join(lines))
    seeds = seeds_of(path)
    assert [bool(seed.text) for seed in seeds] == [number != place for number in range(3)]
    assert why in seeds[place].unread
    path.write_text(lines[place])
    with pytest.raises(DataError, match=f"rows.jsonl, row 1: .*{why}"):
        seeds_of(path)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("[1]", "a list"), ("null", "null"), ('"Sort."', "a text"), ("1", "a number")],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_line_that_is_no_object_is_left_out_alone(
    value: str, kind: str, place: int, tmp_path: Path
) -> None:
    lines = [f'{{"text": "Sort {number} numbers."}}' for number in range(3)]
    lines[place] = value
    for name, content in (("rows.jsonl", "\n".join(lines)), ("rows.json", f"[{','.join(lines)}]")):
        (path := tmp_path / name).write_text(content)
        seeds = seeds_of(path)
        assert [bool(seed.text) for seed in seeds] == [number != place for number in range(3)]
        assert seeds[place].unread == f"a row is an object; found {kind}"


def told_of(folder: Path) -> tuple[list[str], list[str]]:
    """The files of a folder that give seeds, and what is told."""
    lines: list[str] = []
    seeds = list(read_source(QuestionSettings(source=str(folder)), 0, lines.append))
    return [seed.file for seed in seeds], lines


def test_in_a_folder_of_rows_and_programs_the_rows_are_the_questions_and_that_is_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "loader.py").write_text("print(1)\n")
    (tmp_path / "config.json").write_text('{"name": "mine", "files": ["a"]}')
    assert told_of(tmp_path) == (["loader.py"], [])
    write_lines(tmp_path / "test.jsonl", ROW)
    files, (programs, settings) = told_of(tmp_path)
    assert files == ["test.jsonl"]
    assert "its programs (1) are not read" in programs
    assert settings.startswith(f"passed over: {tmp_path / 'config.json'} holds an object")


def test_each_row_of_a_file_that_mixes_shapes_is_read_by_its_own(tmp_path: Path) -> None:
    turns: JsonValue = [{"role": "user", "content": "Sum."}, {"role": "assistant", "content": "y"}]
    path = write_lines(
        tmp_path / "rows.jsonl",
        ROW,
        {"prompt": "Sort.", "completion": "x", "language": "go"},
        {"instruction": "", "messages": turns},
        {"instruction": "", "output": "z"},
    )
    found = [(seed.text, seed.reference, seed.label) for seed in seeds_of(path)]
    assert found == [
        ("Sort a list.\n\n[3, 1]", "[1, 3]", ""), ("Sort.", "x", "go"), ("Sum.", "y", ""),
        ("", "z", ""),
    ]  # fmt: skip
    assert [seed.text for seed in seeds_of(path, text="prompt")][1:] == ["Sort.", "", ""]


def test_parquet_gives_the_same_rows(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table = pyarrow.Table.from_pylist([ROW, {**ROW, "instruction": "Reverse a list."}])
    parquet.write_table(table, tmp_path / "rows.parquet")
    assert [seed.text.partition("\n")[0] for seed in seeds_of(tmp_path / "rows.parquet")] == [
        "Sort a list.", "Reverse a list.",
    ]  # fmt: skip
    whole = (tmp_path / "rows.parquet").read_bytes()
    for content in (b"no parquet", whole[: len(whole) // 2]):
        (tmp_path / "no.parquet").write_bytes(content)
        with pytest.raises(DataError, match=r"cannot be read as Parquet: .*; fetch it or write it"):
            seeds_of(tmp_path / "no.parquet")
    double = pyarrow.table([["a"], ["b"]], names=["text", "text"])
    parquet.write_table(double, tmp_path / "rows.parquet")
    with pytest.raises(DataError, match="2 columns named 'text'"):
        seeds_of(tmp_path / "rows.parquet")


@pytest.mark.parametrize("wrong", [lambda raw: raw[:-20], lambda raw: raw[:30] + b"x" + raw[31:]])
def test_a_packed_file_that_is_cut_off_or_damaged_is_to_be_fetched_again(
    wrong: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    packed = gzip.compress((json.dumps(ROW) + "\n").encode() * 50)
    (tmp_path / "rows.jsonl.gz").write_bytes(wrong(packed))
    with pytest.raises(DataError, match=r"is cut off or damaged: .*; fetch it or write it again"):
        seeds_of(tmp_path / "rows.jsonl.gz")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("rows.jsonl", '{"instruction": "a"}\n{"instr', "line 2: not JSON"),
        ("rows.jsonl", "[1]\n", "row 1: a row is an object; found a number"),
        ("rows.csv", "text,a\nSort, then add,1\n", "line 2: 3 values for 2 columns"),
        ("rows.jsonl.gz", "x", "line 1: not JSON"),
        ("rows.json", '{"a": 1}', "an object and no list of rows"),
        ("rows.json", "3", "holds a number and no list of rows"),
        (
            "rows.json",
            '{"train": [{}], "test": [{}]}',
            r"2 lists of rows \(train, test\): write",
        ),
        ("rows.jsonl", '{"foo": "a"}\n', "found foo: name it, as questions.columns.text"),
        ("rows.txt", "a", "no kind that is read here"),
        ("rows.csv", "text,text\na,b\n", "rows.csv has 2 columns named 'text'; rename all but one"),
        (
            "rows.jsonl",
            '{\n "text": "a"\n}\n{\n "text": \n}\n',
            "the object from line 4: not JSON: .*; mend it, or remove it",
        ),
    ],
)
def test_a_wrong_file_is_one_clear_error(
    tmp_path: Path, name: str, content: str, says: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        seeds_of(tmp_path / name)


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", ROW)
    with pytest.raises(DataError, match="no column task; found instruction, input, output"):
        seeds_of(path, text="task")


@pytest.mark.parametrize("source", ["none.jsonl", "folder/none.json", "no such thing"])
def test_a_source_that_is_nowhere_is_one_clear_error(source: str) -> None:
    with pytest.raises(DataError, match="there is no source"):
        list(read_rows_of(source))


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as serves one dataset."""

    files: ClassVar = {
        "data/train.jsonl": json.dumps(ROW) + "\n",
        "data/test.jsonl": "{}\n",
        "README.md": "",
    }

    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        self.asked.append(self.path)
        commit = "0123456789abcdef0123456789abcdef01234567"
        if self.path.startswith("/api/datasets/some/data/revision/"):
            siblings = [{"rfilename": name} for name in self.files]
            found = {"id": "some/data", "sha": commit, "siblings": siblings}
            self._send(json.dumps(found).encode(), {"Content-Type": "application/json"})
            return
        if self.path.startswith("/api/datasets/some/data/tree/"):
            tree = [
                {"type": "file", "path": name, "size": len(content), "oid": str(len(name))}
                for name, content in self.files.items()
            ]
            self._send(json.dumps(tree).encode(), {"Content-Type": "application/json"})
            return
        for name, content in self.files.items():
            if self.path == f"/datasets/some/data/resolve/{commit}/{name}":
                self._send(content.encode(), {"ETag": f'"{len(name)}"', "X-Repo-Commit": commit})
                return
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


@contextmanager
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.05))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.heavy
def test_a_dataset_of_the_hub_is_fetched_and_its_train_part_read(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    out = tmp_path / "sifted.jsonl"
    with hub() as endpoint:
        done = sodakd(
            "seeds", "some/data", "--out", str(out),
            HF_ENDPOINT=endpoint, HF_HOME=str(tmp_path), NO_PROXY="127.0.0.1", COLUMNS="120",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        missing = sodakd(
            "seeds", "some/other",
            HF_ENDPOINT=endpoint, HF_HOME=str(tmp_path), NO_PROXY="127.0.0.1",
        )  # fmt: skip
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["seed"]["file"] for row in rows] == ["data/train.jsonl"]
    assert not [path for path in Hub.asked if "test.jsonl" in path or "harness" in path]
    assert missing.returncode == 2
    assert "some/other is no file here, and the hub did not give it" in missing.stderr


def test_offline_the_hub_is_not_asked(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    done = sodakd("seeds", "some/data", HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "a copy on this disk can be named instead" in done.stderr


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_mark_of_byte_order_is_no_part_of_a_file(name: str, tmp_path: Path) -> None:
    text = json.dumps(ROW if name.endswith("l") else [ROW])
    (path := tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert [seed.reference for seed in seeds_of(path)] == ["[1, 3]"]


def test_a_film_whose_name_ends_as_a_program_gives_no_snippet(tmp_path: Path) -> None:
    (tmp_path / "film.ts").write_bytes(b"G@\0\x11\n\x80\0" * 50)
    (tmp_path / "real.ts").write_text("const a = 1;\n")
    assert [bool(seed.text) for seed in read_snippets(tmp_path, 0)] == [False, True]
