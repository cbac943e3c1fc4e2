"""A question is a text or the parts of one; whatever else a row holds is refused with a reason."""

import csv
import gzip
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import JsonValue

from sodakd.seeds.columns import read_seeds
from sodakd.seeds.filter import filter_seeds
from sodakd.seeds.read import read_rows_of
from sodakd.seeds.said import Exchange, answer_of, exchange_of
from sodakd.seeds.seed import Reason, Seed
from sodakd.seeds.templates import NotText
from sodakd.settings.questions import ColumnSettings, QuestionSettings

TURNS: list[JsonValue] = [
    {"role": "user", "content": "Sort\na list."},
    {"role": "assistant", "content": "it's sorted"},
]
WHOLE = Exchange("Sort\na list.", "it's sorted")


@pytest.mark.parametrize(
    "value",
    [
        TURNS,
        json.dumps(TURNS),
        json.dumps(TURNS, indent=2),
        json.dumps(json.dumps(TURNS)),
        json.dumps(json.dumps(json.dumps(TURNS))),
        json.dumps(repr(TURNS)),
        repr(json.dumps(TURNS)),
        repr(TURNS),
        {"messages": TURNS},
        json.dumps({"conversations": TURNS}),
        [{"from": "human", "value": "Sort\na list."}, {"from": "gpt", "value": "it's sorted"}],
        [
            {"role": "user", "content": [{"type": "text", "text": "Sort\na list."}]},
            {"role": "assistant", "content": [{"type": "output_text", "text": "it's sorted"}]},
        ],
        [{"role": "user", "content": json.dumps([{"type": "text", "text": "Sort\na list."}])},
         TURNS[1]],
    ],
)  # fmt: skip
def test_turns_are_read_in_every_form_that_they_are_kept_in(value: JsonValue) -> None:
    assert exchange_of(value) == WHOLE


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (5, "a number, no text"),
        (True, "a truth value, no text"),
        ({"a": 1}, "an object of a, no text"),
        ({"type": "date"}, "a part of type date"),
        ([1, 2], "a list that holds a number"),
        (["a", "b"], "a list of 2 texts"),
        ("[1, 2]", "a list that holds a number"),
        ([{"type": "image_url", "image_url": "x"}, {"type": "text", "text": "a"}], "image_url"),
        ([{"role": "user", "content": [{"type": "image"}]}], "a part of type image"),
        ([{"role": "system", "content": "Be brief."}], "turns without a question of a user"),
        ("[{'role': 'user', 'content': 'a'}\n {'role': 'assistant', 'content': 'b'}]", "neither"),
        ("array([{'role': 'user', 'content': 'a'}], dtype=object)", "neither JSON nor Python's"),
        ("<|im_start|>system\nBe brief.<|im_end|>", "a filled template"),
    ],
)
def test_what_is_no_text_is_refused_and_said(value: JsonValue, says: str) -> None:
    with pytest.raises(NotText, match=says):
        exchange_of(value)


@pytest.mark.parametrize(
    "text",
    [
        "Below is an instruction.\n\n### Instruction:\nSort it.\n\n### Input:\n3 1\n\n"
        "### Response:\nsorted",
        "### Human: Sort it.\n\n3 1### Assistant: sorted\n### Human: thanks",
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nSort it.\n\n3 1<|im_end|>\n"
        "<|im_start|>assistant\nsorted<|im_end|>",
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nSort it.\n\n3 1 [/INST] sorted </s>",
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nSort it.\n\n3 1<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nsorted<|eot_id|>",
        "<start_of_turn>user\nSort it.\n\n3 1<end_of_turn>\n<start_of_turn>model\nsorted",
        "A chat between a curious user and an assistant. USER: Sort it.\n\n3 1 ASSISTANT: sorted",
        "Question: Sort it.\n\n3 1\nAnswer: sorted",
        "prompt: Sort it.\n\n3 1\ncompletion: sorted",
        "instruction: Sort it.\n\n3 1\ninput: \noutput: sorted",
        "Instruction: Sort it.\n\n3 1\nResponse: sorted",
        "### instruction:\nSort it.\n\n### input:\n3 1\n\n### response:\nsorted",
    ],
)
def test_a_filled_template_is_taken_apart(text: str) -> None:
    assert exchange_of(text) == Exchange("Sort it.\n\n3 1", "sorted")


@pytest.mark.parametrize(
    "text",
    [
        "[3, 1, 2] is a list. Sort it.",
        '{"text": "a"} is JSON: write a parser of it.',
        "Write a chat bot. It prints\nUser: hi\nAssistant: hello",
        "Write a function that sorts its arguments.\n\n### Input\nnone",
        "Problem: add two numbers.\nInput: two lines\nOutput: their sum",
        '"[" is where a list begins, and where it ends is "]"',
        '"Sort it."',
        "'\\d' or '\\w'",
    ],
)
def test_a_question_that_only_begins_like_data_is_a_question(text: str) -> None:
    assert exchange_of(text) == Exchange(text)


