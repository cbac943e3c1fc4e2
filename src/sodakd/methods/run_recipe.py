"""`run_recipe`: a whole run, from a recipe to results: its arms, one after another."""

import filecmp
import importlib.metadata
import importlib.util
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from sodakd.efficiency import FILE as EFFICIENCY
from sodakd.efficiency import run_efficiency
from sodakd.evaluate.groups import Outcomes, outcomes_of, pass_rates
from sodakd.evaluate.paired import paired_difference
from sodakd.inference.hub import find_model
from sodakd.jsonl import atomic_write, read_log, read_rows, write_rows
from sodakd.judge.lint.registry import tool_versions
from sodakd.judge.toolchains import versions
from sodakd.methods.arms import arms_of, budget_remark, run_arms
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import SEED_TESTS
from sodakd.methods.plan import has_llm_teacher
from sodakd.methods.preflight import preflight, preflight_calls
from sodakd.methods.prepare import prepare_questions, with_base_student
from sodakd.methods.run_context import (
    STUDENTS,
    RunContext,
    RunResources,
    open_resources,
    sum_counts,
)
from sodakd.methods.soda import cycles_reached
from sodakd.methods.teacher_weights import check_tokens
from sodakd.methods.teachers import open_teacher
from sodakd.recipe import Recipe
from sodakd.recipe_file import LoadedRecipe
from sodakd.records import (
    Allowance,
    ArmDescription,
    EvalSample,
    PassRate,
    Results,
    StudentResult,
    StudentRow,
)
from sodakd.requirements import machine
from sodakd.run import ProgressCallback, Run
from sodakd.settings.stages import Lint
from sodakd.teacher.cost import NANO
from sodakd.teacher.ledger import DEFAULT_LEDGER_OPTIONS, LedgerOptions, require_ledger
from sodakd.teacher.spend_report import look_up_spend
from sodakd.teacher.teacher_endpoint import prices_of
from sodakd.types import Language
from sodakd.weights import link_or_copy

_FINAL_STUDENT = "student"


def run_recipe(
    loaded: LoadedRecipe,
    folder: Path,
    on_progress: ProgressCallback,
    drop_from: str | None = None,
    options: LedgerOptions = DEFAULT_LEDGER_OPTIONS,
    *,
    with_preflight: bool = True,
) -> Results:
    """Run a recipe in a folder, or resume it, and return its results.

    `with_preflight`: try each part before anything is spent, once for a folder. `drop_from`: a
    finished step to do again, with all after it.

    Raises:
        RecipeError: an arm is no known method, or an exam's benchmark is none.
        RunError: the folder cannot be used for this recipe.
        DataError: the source of the questions cannot feed this recipe; nothing was spent.
        BudgetReached: the teacher's budget is spent; run again with a larger one to go on.
    """
    recipe = loaded.recipe
    arms = arms_of(recipe)
    with Run.open(folder, loaded.redacted, on_progress, {"cycles": cycles_reached(folder)}) as run:
        if has_llm_teacher(recipe) and not options.allow_new:
            require_ledger(folder / "ledger.sqlite", _calls_made(recipe, run))
        if drop_from is not None:
            drop_step(run, recipe.arms, drop_from)
            (folder / "results.json").unlink(missing_ok=True)  # it is no finished run any more
        if words := budget_remark(recipe):
            run.remark("equal", words)
        teacher = open_teacher(recipe.teacher, run.folder)
        questions = prepare_questions(recipe, run)
        if with_preflight:
            preflight(recipe, run, teacher, options)
        inputs = with_base_student(recipe, run, questions)
        _check_teacher(recipe, run, inputs.base)
        with open_resources(recipe, run, teacher, options) as resources:
            context = RunContext(resources, run, inputs.test_set)
            context.record_student("base", inputs.base, "base/")
            for own in _outcomes(run, context.students, inputs)[0].values():
                pass_rates(inputs.groups, own)  # or nothing could be said at the end
            arm_results = run_arms(
                arms,
                inputs,
                lambda name, allowance: _arm_context(
                    replace(resources, recipe=arms[name].recipe), run.arm(name), inputs, allowance
                ),
            )
            students = [
                row for arm in (context, *(arm for arm, _ in arm_results)) for row in arm.students
            ]
            final = arm_results[0][1]
            write_rows(folder / STUDENTS, students)
            _write_spending(recipe, folder)
        _link_final_student(run, final)
        results = _results(recipe, run, students, final, inputs)
    atomic_write(folder / "results.json", results.model_dump_json(indent=1).encode())
    efficiency = run_efficiency(folder, loaded.redacted)
    if efficiency is not None:  # times: they stand apart from results, which repeat
        atomic_write(folder / EFFICIENCY, efficiency.model_dump_json(indent=1).encode())
    return results


def _check_teacher(recipe: Recipe, run: Run, base: Path) -> None:
    """Hold the tokens of a teacher whose weights are read against the student's."""
    for name, arm in arms_of(recipe).items():
        if arm.method.reads_weights:
            teacher = find_model(recipe.teacher.model_name_or_path or "")
            if words := check_tokens(teacher, base):
                run.remark(name, words)


def _calls_made(recipe: Recipe, run: Run) -> int:
    """Return the number of teacher calls that finished steps and the preflight made."""
    runs = [run, *(run.arm(name) for name in recipe.arms)]
    return preflight_calls(run) + sum(sum_counts(each)["teacher_calls"] for each in runs)


