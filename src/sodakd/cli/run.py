"""The command that runs a recipe: in this process, or in several of a Ray cluster."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sodakd.cli.options import Overrides, RecipeFile, tell
from sodakd.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sodakd.recipe_file import LoadedRecipe


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
    from sodakd.recipe_file import read_recipe
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
    from sodakd.methods.arms import arms_of, recipes_of
    from sodakd.methods.run_recipe import run_recipe
    from sodakd.recipe_file import read_recipe
    from sodakd.report.page import write_report
    from sodakd.requirements import check_requirements
    from sodakd.run_header import is_finished
    from sodakd.teacher.ledger import LedgerOptions
    from sodakd.training.launch import check_size

    loaded = read_recipe(asked.recipe, asked.overrides)
    check_size(loaded.recipe, processes)
    folder = asked.out or _default_folder(loaded)
    try:
        for each in recipes_of(arms_of(loaded.recipe)):
            check_requirements(each)
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