def test_a_reference_that_is_data_stays_a_text() -> None:
    values: list[JsonValue] = ["[1, 3]", 42, json.dumps(TURNS), {"a": 1}]
    assert [answer_of(each) for each in values] == [
        "[1, 3]", "42", "it's sorted", "",
    ]  # fmt: skip


def seeds_of(path: Path, told: list[str] | None = None) -> list[Seed]:
    lines: list[str] = [] if told is None else told
    return list(read_seeds(read_rows_of(str(path)), ColumnSettings(), lines.append))


ROWS: list[dict[str, JsonValue]] = [
    {"question": "Sort a list.", "answer": "x"},
    {"question": "Turn, or\nreverse it.", "answer": "y"},
]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def table(separator: str) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["question", "answer"], delimiter=separator)
    writer.writeheader()
    writer.writerows(ROWS)
    return text.getvalue()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", LINES), ("a.json", LINES), ("a.JSON", LINES), ("a.txt", LINES),
        ("a.jsonl", json.dumps(ROWS)), ("a.json", json.dumps(ROWS, indent=1)),
        ("a.jsonl", "\n".join(json.dumps(row, indent=2) for row in ROWS)),
        ("a.json", "\n".join(json.dumps(row, indent=2) for row in ROWS)),
        ("a.json", json.dumps({"data": ROWS}, indent=1)), ("a.jsonl", json.dumps(ROWS, indent=1)),
        ("a.csv", table(",")), ("a.csv", table(";")), ("a.tsv", table("\t")),
    ],
)  # fmt: skip
def test_a_file_is_read_by_what_it_holds(
    name: str, content: str, packed: bool, tmp_path: Path
) -> None:
    path = tmp_path / (f"{name}.gz" if packed else name)
    raw = content.encode()
    path.write_bytes(gzip.compress(raw) if packed else raw)
    found = [(seed.text, seed.reference) for seed in seeds_of(path)]
    assert found == [("Sort a list.", "x"), ("Turn, or\nreverse it.", "y")]


def test_a_long_integer_half_a_letter_and_a_null_are_no_crash(tmp_path: Path) -> None:
    (path := tmp_path / "a.jsonl").write_text(
        '{"question": "Sort \\ud83d it.", "id": 1' + "0" * 5000 + "}\n"
        '{"question": null, "id": 1}\n{"id": 2}\n{"question": "a\\u0000b"}\n'
    )
    rows = list(filter_seeds(seeds_of(path), QuestionSettings(source="a"), []))
    assert [row.seed.text for row in rows] == ["Sort \ufffd it.", "", "", "a\x00b"]
    assert all(row.model_dump_json().encode() for row in rows)


def test_values_of_a_table_that_are_no_text_are_left_out_with_a_reason(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    kinds = {
        "date": date(2026, 11, 28), "Decimal": Decimal("1.5"), "bytes": b"\xff\xfe",
        "text": b"Sort a list of numbers.",
    }  # fmt: skip
    found = {}
    for kind, value in kinds.items():
        path = tmp_path / f"{kind}.parquet"
        parquet.write_table(pyarrow.table({"question": [value]}), path)
        (row,) = filter_seeds(seeds_of(path), QuestionSettings(source="a"), [])
        found[kind] = (row.reason, row.detail)
    assert found["date"] == (Reason.NOT_TEXT, "a part of type date: only text is read")
    assert found["Decimal"][0] is found["bytes"][0] is Reason.NOT_TEXT
    assert found["text"][0] is None


def test_a_column_of_languages_is_believed_by_its_values(tmp_path: Path) -> None:
    told: list[str] = []
    labels = ["English", "python", "en", "English"]
    rows = [{"question": "Sort it.", "language": each, "lang": "C++17"} for each in labels]
    (path := tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert {seed.label for seed in seeds_of(path, told)} == {"C++17"}
    assert told == ["a.jsonl: column language names no language of programs (English): not read"]


@pytest.mark.parametrize(
    "column",
    ["ut", "verification_info", "inputs_outputs"],
)  # fmt: skip
def test_columns_of_tests_are_named_as_not_read(column: str, tmp_path: Path) -> None:
    told: list[str] = []
    (path := tmp_path / "a.jsonl").write_text(json.dumps({"question": "Sort it.", column: "x"}))
    seeds_of(path, told)
    assert [column in line and "are not read" in line for line in told] == [True]


def test_the_first_rows_decide_the_shape_and_not_the_first_alone(tmp_path: Path) -> None:
    (path := tmp_path / "a.jsonl").write_text('{"id": 1}\n' + LINES)
    assert [seed.text for seed in seeds_of(path)][0::2] == ["", "Turn, or\nreverse it."]


@pytest.mark.parametrize("name", ["rows.csv", "rows.txt", "rows.jsonl", "rows"])
def test_a_table_is_known_by_its_first_line_whatever_it_is_called(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text('instruction,output\n"Sort a list, please.",x\n', encoding="utf-8")
    assert [seed.text for seed in seeds_of(path)] == ["Sort a list, please."]
