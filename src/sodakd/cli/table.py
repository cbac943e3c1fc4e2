"""The command that makes a table of models."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sodakd.cli.options import (
    AllowUnsandboxed,
    AskLint,
    ClusterAddress,
    CpuSeconds,
    MaxNewTokens,
    Samples,
    SampleSeed,
    TaskLimit,
    Temperature,
    Workers,
    parse_language,
    tell,
)
from sodakd.errors import DataError, RunError

if TYPE_CHECKING:
    from sodakd.report.model_folder import TableSettings


def table(
    models: Annotated[
        Path | None,
        typer.Argument(
            help="A YAML file of models, or a shipped one: small, paper.", metavar="MODELS"
        ),
    ] = None,
    benchmark: Annotated[
        list[str] | None, typer.Option(help="As of sodakd eval; may be repeated.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Of the benchmarks'; all if left out.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="The benchmarks' files or folder; the hub if left out.")
    ] = None,
    n: Samples = 1,
    temperature: Temperature = 0.0,
    max_new_tokens: MaxNewTokens = 512,
    limit: TaskLimit = None,
    seed: SampleSeed = 0,
    cpu_seconds: CpuSeconds = 10.0,
    at: Annotated[
        list[str] | None,
        typer.Option(help="NAME=PLACE: where a model lies here; may be repeated."),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="The row that all others are held against.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option(help="i/n: every n-th row alone, from the i-th on, from 0.")
    ] = None,
    merge: Annotated[
        list[Path] | None, typer.Option(help="A shard's folder; may be repeated. Nothing is run.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="Rows side by side, on each node of a cluster.")
    ] = 1,
    ray: ClusterAddress = "",
    out: Annotated[Path, typer.Option(help="Rows, tables and the page.")] = Path("table"),
    workers: Workers = None,
    allow_unsandboxed: AllowUnsandboxed = False,
    lint: AskLint = False,
    row: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Evaluate models and make one table of them; the same command goes on where it was stopped.

    A row is the folder of an evaluation. One that fails stops no other; the exit code is 2 then.

    Examples:  sodakd table small --benchmark humaneval-x --benchmark mceval --out tables/small
    ·  sodakd table mine.yaml --benchmark mbpp --n 10 --temperature 0.2 --against my-student
    ·  sodakd table paper --benchmark mceval --shard 0/2 --out half
    ·  sodakd table --merge half --merge other-half --out whole
    """
    from sodakd.evaluate.benchmarks.registry import BENCHMARKS
    from sodakd.evaluate.folder import EvalSettings
    from sodakd.leaderboard.table import begin_table, merge_shards, run_rows, shard_of
    from sodakd.recipe_file import read_models
    from sodakd.report.model_folder import TableSettings, asked_parts

    if merge:
        if models is not None or shard is not None or benchmark or language:
            raise DataError(
                "--merge runs nothing: give it no MODELS, --shard, --benchmark or --language"
            )
        _show(out, merge_shards(merge, out, data), data, against)
        return
    from sodakd.leaderboard.rows import check_rows, evaluate_row, table_entry, with_places

    if models is None:
        raise DataError("name a file of MODELS, or the folders of shards: --merge DIR")
    benchmarks = tuple(dict.fromkeys(benchmark or ("humaneval",)))
    for name in benchmarks:
        if name not in BENCHMARKS:
            raise DataError(f"unknown benchmark {name!r}; known: {', '.join(BENCHMARKS)}")
    if n > 1 and temperature == 0:
        raise DataError("--n above 1 needs a --temperature above 0: greedy samples are equal")
    entries = with_places(read_models(models).models, _places(at or []))
    asked = EvalSettings(
        source="",
        benchmarks=benchmarks,
        languages=tuple(dict.fromkeys(map(parse_language, language))) if language else None,
        data=str(data) if data else None,
        limit=limit,
        n=n,
        temperature=temperature,
        max_new_tokens=max_new_tokens,
        seed=seed,
        cpu_seconds=cpu_seconds,
    )
    settings = TableSettings(asked=asked, lint=lint, rows=tuple(map(table_entry, entries)))
    if row is not None:
        entry = next(each for each in entries if each.name == row)
        evaluate_row(settings, entry, out, workers, allow_unsandboxed, tell)
        return
    known = [each.name for each in entries]
    if against is not None and against not in known:
        raise DataError(f"--against {against!r} is no row; the rows are {', '.join(known)}")
    own = shard_of(settings.rows, shard)
    parts = asked_parts(asked)
    names = [each.name for each in own]
    check_rows(settings, [each for each in entries if each.name in names], out)
    begin_table(out, settings)
    words = ["table", str(models), "--out", str(out), *_words(settings)]
    words += [word for each in at or () for word in ("--at", each)]
    words += ["--workers", str(workers)] if workers else []
    words += ["--allow-unsandboxed"] if allow_unsandboxed else []
    try:
        failed = run_rows(
            out, settings, own, parts, lambda name: [*words, "--row", name], jobs, tell, ray
        )
    except KeyboardInterrupt:
        tell(f"\nstopped; every answer that came is kept: the same command goes on ({out})")
        raise typer.Exit(130) from None
    _show(out, settings, data, against)
    if failed:
        listed = "\n".join(f"  {name}: {why}" for name, why in failed.items())
        raise RunError(
            f"{len(failed)} of {len(own)} rows failed, and are not in the table:\n{listed}\n"
            f"their logs: {out}/logs/NAME.log; the same command tries them again"
        )


def _places(given: list[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, equals, place = each.partition("=")
        if not equals or not name or not place:
            raise DataError(f"--at {each!r}: write NAME=PLACE, such as --at my-model=models/mine")
        found[name] = place
    return found


def _words(settings: "TableSettings") -> list[str]:
    """The options that ask a row the same."""
    asked = settings.asked
    words = [word for name in asked.benchmarks for word in ("--benchmark", name)]
    words += [word for each in asked.languages or () for word in ("--language", each.value)]
    words += ["--data", asked.data] if asked.data is not None else []
    words += ["--limit", str(asked.limit)] if asked.limit is not None else []
    for key in ("n", "temperature", "max_new_tokens", "seed", "cpu_seconds"):
        words += [f"--{key.replace('_', '-')}", str(getattr(asked, key))]
    return [*words, "--lint"] if settings.lint else words


def _show(out: Path, settings: "TableSettings", data: Path | None, against: str | None) -> None:
    """Write the table of what is finished, and print it."""
    from sodakd.leaderboard.table import finished_rows, missing_rows
    from sodakd.report.model_files import write_model_table
    from sodakd.report.model_folder import asked_parts
    from sodakd.report.model_table import measured_rows, model_table
    from sodakd.report.model_text import model_tables
    from sodakd.report.text_table import show_tables
    from sodakd.screen import make_console

    parts = asked_parts(settings.asked, data)
    rows = finished_rows(out, settings, parts)
    missing = missing_rows(out, settings, rows)
    finished, measured = list(rows.values()), measured_rows(list(rows.values()))
    found = model_table(settings, parts, finished, missing, against)
    page = write_model_table(found, measured, parts, rows, out)
    show_tables(model_tables(found, measured), make_console())
    absent = [f"not in the table: {name}: {why}" for name, why in missing.items()]
    for line in (*found.remarks, *absent):
        typer.echo(line)
    typer.echo(f"{out / 'table.json'}, table.csv, table.md   page: {page}")
