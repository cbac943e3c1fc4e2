"""A whole run, from a recipe to results: its arms, one after another."""

import filecmp
import importlib.metadata
import importlib.util
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sodakd.evaluate.passk import by_level
from sodakd.jsonl import atomic_write, read_log, read_rows, write_rows
from sodakd.judge.lint.registry import tool_versions
from sodakd.judge.toolchains import versions
from sodakd.methods.arms import arms_of, run_arms
from sodakd.methods.inputs import RunInputs
from sodakd.methods.plan import is_asked
from sodakd.methods.preflight import preflight, probes_asked
from sodakd.methods.prepare import prepare
from sodakd.methods.run_context import STUDENTS, RunContext, Tools, open_tools, sum_counts
from sodakd.methods.soda import cycles_begun
from sodakd.methods.teachers import open_teacher
from sodakd.recipe import LoadedRecipe, Recipe
from sodakd.records import Allowance, ArmDescription, EvalSample, Results, StudentResult, StudentRow
from sodakd.requirements import machine
from sodakd.run import ProgressCallback, Run
from sodakd.settings.stages import Lint
from sodakd.teacher.cost import NANO
from sodakd.teacher.ledger import USUAL_LEDGER, LedgerOptions, require_answers
from sodakd.teacher.spend_report import look_up_spend
from sodakd.teacher.teacher_endpoint import prices_of
from sodakd.types import Language
from sodakd.weights import link_or_copy

_KEPT = "student"


def run_recipe(
    loaded: LoadedRecipe,
    folder: Path,
    watch: ProgressCallback,
    drop_from: str | None = None,
    options: LedgerOptions = USUAL_LEDGER,
    *,
    try_first: bool = True,
) -> Results:
    """Run a recipe in a folder, or go on with it, and return its results.

    `try_first`: a preflight tries each part before anything is spent, once for a folder.

    Raises:
        RecipeError: an arm is no known method.
        RunError: the folder cannot be used for this recipe.
        BudgetReached: the teacher's budget is spent; run again with a larger one to go on.
    """
    recipe = loaded.recipe
    arms = arms_of(recipe)
    with Run.open(folder, loaded.written, watch, {"cycles": cycles_begun(folder)}) as run:
        if is_asked(recipe) and not options.may_be_new:
            require_answers(folder / "ledger.sqlite", _calls_made(recipe, run))
        if drop_from is not None:
            drop(run, recipe.arms, drop_from)
            (folder / "results.json").unlink(missing_ok=True)  # it is no finished run any more
        teacher = open_teacher(recipe.teacher, run.folder)
        if try_first:
            preflight(recipe, run, teacher, options)
        inputs = prepare(recipe, run)
        with open_tools(recipe, run, teacher, options) as tools:
            context = RunContext(tools, run, inputs.test_set)
            context.publish("base", inputs.base, "base/")
            done = run_arms(
                arms,
                inputs,
                lambda name, allowance: _arm_context(tools, run.arm(name), inputs, allowance),
            )
            published = [
                row for arm in (context, *(arm for arm, _ in done)) for row in arm.published
            ]
            kept = done[0][1]
            write_rows(folder / STUDENTS, published)
            _write_spending(recipe, folder)
        _keep(run, kept)
        results = _results(recipe, run, published, kept, inputs)
    atomic_write(folder / "results.json", results.model_dump_json(indent=1).encode())
    return results


def _calls_made(recipe: Recipe, run: Run) -> int:
    """The calls that finished steps, and the preflight, are known to have made."""
    runs = [run, *(run.arm(name) for name in recipe.arms)]
    return probes_asked(run) + sum(sum_counts(each)["teacher_calls"] for each in runs)


def drop(run: Run, arms: Sequence[str], step: str) -> None:
    """Forget a step, `STEP` or `ARM/STEP`, and all that was built on it.

    Raises:
        RunError: there is no such finished step.
    """
    name, _, own = step.partition("/")
    if name in arms:
        run.arm(name).drop_from(own)
        return
    run.drop_from(step)
    for name in arms if step != _KEPT else ():
        _forget(run.arm(name))


def _arm_context(
    tools: Tools, arm: Run, inputs: RunInputs, allowance: Allowance | None
) -> RunContext:
    """An arm's context. What it did under another allowance is forgotten, but no answer is."""
    path = arm.folder / "allowance.json"
    content = None if allowance is None else allowance.model_dump_json().encode()
    before = path.read_bytes() if path.exists() else None
    if content != before and (arm.steps or before is not None):
        _forget(arm)
        arm = arm.arm(arm.name)
    if content is not None:
        atomic_write(path, content)
    return RunContext(tools, arm, inputs.test_set, allowance)


