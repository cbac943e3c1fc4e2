"""Pairs as other trainers take them; read back as seeds they are the same questions."""

import json
from pathlib import Path

import pytest
from pydantic import JsonValue
from ruamel.yaml import YAML

from sodakd.errors import DataError, ExportError
from sodakd.export.dataset import export_dataset
from sodakd.export.formats import FORMATS
from sodakd.jsonl import read_rows, write_rows
from sodakd.seeds.columns import read_seeds
from sodakd.seeds.filter import question_of, tell_language
from sodakd.seeds.load import load_seeds
from sodakd.seeds.read import read_rows_of
from sodakd.settings.questions import ColumnSettings, QuestionSettings
from sodakd.types import FaultKind, Language, PreferencePair
from tests.real_data import real_data
from tests.report import folder as build
from tests.tiny import sodakd


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; its second cycle repeats a pair of the first. Not to be changed."""
    folder = build.finish(tmp_path_factory.mktemp("data") / "run")
    path = folder / "soda" / "cycle-2" / "pairs.jsonl"
    write_rows(path, [build.pair(100), *read_rows(path, PreferencePair)])
    return folder


def lines(path: Path) -> list[dict[str, JsonValue]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


ASKED = "Write total(xs) that adds up a list, kind 100."
ROWS: dict[str, dict[str, JsonValue]] = {
    "preference": {"prompt": ASKED, "chosen": build.CHOSEN, "rejected": build.REJECTED},
    "conversational": {
        "prompt": [{"role": "user", "content": ASKED}],
        "chosen": [{"role": "assistant", "content": build.CHOSEN}],
        "rejected": [{"role": "assistant", "content": build.REJECTED}],
    },
    "messages": {
        "messages": [
            {"role": "user", "content": ASKED},
            {"role": "assistant", "content": build.CHOSEN},
        ]
    },
    "llamafactory": {
        "instruction": ASKED, "input": "", "chosen": build.CHOSEN, "rejected": build.REJECTED,
    },
    "sharegpt": {
        "conversations": [{"from": "human", "value": ASKED}],
        "chosen": {"from": "gpt", "value": build.CHOSEN},
        "rejected": {"from": "gpt", "value": build.REJECTED},
    },
}  # fmt: skip


def test_every_format_is_tested() -> None:
    assert ROWS.keys() == FORMATS.keys()


@pytest.mark.parametrize("form", FORMATS)
def test_rows_are_in_the_order_of_the_run_each_once(run: Path, tmp_path: Path, form: str) -> None:
    done = export_dataset(run, tmp_path / "rows.jsonl", form)
    rows = lines(done.file)
    assert rows[0] == ROWS[form]
    assert len(rows) == done.rows == 60
    texts = [json.dumps(row) for row in rows]
    assert len(set(texts)) == 60
    order = [f"kind {n}." for n in (*range(100, 160, 2), *range(200, 260, 2))]
    assert all(words in text for words, text in zip(order, texts, strict=True))


def test_rows_can_say_where_they_are_from(run: Path, tmp_path: Path) -> None:
    done = export_dataset(run, tmp_path / "rows.jsonl", "preference", provenance=True)
    first, last = lines(done.file)[0], lines(done.file)[-1]
    own = build.pair(100)
    assert first == {
        **ROWS["preference"], "question_id": own.question.id, "language": "python",
        "source": "hand", "level": 1, "student": "soda-1", "fault": own.fault,
    }  # fmt: skip
    assert last["student"] == "soda-2"
    messages = export_dataset(run, tmp_path / "messages.jsonl", "messages", provenance=True)
    assert "fault" not in lines(messages.file)[0]


@pytest.mark.parametrize("form", FORMATS)
def test_no_row_has_an_empty_side(tmp_path: Path, form: str) -> None:
    run = build.begin(tmp_path / "run", cycles=1)
    whole, kinds = build.pair(100), build.pair(101)
    pairs = [
        whole,
        kinds.model_copy(update={"chosen": " \n"}),
        kinds.model_copy(update={"rejected": ""}),
        kinds.model_copy(update={"rejected": None, "fault": None}),
    ]
    write_rows(run / "soda" / "cycle-1" / "pairs.jsonl", pairs)
    build.record_student(run, "soda-1", "soda", "cycle-1/")
    rows = lines(export_dataset(run, tmp_path / "rows.jsonl", form, provenance=True).file)
    assert len(rows) == (1 if FORMATS[form].pairwise else 2)
    assert '""' not in json.dumps([{**row, "input": "none"} for row in rows])


@pytest.mark.parametrize("form", ["preference", "conversational"])
def test_parquet_holds_the_same_rows(run: Path, tmp_path: Path, form: str) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    binary = export_dataset(run, tmp_path / "rows.parquet", form, provenance=True)
    text = export_dataset(run, tmp_path / "rows.jsonl", form, provenance=True)
    assert parquet.read_table(binary.file).to_pylist() == lines(text.file)


def test_the_card_of_a_dataset_says_how_it_was_made(run: Path, tmp_path: Path) -> None:
    done = export_dataset(run, tmp_path / "set", "preference", licence="cc-by-4.0")
    assert (done.file.name, done.card.name) == ("train.jsonl", "README.md")
    card = done.card.read_text(encoding="utf-8")
    head = YAML(typ="safe", pure=True).load(card.split("---\n")[1])
    assert head["license"] == "cc-by-4.0"
    assert head["configs"] == [{"config_name": "default", "data_files": "train.jsonl"}]
    assert head["size_categories"] == ["n<1K"]
    for words in ("60 rows", "| soda-2 | 31 | 31 |", "Languages: Python 60", "`rejected`"):
        assert words in card, words
    export_dataset(run, tmp_path / "set", "messages")
    assert "messages" in lines(done.file)[0]


def test_an_entry_joins_those_of_the_dataset_info(run: Path, tmp_path: Path) -> None:
    info = tmp_path / "dataset_info.json"
    info.write_text('{"identity": {"file_name": "identity.json"}}')
    export_dataset(run, tmp_path / "mine.json", "llamafactory")
    export_dataset(run, tmp_path / "chat.jsonl", "sharegpt")
    found = json.loads(info.read_text())
    assert list(found) == ["identity", "mine", "chat"]
    assert found["mine"] == {
        "file_name": "mine.json",
        "ranking": True,
        "columns": {
            "prompt": "instruction", "query": "input", "chosen": "chosen", "rejected": "rejected",
        },
    }  # fmt: skip
    info.write_text("no json")
    with pytest.raises(ExportError, match="is no JSON"):
        export_dataset(run, tmp_path / "mine.json", "llamafactory")
    assert info.read_text() == "no json"


def test_rows_of_the_run_itself_are_not_written_over(run: Path) -> None:
    file = run / "soda" / "cycle-1" / "pairs.jsonl"
    before = file.read_bytes()
    with pytest.raises(DataError, match="which is read"):
        export_dataset(run, file, "preference")
    assert file.read_bytes() == before
    assert not file.with_suffix(".md").exists()


def test_what_is_somebody_elses_is_left_alone(run: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine\n")
    with pytest.raises(ExportError, match="holds other files"):
        export_dataset(run, tmp_path, "preference")
    with pytest.raises(ExportError, match="somebody else's"):
        export_dataset(run, tmp_path / "README.jsonl", "preference")
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize(
    ("out", "form", "says"),
    [
        ("rows.jsonl", "dpo", "unknown format 'dpo'; known: preference"),
        ("rows.txt", "preference", "of no kind that is written here; known: .jsonl"),
    ],
)
def test_a_wrong_wish_is_one_clear_error(
    run: Path, tmp_path: Path, out: str, form: str, says: str
) -> None:
    with pytest.raises(ExportError, match=says):
        export_dataset(run, tmp_path / out, form)


def test_a_run_without_pairs_says_so(tmp_path: Path) -> None:
    folder = build.begin(tmp_path / "run")
    with pytest.raises(ExportError, match="has no pairs to write yet"):
        export_dataset(folder, tmp_path / "rows.jsonl", "preference")


@pytest.mark.toolchain
def test_an_export_of_a_real_run_read_as_seeds_gives_the_same_questions(
    finished_run: Path, tmp_path: Path
) -> None:
    pairs = [
        pair
        for path in sorted(finished_run.glob("soda/cycle-*/pairs.jsonl"))
        for pair in read_rows(path, PreferencePair)
    ]
    out = tmp_path / "rows.jsonl"
    done = sodakd("export", str(finished_run), "--dataset", "preference", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert f"{len(pairs)} rows" in done.stdout
    rows = list(load_seeds(QuestionSettings(source=str(out), near_duplicate=1.0), 0))
    assert [(row.seed.text, row.seed.reference) for row in rows] == [
        (pair.question.text, pair.chosen.strip()) for pair in pairs
    ]
    assert {row.language for row in rows} == {Language.PYTHON}
    assert sum(row.kept for row in rows) > len(pairs) / 2


@pytest.mark.parametrize("form", FORMATS)
def test_the_released_pairs_of_the_paper_come_back(tmp_path: Path, form: str) -> None:
    path = real_data("sodacoder/pairwise_data.json")
    responses = [row["response"] for row in json.loads(path.read_text(encoding="utf-8"))]
    languages = list(Language)
    pairs = [
        PreferencePair(
            question=question_of(seed, languages[number % len(languages)]),
            chosen=chosen, rejected=rejected, fault=FaultKind.OPERATOR,
        )
        for number, (seed, (chosen, rejected)) in enumerate(
            zip(read_seeds(read_rows_of(str(path)), ColumnSettings()), responses, strict=True)
        )
    ]  # fmt: skip
    run = build.begin(tmp_path / "run", cycles=1)
    write_rows(run / "soda" / "cycle-1" / "pairs.jsonl", pairs)
    build.record_student(run, "soda-1", "soda", "cycle-1/")
    out = tmp_path / "set"
    export_dataset(run, out / "rows.json", form, provenance=True)
    source = out if FORMATS[form].info is not None else out / "rows.json"
    found = []
    for seed in read_seeds(read_rows_of(str(source)), ColumnSettings()):
        language = tell_language(seed, Language.PYTHON).language
        assert language is not None
        found.append((question_of(seed, language).id, seed.reference))
    assert len(found) == 100
    assert found == [(pair.question.id, pair.chosen.strip()) for pair in pairs]
