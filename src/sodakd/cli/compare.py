"""The command that compares methods over seeds."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sodakd.cli.options import ClusterAddress, tell
from sodakd.errors import DataError, RunError

if TYPE_CHECKING:
    from sodakd.recipe_file import LoadedRecipe

_MOST_SEEDS = 1000


class Equal(StrEnum):
    CALLS = "calls"
    TOKENS = "tokens"
    MONEY = "money"


def compare(
    recipe: Annotated[
        Path, typer.Argument(help="As of sodakd run; with --from a folder.", metavar="RECIPE")
    ],
    others: Annotated[
        list[str] | None,
        typer.Argument(
            help="Values laid over the recipe; with --from more folders.",
            metavar="[KEY.SUB=VALUE]...",
        ),
    ] = None,
    methods: Annotated[
        str,
        typer.Option(
            help="With commas, the first held against all others; the recipe's arms if left out."
        ),
    ] = "",
    seeds: Annotated[
        str | None, typer.Option(help="Such as 0-7, which is the default, or 0,2,5-9.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where it all goes; runs/NAME-compare by default.")
    ] = None,
    equal: Annotated[
        Equal | None,
        typer.Option(
            help="What of the teacher all spend as much of, as the first one really did; the"
            " recipe's key equal, else money, if left out."
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, max=1024, help="Runs side by side, on each node of a cluster.")
    ] = 1,
    ray: ClusterAddress = "",
    from_folders: Annotated[
        bool, typer.Option("--from", help="Run nothing: read these finished runs.")
    ] = False,
) -> None:
    """Compare methods: a run for each seed with all methods as its arms, then the statistics.

    All have the base student, the questions and the exam of their seed, and as much of the
    teacher's calls, tokens or money and as many training steps as the first method spent. The same
    command goes on after a stop.

    What it comes to is made from the runs' folders alone. The exit code is 2 where a seed failed.

    Examples:  sodakd compare embedded --methods soda,sft --seeds 0-7
    ·  sodakd compare methods questions.seeds=500 --seeds 0,1 --jobs 2 --out runs/small
    ·  sodakd compare --from runs/embedded-0 runs/embedded-1 --out runs/both
    ·  sodakd compare --from runs/small --methods lion,rft
    """
    from sodakd.report.comparison import compare_runs
    from sodakd.report.comparison_page import write_comparison
    from sodakd.report.comparison_tables import show_comparison
    from sodakd.screen import make_console

    chosen = [name for part in methods.split(",") if (name := part.strip())]
    failed: dict[int, str] = {}
    if from_folders:
        _refuse_with_folders(seeds, equal, jobs, ray)
        given = [recipe, *map(Path, others or ())]
        folders = [run for folder in given for run in _runs_in(folder)]
        place = out or (recipe if folders != given else Path("runs/compare"))
    else:
        numbers = parse_seeds(seeds or "0-7")
        laid = with_equal(recipe, others or [], equal)
        place, folders, failed = _run(recipe, laid, chosen, numbers, out, jobs, ray)
    if folders:
        found = compare_runs(folders, chosen)
        page = write_comparison(found, place)
        console = make_console()
        show_comparison(found, console)
        console.print(f"{place / 'compare.json'}   page: {page}", soft_wrap=True, highlight=False)
    if failed:
        listed = "\n".join(f"  seed {seed}: {why}" for seed, why in failed.items())
        raise RunError(
            f"{len(failed)} of {len(failed) + len(folders)} seeds failed, and are in no figure:\n"
            f"{listed}\ntheir logs: {place}/seed-N.log; the same command goes on with them"
        )


def _refuse_with_folders(seeds: str | None, equal: Equal | None, jobs: int, ray: str) -> None:
    """Raise `DataError` for options of a comparison that runs something."""
    given = {"--seeds": seeds, "--equal": equal, "--jobs": jobs > 1, "--ray": ray}
    if named := [name for name, value in given.items() if value]:
        raise DataError(
            f"{', '.join(named)} with --from, which runs nothing and reads all finished runs of the"
            " folders: leave it out, or name the folders of some seeds"
        )


def with_equal(recipe: Path, overrides: Sequence[str], equal: Equal | None) -> list[str]:
    """The values laid over a recipe, with what all spend as much of: money unless it is said."""
    from sodakd.recipe_file import read_recipe

    if equal is None and "equal" in read_recipe(recipe, overrides).recipe.model_fields_set:
        return list(overrides)
    return [*overrides, f"equal={equal or Equal.MONEY}"]


def _run(
    recipe: Path,
    overrides: Sequence[str],
    methods: Sequence[str],
    seeds: Sequence[int],
    out: Path | None,
    jobs: int,
    ray: str,
) -> tuple[Path, list[Path], dict[int, str]]:
    """Run what is not finished; return the comparison's folder, finished runs, and what failed."""
    from sodakd.methods.arms import arms_of, budget_remark
    from sodakd.methods.cluster_runs import run_all
    from sodakd.methods.side_runs import SideRun
    from sodakd.recipe_file import read_recipe

    arms = [f"arms=[{', '.join(methods)}]"] if methods else []
    folders: dict[int, Path] = {}
    runs = []
    place = out
    for seed in seeds:
        words = [*overrides, *arms, f"seed={seed}"]
        loaded = read_recipe(recipe, words)
        arms_of(loaded.recipe)
        if seed == seeds[0] and (said := budget_remark(loaded.recipe)):
            tell(said)
        place = place or Path("runs") / f"{loaded.recipe.name}-compare"
        folders[seed] = place / f"seed-{seed}"
        if not _is_finished(folders[seed], loaded):
            own = ["run", str(recipe), *words, "--out", str(folders[seed])]
            runs.append(SideRun(str(seed), place / f"seed-{seed}.log", own))
    assert place is not None
    if len(runs) < len(seeds):
        tell(f"{len(seeds) - len(runs)} of {len(seeds)} seeds are finished, and read")
    try:
        ended = run_all(runs, jobs, lambda seed, line: tell(f"seed {seed}  {line}"), ray)
    except KeyboardInterrupt:
        tell(f"\nstopped; what is finished or paid for is kept: the same command goes on ({place})")
        raise typer.Exit(130) from None
    failed = {int(seed): why for seed, why in ended.items()}
    return place, [folder for seed, folder in folders.items() if seed not in failed], failed


