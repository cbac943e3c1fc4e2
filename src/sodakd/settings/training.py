"""One training."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sodakd.settings.types import Count, NotNegative, Positive, Threads
from sodakd.types import FrozenModel

LossName = Literal[
    "none", "margin", "first_difference", "odds_ratio", "simpo", "unlikelihood", "dpo"
]
Tracker = Literal["wandb", "tensorboard", "mlflow"]


class TrainingSettings(FrozenModel):
    """One training. Names and meanings are those of Hugging Face's TrainingArguments."""

    learning_rate: Annotated[float, Field(gt=0, le=10)] = Field(
        default=3e-3, description="of the optimiser, at its greatest"
    )
    max_steps: Count | None = Field(default=None, description="overrides num_train_epochs")
    num_train_epochs: Annotated[float, Field(gt=0, le=10_000)] = Field(
        default=1.0, description="times that each example is seen"
    )
    per_device_train_batch_size: Count = Field(default=32, description="examples at a time")
    gradient_accumulation_steps: Count = Field(
        default=1, description="times as many examples a step; the sum is that of one large batch"
    )
    max_tokens_per_batch: Count | None = Field(
        default=None,
        description="tokens at a time, in the place of per_device_train_batch_size's examples; the"
        " examples of a step stay the same",
    )
    max_length: Count | None = Field(
        default=None,
        description="tokens of a question and its answer; longer ones are left out. The model's"
        " max_position_embeddings if left out",
    )
    gradient_checkpointing: bool = Field(
        default=False, description="less memory for a quarter more time"
    )
    bf16: bool | None = Field(
        default=None,
        description="mixed precision: bfloat16 beside the weights. If left out, for pretrained"
        " students where it is faster here",
    )
    fp16: bool = Field(default=False, description="mixed precision: float16; needs a GPU")
    lr_scheduler_type: Literal["linear", "cosine", "constant"] = Field(
        default="linear", description="how the learning rate falls"
    )
    warmup_steps: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        default=10, description="steps in which it rises first"
    )
    max_grad_norm: Positive = Field(
        default=1.0, description="longer gradients are shortened to this"
    )
    weight_decay: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.0, description="share of a weight that a step takes away, times the learning rate"
    )
    optimizer: Literal["muon", "adamw"] = Field(
        default="muon", description="muon for whole matrices, adamw for all"
    )
    loss: LossName = Field(
        default="none", description="the contrastive part: how a faulty solution counts"
    )
    contrast_weight: NotNegative = Field(
        default=0.04, description="of the contrastive part, beside the likelihood"
    )
    margin: NotNegative = Field(default=3.0, description="nats")
    beta: Positive = Field(
        default=0.1, description="of dpo: the larger, the nearer the student stays to its start"
    )
    logging_steps: Count = Field(default=10, description="steps between rows of the log")
    save_steps: Count = Field(default=100, description="steps between checkpoints")
    report_to: tuple[Tracker, ...] = Field(
        default=(), description="trackers that the log goes to as well; none if left out"
    )
    threads: Threads | None = Field(
        default=None,
        description="part of the seed: more threads round otherwise. If left out, all cores for"
        " pretrained students, and one for small ones from scratch",
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

    @model_validator(mode="after")
    def _long_examples_fit(self) -> Self:
        budget, length = self.max_tokens_per_batch, self.max_length
        if budget is not None and length is not None and budget < length:
            raise ValueError(
                f"max_tokens_per_batch is {budget}, and examples of up to max_length, {length}"
                f" tokens, are trained on: set max_tokens_per_batch to {length} or more"
            )
        return self
