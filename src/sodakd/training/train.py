"""Train a student on packed rows, with a Hugging Face Trainer that resumes bit for bit."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.utils import logging

from sodakd.errors import TrainingError
from sodakd.inference.canary import PROMPTS, write_canary
from sodakd.inference.canary_reference import record_canary
from sodakd.inference.chat_format import ChatFormat
from sodakd.inference.folder import CONFIG, read_config
from sodakd.inference.loading import open_tokenizer
from sodakd.jsonl import write_rows
from sodakd.records import TrainLogRow
from sodakd.settings.student import FROM_SCRATCH, StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.training.attention import PACKED
from sodakd.training.checkpoints import Checkpoints, TrainState
from sodakd.training.disk_errors import disk_errors_as_oserror
from sodakd.training.distillation import TEACHER, Distillation, read_by_teacher
from sodakd.training.forward import Forward, choose_forward
from sodakd.training.group import training_group
from sodakd.training.losses import LOSSES, scope_of
from sodakd.training.micro_batches import check_budget
from sodakd.training.model_io import (
    merge_adapters,
    open_model,
    save_student,
    with_adapters,
)
from sodakd.training.packing import check_eos_trained, pack
from sodakd.training.precision import choose_computing, computed_in
from sodakd.training.recomputation import recompute
from sodakd.training.reference import REFERENCE, with_reference
from sodakd.training.schedule import Example, TokenizedExample, encode
from sodakd.training.sharding import whole_weights
from sodakd.training.trainer import StudentTrainer, TeacherSignal, not_finite

if TYPE_CHECKING:
    from peft import PeftModel

LOG = "log.jsonl"


@contextmanager
def _subnormals_as_zero() -> Iterator[None]:
    """Have the processor take subnormal numbers, which are slow, as zero for a while."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@_subnormals_as_zero()
def train(
    start: Path,
    examples: Sequence[Example],
    settings: TrainingSettings,
    seed: int,
    out: Path,
    progress: Callable[[TrainLogRow], None] | None = None,
    student: StudentSettings = FROM_SCRATCH,
    canary: Sequence[str] = PROMPTS,
    remark: Callable[[str], None] | None = None,
    attention: str | None = None,
    distillation: Distillation | None = None,
) -> list[TrainLogRow]:
    """Train the model of folder `start` on `examples` and write it, and `log.jsonl`, into `out`.

    Adapters (LoRA) are merged, so that `out` always holds a whole model. Examples longer than
    `max_length`, or than the model takes, are left out.

    The same arguments and thread count give the same bytes. A training killed at any moment goes on
    from its newest checkpoint when it is called again, and ends in the same bytes as one that was
    not; only `tokens_per_second` differs. `progress` is called with every row as it is logged;
    `canary` are the prompts whose answers are kept beside the weights. `remark` is told what the
    settings left open and was decided here. `attention` is that of packed rows, for a benchmark:
    what is fastest here if left out. With a `distillation` the correct answers are places in which
    the teacher's token probabilities are matched, and nothing else is learnt of the examples; the
    settings' `loss` is none.

    In a group of processes (`training.group`) all train at rank 0's order. It alone decides, logs
    and writes; `start`, `out` and the teacher are to be where all see them.

    Raises TrainingError where there is nothing to train on, the token that ends an answer would not
    be trained on, the loss is no longer finite, a batch does not fit a GPU's memory, or `out` holds
    checkpoints of another training; ModelError where the folder holds no model that can be trained.
    """
    group = training_group()
    sharded = group.launch.sharded
    _check(settings, student, sharded)
    logging.disable_progress_bar()
    group.send(
        partial(
            train, start.absolute(), tuple(examples), settings, seed, out.absolute(), None, student,
            attention=attention,
            distillation=None if distillation is None else replace(distillation, on_read=None),
        )
    )  # fmt: skip
    tokenizer, chat_format = open_tokenizer(start)
    computing = group.agree(lambda: choose_computing(start, settings, student))
    torch.set_num_threads(computing.threads)
    _tell(remark, computing.words, f"{group.size} processes train" if group.size > 1 else None)
    opened = computing.opened(student)
    model = open_model(start, opened)
    encoded = encode(examples, chat_format, _max_length(model, settings, distillation))
    check_eos_trained(
        pack(encoded[: settings.per_device_train_batch_size], rejected=False), chat_format.end
    )
    checkpoints = Checkpoints(out)
    identity = _identity(start, examples, settings, student, seed, distillation)
    checkpoint, reached = group.agree(lambda: _reached(checkpoints, identity, remark))
    teacher = _teacher_signal(
        distillation, model, chat_format, encoded, settings, checkpoints, identity
    )
    with _as_trained(model, settings, computing.dtype):
        forward = group.agree(lambda: _forward(model, chat_format, encoded, settings, attention))
        if forward.layout == "packed":
            model.set_attn_implementation(PACKED)
        if settings.loss != "none" and LOSSES[settings.loss].needs_reference:
            file = checkpoints.folder / REFERENCE
            known = partial(with_reference, model, forward, encoded, settings, file, identity)
            with disk_errors_as_oserror(out):
                encoded = group.agree(known)
    if model.device.type == "cuda":
        _tell(
            remark,
            f"batches are {forward.layout}, attention of packed rows is {forward.attention}",
        )
    recompute(model, layers=settings.gradient_checkpointing)
    trained = _trainable(model, student, seed, sharded)
    with group.at_work(), _memory_errors(settings), disk_errors_as_oserror(out):
        trainer = StudentTrainer(
            trained, encoded, settings, forward, computing.dtype, seed, checkpoints,
            reached, progress, teacher,
        )  # fmt: skip
        with trainer.meter.working():
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        weights = whole_weights(trained) if sharded else {}
    rows = list(trainer.reached.rows)
    if not group.leads:
        return rows
    trainer.unwrap()
    if sharded:
        trained = _trainable(open_model(start, opened), student, seed, sharded=False)
        trained.load_state_dict(weights, strict=False)
    model = _whole_model(trained, start, rows[-1].step, settings, student, opened)
    with disk_errors_as_oserror(out):
        save_student(model, tokenizer, chat_format, out)
        write_canary(record_canary(model, chat_format, canary), out)
    write_rows(out / LOG, rows)
    checkpoints.remove()
    return rows


