"""The command line: parse, call one function, print."""

import errno
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sodakd import __version__
from sodakd.errors import DataError, SodakdError

app = typer.Typer(
    name="sodakd",
    help="Distil a large code model into a small, cheap, private one, in self-paced cycles.",
    epilog="Example:  sodakd run recipes/embedded.yaml --out runs/first",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

RecipeFile = Annotated[Path, typer.Argument(help="A recipe: a YAML file.", metavar="RECIPE")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(help="Values laid over the recipe.", metavar="[KEY.SUB=VALUE]..."),
]
RunFolder = Annotated[Path, typer.Argument(help="The folder of a run.", metavar="DIR")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sodakd {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


@app.command()
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
) -> None:
    """Distil a student; run the same command again to go on after a stop.

    Examples:  sodakd run recipes/embedded.yaml
    ·  sodakd run recipes/embedded.yaml seed=1 training.learning_rate=2e-3 --out runs/second
    ·  sodakd run recipes/embedded.yaml --from cycle-2/pairs
    """
    from sodakd.environment import require
    from sodakd.methods.distil import distil
    from sodakd.recipe import read_recipe
    from sodakd.report.page import write_report
    from sodakd.screen import show_results, watching

    loaded = read_recipe(recipe, overrides or [])
    require(loaded.recipe)
    folder = out or Path("runs") / f"{loaded.recipe.name}-{loaded.recipe.seed}"
    try:
        with watching(loaded.recipe, folder) as watch:
            results = distil(loaded, folder, watch, drop_from)
    except KeyboardInterrupt:
        typer.echo(f"\nstopped; nothing is lost: the same command goes on ({folder})", err=True)
        raise typer.Exit(130) from None
    show_results(results, write_report(folder))


@app.command()
def check(recipe: RecipeFile, overrides: Overrides = None) -> None:
    """Find every mistake of a recipe at once, and what a run of it would miss on this machine.

    Nothing is spent. The exit code is 0 for a right recipe, whatever the machine lacks.

    Example:  sodakd check recipes/embedded.yaml budget.money=5
    """
    from sodakd.environment import missing_for
    from sodakd.recipe import read_recipe

    loaded = read_recipe(recipe, overrides or [])
    typer.echo(f"{recipe} is right: {loaded.recipe.method}, {loaded.recipe.cycles} cycles")
    for line in missing_for(loaded.recipe):
        typer.echo(f"missing here: {line}", err=True)


@app.command()
def plan(recipe: RecipeFile, overrides: Overrides = None) -> None:
    """Say what a run will take: teacher calls, tokens, money, training; nothing is spent.

    Example:  sodakd plan recipes/embedded.yaml cycles=5
    """
    from sodakd.methods import plan as planning
    from sodakd.recipe import read_recipe
    from sodakd.screen import show_plan

    loaded = read_recipe(recipe, overrides or [])
    show_plan(planning.plan(loaded.recipe), loaded.recipe)


@app.command()
def seeds(
    source: Annotated[
        str,
        typer.Argument(
            help="A file of questions, a folder, a hub dataset, or a recipe.", metavar="SOURCE"
        ),
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            help="Values of the recipe's section `questions`.", metavar="[KEY=VALUE]..."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where every row goes, with its reason: JSON lines.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the snippets of source files.")] = 0,
) -> None:
    """Show which questions of a source a run could use, and why not the others.

    Examples:  sodakd seeds questions.jsonl
    ·  sodakd seeds data.json columns.text=task max_words=200 --out sifted.jsonl
    ·  sodakd seeds recipes/qwen2.5-coder-0.5b-lora.yaml
    """
    from sodakd.recipe import read_questions
    from sodakd.screen import wide_console
    from sodakd.seeds.gather import gather
    from sodakd.seeds.table import show_sifted
    from sodakd.store import write_rows

    rows = list(gather(read_questions(source, overrides or []), seed))
    show_sifted(rows, wide_console())
    if out is not None:
        write_rows(out, rows)
        typer.echo(f"every row with its reason: {out}")


@app.command()
def report(folder: RunFolder) -> None:
    """Write report.html from a run's folder, finished or not.

    Example:  sodakd report runs/embedded-0
    """
    from sodakd.report.page import write_report

    typer.echo(str(write_report(folder)))


class _By(StrEnum):
    RUN = "run"
    CYCLE = "cycle"
    STAGE = "stage"
    STEP = "step"
    ASK = "ask"
    MODEL = "model"


@app.command()
def ledger(
    folder: RunFolder,
    by: Annotated[_By, typer.Option(help="What a row stands for.")] = _By.STEP,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """Show what a run spent on its teacher: asks, calls, tokens, money, and what was lost.

    Examples:  sodakd ledger runs/embedded-0
    ·  sodakd ledger runs/embedded-0 --by ask --json
    """
    from sodakd.screen import show_ledger
    from sodakd.teacher.statement import statement

    entries = statement(folder / "ledger.sqlite", by.value)
    if as_json:
        typer.echo(json.dumps([entry.model_dump() for entry in entries], indent=1))
    else:
        show_ledger(entries, by.value)


@app.command()
def record(
    folder: RunFolder,
    out: Annotated[Path, typer.Option(help="Where the answers go: JSON lines.")],
) -> None:
    """Write a run's answers to a file that a teacher of kind `replay` answers from.

    Example:  sodakd record runs/embedded-0 --out answers.jsonl
    """
    from sodakd.teacher.replay import record as write_records

    typer.echo(f"{write_records(folder / 'ledger.sqlite', out):,} answers in {out}")


@app.command()
def export(
    folder: RunFolder,
    out: Annotated[Path, typer.Option(help="A folder; of a dataset, a file or a folder.")],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="The pairs instead of the student: preference, conversational, messages,"
            " llamafactory or sharegpt.",
            metavar="FORMAT",
        ),
    ] = None,
    provenance: Annotated[
        bool, typer.Option("--provenance", help="Of a dataset: also say where rows are from.")
    ] = False,
    license_id: Annotated[
        str | None, typer.Option("--license", help="For the card, as the hub names it.")
    ] = None,
    gguf: Annotated[
        str | None,
        typer.Option(help="Also for llama.cpp: auto, f16, q8_0, Q4_K_M, ...", metavar="TYPE"),
    ] = None,
    llama_cpp: Annotated[
        Path | None, typer.Option(help="llama.cpp's folder; else LLAMA_CPP, else on PATH.")
    ] = None,
    gguf_python: Annotated[
        Path | None, typer.Option(help="The Python that has what its converter needs.")
    ] = None,
    push_to_hub: Annotated[
        str | None, typer.Option(help="Upload to this repository.", metavar="OWNER/NAME")
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="A new repository is private.")
    ] = False,
) -> None:
    """Hand out a run's student (transformers, vLLM, GGUF, the hub) or its pairs, with a card.

    Examples:  sodakd export runs/first --out models/first --license apache-2.0
    ·  sodakd export runs/first --out models/first --gguf q8_0 --llama-cpp llama.cpp
    ·  sodakd export runs/first --out models/first --push-to-hub me/first --private
    ·  sodakd export runs/first --dataset preference --out pairs.jsonl
    """
    from sodakd.export.command import Options, Wanted
    from sodakd.export.command import export as handed_out

    options = Options(
        dataset=dataset, provenance=provenance, licence=license_id, gguf=gguf,
        llama_cpp=llama_cpp, gguf_python=gguf_python, repo_id=push_to_hub, private=private,
    )  # fmt: skip
    for line in handed_out(Wanted(folder, out, options)):
        typer.echo(line)


@app.command()
def env() -> None:
    """Say what this machine has: paste it into a bug report.

    Example:  sodakd env
    """
    from sodakd.environment import describe

    for name, value in describe():
        typer.echo(f"{name:<14} {value}")


@app.command()
def judge(
    file: Annotated[
        Path | None, typer.Argument(help="Programs: JSON lines.", metavar="FILE.jsonl")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="The language of rows that do not say theirs.")
    ] = None,
    tests: Annotated[Path | None, typer.Option(help="Tests by id: JSON lines.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where verdicts go; else standard output.")
    ] = None,
    cpu_seconds: Annotated[float, typer.Option(help="CPU time of a program.")] = 5.0,
    memory_mb: Annotated[int, typer.Option(help="Memory of a program, MiB.")] = 512,
    workers: Annotated[
        int | None, typer.Option(help="Programs at a time; the cores if left out.")
    ] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Say what this machine can judge.")
    ] = False,
    install_help: Annotated[
        bool, typer.Option("--install-help", help="Print what installs each language and tool.")
    ] = False,
    lint: Annotated[
        bool, typer.Option("--lint", help="Say what the fast static tools find as well.")
    ] = False,
    lint_full: Annotated[
        bool, typer.Option("--lint-full", help="The same with all tools: gcc -Wall, go vet too.")
    ] = False,
) -> None:
    """Run programs with their tests in a sandbox; a verdict a row, as they come.

    A row holds `code`, `language`, and `tests` (calls and values), or `test` (a script).

    Examples:  sodakd judge answers.jsonl --language python --out verdicts.jsonl
    ·  sodakd judge answers.jsonl --tests tests.jsonl --lint
    ·  sodakd judge --probe
    """
    from sodakd.judge import probe as probing
    from sodakd.judging import judge_file
    from sodakd.settings.stages import JudgeSettings, Lint
    from sodakd.types import Language

    if install_help:
        typer.echo(probing.install_help())
        return
    if probe:
        found = probing.probe()
        for name, value in found.lines:
            typer.echo(f"{name:<14} {value}")
        raise typer.Exit(0 if found.sound else 1)
    if file is None:
        raise DataError("name a file of programs, or ask for --probe or --install-help")
    known = None
    if language is not None:
        try:
            known = Language(language)
        except ValueError:
            raise DataError(
                f"unknown language {language!r}; known: {', '.join(Language)}"
            ) from None
    settings = JudgeSettings(cpu_seconds=cpu_seconds, memory_mb=memory_mb)
    tools = Lint.FULL if lint_full else Lint.FAST if lint else Lint.OFF
    judge_file(file, tests, known, out, settings, workers, tools)