def _forget(arm: Run) -> None:
    """Remove an arm and its students from the run."""
    shutil.rmtree(arm.folder)
    path = arm.root / STUDENTS
    if path.exists():
        write_rows(path, [row for row in read_log(path, StudentRow) if row.arm != arm.name])


def _keep(run: Run, kept: Path) -> None:
    """Hand out the kept student as the run's: anew, where an earlier end kept another one."""
    done = run.done(_KEPT)
    if done is not None and not _same_weights(run.folder / _KEPT, kept):
        run.drop_from(_KEPT)
    run.cached_model(_KEPT, lambda part: _copy(kept, part))


def _same_weights(student: Path, kept: Path) -> bool:
    names = [path.name for path in sorted(kept.glob("*.safetensors"))]
    same, _, _ = filecmp.cmpfiles(student, kept, names, shallow=False)
    return same == names


def _copy(student: Path, part: Path) -> Mapping[str, int]:
    for path in sorted(student.iterdir()):
        if path.is_file() and path.name not in {"tally.json", "log.jsonl"}:
            link_or_copy(path, part / path.name)
    return {}


def _results(
    recipe: Recipe,
    run: Run,
    published: Sequence[StudentRow],
    kept: Path,
    inputs: RunInputs,
) -> Results:
    languages = _languages(inputs)
    weights = kept.relative_to(run.root).as_posix()
    tools = {} if recipe.feedback.lint is Lint.OFF else tool_versions(languages)
    return Results(
        arms=tuple(
            ArmDescription(name=name, title=method.title, how=method.how, bibtex=method.bibtex)
            for name, method in arms_of(recipe).items()
        ),
        kept=next(row.name for row in published if row.weights == weights),
        seed=recipe.seed,
        standings=tuple(_standing(recipe, run, published, row, inputs) for row in published),
        toolchains={**versions(languages), **tools},
        frameworks=_frameworks(),
        machine=machine(),
        tested=sum(each.tests is not None for each in inputs.test_set) / len(inputs.test_set),
        warnings=_warnings(run),
    )


def _standing(
    recipe: Recipe,
    run: Run,
    published: Sequence[StudentRow],
    row: StudentRow,
    inputs: RunInputs,
) -> StudentResult:
    """A student's row of the table. What it took adds up from its arm's first student on."""
    attempts = read_rows(run.folder / f"{row.evaluation}.jsonl", EvalSample)
    before = published[: published.index(row) + 1]
    arm = run.arm(row.arm)
    tallies = [sum_counts(arm, each.steps) for each in before if row.arm and each.arm == row.arm]
    prompt = sum(tally["prompt_tokens"] for tally in tallies)
    completion = sum(tally["completion_tokens"] for tally in tallies)
    return StudentResult(
        name=row.name,
        groups=by_level(attempts, inputs.held_out_levels),
        teacher_calls=sum(tally["teacher_calls"] for tally in tallies),
        teacher_tokens=prompt + completion,
        money=prices_of(recipe.teacher).cost_of(prompt, completion) / NANO,
        train_steps=sum(tally["train_steps"] for tally in tallies),
        train_tokens=sum(tally["train_tokens"] for tally in tallies),
    )


def _write_spending(recipe: Recipe, folder: Path) -> None:
    """The run's spending by arm, step and ask, in `spend.json`."""
    spent = look_up_spend(folder / "ledger.sqlite", recipe.arms)
    rows = [{"arm": row.arm, **asdict(row)} for row in spent]
    atomic_write(folder / "spend.json", json.dumps(rows, indent=1).encode())


def _frameworks() -> dict[str, str]:
    """The versions of the packages that train, as they are installed."""
    names = ("accelerate", "peft", "tokenizers", "torch", "transformers")
    there = {found for found in names if importlib.util.find_spec(found) is not None}
    return {name: importlib.metadata.version(name) for name in names if name in there}


def _warnings(run: Run) -> tuple[str, ...]:
    """Return the warnings of the verdicts of all evaluations, each once."""
    files = run.folder.rglob("evaluation.jsonl")
    found = {attempt.verdict.warning for file in files for attempt in read_rows(file, EvalSample)}
    return tuple(sorted(found - {""}))


def _languages(inputs: RunInputs) -> list[Language]:
    return sorted({question.language for question in (*inputs.seeds, *inputs.test_set)})