def _whole_model(
    trained: "PreTrainedModel | PeftModel",
    start: Path,
    step: int,
    settings: TrainingSettings,
    student: StudentSettings,
    opened: StudentSettings,
) -> PreTrainedModel:
    """What was trained as a model without adapters. Raises TrainingError where it is no numbers."""
    if not all(bool(p.isfinite().all()) for p in trained.parameters() if p.requires_grad):
        raise TrainingError(not_finite("weights", step, settings))
    if student.finetuning_type == "full":
        return cast("PreTrainedModel", trained)
    return merge_adapters(cast("PeftModel", trained), start, student, opened)


def _tell(remark: Callable[[str], None] | None, *told: str | None) -> None:
    for words in told:
        if remark is not None and words is not None:
            remark(words)


def _check(settings: TrainingSettings, student: StudentSettings, sharded: bool) -> None:
    """Raise TrainingError where a precision cannot be had here."""
    if settings.fp16 and not torch.cuda.is_available():
        raise TrainingError(
            "training.fp16 needs a GPU, and torch sees none: leave it out, or set training.bf16"
        )
    if sharded and (settings.fp16 or student.finetuning_type == "qlora"):
        raise TrainingError(
            "FSDP takes neither training.fp16 nor student.finetuning_type qlora: set training.bf16,"
            " or lora; or leave FSDP out of accelerate's config"
        )


def _trainable(
    model: PreTrainedModel, student: StudentSettings, seed: int, sharded: bool
) -> "PreTrainedModel | PeftModel":
    """A model, or it with adapters. Shards are kept in float32, whatever they are computed in."""
    trained = model if student.finetuning_type == "full" else with_adapters(model, student, seed)
    for weight in trained.parameters() if sharded else ():
        if weight.requires_grad:
            weight.data = weight.data.float()
    return trained


def _reached(
    checkpoints: Checkpoints, identity: str, remark: Callable[[str], None] | None
) -> tuple[Path | None, TrainState]:
    """Where a training goes on from: its newest checkpoint, or its beginning."""
    checkpoints.discard_unfinished()
    return checkpoints.resume(identity, remark) or (None, TrainState(identity=identity))


