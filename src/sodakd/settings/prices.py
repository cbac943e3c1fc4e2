"""What models cost: a dated table, which a recipe overrides. An unknown price is never guessed."""

from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError

from sodakd.settings.types import NotNegative
from sodakd.types import FrozenModel
from sodakd.yaml_text import YamlError, parse_yaml

TABLE = Path(__file__).with_name("prices.yaml")


class Price(FrozenModel):
    """US dollars per million tokens. `read` is the day the source said so."""

    prompt: NotNegative
    completion: NotNegative
    batch: float = Field(default=1.0, gt=0, le=1, description="share of it in the Batch API")
    read: str
    source: str


@cache
def known_prices() -> dict[str, Price]:
    """The table, by model name."""
    return read_prices(TABLE)


@cache
def read_prices(path: Path) -> dict[str, Price]:
    """A file of prices, by model name: a YAML mapping of the table's form.

    Raises:
        ValueError: the file cannot be read, or holds something else.
    """
    try:
        rows = parse_yaml(path.read_text(encoding="utf-8"))
        if not isinstance(rows, dict):
            raise YamlError(f"a {type(rows).__name__} stands there")
        return {name: Price.model_validate(row) for name, row in rows.items()}
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "a row"
        raise ValueError(f"the prices in {path} are wrong: {place}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError, YamlError) as error:
        raise ValueError(
            f"the prices in {path} cannot be read: {error}; a line is like"
            ' `my-model: {prompt: 0.5, completion: 1.5, read: "2026-11-01", source: "my contract"}`'
        ) from error
