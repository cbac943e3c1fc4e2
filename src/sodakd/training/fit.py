"""Train a student: a Hugging Face Trainer over packed rows that resumes bit for bit."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    get_scheduler,
)
from transformers.trainer_callback import PrinterCallback
from transformers.utils import logging

from sodakd.errors import TrainingError
from sodakd.models.prompts import Tokenizer, layout_of
from sodakd.settings.training import TrainingSettings
from sodakd.training.attention import PACKED
from sodakd.training.batches import Encoded, Example, encode, plan
from sodakd.training.checkpoints import Checkpoints, Progress, Window, write_rows
from sodakd.training.disk import writing
from sodakd.training.losses import LOSSES
from sodakd.training.objective import Objective, objective
from sodakd.training.optimizer import make_optimizer
from sodakd.training.packing import Batch, pack
from sodakd.types import TrainRow

LOG = "log.jsonl"


def fit(
    start: Path,
    examples: Sequence[Example],
    settings: TrainingSettings,
    seed: int,
    out: Path,
    progress: Callable[[TrainRow], None] | None = None,
) -> list[TrainRow]:
    """Train the model of folder `start` on `examples` and write it, and `log.jsonl`, into `out`.

    The same arguments and thread count give the same bytes. A training killed at any moment goes on
    from its newest checkpoint when it is called again, and ends in the same bytes as one that was
    not; only `tokens_per_second` differs. `progress` is called with every row as it is logged.

    Raises TrainingError where there is nothing to train on, an example is longer than the model
    takes, the loss is no longer finite, or `out` holds checkpoints of another training.
    """
    logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(start, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(
        start, local_files_only=True, dtype=torch.float32, attn_implementation=PACKED
    )
    layout = layout_of(cast("Tokenizer", tokenizer))
    encoded = encode(examples, layout, settings.max_length or model.config.max_position_embeddings)
    checkpoints = Checkpoints(out)
    checkpoints.discard_unfinished()
    identity = _identity(start, examples, settings, seed)
    checkpoint = checkpoints.newest()
    done = Progress(identity=identity)
    if checkpoint is not None:
        done = checkpoints.read(checkpoint, identity)
    torch.set_flush_denormal(True)
    torch.set_num_threads(settings.threads)
    trainer = StudentTrainer(model, encoded, settings, seed, checkpoints, done, progress)
    with writing(out):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    rows = trainer.done.rows
    if not all(bool(p.isfinite().all()) for p in model.parameters()):
        raise TrainingError(_not_finite("weights", trainer.state.global_step, settings))
    with writing(out):
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)
    write_rows(rows, out / LOG)
    checkpoints.remove()
    return list(rows)


class StudentTrainer(Trainer):
    """A Trainer whose dataset is the plan of steps: each item is one step's packed batch."""

    def __init__(
        self,
        model: PreTrainedModel,
        examples: Sequence[Encoded],
        settings: TrainingSettings,
        seed: int,
        checkpoints: Checkpoints,
        done: Progress,
        progress: Callable[[TrainRow], None] | None,
    ) -> None:
        self.settings = settings
        self.checkpoints = checkpoints
        self.done = done
        self.progress = progress
        self.examples = examples
        self.steps = plan([example.length for example in examples], settings, seed)
        self.window_start = time.perf_counter()
        self.window_start_tokens = done.window.tokens
        optimizer = make_optimizer(model, settings)
        scheduler = get_scheduler(
            settings.lr_scheduler_type,
            optimizer,
            num_warmup_steps=settings.warmup_steps,
            num_training_steps=len(self.steps),
        )
        super().__init__(
            model=model,
            args=_arguments(settings, seed, len(self.steps), checkpoints.part),
            train_dataset=self.steps,
            optimizers=(optimizer, scheduler),
        )
        self.remove_callback(PrinterCallback)
        self.add_callback(LogLastStep)

    def get_train_dataloader(self) -> DataLoader[Batch]:
        """The plan's batches in their order."""
        own_forward = (
            self.settings.loss != "none" and LOSSES[self.settings.loss].needs_rejected_forward
        )

        def collate(step: list[tuple[int, ...]]) -> dict[str, Batch]:
            return {"batch": pack([self.examples[at] for at in step[0]], rejected=own_forward)}

        steps = cast("Dataset[tuple[int, ...]]", self.steps)
        loader = DataLoader(steps, batch_size=1, shuffle=False, collate_fn=collate)
        return cast("DataLoader[Batch]", self.accelerator.prepare(loader))

    def compute_loss(  # type: ignore[override]
        self,
        model: nn.Module,
        inputs: dict[str, Batch],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """The objective of one batch; logits are computed for the answers' tokens only."""
        batch = inputs["batch"]
        logits = model(
            input_ids=batch.tokens,
            position_ids=batch.positions,
            logits_to_keep=batch.predict,
            use_cache=False,
            grid=batch.grid,
        ).logits[0]
        result = objective(logits, batch, self.settings)
        if not bool(result.loss.isfinite()):
            raise TrainingError(_not_finite("loss", self.state.global_step + 1, self.settings))
        self._count(result, batch)
        return result.loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Turn the window's sums into a row; Trainer's closing summary is dropped."""
        if "grad_norm" not in logs:
            return
        window = self.done.window
        seconds = time.perf_counter() - self.window_start
        paired = window.pairs > 0
        contrasted = paired and self.settings.loss != "none"
        row = TrainRow(
            step=self.state.global_step,
            epoch=self.done.examples / len(self.examples),
            loss=window.loss / window.steps,
            nll=window.nll / window.steps,
            contrast=window.contrast / window.pairs if contrasted else None,
            chosen_logp=window.chosen / window.examples,
            rejected_logp=window.rejected / window.pairs if paired else None,
            gap=window.gap / window.pairs if paired else None,
            ranking_accuracy=window.ranked / window.pairs if paired else None,
            grad_norm=float(logs["grad_norm"]),
            learning_rate=logs["learning_rate"],
            tokens=self.done.tokens,
            tokens_per_second=(window.tokens - self.window_start_tokens) / seconds,
        )
        self.done = self.done.model_copy(
            update={"rows": (*self.done.rows, row), "window": Window()}
        )
        self.window_start = time.perf_counter()
        self.window_start_tokens = 0
        if self.progress is not None:
            self.progress(row)

    def _save_checkpoint(self, model: nn.Module, trial: object) -> None:
        """Write a checkpoint; after the last step there is nothing left to go on with."""
        step = self.state.global_step
        if step < len(self.steps):
            super()._save_checkpoint(model, trial)
            self.checkpoints.complete(step, self.done)

    def _count(self, result: Objective, batch: Batch) -> None:
        window = self.done.window
        right, wrong = result.right, result.wrong
        changed = window.model_copy(
            update={
                "steps": window.steps + 1,
                "examples": window.examples + len(batch),
                "tokens": window.tokens + batch.counted_tokens,
                "loss": window.loss + result.loss.item(),
                "nll": window.nll + result.nll.item(),
                "chosen": window.chosen + result.chosen.sum().item(),
            }
        )
        if right is not None and wrong is not None:
            contrast = result.contrast.sum().item() if result.contrast is not None else 0.0
            changed = changed.model_copy(
                update={
                    "pairs": window.pairs + right.shape[0],
                    "contrast": window.contrast + contrast,
                    "rejected": window.rejected + wrong.sum().item(),
                    "gap": window.gap + (right - wrong).sum().item(),
                    "ranked": window.ranked + int((right > wrong).sum()),
                }
            )
        self.done = self.done.model_copy(
            update={
                "window": changed,
                "examples": self.done.examples + len(batch),
                "tokens": self.done.tokens + batch.counted_tokens,
            }
        )


class LogLastStep(TrainerCallback):
    """The last step is logged, whatever `logging_steps` is: a log ends where its training does."""

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: object,
    ) -> None:
        if state.global_step >= state.max_steps:
            control.should_log = True


def _arguments(
    settings: TrainingSettings, seed: int, steps: int, folder: Path
) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=1,
        max_grad_norm=settings.max_grad_norm,
        logging_steps=settings.logging_steps,
        logging_nan_inf_filter=False,
        save_steps=settings.save_steps,
        save_strategy="steps",
        seed=seed,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )


def _identity(
    start: Path, examples: Sequence[Example], settings: TrainingSettings, seed: int
) -> str:
    """Digest of all that decides a training's result."""
    digest = hashlib.sha256(settings.model_dump_json().encode())
    digest.update(json.dumps([seed, *(asdict(example) for example in examples)]).encode())
    for path in sorted(start.glob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _not_finite(what: str, step: int, settings: TrainingSettings) -> str:
    return (
        f"the {what} at step {step} is not a finite number; "
        f"lower learning_rate (it is {settings.learning_rate:g}) or raise warmup_steps"
    )
