"""What all contenders of pair training are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from sodakd.inference.chat_format import ChatFormat
from sodakd.settings.student import StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.training.schedule import TokenizedExample

MARGIN, WEIGHT, RATE = 0.5, 0.1, 1e-5


@dataclass(frozen=True)
class Task:
    """What every contender trains, and how."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    layout: ChatFormat
    examples: Sequence[TokenizedExample]
    settings: TrainingSettings
    student: StudentSettings
    out: Path

    @property
    def steps(self) -> int:
        """Steps that see each example once."""
        return len(self.examples) // self.settings.per_device_train_batch_size


def settings_for(batch: int, steps: int, *, half: bool, checkpointing: bool) -> TrainingSettings:
    """The settings of `steps` steps of `batch` triples on SODA's `margin` loss."""
    return TrainingSettings(
        optimizer="adamw", learning_rate=RATE, loss="margin", margin=MARGIN, bf16=half,
        contrast_weight=WEIGHT, max_steps=steps, warmup_steps=0, lr_scheduler_type="constant",
        logging_steps=steps, save_steps=steps, per_device_train_batch_size=batch,
        gradient_checkpointing=checkpointing,
    )  # fmt: skip


def trainer_arguments(task: Task) -> dict[str, Any]:
    """The arguments of transformers that do as `StudentTrainer` does, in TRL's trainers too."""
    settings = task.settings
    return {
        "output_dir": str(task.out),
        "max_steps": task.steps,
        "per_device_train_batch_size": settings.per_device_train_batch_size,
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": settings.lr_scheduler_type,
        "warmup_steps": 0,
        "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.max_grad_norm,
        "optim": "adamw_torch_fused",
        "bf16": bool(settings.bf16),
        "gradient_checkpointing": settings.gradient_checkpointing,
        "use_cpu": not torch.cuda.is_available(),
        "logging_strategy": "no",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "dataloader_pin_memory": False,
    }
