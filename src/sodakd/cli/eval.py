"""The command that measures pass@k."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sodakd.cli.options import (
    AllowUnsandboxed,
    AskLint,
    CpuSeconds,
    MaxNewTokens,
    RayAddress,
    Samples,
    SampleSeed,
    TaskLimit,
    Temperature,
    Workers,
    parse_language,
)
from sodakd.errors import DataError


class _Dtype(StrEnum):
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


def evaluate(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A model: a folder, a hub id, or with --base-url the name a server knows it by.",
            metavar="MODEL",
        ),
    ] = None,
    benchmark: Annotated[
        list[str] | None,
        typer.Option(help="Its name: humaneval, mbpp, humaneval-x, ...; may be repeated."),
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="Of the benchmark's; all if left out.")
    ] = None,
    solutions: Annotated[
        Path | None, typer.Option(help="Judge these instead: JSON lines, task_id and completion.")
    ] = None,
    gold: Annotated[
        bool, typer.Option("--gold", help="Judge the benchmark's own solutions instead.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="The benchmark's file or folder; the hub if left out.")
    ] = None,
    n: Samples = 1,
    temperature: Temperature = 0.0,
    max_new_tokens: MaxNewTokens = 512,
    limit: TaskLimit = None,
    seed: SampleSeed = 0,
    base_url: Annotated[
        str | None, typer.Option(help="The model is served here, as OpenAI's chat completions.")
    ] = None,
    api_key_env: Annotated[
        str, typer.Option(help="The environment variable that holds the server's key.")
    ] = "OPENAI_API_KEY",
    max_in_flight: Annotated[int, typer.Option(min=1, help="Most calls at the same time.")] = 64,
    cpu_seconds: CpuSeconds = 10.0,
    out: Annotated[Path, typer.Option(help="Samples, verdicts, results.")] = Path("eval"),
    workers: Workers = None,
    device: Annotated[str | None, typer.Option(help="cuda where there is one, else cpu.")] = None,
    dtype: Annotated[
        _Dtype | None, typer.Option(help="Of the weights; their own if left out.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Answers at a time.")] = 64,
    allow_unsandboxed: AllowUnsandboxed = False,
    lint: AskLint = False,
    ray: RayAddress = "",
) -> None:
    """Measure pass@k on benchmarks; the same command goes on where it was stopped.

    Examples:  sodakd eval runs/first/student --benchmark humaneval --out evals/first
    ·  sodakd eval runs/first/student --benchmark mceval --n 10 --temperature 0.2
    ·  sodakd eval Qwen/Qwen2.5-Coder-0.5B-Instruct --benchmark mbpp --dtype bfloat16
    ·  sodakd eval my-model --base-url http://localhost:8000/v1 --benchmark humaneval-x
    ·  sodakd eval --solutions samples.jsonl --benchmark mbpp --data mbpp.jsonl --lint
    """
    from sodakd.evaluate.benchmarks.registry import BENCHMARKS
    from sodakd.evaluate.command import evaluate, sha256
    from sodakd.evaluate.folder import EvalSettings
    from sodakd.evaluate.open_model import LocalModel, RemoteModel, model_factory
    from sodakd.evaluate.table import outcomes_in_words, results_table
    from sodakd.judging.command import rules_table
    from sodakd.report.efficiency_tables import efficiency_tables
    from sodakd.report.text_table import show_tables
    from sodakd.screen import make_console
    from sodakd.settings.sources import exists

    names = tuple(dict.fromkeys(benchmark or ("humaneval",)))
    for name in names:
        if name not in BENCHMARKS:
            raise DataError(f"unknown benchmark {name!r}; known: {', '.join(BENCHMARKS)}")
    given = [one for one in (model, solutions, "gold" if gold else None) if one is not None]
    if len(given) != 1:
        raise DataError("name one of: a MODEL, --solutions FILE, --gold")
    if n > 1 and temperature == 0:
        raise DataError("--n above 1 needs a --temperature above 0: greedy samples are equal")
    if base_url and model is None:
        raise DataError("--base-url needs the name that the server knows its model by: MODEL")
    place = Path(given[0])
    settings = EvalSettings(
        source=f"{given[0]} at {base_url}" if base_url else str(given[0]),
        benchmarks=names,
        languages=tuple(dict.fromkeys(map(parse_language, language))) if language else None,
        data=str(data) if data else None,
        limit=limit,
        n=n,
        temperature=temperature,
        max_new_tokens=max_new_tokens,
        seed=seed,
        cpu_seconds=cpu_seconds,
        sha256="" if base_url or gold or not exists(place) else sha256(place),
    )
    served = RemoteModel(base_url, api_key_env, max_in_flight) if base_url else None
    here = LocalModel(device, dtype.value if dtype else None, batch_size)
    open_model = model_factory(model, served or here) if model else None
    done = evaluate(settings, out, open_model, workers, allow_unsandboxed, lint, ray)
    make_console().print(results_table(done.groups))
    for line in (*outcomes_in_words(done.groups), *done.remarks):
        typer.echo(line)
    if done.found is not None:
        make_console().print(rules_table(one.findings for one in done.found.samples))
        for note in done.found.notes:
            typer.echo(f"note {note}")
    if done.efficiency is not None:
        show_tables(efficiency_tables(done.efficiency), make_console())
    typer.echo(f"every {'sample and ' if model else ''}verdict: {out}")
