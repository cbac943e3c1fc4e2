"""The recipes that come with the package, and recorded answers of their teachers."""

from collections.abc import Mapping
from pathlib import Path

from sodakd.settings.sources import exists

_FOLDER = Path(__file__).with_name("recipes")
_SUFFIXES = (".yaml", ".yml")


def shipped_recipes() -> Mapping[str, Path]:
    """Return the shipped recipes' files by name."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


def find_recipe(named: Path) -> Path:
    """Return the file that is named, or the shipped recipe: `embedded`, `recipes/embedded.yaml`."""
    if exists(named) or named.parent.name not in {"", "recipes"}:
        return named
    name = named.name
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return shipped_recipes().get(name, named)


def find_models(named: Path) -> Path:
    """Return the file of models that is named, or the shipped one: `small`, `models/small.yaml`."""
    if exists(named) or named.parent.name not in {"", "models"}:
        return named
    shipped = _FOLDER / "models" / f"{named.name.removesuffix('.yaml')}.yaml"
    return shipped if shipped.exists() else named


def find_answers(named: Path) -> Path:
    """Return the file of recorded answers that is named, or the shipped one of that name."""
    if exists(named) or named.parent.name not in {"", "answers"}:
        return named
    shipped = _FOLDER / "answers" / named.name
    return shipped if shipped.exists() else named


def what_for(path: Path) -> str:
    """Return the line that a recipe opens with: what it is for."""
    with path.open(encoding="utf-8") as file:
        return file.readline().lstrip("# ").strip()
