"""Folders with LLaMA-Factory's `dataset_info.json`, by the rules of its own page."""

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.seeds.columns import read_seeds
from sodakd.seeds.load import read_source
from sodakd.seeds.read import read_rows_of
from sodakd.seeds.seed import Seed
from sodakd.settings.questions import ColumnSettings, QuestionSettings

Entry = dict[str, JsonValue]


def described(
    folder: Path, entry: Entry, *rows: dict[str, JsonValue], name: str = "mine"
) -> list[Seed]:
    """The seeds of a folder with one dataset of these rows."""
    (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    path = folder / "dataset_info.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, name: {"file_name": f"{name}.json", **entry}}))
    return list(read_seeds(read_rows_of(f"{folder}#{name}"), ColumnSettings()))


TURNS: list[JsonValue] = [
    {"from": "human", "value": "Sort."},
    {"from": "gpt", "value": "x"},
]


@pytest.mark.parametrize(
    ("entry", "row", "text", "reference"),
    [
        ({}, {"instruction": "Sort.", "input": "[3]", "output": "x"}, "Sort.\n\n[3]", "x"),
        ({}, {"instruction": "Sort.", "output": "x"}, "Sort.", "x"),
        (
            {"columns": {"prompt": "q", "response": "a"}},
            {"q": "Sort.", "input": "not a column of it", "a": "x"},
            "Sort.",
            "x",
        ),
        (
            {"ranking": True, "columns": {"prompt": "q", "chosen": "good", "rejected": "bad"}},
            {"q": "Sort.", "good": "x", "bad": "y"},
            "Sort.",
            "x",
        ),
        ({"formatting": "sharegpt"}, {"conversations": TURNS}, "Sort.", "x"),
        (
            {"formatting": "sharegpt", "ranking": True},
            {
                "conversations": TURNS[:1],
                "chosen": {"from": "gpt", "value": "x"},
                "rejected": {"from": "gpt", "value": "y"},
            },
            "Sort.",
            "x",
        ),
        (
            {
                "formatting": "sharegpt",
                "columns": {"messages": "chat"},
                "tags": {
                    "role_tag": "who", "content_tag": "said", "user_tag": "U", "assistant_tag": "A",
                },
            },
            {
                "chat": [
                    {"who": "system", "said": "Be brief."},
                    {"who": "U", "said": "Sort."},
                    {"who": "A", "said": "x"},
                ],
                "instruction": "no column of it",
            },
            "Sort.",
            "x",
        ),
    ],
)  # fmt: skip
def test_the_description_says_which_column_is_what(
    tmp_path: Path, entry: Entry, row: dict[str, JsonValue], text: str, reference: str
) -> None:
    (seed,) = described(tmp_path, entry, row)
    assert (seed.text, seed.reference, seed.origin) == (text, reference, "mine.json#1")


def test_a_folder_gives_all_its_datasets_that_are_here_and_a_name_one(tmp_path: Path) -> None:
    described(tmp_path, {}, {"instruction": "One.", "output": "x"}, name="one")
    described(tmp_path, {}, {"instruction": "Two.", "output": "x", "language": "go"}, name="two")
    (tmp_path / "loader.py").write_text("print('a script of theirs, no program to learn from')\n")
    path = tmp_path / "dataset_info.json"
    hub = {"far": {"hf_hub_url": "some/data"}, "gone": {"file_name": "gone.json"}}
    path.write_text(json.dumps({**hub, **json.loads(path.read_text())}))
    for source in (str(tmp_path), str(path)):
        seeds = list(read_source(QuestionSettings(source=source), 0))
        assert [(seed.text, seed.label) for seed in seeds] == [("One.", ""), ("Two.", "go")]
    for name in ("far", "gone", "other"):
        with pytest.raises(DataError, match=name):
            list(read_rows_of(f"{tmp_path}#{name}"))


@pytest.mark.parametrize(
    ("info", "says"),
    [
        ("[", "cannot be read"),
        ("[]", "holds a list"),
        ("{}", "describes no dataset whose file lies in"),
        ('{"a": {"file_name": "a.json", "formatting": "x"}}', "unknown formatting 'x'"),
        ('{"a": {"file_name": "a.json", "columns": {"prompt": "q"}}}', "has no column q; found b"),
    ],
)
def test_a_wrong_description_is_one_clear_error(tmp_path: Path, info: str, says: str) -> None:
    (tmp_path / "a.json").write_text('[{"b": 1}]')
    (tmp_path / "dataset_info.json").write_text(info)
    with pytest.raises(DataError, match=says):
        list(read_rows_of(str(tmp_path)))


def test_a_pair_of_whole_conversations_holds_its_question(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    asked: list[JsonValue] = [{"role": "user", "content": "Sort."}]
    row: dict[str, JsonValue] = {
        "chosen": [*asked, {"role": "assistant", "content": "x"}],
        "rejected": [*asked, {"role": "assistant", "content": "y"}],
    }
    path.write_text(json.dumps(row) + "\n")
    (seed,) = read_seeds(read_rows_of(str(path)), ColumnSettings())
    assert (seed.text, seed.reference) == ("Sort.", "x")
    path.write_text('{"chosen": "x", "rejected": "y"}\n')
    with pytest.raises(DataError, match="no column that is known to hold questions"):
        list(read_seeds(read_rows_of(str(path)), ColumnSettings()))
