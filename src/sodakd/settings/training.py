"""One training."""

from typing import Literal

from pydantic import Field

from sodakd.settings.ranges import Count
from sodakd.types import Frozen

LossName = Literal["none", "margin", "first_difference", "odds_ratio", "simpo", "unlikelihood"]


class TrainingSettings(Frozen):
    """One training. Names and meanings are those of Hugging Face's TrainingArguments."""

    learning_rate: float = Field(default=3e-3, gt=0)
    max_steps: Count | None = Field(default=None, description="overrides num_train_epochs")
    num_train_epochs: float = Field(default=1.0, gt=0)
    per_device_train_batch_size: Count = Field(default=32, description="examples a step")
    lr_scheduler_type: Literal["linear", "cosine", "constant"] = "linear"
    warmup_steps: int = Field(default=10, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    optimizer: Literal["muon", "adamw"] = "muon"
    loss: LossName = "none"
    contrast_weight: float = Field(default=0.04, ge=0)
    margin: float = Field(default=3.0, ge=0, description="nats")
    logging_steps: Count = 10
    save_steps: Count = 100
    threads: Count = Field(default=1, description="part of the seed: more threads round otherwise")
