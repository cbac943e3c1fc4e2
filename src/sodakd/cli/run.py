"""Commands of runs: `run`, `check`, `plan`, `report`, `ledger`, `record`."""

import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from sodakd.cli.options import AsJson, Overrides, RecipeFile, RunFolder, tell
from sodakd.errors import RecipeError, RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sodakd.recipe import LoadedRecipe


def run(
    recipe: RecipeFile,
    overrides: Overrides = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; runs/NAME-SEED by default.")
    ] = None,
    drop_from: Annotated[
        str | None,
        typer.Option("--from", help="Drop this finished step and all after it, then go on."),
    ] = None,
    reuse: Annotated[
        list[Path] | None,
        typer.Option(
            help="Take answers of this run, ledger or file of `sodakd record`. May be repeated."
        ),
    ] = None,
    new_ledger: Annotated[
        bool,
        typer.Option("--new-ledger", help="Go on without a ledger that is lost, and pay again."),
    ] = False,
    no_preflight: Annotated[
        bool,
        typer.Option("--no-preflight", help="Do not try student, teacher and judge first."),
    ] = False,
    ray: Annotated[
        str,
        typer.Option(
            help="The Ray cluster whose nodes judge and answer, and train with --processes: auto,"
            " or HOST:PORT."
        ),
    ] = "",
    processes: Annotated[
        int, typer.Option(min=1, max=4096, help="Train in so many processes on the nodes of --ray.")
    ] = 1,
) -> None:
    """Distil a student; run the same command again to go on after a stop.

    Several processes train together where torchrun or accelerate launch started them.

    Examples:  sodakd run recipes/embedded.yaml
    ·  sodakd run recipes/embedded.yaml seed=1 training.learning_rate=2e-3 --out runs/second
    ·  sodakd run recipes/embedded.yaml --from soda/cycle-2/pairs
    ·  sodakd run recipes/embedded.yaml training.loss=none --out runs/none --reuse runs/embedded-0
    ·  sodakd run recipes/embedded.yaml --out runs/again --reuse answers.jsonl.gz
    ·  torchrun --nproc-per-node 8 -m sodakd run recipes/embedded.yaml
    ·  sodakd run recipes/qwen2.5-coder-1.5b.yaml --ray auto --processes 8
    """
    if ray:  # the address: `auto` may be another cluster for each process that asks
        from sodakd.ray_cluster import RayCluster

        with RayCluster(ray, "--ray", RunError) as cluster:
            ray = cluster.address
    asked = _Asked(
        recipe,
        [*(overrides or []), *(f"{key}={ray}" for key in _ON_RAY if ray)],
        out,
        drop_from,
        reuse or [],
        new_ledger,
        no_preflight,
    )
    if processes > 1:
        _run_group(asked, ray, processes)
        return
    from sodakd.training.launch import read_launch

    launch = read_launch()
    with ExitStack() as stack:
        if launch is not None:
            from sodakd.training.group import follow, join_group

            group = stack.enter_context(join_group(launch))
            if not group.leads:
                follow(group)
                return
        size = 1 if launch is None else launch.size
        _run(asked, size)


_ON_RAY = ("judge.ray", "generation.ray")


@dataclass(frozen=True)
class _Asked:
    """What `sodakd run` was asked for."""

    recipe: Path
    overrides: "Sequence[str]"
    out: Path | None
    drop_from: str | None
    reuse: "Sequence[Path]"
    new_ledger: bool
    no_preflight: bool

    def words(self, folder: Path) -> list[str]:
        """The command that asks for the same in a process of its own."""
        words = ["run", str(self.recipe), *self.overrides, "--out", str(folder)]
        words += ["--from", self.drop_from] if self.drop_from is not None else []
        words += [word for each in self.reuse for word in ("--reuse", str(each))]
        words += ["--new-ledger"] if self.new_ledger else []
        return [*words, "--no-preflight"] if self.no_preflight else words


