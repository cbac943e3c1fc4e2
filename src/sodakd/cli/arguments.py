"""Arguments that several commands take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sodakd.settings.stages import Lint

RecipeFile = Annotated[Path, typer.Argument(help="A recipe: a YAML file.", metavar="RECIPE")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(help="Values laid over the recipe.", metavar="[KEY.SUB=VALUE]..."),
]
RunFolder = Annotated[Path, typer.Argument(help="The folder of a run.", metavar="DIR")]
AllowUnsandboxed = Annotated[
    bool, typer.Option("--allow-unsandboxed", help="Judge even without a sandbox; warns.")
]
LintFast = Annotated[
    bool, typer.Option("--lint", help="Say what the fast static tools find as well.")
]
LintFull = Annotated[
    bool, typer.Option("--lint-full", help="The same with all tools: gcc -Wall, go vet too.")
]


def tools_asked(fast: bool, full: bool) -> "Lint":  # as the options give them
    """Which static tools `--lint` and `--lint-full` ask for."""
    from sodakd.settings.stages import Lint

    return Lint.FULL if full else Lint.FAST if fast else Lint.OFF
