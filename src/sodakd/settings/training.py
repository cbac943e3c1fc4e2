"""One training."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sodakd.settings.ranges import Count, NotNegative, Positive, Threads
from sodakd.types import Frozen

LossName = Literal["none", "margin", "first_difference", "odds_ratio", "simpo", "unlikelihood"]
Tracker = Literal["wandb", "tensorboard", "mlflow"]


class TrainingSettings(Frozen):
    """One training. Names and meanings are those of Hugging Face's TrainingArguments."""

    learning_rate: Annotated[float, Field(gt=0, le=10)] = 3e-3
    max_steps: Count | None = Field(default=None, description="overrides num_train_epochs")
    num_train_epochs: Annotated[float, Field(gt=0, le=10_000)] = 1.0
    per_device_train_batch_size: Count = Field(default=32, description="examples at a time")
    gradient_accumulation_steps: Count = Field(
        default=1, description="times as many examples a step; the sum is that of one large batch"
    )
    max_length: Count | None = Field(
        default=None,
        description="tokens of a question and its answer; longer ones are left out. The model's"
        " max_position_embeddings if left out",
    )
    gradient_checkpointing: bool = Field(
        default=False, description="less memory for a quarter more time"
    )
    bf16: bool = Field(default=False, description="mixed precision: bfloat16 beside the weights")
    fp16: bool = Field(default=False, description="mixed precision: float16; needs a GPU")
    lr_scheduler_type: Literal["linear", "cosine", "constant"] = "linear"
    warmup_steps: Annotated[int, Field(ge=0, le=10_000_000)] = 10
    max_grad_norm: Positive = 1.0
    weight_decay: Annotated[float, Field(ge=0, le=100)] = 0.0
    optimizer: Literal["muon", "adamw"] = "muon"
    loss: LossName = "none"
    contrast_weight: NotNegative = 0.04
    margin: NotNegative = Field(default=3.0, description="nats")
    logging_steps: Count = 10
    save_steps: Count = 100
    report_to: tuple[Tracker, ...] = Field(
        default=(), description="trackers that the log goes to as well; none if left out"
    )
    threads: Threads = Field(
        default=1, description="part of the seed: more threads round otherwise"
    )

    @property
    def examples_a_step(self) -> int:
        """Examples of one optimiser step."""
        return self.per_device_train_batch_size * self.gradient_accumulation_steps

    @model_validator(mode="after")
    def _one_precision(self) -> Self:
        if self.bf16 and self.fp16:
            raise ValueError("bf16 and fp16 exclude each other: set one of them")
        return self