def _run_group(asked: _Asked, ray: str, processes: int) -> None:
    """Run a recipe by processes on the nodes of a cluster, which train together."""
    from sodakd.console import show_results
    from sodakd.methods.cluster_runs import run_group
    from sodakd.recipe import read_recipe
    from sodakd.report.page import write_report
    from sodakd.report.reading import read_results
    from sodakd.training.launch import check_size

    if not ray:
        raise RunError(
            f"--processes {processes} is for the nodes of a Ray cluster: name it, --ray auto; on"
            f" this machine it is torchrun --nproc-per-node {processes} -m sodakd run RECIPE"
        )
    loaded = read_recipe(asked.recipe, asked.overrides)
    check_size(loaded.recipe, processes)
    folder = asked.out or _default_folder(loaded)
    logs = folder.with_name(f"{folder.name}-ranks")
    try:
        why = run_group(asked.words(folder), logs, processes, lambda _, line: tell(line), ray)
    except KeyboardInterrupt:
        _say_stopped(folder)
        raise typer.Exit(130) from None
    if why:
        raise RunError(
            f"{why}; the logs of all: {logs}; what is finished or paid for is kept: the"
            " same command goes on"
        )
    results = read_results(folder / "results.json")
    if results is not None:
        show_results(results, write_report(folder))


def _default_folder(loaded: "LoadedRecipe") -> Path:
    return Path("runs") / f"{loaded.recipe.name}-{loaded.recipe.seed}"


def _say_stopped(folder: Path) -> None:
    tell(f"\nstopped; what is finished or paid for is kept: the same command goes on ({folder})")


def _run(asked: _Asked, processes: int) -> None:
    """Run a recipe by this process, and have the others train with it."""
    from sodakd.cli.log import logging_to
    from sodakd.console import progress_display, show_results
    from sodakd.methods.run_recipe import run_recipe
    from sodakd.recipe import read_recipe
    from sodakd.report.page import write_report
    from sodakd.requirements import check_requirements
    from sodakd.run_header import is_finished
    from sodakd.teacher.ledger import LedgerOptions
    from sodakd.training.launch import check_size

    loaded = read_recipe(asked.recipe, asked.overrides)
    check_size(loaded.recipe, processes)
    folder = asked.out or _default_folder(loaded)
    try:
        check_requirements(loaded.recipe)
    except RunError as error:
        if asked.drop_from is not None or not is_finished(folder, loaded.redacted):
            raise
        typer.echo(f"the run in {folder} is finished; only to do a step of it again:\n{error}")
        return
    try:
        with (
            progress_display(loaded.recipe, folder) as display,
            logging_to(folder, display) as on_progress,
        ):
            options = LedgerOptions(tuple(asked.reuse), asked.new_ledger)
            results = run_recipe(
                loaded,
                folder,
                on_progress,
                asked.drop_from,
                options,
                with_preflight=not asked.no_preflight,
            )
    except KeyboardInterrupt:
        _say_stopped(folder)
        raise typer.Exit(130) from None
    show_results(results, write_report(folder))


