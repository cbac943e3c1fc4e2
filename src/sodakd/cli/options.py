"""Arguments that several commands take."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sodakd.errors import DataError

if TYPE_CHECKING:
    from sodakd.types import Language


def finite(value: float) -> float:
    """A number of an option, as it is; what is none (`nan`) or has no end is refused."""
    if not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number")
    return value


def tell(line: str) -> None:
    """Write a line beside a command's output."""
    typer.echo(line, err=True)


RecipeFile = Annotated[
    Path,
    typer.Argument(help="A recipe: a YAML file, or the name of a shipped one.", metavar="RECIPE"),
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(help="Values laid over the recipe.", metavar="[KEY.SUB=VALUE]..."),
]
RunFolder = Annotated[Path, typer.Argument(help="The folder of a run.", metavar="DIR")]
CpuSeconds = Annotated[
    float, typer.Option(min=0.1, max=86_400, callback=finite, help="CPU time of a program.")
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Programs at a time; the cores if left out."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of words or a table.")]
AllowUnsandboxed = Annotated[
    bool, typer.Option("--allow-unsandboxed", help="Judge even without a sandbox; warns.")
]
RayAddress = Annotated[
    str, typer.Option("--ray", help="Judge on this Ray cluster: auto, or HOST:PORT.")
]
ClusterAddress = Annotated[
    str,
    typer.Option("--ray", help="Run on the nodes of this Ray cluster: auto, or HOST:PORT."),
]
Samples = Annotated[int, typer.Option("--n", min=1, help="Samples of each task.")]
Temperature = Annotated[float, typer.Option(min=0, callback=finite, help="0 is greedy.")]
MaxNewTokens = Annotated[int, typer.Option(min=1, help="Of an answer.")]
TaskLimit = Annotated[int | None, typer.Option(min=1, help="Tasks of each language.")]
SampleSeed = Annotated[int, typer.Option(help="Of the samples.")]
AskLint = Annotated[bool, typer.Option("--lint", help="Say what static tools find as well.")]


def parse_language(name: str) -> "Language":
    """The language that an option names, as people spell it. Raises `DataError`."""
    from sodakd.text.labels import language_of
    from sodakd.types import Language

    found = language_of(name)
    if found is None:
        raise DataError(f"unknown language {name!r}; known: {', '.join(Language)}")
    return found
