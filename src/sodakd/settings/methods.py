"""The knobs of single methods: a section each, read by no other method."""

from typing import Annotated, Literal

from pydantic import Field

from sodakd.settings.types import Count, Share, Temperature, Text
from sodakd.types import FrozenModel


class RftSettings(FrozenModel):
    """Rejection sampling (`arms: [rft]`): how the student's own answers are drawn."""

    samples: Count = Field(default=4, description="answers to each question; those that pass stay")
    temperature: Temperature = Field(default=0.7, description="of these answers; 0 is greedy")


class OpdSettings(FrozenModel):
    """On-policy distillation (`arms: [opd]`): a teacher's probabilities of a student's tokens."""

    rounds: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=4, description="times that the student answers, and is then trained on that"
    )
    samples: Count = Field(
        default=4, description="answers to each question, spread over the rounds"
    )
    temperature: Temperature = Field(default=1.0, description="of these answers; 0 is greedy")
    beta: Share = Field(
        default=1.0,
        description="1 is KL(student || teacher), 0 KL(teacher || student), between them GKD's"
        " generalised Jensen-Shannon divergence",
    )
    top_k: Count = Field(
        default=64,
        description="most probable tokens of the teacher, in each place; all others count as one",
    )


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