def check(
    recipe: RecipeFile,
    overrides: Overrides = None,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Also try it: train a step, ask the teacher, judge programs."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find every mistake of a recipe at once, and what a run of it would miss on this machine.

    Nothing is spent, but with --deep one call to the teacher for each kind of ask. The exit code is
    0 for a right recipe, whatever the machine lacks; with --deep, 2 where a part does not work.

    Examples:  sodakd check recipes/embedded.yaml budget.money=5
    ·  sodakd check embedded --deep
    ·  sodakd check embedded --json
    """
    from sodakd.methods.arms import arms_of
    from sodakd.methods.exam import missing_for_exam
    from sodakd.recipe import read_recipe
    from sodakd.requirements import (
        check_requirements,
        missing_requirements,
        possibly_missing_languages,
    )

    try:
        loaded = read_recipe(recipe, overrides or [])
        arms = list(arms_of(loaded.recipe))
        exam = missing_for_exam(loaded.recipe)
    except RecipeError as error:
        if as_json:
            found = {"mistakes": error.mistakes, "missing": [], "may_miss": [], "tried": []}
            typer.echo(json.dumps(found, indent=1))
            raise typer.Exit(error.exit_code) from None
        raise
    missing = [*missing_requirements(loaded.recipe), *exam]
    maybe = possibly_missing_languages(loaded.recipe)
    if deep:
        check_requirements(loaded.recipe)
    tried = list(_try_out(loaded)) if deep else []
    if as_json:
        found = {"mistakes": [], "missing": missing, "may_miss": maybe, "tried": tried}
        typer.echo(json.dumps(found, indent=1))
        return
    typer.echo(f"{recipe} is right: {', '.join(arms)}")
    for line in missing:
        typer.echo(f"missing here: {line}", err=True)
    for line in maybe:
        typer.echo(f"missing here, if a question asks for it: {line}", err=True)
    for line in tried:
        typer.echo(line)


def _try_out(loaded: "LoadedRecipe") -> "Sequence[str]":
    """Read the questions and run a preflight in a temporary folder; return its lines."""
    from sodakd.methods.preflight import preflight
    from sodakd.methods.prepare import prepare_questions
    from sodakd.methods.teachers import open_teacher
    from sodakd.run import Run

    with TemporaryDirectory() as folder, Run.open(Path(folder), loaded.redacted) as run:
        teacher = open_teacher(loaded.recipe.teacher, run.folder)
        if loaded.recipe.questions.real:  # the world has as many as are asked for
            prepare_questions(loaded.recipe, run)
        return preflight(loaded.recipe, run, teacher).lines


def plan(recipe: RecipeFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Say what a run will take: teacher calls, tokens, money, training; nothing is spent.

    Examples:  sodakd plan recipes/embedded.yaml cycles=5
    ·  sodakd plan embedded --json
    """
    from sodakd.console import show_plan
    from sodakd.methods import plan as planning
    from sodakd.recipe import read_recipe

    loaded = read_recipe(recipe, overrides or [])
    planned = planning.plan(loaded.recipe)
    if as_json:
        typer.echo(json.dumps(asdict(planned), indent=1))
    else:
        show_plan(planned, loaded.recipe)


def report(
    folder: RunFolder,
    out: Annotated[
        Path | None, typer.Option(help="Another folder for report.html than the run's.")
    ] = None,
) -> None:
    """Write report.html from a run's folder, finished or not.

    Examples:  sodakd report runs/embedded-0
    ·  sodakd report /archive/embedded-0 --out .
    """
    from sodakd.report.page import write_report

    typer.echo(str(write_report(folder, out)))


class _By(StrEnum):
    RUN = "run"
    ARM = "arm"
    CYCLE = "cycle"
    STAGE = "stage"
    STEP = "step"
    ASK = "ask"
    MODEL = "model"


def ledger(
    folder: RunFolder,
    by: Annotated[_By, typer.Option(help="What a row stands for.")] = _By.STEP,
    as_json: AsJson = False,
) -> None:
    """Show what a run spent on its teacher: asks, calls, tokens, money, and what was lost.

    Examples:  sodakd ledger runs/embedded-0
    ·  sodakd ledger runs/embedded-0 --by ask --json
    """
    from sodakd.console import show_ledger
    from sodakd.teacher.spend_report import ledger_in, spend_by

    entries = spend_by(ledger_in(folder), by.value)
    if as_json:
        typer.echo(json.dumps([entry.model_dump() for entry in entries], indent=1))
    else:
        show_ledger(entries, by.value)


def record(
    folder: RunFolder,
    out: Annotated[
        Path,
        typer.Option(help="JSON lines, to which new answers are added; compressed if named .gz."),
    ],
) -> None:
    """Add a run's answers, also while it runs, to a file for --reuse and teacher.kind=replay.

    Examples:  sodakd record runs/embedded-0 --out answers.jsonl
    ·  sodakd record runs/embedded-0 --out answers.jsonl.gz
    """
    from sodakd.teacher.recorded import export_replies
    from sodakd.teacher.spend_report import ledger_in

    typer.echo(f"{export_replies(ledger_in(folder), out):,} answers in {out}")
