"""A row's engine: a folder answers in this process, a file behind a server that the row starts."""

import sys
from pathlib import Path

import pytest

from sodakd.errors import DataError, ModelError
from sodakd.evaluate.folder import EvalSettings
from sodakd.evaluate.samples import Sample
from sodakd.jsonl import read_log
from sodakd.leaderboard.rows import check_rows, evaluate_row, table_entry
from sodakd.report.model_folder import (
    FinishedRow,
    TableSettings,
    asked_keys,
    asked_parts,
    read_finished,
    row_folder,
)
from sodakd.report.model_table import measured_rows
from sodakd.settings.generation import GenerationSettings
from sodakd.settings.models import ModelEntry, ModelPrice
from tests.leaderboard.adders import COUNT, write_benchmarks

ADD_0 = 'def add0(x):\n    """Add 0 to x."""\n'


def settings_of(folder: Path, *models: ModelEntry) -> TableSettings:
    """A table of models."""
    asked = EvalSettings(
        source="", benchmarks=("humaneval",), languages=None, limit=None, n=1, temperature=0.0,
        data=str(write_benchmarks(folder / "data")), max_new_tokens=8, seed=0, cpu_seconds=10.0,
    )  # fmt: skip
    return TableSettings(asked=asked, lint=False, rows=tuple(map(table_entry, models)))


def evaluated(folder: Path, *models: ModelEntry) -> list[FinishedRow]:
    """The rows of models, evaluated in this process."""
    settings = settings_of(folder, *models)
    keys = asked_keys(settings.asked, asked_parts(settings.asked))
    found = []
    for model, row in zip(models, settings.rows, strict=True):
        evaluate_row(settings, model, folder, workers=1)
        finished = read_finished(folder, settings, row, keys)
        assert finished is not None
        found.append(finished)
    return found


@pytest.mark.heavy
@pytest.mark.toolchain
def test_a_folder_answers_in_this_process_and_tells_its_tokens_and_memory(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from tests.tiny_models import write_model

    model = write_model(tmp_path / "model", "qwen2")
    chat, plain = evaluated(
        tmp_path,
        ModelEntry(name="chat", model=str(model), price=ModelPrice(hour=3.6)),
        ModelEntry(name="plain", model=str(model), prompt="continue"),
    )
    for row in (chat, plain):
        measured = measured_rows([row])[row.entry.name]
        assert measured.answers == COUNT
        assert measured.seconds > 0
        assert measured.peak_bytes is not None
        assert measured.peak_bytes > 10_000_000
        usage = [one.usage for one in row.samples.values()]
        assert all(each is not None and 0 < each.completion_tokens <= 8 for each in usage)
    first = next(iter(plain.samples.values())).usage
    assert first is not None
    assert first.prompt_tokens == len(AutoTokenizer.from_pretrained(model).encode(ADD_0))


@pytest.mark.toolchain
def test_a_file_answers_behind_a_server_that_ends_with_its_answers(tmp_path: Path) -> None:
    file = tmp_path / "odd.gguf"
    file.write_bytes(b"GGUF")
    command = (sys.executable, "-m", "tests.servers.solver", "--port", "{port}")
    engine = GenerationSettings(backend="server", command=command)
    entry = ModelEntry(name="file", model=str(file), engine=engine)
    (row,) = evaluated(tmp_path, entry)
    assert sum(one.verdict.passed for one in row.judged.values()) == COUNT / 2
    assert measured_rows([row])["file"].answers == COUNT
    assert measured_rows([row])["file"].peak_bytes is None
    log = (row_folder(tmp_path, "file") / "generation.log").read_text()
    assert "taken at its word" in log
    asked = settings_of(tmp_path, entry)
    check_rows(asked, [entry], tmp_path)
    file.write_bytes(b"GGUF of other weights")
    with pytest.raises(DataError, match=r"holds another.* move .* and file is evaluated again"):
        check_rows(asked, [entry], tmp_path)


def test_a_gguf_file_that_names_no_engine_is_served_by_llama_cpp(tmp_path: Path) -> None:
    entry = ModelEntry(name="file", model=str(tmp_path / "model.gguf"))
    assert entry.opened_with.command[:3] == ("llama-server", "-m", "{model}")
    with pytest.raises(ModelError, match=r"there is no file .*model\.gguf"):
        evaluated(tmp_path, entry)
    assert not read_log(row_folder(tmp_path, "file") / "samples.jsonl", Sample)


@pytest.mark.parametrize(
    ("price", "fault"),
    [
        ({"prompt": 1}, "a price is"),
        ({"prompt": 1, "completion": 1, "hour": 1}, "a price is"),
        ({}, "a price is"),
    ],
)
def test_a_price_is_of_tokens_or_of_an_hour(price: dict[str, float], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        ModelPrice.model_validate(price)
