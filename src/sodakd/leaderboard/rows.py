"""The rows of a table: what is told of each, and the evaluation of one in this process."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from sodakd.errors import DataError, ModelError
from sodakd.evaluate.command import evaluate, sha256
from sodakd.evaluate.folder import EvalSettings, check_folder
from sodakd.inference.folder import weight_files
from sodakd.inference.hub import find_model
from sodakd.leaderboard.engine_model import EngineModel
from sodakd.methods.engines import BACKENDS, LOG, EngineConfig
from sodakd.report.model_folder import TableEntry, TableSettings, has_answers, row_folder
from sodakd.run_header import lock_folder
from sodakd.settings.models import ModelEntry, ModelPrice
from sodakd.settings.sources import exists
from sodakd.settings.urls import public_address


def table_entry(model: ModelEntry) -> TableEntry:
    """Return what is told of a model. Its price is its own, else that of the table of prices."""
    places = " and ".join(map(public_address, model.engine.base_urls))
    price, known = model.price, model.token_price
    if known is not None:
        price = ModelPrice(prompt=known[0], completion=known[1])
    return TableEntry(
        name=model.name,
        model=model.model,
        source=f"{model.model} at {places}" if places else model.model,
        engine=model.opened_with.backend,
        prompt=model.prompt,
        price=price,
        licence=model.licence,
        memory_gb=model.memory_gb,
        note=model.note,
    )


def with_places(models: Sequence[ModelEntry], places: dict[str, str]) -> list[ModelEntry]:
    """Return models of which some lie elsewhere than their file says, by their names.

    Raises:
        ModelError: there is no model of that name.
    """
    names = [model.name for model in models]
    for name in places:
        if name not in names:
            raise ModelError(f"no model is called {name!r}; the names are {', '.join(names)}")
    return [
        model.model_copy(update={"model": places.get(model.name, model.model)}) for model in models
    ]


def check_rows(settings: TableSettings, models: Sequence[ModelEntry], out: Path) -> None:
    """Make sure that what is answered was asked so, and of the weights that lie there now.

    Raises:
        DataError: a row's folder is that of another evaluation; says how to evaluate it again.
    """
    for model in models:
        folder = row_folder(out, model.name)
        if has_answers(folder):
            try:
                check_folder(folder, _asked(settings, model))
            except DataError as error:
                raise DataError(
                    f"{error}; or move {folder} away, and {model.name} is evaluated again"
                ) from None


def _asked(settings: TableSettings, model: ModelEntry) -> EvalSettings:
    """The settings of a row, with the hash of its weights where they lie here."""
    entry = next(each for each in settings.rows if each.name == model.name)
    place = Path(model.model)
    served = bool(model.engine.base_urls)
    return settings.of(entry, "" if served or not exists(place) else sha256(place))


def evaluate_row(
    settings: TableSettings,
    model: ModelEntry,
    out: Path,
    workers: int | None = None,
    allow_unsandboxed: bool = False,
    tell: Callable[[str], None] | None = None,
) -> None:
    """Evaluate a row as `sodakd eval` does, in its folder of the table; go on where it stopped.

    Raises:
        ModelError: the model cannot be loaded.
        EndpointError: answers could not be had; all others are kept.
        DataError: the row's folder is that of another evaluation.
    """
    folder = row_folder(out, model.name)
    asked = _asked(settings, model)
    _make_room(folder, asked)
    evaluate(
        asked,
        folder,
        lambda: _opened(model, folder, tell),
        workers,
        allow_unsandboxed,
        settings.lint,
        tell=tell,
    )


def _make_room(folder: Path, asked: EvalSettings) -> None:
    """Let a row that failed before its first answer be asked otherwise: of another model, say."""
    try:
        check_folder(folder, asked)
    except DataError:
        if has_answers(folder):
            raise
        with lock_folder(folder):
            shutil.rmtree(folder)


def _opened(model: ModelEntry, folder: Path, tell: Callable[[str], None] | None) -> EngineModel:
    settings = model.opened_with
    config = EngineConfig(
        settings, None, folder / LOG, "engine", trained=False, plain=model.prompt == "continue"
    )
    if tell is not None:
        config = replace(config, tell=tell)
    return EngineModel(partial(BACKENDS[settings.backend], config, _place(model)))


def _place(model: ModelEntry) -> Path:
    """Where the weights are; of a served model its name, which is no place."""
    place = Path(model.model)
    if model.engine.base_urls or place.is_file():
        return place
    if model.model.endswith(".gguf"):
        raise ModelError(f"there is no file {model.model}; fetch it, or name where it lies")
    found = find_model(model.model)
    weight_files(found)  # what is no model is told before torch is imported, or a server started
    return found
