"""Trainers of pairs side by side: ours, those of TRL, and a plain loop; each a Trainer of its own.

All take the same triples in the same steps, like lengths together, in the same precision, by the
same fused AdamW; nothing is saved or logged meanwhile. TRL is given token ids, and zeros as the
log-probabilities of its reference, as if it had computed them before.
"""

import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import torch
from pair_data import in_steps, useful_tokens
from torch import Tensor, nn
from torch.utils.data import SequentialSampler
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from sodakd.inference.chat_format import ChatFormat
from sodakd.settings.student import StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.training.checkpoints import Checkpoints, TrainState
from sodakd.training.forward import Forward, choose_forward
from sodakd.training.model_io import enable_gradient_checkpointing, with_adapters
from sodakd.training.precision import computed_in
from sodakd.training.schedule import TokenizedExample
from sodakd.training.trainer import StudentTrainer

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
    if task.settings.gradient_checkpointing:
        enable_gradient_checkpointing(task.model)
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
        args=TrainingArguments(**_arguments(task)),
        train_dataset=cast("Any", in_steps(task.examples, task.settings, 0)),
        data_collator=collate,
    )


def trl_dpo(task: Task, *, compact: bool = False) -> Trainer:
    """TRL's DPO with a likelihood of the correct answer beside it (`sigmoid` and `sft`).

    `compact`: its head is patched to score answers' tokens alone, as it does by itself on CUDA.
    """
    import trl.trainer.dpo_trainer as dpo
    from trl.trainer import utils

    class Trained(dpo.DPOTrainer):  # type: ignore[misc]
        def _prepare_dataset(self, dataset: Any, *_: object) -> Any:
            return dataset  # it is token ids

        def _precompute_ref_logps(self, dataset: Any, *_: object) -> Any:
            return dataset  # it has them

    dpo.hash_module = lambda _: ""
    if compact:
        utils._use_triton = lambda _: True
    arguments = dpo.DPOConfig(
        **_arguments(task), max_length=None, precompute_ref_log_probs=True,
        train_sampling_strategy="sequential", loss_type=["sigmoid", "sft"],
        loss_weights=[WEIGHT, 1.0],
    )  # fmt: skip
    return cast(
        "Trainer",
        Trained(
            model=task.model,
            args=arguments,
            train_dataset=_dataset(task, lambda each: {
                "prompt_ids": list(each.prompt),
                "chosen_ids": list(each.chosen),
                "rejected_ids": list(each.rejected or ()),
                "ref_chosen_logps": 0.0,
                "ref_rejected_logps": 0.0,
            }),
            processing_class=task.tokenizer,
            peft_config=_lora(task),
        ),
    )  # fmt: skip


def trl_cpo(task: Task) -> Trainer:
    """TRL's CPO as SimPO, with a likelihood of the correct answer beside it."""
    from trl.experimental.cpo import CPOConfig, CPOTrainer

    class Trained(CPOTrainer):  # type: ignore[misc]
        def tokenize_row(self, feature: dict[str, Any], *_: object) -> dict[str, Any]:
            asked = feature["prompt_ids"]
            row = {"prompt_input_ids": asked, "prompt_attention_mask": [1] * len(asked)}
            for name in ("chosen", "rejected"):
                tokens = asked + feature[f"{name}_ids"]
                row[f"{name}_input_ids"] = tokens
                row[f"{name}_attention_mask"] = [1] * len(tokens)
                row[f"{name}_labels"] = [-100] * len(asked) + feature[f"{name}_ids"]
            return row

    arguments = CPOConfig(
        **_arguments(task), loss_type="simpo", cpo_alpha=1.0, simpo_gamma=MARGIN, beta=2.0,
        train_sampling_strategy="sequential",
    )  # fmt: skip
    return cast(
        "Trainer",
        Trained(
            model=task.model,
            args=arguments,
            train_dataset=_dataset(task, lambda each: {
                "prompt": "", "chosen": "", "rejected": "",
                "prompt_ids": list(each.prompt),
                "chosen_ids": list(each.chosen),
                "rejected_ids": list(each.rejected or ()),
            }),
            processing_class=task.tokenizer,
            peft_config=_lora(task),
        ),
    )  # fmt: skip


CONTENDERS: Mapping[str, Callable[[Task], Trainer]] = {
    "ours": ours,
    "ours, nothing shared": lambda task: ours(task, "padded"),
    "TRL DPO": trl_dpo,
    "TRL DPO, answers' head": lambda task: trl_dpo(task, compact=True),
    "TRL CPO-SimPO": trl_cpo,
    "plain loop": plain,
}


def _arguments(task: Task) -> dict[str, Any]:
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


def _dataset(task: Task, row: Callable[[TokenizedExample], dict[str, Any]]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([row(each) for each in in_steps(task.examples, task.settings, 0)])


def _lora(task: Task) -> Any:
    if task.student.finetuning_type == "full":
        return None
    from peft import LoraConfig

    lora = task.student.lora
    return LoraConfig(
        r=lora.r, lora_alpha=lora.lora_alpha, lora_dropout=lora.lora_dropout,
        target_modules="all-linear", task_type="CAUSAL_LM",
    )  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What the steps of one training took: seconds and CPU-seconds of each, and bytes.

    `peak` is the greatest memory, of which `start` was there before the first step.
    """

    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    start: int
    peak: int


class _Clock(TrainerCallback):
    """The clocks after each step."""

    def __init__(self) -> None:
        self.read: list[tuple[float, float]] = []

    def on_step_end(self, *_: object, **__: object) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.read.append((time.perf_counter(), time.process_time()))


def measure(trainer: Trainer, warm_up: int) -> Measured:
    """Train, and measure what comes after so many steps, of which there is at least one."""
    clock = _Clock()
    trainer.add_callback(clock)
    start = memory_from_here()
    trainer.train()
    clocks = clock.read[warm_up - 1 :]
    walls, cpus = zip(*clocks, strict=True)
    return Measured(_differences(walls), _differences(cpus), start, peak_memory())


def _differences(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(after - before for before, after in pairwise(values))


def memory_from_here() -> int:
    """Bytes in use on the GPU, or else of this process, whose greatest number is reset."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def peak_memory() -> int:
    """The greatest number of bytes since `memory_from_here`."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else _status("VmHWM")


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def told(task: Task, warm_up: int, measured: Measured) -> dict[str, Any]:
    """What was measured, as a row: of the steps that were timed, triples and useful tokens too."""
    size = task.settings.per_device_train_batch_size
    timed = in_steps(task.examples, task.settings, 0)[warm_up * size :]
    return {
        "triples": len(timed),
        "tokens": useful_tokens(timed),
        "seconds": measured.seconds,
        "cpu_seconds": measured.cpu_seconds,
        "start": measured.start,
        "peak": measured.peak,
    }
