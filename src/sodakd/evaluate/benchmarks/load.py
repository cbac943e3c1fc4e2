"""Rows of a benchmark: from a local file or folder, else from the Hugging Face hub."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, Origin, Row
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


def _local(benchmark: Benchmark, origin: Origin, data: Path) -> Path:
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


def _from_hub(benchmark: Benchmark, origin: Origin) -> Path:
    dataset = origin.dataset or benchmark.dataset
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise DataError(
            f"{benchmark.name} is loaded from the hub with huggingface_hub, which is not installed:"
            " pip install huggingface_hub, or give its file: --data PATH"
        ) from None
    try:
        return Path(hf_hub_download(dataset, origin.file, repo_type="dataset"))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        raise DataError(
            f"{benchmark.name} could not be loaded from the hub ({dataset}, {origin.file}):"
            f" {first}; get the file on a machine that is on line and give it: --data PATH"
        ) from None


def _rows(path: Path) -> Iterator[Row]:
    if path.suffix == ".parquet":
        yield from _parquet(path)
        return
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield Row(f"{path}, line {number}", _object(line, f"{path}, line {number}"))


def _parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise DataError(
            f"{path} is a parquet file, which is read with pyarrow: pip install pyarrow, or give"
            " the benchmark's JSON lines: --data PATH"
        ) from None
    for number, values in enumerate(parquet.read_table(path).to_pylist(), start=1):
        yield Row(f"{path}, row {number}", _object(json.dumps(values), f"{path}, row {number}"))


def _object(text: str, name: str) -> dict[str, JsonValue]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise DataError(f"{name}: no JSON: {error}") from None
    if not isinstance(values, dict):
        raise DataError(f"{name}: a row must be an object")
    return values
