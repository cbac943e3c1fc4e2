"""The knobs of the student's shape and of its training."""

from typing import Literal

from pydantic import Field

from sodakd.types import Frozen

LossName = Literal["none", "margin", "first_difference", "odds_ratio", "simpo", "unlikelihood"]


class StudentShape(Frozen):
    """Size of the embedded student: a Llama with tied embeddings, 0.4M parameters by default."""

    hidden_size: int = Field(default=96, ge=8)
    num_hidden_layers: int = Field(default=3, ge=1)
    num_attention_heads: int = Field(default=4, ge=1)
    intermediate_size: int = Field(default=256, ge=8)
    vocab_size: int = Field(default=700, ge=300)
    initializer_range: float = Field(default=0.08, gt=0)
    max_position_embeddings: int = Field(default=512, ge=16)


class TrainingSettings(Frozen):
    """How a student is trained. Field names are those of Hugging Face's TrainingArguments.

    `max_steps`, where given, wins over `num_train_epochs`. `per_device_train_batch_size` counts
    examples. `contrast_weight` is the share of the contrast `loss` beside the negative
    log-likelihood of the correct answer; `margin` is the log-prob distance (nats per token) that a
    hinge loss asks for.
    """

    learning_rate: float = Field(default=3e-3, gt=0)
    max_steps: int | None = Field(default=None, ge=1)
    num_train_epochs: float = Field(default=1.0, gt=0)
    per_device_train_batch_size: int = Field(default=32, ge=1)
    lr_scheduler_type: Literal["linear", "cosine", "constant"] = "linear"
    warmup_steps: int = Field(default=0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    optimizer: Literal["muon", "adamw"] = "muon"
    loss: LossName = "none"
    contrast_weight: float = Field(default=0.04, ge=0)
    margin: float = Field(default=3.0, ge=0)
    save_steps: int = Field(default=100, ge=1)
    logging_steps: int = Field(default=10, ge=1)
