"""Arguments that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

RecipeFile = Annotated[Path, typer.Argument(help="A recipe: a YAML file.", metavar="RECIPE")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(help="Values laid over the recipe.", metavar="[KEY.SUB=VALUE]..."),
]
RunFolder = Annotated[Path, typer.Argument(help="The folder of a run.", metavar="DIR")]
