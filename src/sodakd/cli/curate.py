"""Commands that clean a file of questions: of duplicates, and of what stands in a benchmark."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sodakd.cli.options import ClusterAddress, finite, tell
from sodakd.errors import DataError

if TYPE_CHECKING:
    from sodakd.curate.dedup import Embed, Watch
    from sodakd.curate.findings import Findings

Source = Annotated[
    str, typer.Argument(help="A file of questions, a folder, or a hub dataset.", metavar="SOURCE")
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(help="Values of `questions`: columns.text=task.", metavar="[KEY=VALUE]..."),
]
Out = Annotated[Path | None, typer.Option(help="Where the rows go that stay: JSON lines.")]
Report = Annotated[
    Path | None, typer.Option(help="Where the pairs go that were found: JSON lines.")
]


def dedup(
    source: Source,
    overrides: Overrides = None,
    out: Out = None,
    report: Report = None,
    method: Annotated[
        str, typer.Option(help="With commas: exact, code, jaccard, rouge, ngram, embedding.")
    ] = "exact,code,jaccard",
    jaccard: Annotated[
        float, typer.Option(min=0.01, max=1, callback=finite, help="Of word 3-grams.")
    ] = 0.7,
    rouge: Annotated[float, typer.Option(min=0.01, max=1, callback=finite, help="ROUGE-L.")] = 0.75,
    ngram: Annotated[
        float,
        typer.Option(min=0.01, max=1, callback=finite, help="Share of word 8-grams in another."),
    ] = 0.5,
    embedding: Annotated[
        float, typer.Option(min=0.01, max=1, callback=finite, help="Cosine of two vectors.")
    ] = 0.9,
    model: Annotated[
        Path | None, typer.Option(help="A sentence model's folder, for embedding.")
    ] = None,
    ray: ClusterAddress = "",
) -> None:
    """Leave out the rows of a file that are like an earlier one, and say which and why.

    exact: the same words. code: the answer is the same program, renamed or laid out otherwise.
    jaccard: near ones, found by MinHash and confirmed by an exact count. embedding: near in the
    vectors of a sentence model, such as the same in other words.

    Examples:  sodakd dedup questions.jsonl --out unique.jsonl
    ·  sodakd dedup data.parquet columns.text=task --method exact,rouge --rouge 0.7
    ·  sodakd dedup questions.jsonl --report pairs.jsonl
    ·  sodakd dedup questions.jsonl --out unique.jsonl --ray auto
    """
    from sodakd.curate.dedup import dedup as without_duplicates
    from sodakd.curate.findings import show_findings
    from sodakd.dedup.near import METHODS, Limits
    from sodakd.outputs import check_outputs
    from sodakd.recipe_file import read_questions
    from sodakd.screen import make_console
    from sodakd.seeds.read import paths_read

    asked = _methods(method, METHODS)
    if ("embedding" in asked) != (model is not None):
        raise DataError(
            "the method embedding and --model go together: --method exact,embedding --model FOLDER,"
            " a sentence model that transformers loads"
        )
    settings = read_questions(source, overrides or [])
    check_outputs({"--out": out, "--report": report}, paths_read(source, settings.source))
    limits = Limits(
        embedding=embedding if "embedding" in asked else None,
        jaccard=jaccard if "jaccard" in asked else None,
        rouge=rouge if "rouge" in asked else None,
        ngram=ngram if "ngram" in asked else None,
        exact="exact" in asked,
    )
    with _findings(report) as found, _progress() as watch:
        rows = without_duplicates(
            settings, limits, code="code" in asked, out=out, found=found, tell=tell, watch=watch,
            embed=None if model is None else _embed_by(model), ray=ray,
        )  # fmt: skip
    show_findings(found, rows, found.counts.total(), "kept, or like an earlier row", make_console())
    _say_files(out, report)


def decontaminate(
    source: Source,
    overrides: Overrides = None,
    against: Annotated[
        str,
        typer.Option(
            help="Benchmarks by name, or files of questions, with commas.", metavar="NAMES"
        ),
    ] = "humaneval,mbpp",
    data: Annotated[
        Path | None, typer.Option(help="The benchmarks' file or folder; the hub if left out.")
    ] = None,
    out: Out = None,
    report: Report = None,
    method: Annotated[
        str, typer.Option(help="With commas: exact, code, ngram, jaccard, rouge, values.")
    ] = "exact,code,ngram,jaccard,rouge,values",
    ngram: Annotated[
        float,
        typer.Option(min=0.01, max=1, callback=finite, help="Share of word 8-grams in common."),
    ] = 0.5,
    jaccard: Annotated[
        float, typer.Option(min=0.01, max=1, callback=finite, help="Of word 3-grams.")
    ] = 0.6,
    rouge: Annotated[float, typer.Option(min=0.01, max=1, callback=finite, help="ROUGE-L.")] = 0.75,
    values: Annotated[int, typer.Option(min=1, max=100, help="Examples or values in common.")] = 2,
) -> None:
    """Leave out the rows of a file that stand in a benchmark, and say in which and why.

    Found are copies, renamed and re-laid ones, those in another programming language, and by the
    values of their examples also others in wording; not a paraphrase that has no examples.

    Examples:  sodakd decontaminate questions.jsonl --against humaneval,mbpp --out clean.jsonl
    ·  sodakd decontaminate q.jsonl --against humaneval-x --data data/ --report leaks.jsonl
    ·  sodakd decontaminate q.jsonl --against my-exam.jsonl --method exact,ngram --ngram 0.3
    """
    from sodakd.curate.decontaminate import decontaminate as without_leaks
    from sodakd.curate.decontaminate import paths_of_tasks, read_tasks
    from sodakd.curate.findings import show_findings
    from sodakd.dedup.leaks import METHODS, LeakLimits
    from sodakd.outputs import check_outputs
    from sodakd.recipe_file import read_questions
    from sodakd.screen import make_console
    from sodakd.seeds.read import paths_read

    asked = _methods(method, METHODS)
    settings = read_questions(source, overrides or [])
    limits = LeakLimits(
        exact="exact" in asked,
        code="code" in asked,
        ngram=ngram if "ngram" in asked else None,
        jaccard=jaccard if "jaccard" in asked else None,
        rouge=rouge if "rouge" in asked else None,
        values=values if "values" in asked else None,
    )
    names = [name.strip() for name in against.split(",") if name.strip()]
    if not names:
        raise DataError("--against names nothing: a benchmark (humaneval) or a file of questions")
    read = [*paths_read(source, settings.source), *paths_of_tasks(names, data)]
    check_outputs({"--out": out, "--report": report}, read)
    tasks = read_tasks(names, data)
    with _findings(report) as found, _progress() as watch:
        rows, kept = without_leaks(
            settings, tasks, limits, out=out, found=found, tell=tell, watch=watch
        )
    title = f"kept, or stands in {', '.join(names)}"
    show_findings(found, rows, rows - kept, title, make_console())
    _say_files(out, report)


def _embed_by(folder: Path) -> "Embed":
    """The vectors of a sentence model. Raises `ModelError` where it cannot be loaded."""
    from sodakd.inference.embeddings import SentenceModel

    return SentenceModel(folder).embed


def _methods(names: str, known: tuple[str, ...]) -> set[str]:
    asked = {name.strip() for name in names.split(",") if name.strip()}
    unknown = sorted(asked - set(known))
    if unknown or not asked:
        said = f"no method {', '.join(unknown)}" if unknown else "--method names none"
        raise DataError(f"{said}; there are: {', '.join(known)}")
    return asked


def _say_files(out: Path | None, report: Path | None) -> None:
    if out is not None:
        typer.echo(f"the rows that stay: {out}")
    if report is not None:
        typer.echo(f"the pairs that were found: {report}")


@contextmanager
def _findings(report: Path | None) -> "Iterator[Findings]":
    """What takes in what is found; it is written to a report once all is."""
    from tempfile import TemporaryFile

    from sodakd.curate.findings import Findings

    if report is None:
        yield Findings(None)
        return
    with TemporaryFile() as lines:
        found = Findings(lines)
        yield found
        found.write(report)


@contextmanager
def _progress() -> "Iterator[Watch]":
    """Rows counted on a terminal, by what is done with them."""
    from collections import Counter

    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    from sodakd.screen import make_console

    console = make_console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}
        counts = Counter[str]()

        def watch(doing: str) -> None:
            if doing not in tasks:
                tasks[doing] = shown.add_task(doing, total=None)
            counts[doing] += 1
            if counts[doing] % 1000 == 0:
                shown.update(tasks[doing], completed=counts[doing])

        yield watch
