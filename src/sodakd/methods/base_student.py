"""The base student: what a run distils into."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from sodakd.errors import ModelError
from sodakd.jsonl import fsync_files
from sodakd.recipe import Recipe
from sodakd.records import TrainLogRow
from sodakd.run import Run
from sodakd.settings.student import StudentSettings
from sodakd.training.schedule import Example, count_steps


def base_student(recipe: Recipe, run: Run, examples: Sequence[Example]) -> Path:
    """The step `base/student`: a pretrained model, or one made from the examples.

    Raises:
        ModelError: the pretrained model cannot be a student.
    """

    def build(folder: Path) -> Mapping[str, int]:
        if recipe.student.model_name_or_path is not None:
            return _pretrained(recipe, run, folder, recipe.student.model_name_or_path)
        return _from_scratch(recipe, run, examples, folder)

    return run.cached_model("base/student", build)


def lay_out_pretrained(student: StudentSettings, folder: Path) -> None:
    """Lay a recipe's pretrained student into a folder, from a folder or the hub.

    Raises:
        ModelError: it cannot be a student.
    """
    from sodakd.inference.hub import find_model
    from sodakd.training.model_io import link_pretrained

    assert student.model_name_or_path is not None
    source = find_model(student.model_name_or_path, student.revision)
    link_pretrained(source, folder, _template(student.chat_template))


def _pretrained(recipe: Recipe, run: Run, folder: Path, name: str) -> Mapping[str, int]:
    from sodakd.inference.canary_reference import record_folder_canary

    run.report_progress("base/student", 0, 0, f"fetch {name}")
    lay_out_pretrained(recipe.student, folder)
    record_folder_canary(folder)
    return {}


def _template(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"student.chat_template, {path}, cannot be read: {error}") from None


def _from_scratch(
    recipe: Recipe, run: Run, examples: Sequence[Example], folder: Path
) -> Mapping[str, int]:
    from sodakd.training.from_scratch import init_student
    from sodakd.training.train import train

    settings = recipe.base.training
    raw = folder / "raw"
    if not raw.exists():
        texts = [text for example in examples for text in (example.prompt, example.chosen)]
        init_student(texts, recipe.base.shape, recipe.seed, folder / "raw.part")
        fsync_files(folder / "raw.part")
        (folder / "raw.part").replace(raw)
    total = count_steps(len(examples), settings)

    def show(row: TrainLogRow) -> None:
        run.report_progress("base/student", row.step, total, "train", loss=row.loss)

    rows = train(
        raw, examples, settings, recipe.seed, folder, show,
        remark=lambda words: run.remark("base/student", words),
    )  # fmt: skip
    shutil.rmtree(raw)
    return {
        "examples": len(examples),
        "train_steps": rows[-1].step,
        "train_tokens": rows[-1].tokens,
    }