def _teacher_signal(
    distillation: Distillation | None,
    model: PreTrainedModel,
    chat_format: ChatFormat,
    examples: Sequence[TokenizedExample],
    settings: TrainingSettings,
    checkpoints: Checkpoints,
    identity: str,
) -> TeacherSignal | None:
    """What the teacher holds of the answers, which rank 0 alone has it read."""
    if distillation is None:
        return None
    vocab = model.config.get_text_config(decoder=True).vocab_size
    file = checkpoints.folder / TEACHER
    read = partial(
        read_by_teacher, distillation, examples, chat_format, vocab, settings, file, identity
    )
    with disk_errors_as_oserror(file.parent.parent):
        return TeacherSignal(training_group().agree(read), distillation.beta)


def _max_length(
    model: PreTrainedModel, settings: TrainingSettings, distillation: Distillation | None
) -> int:
    """The most tokens of a question and its answer: the recipe's, and no more than models take."""
    takes = getattr(model.config, "max_position_embeddings", None) or sys.maxsize
    if distillation is not None:
        named = read_config(distillation.teacher / CONFIG).get("max_position_embeddings")
        takes = min(takes, named) if isinstance(named, int) else takes
    return min(settings.max_length or takes, takes)


@contextmanager
def _as_trained(
    model: PreTrainedModel, settings: TrainingSettings, dtype: torch.dtype | None
) -> Iterator[None]:
    """Have a model where and in the precision in which it will be trained."""
    with _memory_errors(settings):
        if torch.cuda.is_available() and model.device.type != "cuda":
            cast("nn.Module", model).to("cuda")
        with computed_in(model, dtype), torch.autocast("cuda", enabled=settings.fp16):
            yield


def _forward(
    model: PreTrainedModel,
    chat_format: ChatFormat,
    encoded: Sequence[TokenizedExample],
    settings: TrainingSettings,
    attention: str | None,
) -> Forward:
    """How batches go through a model, none of which is larger than the settings allow."""
    forward = choose_forward(model, chat_format, max(each.longest for each in encoded), attention)
    if settings.fp16:  # which stands around a whole model's forward alone
        forward = replace(forward, by_states=False)
    rejected = scope_of(settings.loss) != "first"
    check_budget(encoded, settings, forward.layout, rejected=rejected)
    return forward


@contextmanager
def _memory_errors(settings: TrainingSettings) -> Iterator[None]:
    """Say what to set where a GPU's memory is too small."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise TrainingError(_too_large(settings)) from error


def _too_large(settings: TrainingSettings) -> str:
    """Return the advice for a batch that does not fit: first, what a begun run may change."""
    size, times = settings.per_device_train_batch_size, settings.gradient_accumulation_steps
    budget = settings.max_tokens_per_batch
    advice = "lower training.max_length, or take student.finetuning_type lora or qlora"
    if budget is not None:
        advice = f"set training.max_tokens_per_batch to {budget // 2}, and run again; or {advice}"
    elif size % 2 == 0:
        advice = (
            f"set training.per_device_train_batch_size to {size // 2} and"
            f" training.gradient_accumulation_steps to {times * 2}, and run again: the steps stay"
            " the same"
        )
    if not settings.gradient_checkpointing:
        advice = f"set training.gradient_checkpointing to true; or {advice}"
    batch = f"{size} examples" if budget is None else f"{budget} tokens"
    return f"the GPU's memory is too small for {batch} at a time: {advice}"


def _identity(
    start: Path,
    examples: Sequence[Example],
    settings: TrainingSettings,
    student: StudentSettings,
    seed: int,
    distillation: Distillation | None,
) -> str:
    """Digest of all that decides a training's result, but for how sums are rounded."""
    shared = {
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "gradient_checkpointing",
        "logging_steps",
        "max_tokens_per_batch",
        "report_to",
        "save_steps",
    }
    digest = hashlib.sha256(settings.model_dump_json(exclude=shared).encode())
    digest.update(str(settings.examples_a_step).encode())
    digest.update(student.model_dump_json().encode())
    digest.update(json.dumps([seed, *(asdict(example) for example in examples)]).encode())
    folders = [start]
    if distillation is not None:
        digest.update(json.dumps([distillation.top_k, distillation.beta]).encode())
        folders.append(distillation.teacher)
    for folder in folders:
        for path in sorted(folder.glob("*.safetensors")):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