def drop_step(run: Run, arms: Sequence[str], step: str) -> None:
    """Remove a finished step, `STEP` or `ARM/STEP`, and all that was built on it.

    Raises:
        RunError: there is no such finished step.
    """
    name, _, own = step.partition("/")
    if name in arms:
        run.arm(name).drop_from(own)
        return
    run.drop_from(step)
    for name in arms if step != _FINAL_STUDENT else ():
        _remove_arm(run.arm(name))


def _arm_context(
    resources: RunResources, arm: Run, inputs: RunInputs, allowance: Allowance | None
) -> RunContext:
    """Return an arm's context; its steps under another allowance are removed, the ledger stays."""
    path = arm.folder / "allowance.json"
    content = None if allowance is None else allowance.model_dump_json().encode()
    before = path.read_bytes() if path.exists() else None
    if content != before and (arm.steps or before is not None):
        _remove_arm(arm)
        arm = arm.arm(arm.name)
    if content is not None:
        atomic_write(path, content)
    return RunContext(resources, arm, inputs.test_set, allowance)


def _remove_arm(arm: Run) -> None:
    """Remove an arm and its students from the run."""
    shutil.rmtree(arm.folder)
    path = arm.root / STUDENTS
    if path.exists():
        write_rows(path, [row for row in read_log(path, StudentRow) if row.arm != arm.name])


def _link_final_student(run: Run, final: Path) -> None:
    """Link the final student's weights into the run's `student` folder, again if they changed."""
    done = run.done(_FINAL_STUDENT)
    if done is not None and not _same_weights(run.folder / _FINAL_STUDENT, final):
        run.drop_from(_FINAL_STUDENT)
    run.cached_model(_FINAL_STUDENT, lambda part: _copy(final, part))


def _same_weights(student: Path, final: Path) -> bool:
    names = [path.name for path in sorted(final.glob("*.safetensors"))]
    same, _, _ = filecmp.cmpfiles(student, final, names, shallow=False)
    return same == names


def _copy(student: Path, part: Path) -> Mapping[str, int]:
    for path in sorted(student.iterdir()):
        if path.is_file() and path.name not in {"tally.json", "log.jsonl"}:
            link_or_copy(path, part / path.name)
    return {}


def _results(
    recipe: Recipe,
    run: Run,
    students: Sequence[StudentRow],
    final: Path,
    inputs: RunInputs,
) -> Results:
    languages = _languages(inputs)
    weights = final.relative_to(run.root).as_posix()
    tools = {} if recipe.feedback.lint is Lint.OFF else tool_versions(languages)
    outcomes, unjudged = _outcomes(run, students, inputs)
    kept = next(row for row in students if row.weights == weights)
    last = {row.arm: row.name for row in students if row.arm != kept.arm}
    return Results(
        arms=tuple(
            ArmDescription(name=name, title=arm.title, how=arm.method.how, bibtex=arm.method.bibtex)
            for name, arm in arms_of(recipe).items()
        ),
        kept=kept.name,
        seed=recipe.seed,
        standings=tuple(
            _student_result(recipe, run, students, row, pass_rates(inputs.groups, own))
            for row, own in zip(students, outcomes.values(), strict=True)
        ),
        differences=tuple(
            paired_difference(group, outcomes[kept.name], outcomes[other], other)
            for group in inputs.groups
            for other in last.values()
            if not group.by
        ),
        unjudged=unjudged,
        toolchains={**versions(languages), **tools},
        frameworks=_frameworks(),
        machine=machine(),
        tested=sum(each.tests is not None for each in inputs.test_set) / len(inputs.test_set),
        warnings=_warnings(run),
    )


def _outcomes(
    run: Run, students: Sequence[StudentRow], inputs: RunInputs
) -> tuple[dict[str, Outcomes], dict[str, int]]:
    """Return what became of the exam, by student, and how many questions say nothing, by reason."""
    attempts = {
        row.name: read_rows(run.folder / f"{row.evaluation}.jsonl", EvalSample) for row in students
    }
    return outcomes_of(inputs.test_set, attempts)


def _student_result(
    recipe: Recipe,
    run: Run,
    students: Sequence[StudentRow],
    row: StudentRow,
    groups: tuple[PassRate, ...],
) -> StudentResult:
    """Return a student's row of the table; its costs add up from its arm's first student on."""
    before = students[: students.index(row) + 1]
    arm = run.arm(row.arm)
    tallies = [sum_counts(arm, each.steps) for each in before if row.arm and each.arm == row.arm]
    if row.steps:  # what its cycles begin with is in none of them
        tallies.append(sum_counts(arm, SEED_TESTS))
    prompt = sum(tally["prompt_tokens"] for tally in tallies)
    completion = sum(tally["completion_tokens"] for tally in tallies)
    return StudentResult(
        name=row.name,
        groups=groups,
        teacher_calls=sum(tally["teacher_calls"] for tally in tallies),
        teacher_tokens=prompt + completion,
        money=prices_of(recipe.teacher).cost_of(prompt, completion) / NANO,
        train_steps=sum(tally["train_steps"] for tally in tallies),
        train_tokens=sum(tally["train_tokens"] for tally in tallies),
    )


def _write_spending(recipe: Recipe, folder: Path) -> None:
    """Write `spend.json`: the run's spending by arm, step and ask."""
    spent = look_up_spend(folder / "ledger.sqlite", recipe.arms)
    rows = [{"arm": row.arm, **asdict(row)} for row in spent]
    atomic_write(folder / "spend.json", json.dumps(rows, indent=1).encode())


def _frameworks() -> dict[str, str]:
    """Return the installed versions of the packages that train."""
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
