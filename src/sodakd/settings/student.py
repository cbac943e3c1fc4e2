"""The student: a pretrained model, or one made from scratch, as it is before the first cycle."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sodakd.settings.training import TrainingSettings
from sodakd.settings.types import Count, Levels, Positive, Text
from sodakd.types import FrozenModel


class StudentShape(FrozenModel):
    """A Llama from scratch. The defaults have 0.40 M parameters."""

    hidden_size: Count = Field(default=96, description="width of the model")
    num_hidden_layers: Count = Field(default=3, description="layers")
    num_attention_heads: Count = Field(default=4, description="heads of a layer")
    intermediate_size: Count = Field(default=256, description="width of a layer's inner part")
    vocab_size: Annotated[int, Field(ge=300, le=10_000_000)] = Field(
        default=700, description="tokens of its tokenizer, which is trained too"
    )
    max_position_embeddings: Count = Field(
        default=512, description="most tokens of a question and its answer"
    )
    initializer_range: Positive = Field(default=0.08, description="spread of the first weights")

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.hidden_size % (2 * self.num_attention_heads):
            raise ValueError("hidden_size must be a multiple of 2 * num_attention_heads")
        return self


class FromScratchSettings(FrozenModel):
    """The base student, made before the first cycle: it stands for a pretrained model."""

    questions: Count = Field(default=12000, description="that it is trained on")
    levels: Levels = Field(default=(1, 1, 2, 2, 2, 3), description="of these questions")
    shape: StudentShape = StudentShape()
    training: TrainingSettings = TrainingSettings()


class LoraSettings(FrozenModel):
    """Adapters. Names and meanings are those of peft's LoraConfig."""

    r: Count = Field(default=16, description="rank of the adapters")
    lora_alpha: Count = Field(default=32, description="their scale, divided by r")
    lora_dropout: float = Field(
        default=0.0, ge=0, lt=1, description="share of the adapters' input that is dropped"
    )
    target_modules: tuple[Text, ...] = Field(
        default=(), description="names of linear layers; all but the head if left out"
    )


class StudentSettings(FrozenModel):
    """A pretrained causal language model. Without a name, `base` makes one from scratch."""

    model_name_or_path: Text | None = Field(
        default=None, description="a folder, or a hub's id; safetensors only"
    )
    revision: Text | None = Field(default=None, description="of the hub: a branch, tag or commit")
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32", description="of the weights, as they are trained and kept"
    )
    finetuning_type: Literal["full", "lora", "qlora"] = Field(
        default="full", description="all weights, adapters, or adapters of a quantised model"
    )
    lora: LoraSettings = LoraSettings()
    chat_template: Text | None = Field(
        default=None,
        description="a Jinja file. The tokenizer's own if left out, or the default one of base"
        " models",
    )

    @model_validator(mode="after")
    def _pretrained(self) -> Self:
        changed = self.model_fields_set - {"model_name_or_path"}
        if self.model_name_or_path is None and changed:
            raise ValueError(
                "a student from scratch takes none of these settings: name a pretrained one,"
                " student.model_name_or_path"
            )
        return self


FROM_SCRATCH = StudentSettings()
"""The student that `base` makes: whole weights, in float32."""
