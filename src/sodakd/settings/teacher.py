"""Who answers, and what it may cost."""

from typing import Annotated, Literal

from pydantic import Field

from sodakd.settings.ranges import Count
from sodakd.types import Frozen


class TeacherSettings(Frozen):
    """Who answers. `world` is the embedded procedural teacher: it answers by computation, so its
    prices are notional (US dollars per million tokens) and show what the books look like."""

    kind: Literal["world"] = "world"
    prompt_price: float = Field(default=0.0, ge=0, description="US dollars per million tokens")
    completion_price: float = Field(default=0.0, ge=0, description="US dollars per million tokens")
    max_in_flight: Count = Field(default=1, description="calls to the teacher at the same time")


class Budget(Frozen):
    """The most that a run may spend on its teacher, control included. None is no limit."""

    calls: Annotated[int, Field(gt=0)] | None = None
    tokens: Annotated[int, Field(gt=0)] | None = None
    money: Annotated[float, Field(gt=0)] | None = Field(default=None, description="US dollars")
