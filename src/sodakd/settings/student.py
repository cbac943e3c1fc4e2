"""The student before the first cycle."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from sodakd.settings.ranges import Count, Levels
from sodakd.settings.training import TrainingSettings
from sodakd.types import Frozen


class StudentShape(Frozen):
    """A Llama from scratch. The defaults have 0.40 M parameters."""

    hidden_size: Count = 96
    num_hidden_layers: Count = 3
    num_attention_heads: Count = 4
    intermediate_size: Count = 256
    vocab_size: Annotated[int, Field(ge=300)] = 700
    max_position_embeddings: Count = 512
    initializer_range: float = Field(default=0.08, gt=0)

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.hidden_size % (2 * self.num_attention_heads):
            raise ValueError("hidden_size must be a multiple of 2 * num_attention_heads")
        return self


class BaseSettings(Frozen):
    """The base student, made before the first cycle: it stands for a pretrained model."""

    questions: Count = 12000
    levels: Levels = (1, 1, 2, 2, 2, 3)
    shape: StudentShape = StudentShape()
    training: TrainingSettings = TrainingSettings()
