"""Rows of a benchmark: from a local file or folder, else from the Hugging Face hub."""

from collections.abc import Iterator
from pathlib import Path

from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row
from sodakd.inference.hub import asking_hub
from sodakd.json_text import JsonError
from sodakd.row_files import read_file
from sodakd.types import Language


def load(benchmark: Benchmark, language: Language, data: Path | None) -> list[BenchmarkTask]:
    """The tasks of one language, in their file's order.

    `data` is a file, or a folder that holds the benchmark's files, or a folder of such folders;
    without it the hub is asked. Raises `DataError`.
    """
    origin = benchmark.origins[language]
    paths = _from_hub(benchmark, origin) if data is None else _local(benchmark, origin, data)
    tasks = [task for path in paths for task in benchmark.tasks(_rows(path), language)]
    if not tasks:
        raise DataError(f"{', '.join(map(str, paths))} holds no task of {benchmark.name}")
    return tasks


def files_read(benchmark: Benchmark, data: Path) -> list[Path]:
    """The files in `data` that the tasks of all languages are read from. Raises `DataError`."""
    return [
        path for origin in benchmark.origins.values() for path in _local(benchmark, origin, data)
    ]


def _rows(path: Path) -> Iterator[Row]:
    for number, values in read_file(path):
        name = f"{path}, row {number}"
        if isinstance(values, JsonError):
            raise DataError(f"{name}: {values}")
        yield Row(name, values)


def _local(benchmark: Benchmark, origin: DatasetFile, data: Path) -> list[Path]:
    if data.is_file():
        return [data]
    names = [*origin.local, Path(origin.file).name, origin.file]
    for place in (data / benchmark.name, data):
        for name in names:
            for ending in ("", ".gz"):
                found = sorted(path for path in place.glob(f"{name}{ending}") if path.is_file())
                if found:
                    return found
    raise DataError(
        f"{data} holds no file of {benchmark.name}: looked for {', '.join(origin.local)}"
        f" (.gz as well), there and in {data / benchmark.name}"
    )


def _from_hub(benchmark: Benchmark, origin: DatasetFile) -> list[Path]:
    dataset = origin.dataset or benchmark.dataset
    if not dataset:
        raise DataError(
            f"{benchmark.name} is not on the hub: get {origin.file} from {benchmark.home}, and give"
            " it: --data PATH, in a recipe evaluation.data"
        )
    why = f"{benchmark.name} is read from {dataset}, {origin.file}"
    instead = "its file can be given instead: --data PATH, in a recipe evaluation.data"
    with asking_hub(DataError, why, extra="data", instead=instead):
        from huggingface_hub import snapshot_download

        # Not `hf_hub_download`, which tries for half a minute where there is no network.
        folder = snapshot_download(dataset, repo_type="dataset", allow_patterns=origin.file)
    found = sorted(Path(folder).glob(origin.file))
    if not found:
        raise DataError(f"{why}, which is not there on the hub; {instead}")
    return found
