"""Ranges of numbers that several sections share."""

from typing import Annotated

from pydantic import Field

Share = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[int, Field(ge=1, le=5)]
Levels = Annotated[tuple[Level, ...], Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
