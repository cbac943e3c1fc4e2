"""What models cost: a dated table, which a recipe overrides. An unknown price is never guessed."""

from functools import cache
from pathlib import Path

from pydantic import Field
from ruamel.yaml import YAML

from sodakd.types import Frozen

TABLE = Path(__file__).with_name("prices.yaml")


class Price(Frozen):
    """US dollars per million tokens. `read` is the day the source said so."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)
    batch: float = Field(default=1.0, gt=0, le=1, description="share of it in the Batch API")
    read: str
    source: str


@cache
def known_prices() -> dict[str, Price]:
    """The table, by model name."""
    rows = YAML(typ="safe", pure=True).load(TABLE.read_text(encoding="utf-8"))
    return {str(name): Price.model_validate(row) for name, row in rows.items()}
