"""Training of a scorer: graded answers in, a folder with the model, its split and its log out.

It is begun anew when it was stopped: no state of an unfinished training is kept.
"""

import math
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from transformers import PreTrainedModel, get_scheduler
from transformers.utils import logging

from sodakd.errors import DataError, TrainingError
from sodakd.inference.devices import resolve_device
from sodakd.inference.loading import load_tokenizer
from sodakd.inference.model_meter import causal_pairs
from sodakd.jsonl import append_rows, atomic_write, fsync_dir, fsync_files
from sodakd.scoring.encoding import AnswerEncoder, length_limit
from sodakd.scoring.grades import GradedAnswer, check_grades
from sodakd.scoring.model import KINDS, ScorerCard, batches_by_length, save_scorer
from sodakd.scoring.network import Example, KnownVectors, ScorerNetwork
from sodakd.scoring.rubric import level_of, points_of
from sodakd.scoring.split import FILE, Part, QuestionSplit, split_questions
from sodakd.settings.scoring import ScorerForm, ScorerSettings
from sodakd.settings.student import StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.training.disk_errors import disk_errors_as_oserror
from sodakd.training.model_io import with_adapters
from sodakd.training.precision import choose_computing
from sodakd.types import FrozenModel
from sodakd.weights import hash_weights

if TYPE_CHECKING:
    from peft import PeftModel

LOG = "log.jsonl"
_POOL = 8
"""Batches' worth of answers that are sorted by length together."""
_GRADIENT = 1.0


class ScorerLogRow(FrozenModel):
    """An epoch: the loss on training and stopping questions, in nats. In epoch 0 an ordinal scorer
    knows only how often each grade is given."""

    epoch: int
    loss: float | None
    stopping_loss: float
    seconds: float


@dataclass(frozen=True)
class TrainedScorer:
    """What a training came to: the scorer's card, its split, and answers cut, of those read."""

    card: ScorerCard
    split: QuestionSplit
    cut: int
    read: int


@dataclass(frozen=True)
class ScorerProgress:
    """Who is told: of steps within an epoch (done, of all), of epochs, and of what was decided."""

    step: Callable[[int, int], None] = lambda _done, _total: None
    epoch: Callable[[ScorerLogRow], None] = lambda _row: None
    remark: Callable[[str], None] = lambda _words: None


def train_scorer(
    base: Path,
    rows: Sequence[GradedAnswer],
    out: Path,
    settings: ScorerSettings | None = None,
    form: ScorerForm | None = None,
    *,
    split: QuestionSplit | None = None,
    known: KnownVectors | None = None,
    name: str = "",
    seed: int = 0,
    device: str | None = None,
    progress: ScorerProgress | None = None,
) -> TrainedScorer:
    """Train a scorer on the model of folder `base`, known by `name`, and write it into `out`.

    Questions are split in three: those that train, those whose loss says when to stop, and those
    held back, which are looked at by nobody here. The weights of the epoch with the lowest stopping
    loss are kept. The same arguments, thread count and processor give the same weights. The split
    is drawn by the seed, if none is given. `known` are vectors of a frozen base, to be added to.

    Raises:
        DataError: `out` holds something, or the grades are too few, or all one.
        ModelError: the base cannot be loaded, or is none for a scorer of this `form`.
        TrainingError: the loss is no longer finite, or a batch does not fit a GPU's memory.
    """
    settings, told = settings or ScorerSettings(), progress or ScorerProgress()
    form = form or ScorerForm()
    out = out.resolve()
    if out.exists() and any(out.iterdir()):
        raise DataError(f"{out} is not empty: name another folder, or remove it")
    check_grades(rows, settings.min_rows, settings.min_questions)
    split = split or split_questions(
        rows, held_back=settings.held_back, stopping=settings.stopping, seed=seed
    )
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        named = name or str(base)
        made = _train(base, rows, split, settings, form, known, part, named, device, told)
    atomic_write(part / FILE, (split.model_dump_json(indent=2) + "\n").encode())
    if out.exists():
        out.rmdir()
    fsync_files(part)
    part.replace(out)
    fsync_dir(out.parent)
    return made


