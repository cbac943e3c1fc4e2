"""The knobs of single methods: a section each, read by no other method."""

from typing import Annotated, Literal

from pydantic import Field

from sodakd.settings.types import Count, Temperature, Text
from sodakd.types import FrozenModel


class RftSettings(FrozenModel):
    """Rejection sampling (`arms: [rft]`): how the student's own answers are drawn."""

    samples: Count = Field(default=4, description="answers to each question; those that pass stay")
    temperature: Temperature = Field(default=0.7, description="of these answers; 0 is greedy")


class EvolInstructSettings(FrozenModel):
    """Evol-Instruct (`arms: [evol_instruct]`)."""

    rounds: Annotated[int, Field(ge=1, le=20)] = Field(
        default=3, description="times that every question is rewritten"
    )


class OssInstructSettings(FrozenModel):
    """OSS-Instruct (`arms: [oss_instruct]`)."""

    source: Text | None = Field(
        default=None,
        description="of snippets: a folder of programs, a file of rows or a hub dataset of source"
        " files; else what a student from scratch is made from",
    )


class PersdSettings(FrozenModel):
    """PERsD (`arms: [persd]`)."""

    variant: Literal["refine", "fix", "combined"] = Field(
        default="combined",
        description="what is learnt: refine, the refined program from the question; fix, the same"
        " from the question, the failed program and its error; combined, both",
    )
