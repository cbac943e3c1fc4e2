"""Trainers of pairs side by side: ours, those of TRL, and a plain loop; each a Trainer of its own.

All take the same triples in the same steps, like lengths together, in the same precision, by the
same fused AdamW; nothing is saved or logged meanwhile.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import torch
from pair_data import in_steps
from pair_task import MARGIN, WEIGHT, Task, trainer_arguments
from torch import Tensor, nn
from torch.utils.data import SequentialSampler
from transformers import Trainer, TrainingArguments
from trl_trainers import trl_cpo, trl_dpo

from sodakd.training.checkpoints import Checkpoints, TrainState
from sodakd.training.forward import Forward, choose_forward
from sodakd.training.model_io import with_adapters
from sodakd.training.precision import computed_in
from sodakd.training.recomputation import recompute
from sodakd.training.schedule import TokenizedExample
from sodakd.training.trainer import StudentTrainer


def ours(task: Task, only: str | None = None) -> Trainer:
    """`StudentTrainer`, with the attention that `train` would choose, or `only` this.

    `padded` is the ablation: nothing is shared in attention and layers, questions stand before
    both answers, and rows are padded; the head is the same.
    """
    longest = max(each.longest for each in task.examples)
    dtype = torch.bfloat16 if task.settings.bf16 else None
    if only == "padded":
        forward = Forward("padded", by_states=True)
    else:
        with computed_in(task.model, dtype):
            forward = choose_forward(task.model, task.layout, longest, only)
    recompute(task.model, layers=task.settings.gradient_checkpointing)
    lora = task.student.finetuning_type == "lora"
    return StudentTrainer(
        with_adapters(task.model, task.student, 0) if lora else task.model,
        task.examples,
        task.settings,
        forward,
        dtype,
        0,
        Checkpoints(task.out),
        TrainState(identity=""),
        None,
    )


def ours_dpo(task: Task) -> Trainer:
    """`StudentTrainer` on TRL DPO's objective, with zeros for the reference as there."""
    return ours(
        replace(
            task,
            examples=[replace(each, reference=(0.0, 0.0)) for each in task.examples],
            settings=task.settings.model_copy(update={"loss": "dpo"}),
        )
    )


class PlainTrainer(Trainer):
    """What a loop in plain transformers does: questions with both answers, padded to one length,
    all logits in float32."""

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Tensor], *_: object, **__: object
    ) -> Tensor:
        """The `margin` loss on means per token."""
        answered = inputs.pop("answered")[:, 1:]
        logits = model(**inputs, use_cache=False).logits
        tokens = inputs["input_ids"][:, 1:, None]
        logp = logits[:, :-1].float().log_softmax(-1).gather(2, tokens)[..., 0]
        means = (logp * answered).sum(1) / answered.sum(1)
        right, wrong = means.chunk(2)
        loss: Tensor = WEIGHT * (MARGIN - right + wrong).relu().mean() - right.mean()
        return loss

    def _get_train_sampler(self, *_: object) -> SequentialSampler:
        return SequentialSampler(cast("Any", self.train_dataset))


def plain(task: Task) -> Trainer:
    """A plain loop over padded rows."""

    def collate(examples: list[TokenizedExample]) -> dict[str, Tensor]:
        rows = [(each.prompt, each.chosen) for each in examples]
        rows += [(each.prompt, each.rejected or ()) for each in examples]
        width = max(len(prompt) + len(answer) for prompt, answer in rows)
        tokens = torch.zeros(len(rows), width, dtype=torch.long)
        seen, answered = torch.zeros_like(tokens), torch.zeros(len(rows), width)
        for at, (prompt, answer) in enumerate(rows):
            end = len(prompt) + len(answer)
            tokens[at, :end] = torch.tensor([*prompt, *answer])
            seen[at, :end] = 1
            answered[at, len(prompt) : end] = 1
        return {"input_ids": tokens, "attention_mask": seen, "answered": answered}

    trained: nn.Module = task.model
    if task.student.finetuning_type == "lora":
        trained = with_adapters(task.model, task.student, 0)
    return PlainTrainer(
        model=trained,
        args=TrainingArguments(**trainer_arguments(task)),
        train_dataset=cast("Any", in_steps(task.examples, task.settings, 0)),
        data_collator=collate,
    )


CONTENDERS: Mapping[str, Callable[[Task], Trainer]] = {
    "ours": ours,
    "ours, DPO": ours_dpo,
    "ours, nothing shared": lambda task: ours(task, "padded"),
    "TRL DPO": trl_dpo,
    "TRL DPO, answers' head": lambda task: trl_dpo(task, compact=True),
    "TRL CPO-SimPO": trl_cpo,
    "plain loop": plain,
}