class _Dtype(StrEnum):
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


@app.command(name="eval")
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
        typer.Option(help="humaneval, mbpp, humaneval-x, multipl-e or mceval; may be repeated."),
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
    n: Annotated[int, typer.Option(min=1, help="Samples of each task.")] = 1,
    temperature: Annotated[float, typer.Option(min=0, help="0 is greedy.")] = 0.0,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Of an answer.")] = 512,
    limit: Annotated[int | None, typer.Option(min=1, help="Tasks of each language.")] = None,
    seed: Annotated[int, typer.Option(help="Of the samples.")] = 0,
    base_url: Annotated[
        str | None, typer.Option(help="The model is served here, as OpenAI's chat completions.")
    ] = None,
    api_key_env: Annotated[
        str, typer.Option(help="The environment variable that holds the server's key.")
    ] = "OPENAI_API_KEY",
    max_in_flight: Annotated[int, typer.Option(min=1, help="Most calls at the same time.")] = 64,
    cpu_seconds: Annotated[float, typer.Option(min=0.1, help="CPU time of a program.")] = 10.0,
    out: Annotated[Path, typer.Option(help="Samples, verdicts, results.")] = Path("eval"),
    workers: Annotated[int | None, typer.Option(help="Programs at a time.")] = None,
    device: Annotated[str | None, typer.Option(help="cuda where there is one, else cpu.")] = None,
    dtype: Annotated[
        _Dtype | None, typer.Option(help="Of the weights; their own if left out.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Answers at a time.")] = 64,
) -> None:
    """Measure pass@k on benchmarks; the same command goes on where it was stopped.

    Examples:  sodakd eval runs/first/student --benchmark humaneval --out evals/first
    ·  sodakd eval runs/first/student --benchmark mceval --n 10 --temperature 0.2
    ·  sodakd eval Qwen/Qwen2.5-Coder-0.5B-Instruct --benchmark mbpp --dtype bfloat16
    ·  sodakd eval my-model --base-url http://localhost:8000/v1 --benchmark humaneval-x
    ·  sodakd eval --solutions samples.jsonl --benchmark mbpp --data mbpp.jsonl
    """
    from sodakd.evaluate.benchmarks.table import BENCHMARKS
    from sodakd.evaluate.groups import remarks
    from sodakd.evaluating import EvalSettings, Here, Served, evaluate, opener, sha256, table_of
    from sodakd.screen import wide_console
    from sodakd.types import Language

    names = tuple(benchmark or ("humaneval",))
    for name in names:
        if name not in BENCHMARKS:
            raise DataError(f"unknown benchmark {name!r}; known: {', '.join(BENCHMARKS)}")
    for name in language or ():
        if name not in set(Language):
            raise DataError(f"unknown language {name!r}; known: {', '.join(Language)}")
    given = [one for one in (model, solutions, "gold" if gold else None) if one is not None]
    if len(given) != 1:
        raise DataError("name one of: a MODEL, --solutions FILE, --gold")
    if n > 1 and temperature == 0:
        raise DataError("--n above 1 needs a --temperature above 0: greedy samples are equal")
    if base_url and model is None:
        raise DataError("--base-url needs the name that the server knows its model by: MODEL")
    settings = EvalSettings(
        source=f"{given[0]} at {base_url}" if base_url else str(given[0]),
        benchmarks=names,
        languages=tuple(map(Language, language)) if language else None,
        data=str(data) if data else None,
        limit=limit,
        n=n,
        temperature=temperature,
        max_new_tokens=max_new_tokens,
        seed=seed,
        cpu_seconds=cpu_seconds,
        sha256=sha256(solutions) if solutions else "",
    )
    served = Served(base_url, api_key_env, max_in_flight) if base_url else None
    here = Here(device, dtype.value if dtype else None, batch_size)
    groups = evaluate(settings, out, opener(model, served or here) if model else None, workers)
    wide_console().print(table_of(groups))
    for remark in remarks(groups, BENCHMARKS):
        typer.echo(remark)
    typer.echo(f"every sample and verdict: {out}")


