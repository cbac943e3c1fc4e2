"""`distil`: a whole run, from a recipe to results and a report."""

import importlib.metadata
import importlib.util
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import RunError
from sodakd.evaluate.passk import by_level
from sodakd.judge.judge import versions
from sodakd.judge.lint.table import tool_versions
from sodakd.methods.given import Prepared
from sodakd.methods.plan import plan
from sodakd.methods.sft import sft
from sodakd.methods.soda import soda
from sodakd.methods.start import prepare
from sodakd.methods.workshop import USUAL, Workshop, open_ledger, total_tally
from sodakd.recipe import LoadedRecipe, Recipe
from sodakd.records import Attempt, Results, Standing
from sodakd.run import Run, Watch
from sodakd.settings.stages import Lint
from sodakd.store import read_rows, write_whole
from sodakd.teacher.endpoint import prices_of
from sodakd.teacher.ledger import LedgerOptions
from sodakd.teacher.money import NANO
from sodakd.types import Language

CONTROL = "sft"


@dataclass(frozen=True)
class Control:
    """What the control's process is given. `folder` is the run's own folder."""

    recipe: Recipe
    written: Mapping[str, JsonValue]
    folder: Path
    given: Prepared
    calls: int
    steps: int
    drop_from: str | None
    options: LedgerOptions


def distil(
    loaded: LoadedRecipe,
    folder: Path,
    watch: Watch,
    drop_from: str | None = None,
    options: LedgerOptions = USUAL,
) -> Results:
    """Run a recipe in a folder, or go on with it, and return its results.

    Raises:
        RunError: the folder cannot be used for this recipe.
        BudgetReached: the teacher's budget is spent; run again with a larger one to go on.
    """
    recipe = loaded.recipe
    own, of_control = _split_step(drop_from)
    if of_control is not None and not (recipe.control or recipe.method == CONTROL):
        raise RunError(f"no step {drop_from!r} to drop: this recipe has no control")
    with Run.open(folder, loaded.written, watch, own) as run:
        given = prepare(recipe, run)
        planned = plan(recipe)
        control = Control(
            recipe, loaded.written, folder, given,
            calls=planned.soda_calls() or recipe.questions.seeds,
            steps=planned.soda_steps() or planned.trainings[-1].steps,
            drop_from=of_control, options=options,
        )  # fmt: skip
        with Workshop.open(recipe, run, folder / "ledger.sqlite", given.exam, options) as shop:
            if recipe.method == "sft":
                shop.evaluate("base/evaluation", given.base, given.exam)
            else:
                student = _method(shop, given)
        if recipe.control or recipe.method == "sft":
            run_control(control, watch)
        if recipe.method == "sft":
            student = folder / CONTROL / "student"
        run.weights("student", lambda part: _copy(student, part))
        results = collect(recipe, run, _languages(given))
    write_whole(folder / "results.json", results.model_dump_json(indent=1).encode())
    return results


def run_control(control: Control, watch: Watch) -> None:
    """Train the static control in a run of its own inside the run's folder, on the same ledger."""
    folder = control.folder / CONTROL
    ledger = control.folder / "ledger.sqlite"
    with (
        Run.open(folder, control.written, watch, control.drop_from, CONTROL) as run,
        Workshop.open(control.recipe, run, ledger, control.given.exam, control.options) as shop,
    ):
        sft(shop, control.given, control.calls, control.steps)


def collect(recipe: Recipe, run: Run, languages: Sequence[Language]) -> Results:
    """The standings of a finished run, and its spending by step in `spend.json`."""
    books = open_ledger(recipe, run.folder / "ledger.sqlite")
    rows = [{"method": _owner(row.step, recipe), **row.model_dump()} for row in books.rows()]
    books.close()
    write_whole(run.folder / "spend.json", json.dumps(rows, indent=1).encode())
    standings = [_standing(recipe, run, "base", (), "base/evaluation")]
    prefixes: tuple[str, ...] = ()
    for cycle in range(1, recipe.cycles + 1):
        prefixes = (*prefixes, f"cycle-{cycle}/")
        if run.done(f"cycle-{cycle}/evaluation"):
            standings.append(
                _standing(recipe, run, f"cycle-{cycle}", prefixes, f"cycle-{cycle}/evaluation")
            )
    control = Run(run.folder / CONTROL)
    if control.done("evaluation"):
        standings.append(_standing(recipe, control, CONTROL, ("",), "evaluation"))
    return Results(
        method=recipe.method,
        seed=recipe.seed,
        standings=tuple(standings),
        toolchains={**versions(languages), **_static_tools(recipe, languages)},
        frameworks=_frameworks(),
        warnings=_warnings(run),
    )


def _static_tools(recipe: Recipe, languages: Sequence[Language]) -> Mapping[str, str]:
    lint = recipe.feedback.lint
    return {} if lint is Lint.OFF else tool_versions(languages, full=lint is Lint.FULL)


def _frameworks() -> dict[str, str]:
    """The versions of the packages that train, as they are installed."""
    names = ("accelerate", "peft", "tokenizers", "torch", "transformers")
    there = {found for found in names if importlib.util.find_spec(found) is not None}
    return {name: importlib.metadata.version(name) for name in names if name in there}


def _warnings(run: Run) -> tuple[str, ...]:
    """What the verdicts of all evaluations warn of."""
    files = run.folder.rglob("evaluation.jsonl")
    found = {attempt.verdict.warning for file in files for attempt in read_rows(file, Attempt)}
    return tuple(sorted(found - {""}))


def _languages(given: Prepared) -> list[Language]:
    return sorted({question.language for question in (*given.seeds, *given.exam)})


def _owner(step: str, recipe: Recipe) -> str:
    return CONTROL if step.startswith(f"{CONTROL}/") else recipe.method


def _split_step(step: str | None) -> tuple[str | None, str | None]:
    """A step to drop, as the run's own or as the control's."""
    if step is not None and step.startswith(f"{CONTROL}/"):
        return None, step.removeprefix(f"{CONTROL}/")
    return step, None


def _method(shop: Workshop, given: Prepared) -> Path:
    shop.evaluate("base/evaluation", given.base, given.exam)
    return soda(shop, given)


def _standing(
    recipe: Recipe, run: Run, name: str, prefixes: tuple[str, ...], evaluation: str
) -> Standing:
    attempts = read_rows(run.folder / f"{evaluation}.jsonl", Attempt)
    tallies = [total_tally(run, prefix) for prefix in prefixes]
    prompt = sum(tally["prompt_tokens"] for tally in tallies)
    completion = sum(tally["completion_tokens"] for tally in tallies)
    prices = prices_of(recipe.teacher)
    return Standing(
        name=name,
        groups=by_level(attempts),
        teacher_calls=sum(tally["teacher_calls"] for tally in tallies),
        teacher_tokens=prompt + completion,
        money=prices.of(prompt, completion) / NANO,
        train_steps=sum(tally["train_steps"] for tally in tallies),
        train_tokens=sum(tally["train_tokens"] for tally in tallies),
    )


def _copy(student: Path, part: Path) -> Mapping[str, int]:
    for path in sorted(student.iterdir()):
        if path.is_file() and path.name not in {"tally.json", "log.jsonl"}:
            _link_or_copy(path.resolve(), part / path.name)
    return {}


def _link_or_copy(path: Path, to: Path) -> None:
    """The same file under another name, where the disk can do that: weights take room once."""
    to.unlink(missing_ok=True)
    try:
        os.link(path, to)
    except OSError:
        shutil.copy2(path, to)
