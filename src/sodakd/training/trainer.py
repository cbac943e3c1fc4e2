"""The Hugging Face Trainer of a student: its data are whole steps, and it logs what they gave."""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from transformers import (
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    get_scheduler,
)
from transformers.trainer import OPTIMIZER_NAME, SCHEDULER_NAME
from transformers.trainer_callback import PrinterCallback

from sodakd.errors import TrainingError
from sodakd.inference.model_meter import ModelMeter, ModelShape
from sodakd.records import TrainLogRow
from sodakd.settings.training import TrainingSettings
from sodakd.training.checkpoints import Checkpoints, RunningSums, TrainState
from sodakd.training.divergence import distillation_objective
from sodakd.training.forward import Forward, called_through
from sodakd.training.group import training_group
from sodakd.training.losses import scope_of
from sodakd.training.micro_batches import micro_batches, shares
from sodakd.training.objective import Objective, StepTotals, objective
from sodakd.training.optimizer import make_optimizer
from sodakd.training.packing import Batch, TopTokens, pack
from sodakd.training.precision import computed_in
from sodakd.training.schedule import TokenizedExample, batch_schedule
from sodakd.training.sharding import at_rank_0, shard, whole, whole_weights

if TYPE_CHECKING:
    from peft import PeftModel


@dataclass(frozen=True)
class TeacherSignal:
    """What a teacher holds of each example's answer; `beta` is that of the divergence."""

    top: Sequence[TopTokens]
    beta: float

    def laid_on(self, batch: Batch, places: Sequence[int]) -> Batch:
        """The batch of the examples of these places, with what it holds of their answers."""
        found = [self.top[at] for at in places]
        top = TopTokens(
            torch.cat([each.tokens for each in found]), torch.cat([each.logp for each in found])
        )
        return replace(batch, teacher=top)


@dataclass(frozen=True)
class Step:
    """This process's batches of one optimiser step, and what the sums of all are divided by.

    `along` count nothing: every process of a group computes as many batches as the one that has
    most, for the gradients are summed up by all.
    """

    totals: StepTotals
    batches: Sequence[Batch]
    along: Sequence[Batch]