@app.command()
def schema() -> None:
    """Print the JSON schema of recipes, for editors.

    Example:  sodakd schema > recipe.schema.json
    """
    from sodakd.recipe import Recipe

    typer.echo(json.dumps(Recipe.model_json_schema(), indent=2))


_DISK: dict[int, str] = {
    errno.ENOSPC: "the disk is full; free some room",
    errno.EDQUOT: "the disk quota is used up; free some room",
    errno.EACCES: "permission is missing; choose a place you may write: --out DIR",
    errno.EPERM: "permission is missing; choose a place you may write: --out DIR",
    errno.EROFS: "the file system is read-only; choose another place: --out DIR",
    errno.ENOTDIR: "a part of the path is no folder; choose another place: --out DIR",
    errno.EISDIR: "a folder stands where a file is needed; choose another place: --out DIR",
}


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Print the project's own errors, and those of the disk, without a traceback."""
    try:
        yield
    except SodakdError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        from sodakd.environment import extra_words

        words = extra_words(error)
        if words is None:
            raise
        typer.echo(f"error: {words}", err=True)
        sys.exit(2)
    except OSError as error:
        advice = _DISK.get(error.errno or 0)
        if advice is None:
            raise
        place = f" ({error.filename})" if error.filename else ""
        typer.echo(
            f"error: {error.strerror}{place}: {advice}, then run the same command again:"
            " nothing is lost",
            err=True,
        )
        sys.exit(2)


def main(command: Callable[[], object] = app) -> None:
    """The `sodakd` command."""
    with _plain_errors():
        command()