def _train(
    base: Path,
    rows: Sequence[GradedAnswer],
    split: QuestionSplit,
    settings: ScorerSettings,
    form: ScorerForm,
    known: KnownVectors | None,
    out: Path,
    name: str,
    device: str | None,
    told: ScorerProgress,
) -> TrainedScorer:
    logging.disable_progress_bar()
    place = resolve_device(device, "--")
    adapts, frozen = (settings.finetuning_type == one for one in ("lora", "frozen"))
    if frozen and form.kind != "ordinal":
        raise DataError(
            f"a {form.kind} scorer has no heads to be trained on a frozen base: train all weights,"
            " or adapters (lora)"
        )
    student = StudentSettings(
        model_name_or_path=str(base), finetuning_type="lora" if adapts else "full",
        lora=settings.lora,
    )  # fmt: skip
    computing = choose_computing(base, TrainingSettings(), student)
    if computing.words:
        told.remark(computing.words)
    tokenizer = load_tokenizer(base)
    network = KINDS[form.kind](base, tokenizer, settings)
    backbone, network.dtype = network.backbone, computing.dtype
    adapted: PeftModel | None = None
    if frozen:
        backbone.requires_grad_(requires_grad=False)
        network.known = {} if known is None else known
    if adapts:
        adapted = with_adapters(backbone, student, split.seed, task=network.task)
        network.backbone = cast("PreTrainedModel", adapted)
    network.to(place)
    limit = length_limit(backbone, tokenizer, settings.max_length, network.room())
    encoder = AnswerEncoder(tokenizer, limit, form)
    trained_on = split.of(rows, Part.TRAIN)
    train = _examples(trained_on, encoder, network)
    stopping = _examples(split.of(rows, Part.STOPPING), encoder, network)
    run = _Training(network, settings, split.seed)
    try:
        with run.meter.working():
            kept, first = run.fit(train, stopping, out / LOG, told)
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"the GPU's memory is too small for {settings.batch_size} answers of up to"
            f" {encoder.max_length} tokens: lower its batch size or max length, or train"
            " adapters (lora)"
        ) from error
    if adapted is not None:
        network.backbone = adapted.merge_and_unload()
    both = [*train, *stopping]
    card = ScorerCard(
        kind=form.kind,
        inputs=form.inputs,
        base=name,
        base_sha256=hash_weights(base),
        max_length=encoder.max_length,
        seed=split.seed,
        settings=settings,
        answers=len(trained_on),
        trained_on=_counts(trained_on),
        epoch=kept.epoch,
        stopping_loss=kept.stopping_loss,
        first_loss=first.stopping_loss,
    )
    with disk_errors_as_oserror(out):
        save_scorer(network, tokenizer, card, out)
    return TrainedScorer(card, split, sum(one.answer.cut for one in both), len(both))


