"""Types of a recipe's numbers and texts: every number has a least and a greatest value, and every
text a greatest length."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from sodakd.types import Level

Share = Annotated[float, Field(ge=0, le=1)]
Levels = Annotated[tuple[Level, ...], Field(min_length=1, max_length=1000)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
Seconds = Annotated[float, Field(gt=0, le=10_000_000)]
Wait = Annotated[float, Field(ge=1, le=10_000_000)]
"""Seconds that something is waited for before it is given up."""
Positive = Annotated[float, Field(gt=0, le=1_000_000)]
NotNegative = Annotated[float, Field(ge=0, le=1_000_000)]
Temperature = Annotated[float, Field(ge=0, le=10)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Text = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")]


def _ray_address(text: str) -> str:
    if text and not re.fullmatch(r"auto|[^\s:/]+:[0-9]{1,5}", text):
        raise ValueError(
            "no address of a Ray cluster: write auto, or HOST:PORT as `ray start` tells"
        )
    return text


RayAddress = Annotated[str, Field(max_length=4096), AfterValidator(_ray_address)]
"""`auto`, or HOST:PORT as `ray start` tells it; empty for none."""
LongText = Annotated[str, Field(min_length=1, max_length=100_000)]
Cycles = Annotated[int, Field(ge=1, le=1000)]
Threads = Annotated[int, Field(ge=1, le=1024)]


def _folder_name(name: str) -> str:
    if re.fullmatch(r"\w[\w .+-]*", name) is None:
        raise PydanticCustomError(
            "folder_name",
            "should be the name of a folder: letters, digits, blanks and .+-_, the first a letter"
            " or a digit",
        )
    return name


Name = Annotated[str, Field(max_length=60), AfterValidator(_folder_name)]