class StudentTrainer(Trainer):
    """A Trainer whose dataset is the plan of steps: each item is one step's packed batches."""

    def __init__(
        self,
        model: "PreTrainedModel | PeftModel",
        examples: Sequence[TokenizedExample],
        settings: TrainingSettings,
        forward: Forward,
        compute_dtype: torch.dtype | None,
        seed: int,
        checkpoints: Checkpoints,
        reached: TrainState,
        progress: Callable[[TrainLogRow], None] | None,
        teacher: TeacherSignal | None = None,
    ) -> None:
        self.teacher = teacher
        self.settings = settings
        self.forward = forward
        self.compute_dtype = compute_dtype
        self.checkpoints = checkpoints
        self.reached = reached
        self.progress = progress
        self.examples = examples
        self.group = training_group()
        self.sharded = self.group.launch.sharded
        self.steps = batch_schedule([example.length for example in examples], settings, seed)
        self.window_start = time.perf_counter()
        self.window_start_tokens = reached.window.tokens
        optimizer = make_optimizer(model, settings)
        constant = settings.lr_scheduler_type == "constant"  # transformers' has no warm-up
        scheduler = get_scheduler(
            "constant_with_warmup" if constant else settings.lr_scheduler_type,
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
        self.meter = ModelMeter(
            cast("PreTrainedModel", model),
            "student",
            ModelShape.of(cast("PreTrainedModel", model)),
            torch.get_num_threads(),
            torch.float16 if settings.fp16 else compute_dtype,
        )
        self.remove_callback(PrinterCallback)
        self.add_callback(LogLastStep)

    def get_train_dataloader(self) -> DataLoader[Step]:
        """The plan's steps in their order."""
        scope = scope_of(self.settings.loss)
        rejected, differing = scope != "first", scope == "differing"

        def collate(step: list[tuple[int, ...]]) -> dict[str, Step]:
            examples = [self.examples[at] for at in step[0]]
            cuts = []
            for share in shares(examples, self.group.size):
                cut = micro_batches(
                    [examples[at] for at in share],
                    self.settings,
                    self.forward.layout,
                    rejected=rejected,
                )
                cuts.append([[share[at] for at in places] for places in cut])

            def packed(places: Sequence[int]) -> Batch:
                own = [examples[at] for at in places]
                batch = pack(own, rejected=rejected, differing=differing)
                if self.teacher is None:
                    return batch
                return self.teacher.laid_on(batch, [step[0][at] for at in places])

            own = cuts[self.group.rank]
            missing = max(map(len, cuts)) - len(own)
            along = [packed([0])] * missing if missing else []
            return {"step": Step(StepTotals.of(examples), [*map(packed, own)], along)}

        steps = cast("Dataset[tuple[int, ...]]", self.steps)
        loader = DataLoader(steps, batch_size=1, shuffle=False, collate_fn=collate)
        if self.group.size > 1:  # accelerate would hand each process other steps
            return cast("DataLoader[Step]", loader)
        return cast("DataLoader[Step]", self.accelerator.prepare(loader))

    def training_step(  # type: ignore[override]
        self,
        model: nn.Module,
        inputs: dict[str, Step],
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """Gradients of one step: its batches one after the other, as if they were one."""
        model.train()
        step = inputs["step"]
        total = torch.zeros((), device=self.args.device)
        batches = [*step.batches, *step.along]
        sums = []
        for number, batch in enumerate(batches, start=1):
            last = number == len(batches)
            with (
                nullcontext() if last else self.accelerator.no_sync(model),
                computed_in(model, None if self.sharded else self.compute_dtype),
            ):
                with self.compute_loss_context_manager():
                    result = self._loss(model, batch.to(self.args.device), step.totals)
                counts = number <= len(step.batches)
                # A group's gradient is a mean over its processes.
                scale = self.group.size if counts else 0
                self.accelerator.backward(result.loss if scale == 1 else result.loss * scale)
            sums.append(self._sums(result, batch) if counts else RunningSums())
            if counts:
                total += result.loss.detach()
                tokens = batch.positions.numel()
                pairs = int(batch.positions.sum()) + tokens  # each sees those before it, and itself
                self.meter.trained(tokens, len(batch.predict_index), pairs)
        for each in self._of_the_group(sums):
            self._add(each)
        self._add(RunningSums(steps=1))
        return total

    def _loss(self, model: nn.Module, batch: Batch, totals: StepTotals) -> Objective:
        """A batch's share of the objective; logits are computed for the answers' tokens only."""
        own = cast("PreTrainedModel", self.model)
        logp = called_through(model, own, lambda: self.forward.logps(own, batch))
        if self.teacher is not None:
            return distillation_objective(logp, batch, totals, self.teacher.beta)
        return objective(logp, batch, totals, self.settings)

    def unwrap(self) -> None:
        """Leave the model as it was given: it computes in the precision of its weights again.

        Mixed precision stays around a model's forward, and a canary recorded through it is not the
        one of the weights that are saved.
        """
        self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Turn the window's sums into a row; Trainer's closing summary is dropped."""
        if "grad_norm" not in logs:
            return
        window = self.reached.window
        seconds = time.perf_counter() - self.window_start
        paired = window.pairs > 0
        contrasted = paired and self.settings.loss != "none"
        row = TrainLogRow(
            step=self.state.global_step,
            epoch=self.reached.examples / len(self.examples),
            loss=window.loss / window.steps,
            nll=window.nll / window.steps,
            contrast=window.contrast / window.pairs if contrasted else None,
            chosen_logp=window.chosen / window.examples,
            rejected_logp=window.rejected / window.pairs if paired else None,
            gap=window.gap / window.pairs if paired else None,
            ranking_accuracy=window.ranked / window.pairs if paired else None,
            grad_norm=float(logs["grad_norm"]),
            learning_rate=logs["learning_rate"],
            tokens=self.reached.tokens,
            tokens_per_second=(window.tokens - self.window_start_tokens) / seconds,
        )
        self.reached = self.reached.model_copy(
            update={"rows": (*self.reached.rows, row), "window": RunningSums()}
        )
        self.window_start = time.perf_counter()
        self.window_start_tokens = 0
        if self.progress is not None:
            self.progress(row)
        told = {name: value for name, value in row.model_dump().items() if value is not None}
        self.control = self.callback_handler.on_log(self.args, self.state, self.control, told)

    def _wrap_model(
        self, model: nn.Module, training: bool = True, dataloader: object = None
    ) -> nn.Module:
        """The model as it is called in training: spread over the group, if that was asked for."""
        if not self.sharded:
            return super()._wrap_model(model, training)
        assert self.optimizer is not None
        return shard(model, self.optimizer, self.compute_dtype, self.group.launch.by_pass)

    def _clip_grad_norm(self, model: nn.Module) -> Tensor:
        norm: Tensor = super()._clip_grad_norm(model)  # type: ignore[no-untyped-call]
        return whole(norm)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the model, whole."""
        if not self.sharded:
            super().save_model(output_dir, _internal_call)
            return
        self._save(output_dir, whole_weights(cast("nn.Module", self.model)))

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        if not self.sharded:
            super()._save_optimizer_and_scheduler(output_dir)
            return
        assert self.optimizer is not None
        assert self.lr_scheduler is not None
        states = at_rank_0(self.optimizer.state_dict())
        if self.group.leads:
            torch.save(states, Path(output_dir) / OPTIMIZER_NAME)
            torch.save(self.lr_scheduler.state_dict(), Path(output_dir) / SCHEDULER_NAME)

    def _save_checkpoint(self, model: nn.Module, trial: object) -> None:
        """Write a checkpoint; after the last step there is nothing left to go on with."""
        step = self.state.global_step
        if step < len(self.steps):
            super()._save_checkpoint(model, trial)
            self.group.meet()  # each process has written its own state
            if self.group.leads:
                self.checkpoints.complete(step, self.reached)

    def _sums(self, result: Objective, batch: Batch) -> RunningSums:
        """What is logged of a batch. A GPU is waited for here alone, once it has all of its work.

        Raises TrainingError where the loss is no finite number.
        """
        chosen, rejected = result.chosen_logp, result.rejected_logp
        sums = {"loss": result.loss.detach(), "nll": result.nll, "chosen": result.chosen.sum()}
        if chosen is not None and rejected is not None:
            sums["rejected"] = rejected.sum()
            sums["gap"] = (chosen - rejected).sum()
            sums["ranked"] = (chosen > rejected).sum()
            if result.contrast is not None:
                sums["contrast"] = result.contrast.sum()
        values = torch.stack([each.float() for each in sums.values()]).tolist()
        found: dict[str, float] = dict(zip(sums, values, strict=True))
        if not math.isfinite(found["loss"]):
            raise TrainingError(not_finite("loss", self.state.global_step + 1, self.settings))
        return RunningSums(
            examples=len(batch),
            pairs=0 if chosen is None else len(chosen),
            tokens=batch.counted_tokens,
            ranked=int(found.pop("ranked", 0)),
            **found,
        )

    def _of_the_group(self, sums: Sequence[RunningSums]) -> Sequence[RunningSums]:
        """The sums of all processes, batch by batch."""
        if self.group.size == 1:
            return sums
        rows = [[*each.model_dump().values()] for each in sums]
        table = self.group.add_up(torch.tensor(rows, dtype=torch.float64))
        names = [*RunningSums.model_fields]
        return [RunningSums(**dict(zip(names, row, strict=True))) for row in table.tolist()]

    def _add(self, more: RunningSums) -> None:
        before = self.reached
        self.reached = before.model_copy(
            update={
                "window": before.window.plus(more),
                "examples": before.examples + more.examples,
                "tokens": before.tokens + more.tokens,
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
    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=1,
        max_grad_norm=settings.max_grad_norm,
        logging_steps=settings.logging_steps,
        logging_nan_inf_filter=False,
        save_steps=settings.save_steps,
        save_strategy="steps",
        seed=seed,
        use_cpu=not torch.cuda.is_available(),
        fp16=settings.fp16,
        report_to=list(settings.report_to) or "none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        ddp_find_unused_parameters=False,  # a loss reads all that is trained
    )
    # One GPU, however many there are: nn.DataParallel would cut a packed row at any place.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def not_finite(what: str, step: int, settings: TrainingSettings) -> str:
    """Return the message for a loss, or weights, that are no finite numbers."""
    return (
        f"the {what} at step {step} is not a finite number; "
        f"lower learning_rate (it is {settings.learning_rate:g}) or raise warmup_steps"
    )