class _Training:
    """The loop: epochs of shuffled batches, AdamW, and the best weights by the stopping loss."""

    def __init__(self, network: ScorerNetwork, settings: ScorerSettings, seed: int) -> None:
        self.network = network
        self.settings = settings
        self.shuffle = torch.Generator().manual_seed(seed)
        self.meter = network.meter()

    def fit(
        self,
        train: Sequence[Example],
        stopping: Sequence[Example],
        log: Path,
        told: ScorerProgress,
    ) -> tuple[ScorerLogRow, ScorerLogRow]:
        """Train until the stopping loss falls no more; return the rows of the best epoch, whose
        weights are kept, and of epoch 0."""
        settings, started = self.settings, time.monotonic()
        self.network.eval()
        self.network.begin(train, settings.batch_size)
        steps = math.ceil(len(train) / settings.batch_size)
        optimizer = self._optimizer()
        schedule = get_scheduler(
            "linear",
            optimizer,
            num_warmup_steps=round(settings.warmup * steps * settings.epochs),
            num_training_steps=steps * settings.epochs,
        )

        def row(epoch: int, loss: float | None) -> ScorerLogRow:
            seconds = round(time.monotonic() - started, 1)
            found = ScorerLogRow(
                epoch=epoch, loss=loss, stopping_loss=self._loss(stopping), seconds=seconds
            )
            append_rows(log, [found])
            told.epoch(found)
            return found

        first = row(0, None)
        best: ScorerLogRow | None = None
        weights: dict[str, Tensor] = {}
        for epoch in range(1, settings.epochs + 1):
            self.network.train()
            total = 0.0
            for number, places in enumerate(self._batches(train), start=1):
                loss = self._batch_loss([train[at] for at in places])
                if not bool(loss.isfinite()):
                    raise TrainingError(
                        f"the loss is no longer finite in epoch {epoch}: lower its learning rate"
                    )
                loss.backward()
                clip_grad_norm_(self.network.parameters(), _GRADIENT)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
                total += float(loss.detach()) * len(places)
                told.step(number, steps)
            found = row(epoch, total / len(train))
            if best is None or found.stopping_loss < best.stopping_loss:
                best, weights = found, dict(self._trainable_copies())
            elif epoch - best.epoch >= settings.patience:
                break
        assert best is not None
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                if name in weights:
                    parameter.copy_(weights[name])
        if best.stopping_loss >= first.stopping_loss:
            told.remark(
                "on the stopping questions the scorer is no better than in epoch 0"
                f" ({best.stopping_loss:.3f} nats, and {first.stopping_loss:.3f}), in which it"
                " knows at most how often each grade is given: it has learned nothing that carries"
                " over"
            )
        return best, first

    def _optimizer(self) -> torch.optim.AdamW:
        rates = {"heads": self.settings.head_learning_rate}
        groups: dict[tuple[float, float], list[Tensor]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                rate = rates.get(name.partition(".")[0], self.settings.base_learning_rate)
                decay = self.settings.weight_decay if parameter.ndim > 1 else 0.0
                groups.setdefault((rate, decay), []).append(parameter)
        return torch.optim.AdamW(
            [
                {"params": group, "lr": rate, "weight_decay": decay}
                for (rate, decay), group in groups.items()
            ]
        )

    def _batches(self, examples: Sequence[Example]) -> Iterator[list[int]]:
        """An epoch's batches in random order; those of a pool are of like lengths."""
        size = self.settings.batch_size
        order = torch.randperm(len(examples), generator=self.shuffle).tolist()
        batches = []
        for at in range(0, len(order), size * _POOL):
            pool = sorted(order[at : at + size * _POOL], key=lambda one: examples[one].length)
            batches += [pool[first : first + size] for first in range(0, len(pool), size)]
        for at in torch.randperm(len(batches), generator=self.shuffle).tolist():
            yield batches[at]

    def _loss(self, examples: Sequence[Example]) -> float:
        """The mean loss over all answers."""
        self.network.eval()
        lengths = [one.length for one in examples]
        total = 0.0
        with torch.no_grad():
            for places in batches_by_length(lengths, max(lengths) * self.settings.batch_size):
                batch = [examples[at] for at in places]
                total += float(self._batch_loss(batch)) * len(places)
        return total / len(examples)

    def _batch_loss(self, batch: Sequence[Example]) -> Tensor:
        lengths = [one.length for one in batch]
        count = self.meter.trained if torch.is_grad_enabled() else self.meter.read
        count(sum(lengths), sum(len(one.written) for one in batch), sum(map(causal_pairs, lengths)))
        return self.network.loss(batch)

    def _trainable_copies(self) -> Iterator[tuple[str, Tensor]]:
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                yield name, parameter.detach().clone()


def _examples(
    rows: Sequence[GradedAnswer], encoder: AnswerEncoder, network: ScorerNetwork
) -> list[Example]:
    return [
        Example(
            encoder.encode(row),
            tuple(level_of(points) for points in points_of(row.score).values()),
            network.written(row),
        )
        for row in rows
    ]


def _counts(rows: Sequence[GradedAnswer]) -> Mapping[str, Mapping[str, int]]:
    return {
        by: dict(sorted(Counter(str(getattr(row, by)) for row in rows).items()))
        for by in ("language", "author")
    }