def _is_finished(folder: Path, loaded: "LoadedRecipe") -> bool:
    """Whether a seed's run can be read as it is; a damaged one is left to `sodakd run`."""
    from sodakd.report.reading import read_results
    from sodakd.run_header import is_finished

    try:
        return is_finished(folder, loaded.redacted) and bool(read_results(folder / "results.json"))
    except RunError:
        return False


def _runs_in(folder: Path) -> list[Path]:
    """The run in a folder, or those that a comparison has there."""
    if (folder / "run.json").exists():
        return [folder]
    found = sorted(path.parent for path in folder.glob("seed-*/results.json"))
    if not found:
        raise RunError(f"{folder} is no run, and holds no finished one as seed-N: name another")
    begun = {path.parent for path in folder.glob("seed-*/run.json")}.difference(found)
    if begun:
        tell(f"left out, for they are not finished: {', '.join(sorted(map(str, begun)))}")
    return found


def parse_seeds(text: str) -> list[int]:
    """The seeds that `0-7` or `0,2,5-9` names, each once. Raises `DataError`."""
    found: dict[int, None] = {}
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        numbers = (first, last if dash else first)
        if not all(number.isascii() and number.isdigit() for number in numbers):
            raise DataError(f"--seeds {text!r}: {part!r} is no seed; write 0-7 or 0,2,5-9")
        low, high = map(int, numbers)
        if high < low or high - low >= _MOST_SEEDS:
            raise DataError(
                f"--seeds {text!r}: {part!r} is no range of at most {_MOST_SEEDS} seeds"
            )
        found |= dict.fromkeys(range(low, high + 1))
    return list(found)
