"""Rows of a benchmark: from a local file or folder, else from the Hugging Face hub."""

import json
from collections.abc import Iterator
from pathlib import Path

from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row
from sodakd.inference.hub import asking_hub
from sodakd.jsonl import read_lines, read_object
from sodakd.types import Language


def load(benchmark: Benchmark, language: Language, data: Path | None) -> list[BenchmarkTask]:
    """The tasks of one language, in their file's order.

    `data` is a file, or a folder that holds the benchmark's files, or a folder of such folders;
    without it the hub is asked. Raises `DataError`.
    """
    origin = benchmark.origins[language]
    path = _from_hub(benchmark, origin) if data is None else _local(benchmark, origin, data)
    tasks = benchmark.tasks(_rows(path), language)
    if not tasks:
        raise DataError(f"{path} holds no task of {benchmark.name}")
    return tasks


def _local(benchmark: Benchmark, origin: DatasetFile, data: Path) -> Path:
    if data.is_file():
        return data
    names = [*origin.local, Path(origin.file).name, origin.file]
    tried = [
        place / f"{name}{ending}"
        for place in (data / benchmark.name, data)
        for name in names
        for ending in ("", ".gz")
    ]
    for path in tried:
        if path.is_file():
            return path
    raise DataError(
        f"{data} holds no file of {benchmark.name}: looked for {', '.join(origin.local)}"
        f" (.gz as well), there and in {data / benchmark.name}"
    )


def _from_hub(benchmark: Benchmark, origin: DatasetFile) -> Path:
    dataset = origin.dataset or benchmark.dataset
    why = f"{benchmark.name} is read from {dataset}, {origin.file}"
    instead = "its file can be given instead: --data PATH"
    with asking_hub(DataError, why, extra="data", instead=instead):
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(dataset, origin.file, repo_type="dataset"))


def _rows(path: Path) -> Iterator[Row]:
    if path.suffix == ".parquet":
        yield from _parquet(path)
        return
    yield from (Row(line.where, line.values) for line in read_lines(path))


def _parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise DataError(
            f"{path} is a parquet file, which is read with pyarrow: pip install 'sodakd[data]', or"
            " give the benchmark's JSON lines: --data PATH"
        ) from None
    for number, values in enumerate(parquet.read_table(path).to_pylist(), start=1):
        where = f"{path}, row {number}"
        yield Row(where, read_object(json.dumps(values), where))
