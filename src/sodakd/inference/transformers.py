"""A causal language model of a local folder that answers batches of prompts.

On a CPU a model whose attention is plain decodes lean, once that was seen to give the tokens of
`generate`: a small one in float32 batch by batch (`kv_decode.py`), so that an answer that is
decoded again is the same to the last bit; a large one, and any in bfloat16, through a queue
(`queue_decode.py`), which is faster. Else `generate` itself answers. Batches are sorted by length.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Self

import torch
from transformers import PreTrainedModel
from transformers.utils import logging

from sodakd.errors import ModelError
from sodakd.inference import hf_generate, kv_decode, queue_decode
from sodakd.inference.canary import (
    CANARY_TOKENS,
    PROMPTS,
    CanaryReport,
    EngineOutput,
    agree,
    compare,
    read_canary,
)
from sodakd.inference.chat_format import ChatFormat
from sodakd.inference.devices import cpu_threads, free_memory, resolve_device
from sodakd.inference.fitting import fitting_dtype, tokens_that_fit
from sodakd.inference.folder import is_large
from sodakd.inference.loading import load_model, open_tokenizer
from sodakd.inference.model_meter import ModelMeter, ModelShape
from sodakd.inference.noise_seeds import noise_seeds
from sodakd.inference.packed_linear import bfloat16_gain, can_pack, pack
from sodakd.inference.protocols import (
    NO_GENERATIONS,
    Generation,
    OnGeneration,
    Prompt,
    PromptSource,
)
from sodakd.inference.queue_decode import QueuedPrompt, Room
from sodakd.inference.token_sampling import (
    Ended,
    Greedy,
    LogprobRecorder,
    Sampler,
    TokenSelector,
    noise,
)
from sodakd.resource_use import Role
from sodakd.run import cpu_count
from sodakd.types import Usage

_Told = list[tuple[list[int], list[float]]]


@dataclass(frozen=True)
class _Batch:
    """Rows that are decoded together, and how many tokens their answers may have."""

    rows: Sequence[int]
    steps: int

    def cut(self, size: int) -> "list[_Batch]":
        """The same rows in batches of no more than `size`."""
        rows = self.rows
        return [_Batch(rows[at : at + size], self.steps) for at in range(0, len(rows), size)]


class TransformersModel:
    """A Hugging Face causal language model and its layout, ready to generate.

    `lean` says whether the lean decode is used where it can be. `keys` stands before the
    names of settings in errors: the recipe's section, or the dashes of options. It is listened to
    at `prompts`, once. `shape` is the model's, where its layers no longer tell.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        layout: ChatFormat,
        batch_size: int = 128,
        keys: str = "generation.",
        prompts: Sequence[str] = PROMPTS,
        threads: int | None = None,
        large: bool = False,
        role: Role = "student",
        shape: ModelShape | None = None,
        sharers: int = 1,
    ) -> None:
        self._model = model
        self._sharers = sharers
        self._for_queue = model.dtype == torch.bfloat16 or (large and model.dtype == torch.float32)
        self._keys = keys
        self._layout = layout
        self._batch_size = batch_size
        model.generation_config = hf_generate.empty_generation_config()
        config = model.config.get_text_config(decoder=True)
        self._places: int | None = getattr(config, "max_position_embeddings", None)
        self._plain_until = kv_decode.full_attention_limit(config)
        self._threads = threads or 1
        self._meter = ModelMeter(model, role, shape or ModelShape.of(model), self._threads)
        self.lean = False
        try:
            self._heard = (tuple(prompts), self._listen(prompts))
        except torch.OutOfMemoryError as error:
            raise self._too_small() from error

    @classmethod
    def open(
        cls,
        folder: Path,
        threads: int | None = None,
        *,
        device: str | None = None,
        dtype: str | None = None,
        batch_size: int = 128,
        keys: str = "generation.",
        role: Role = "student",
        plain: bool = False,
        sharers: int = 1,
    ) -> Self:
        """Load a model from a folder: safetensors only, and no code of the folder is run.

        `threads` are those of a small model, 1 if left out; a large one takes all cores. The dtype
        is `fitting_dtype` if left out. With `plain` prompts are texts that it continues. So many
        processes are `sharers` of the device's memory.

        Raises:
            ModelError: it cannot be loaded, or the device's memory is too small for it.
        """
        logging.disable_progress_bar()
        place = resolve_device(device, keys)
        _, layout = open_tokenizer(folder)
        layout = replace(layout, plain=plain)
        model = load_model(folder, dtype or fitting_dtype(folder, place))
        large = is_large(folder)
        if large:
            threads = cpu_count()
        shape = ModelShape.of(model)
        if place.type == "cpu" and large and can_pack(model.dtype):
            pack(model)
        canary = read_canary(folder)
        prompts = [row.prompt for row in canary.rows] if canary else PROMPTS
        try:
            return cls(
                model.eval().to(place),
                layout,
                batch_size,
                keys,
                prompts,
                threads,
                large,
                role,
                shape,
                sharers,
            )
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"the memory of {place} is too small for the weights of {folder}:"
                f" set {keys}dtype to bfloat16, or {keys}device to cpu"
            ) from error

    @property
    def how(self) -> str:
        """In which precision it answers, with how many threads, and by which decode."""
        dtype = str(self._model.dtype).removeprefix("torch.")
        decode = "lean, through a queue" if self.queues else "lean" if self.lean else "by generate"
        if self._model.device.type != "cpu":
            return f"{dtype} on {self._model.device}, {decode}"
        gain = f" ({bfloat16_gain():.1f} times as fast as float32 here)" * (dtype == "bfloat16")
        cores = "1 core" if self._threads == 1 else f"{self._threads} cores"
        return f"{dtype}{gain} on {cores}, {decode}"

    def check(self, folder: Path, tolerance: float | None = None) -> CanaryReport | None:
        """Hold what this model says against the canary of its folder; None where that has none.

        Raises:
            ModelError: it does not answer as the trained model did.
        """
        canary = read_canary(folder)
        if canary is None:
            return None
        prompts = tuple(row.prompt for row in canary.rows)
        if prompts != self._heard[0]:
            self._heard = (prompts, self._listen(prompts))
        heard = [said for prompt in prompts if (said := self.heard(prompt)) is not None]
        if tolerance is None:
            tolerance = canary.tolerance(str(self._model.dtype).removeprefix("torch."))
        return compare(canary, heard, tolerance, f"transformers in {folder}")

    def heard(self, prompt: str) -> EngineOutput | None:
        """What it said to a prompt at which it was listened to, with log-probabilities."""
        if prompt not in self._heard[0]:
            return None
        tokens, logprobs = self._heard[1][self._heard[0].index(prompt)]
        return EngineOutput(self._layout.text(tokens), tokens=tokens, logprobs=logprobs)

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        batch_size: int | None = None,
        on_generation: OnGeneration | None = None,
        cached: Mapping[int, Generation] = NO_GENERATIONS,
    ) -> list[Generation]:
        """One answer for each prompt, in the prompts' order.

        Temperature 0 takes the likeliest token. Otherwise what a prompt gets depends on the seed,
        on its text and on how many equal prompts stand before it, not on its neighbours.
        `on_generation` gets each answer as it ends. `cached` ones in a batch with others are
        decoded again, and not passed on: sums depend on a batch's shape.

        An answer ends where the model's positions do. A prompt that leaves it no place is never
        cut: its answer is empty.

        Where the device's memory is too small for a batch, that batch and all later ones are
        halved: the answers are the same.

        Raises:
            ModelError: the memory is too small for a single answer.
        """
        seeds = [0] * len(prompts) if temperature <= 0 else noise_seeds(prompts, seed)
        return self._answers(
            prompts, max_new_tokens, temperature, seeds, batch_size, on_generation, cached
        )

    def _answers(
        self,
        prompts: Sequence[str],
        max_new_tokens: int,
        temperature: float,
        seeds: Sequence[int],
        batch_size: int | None = None,
        on_generation: OnGeneration | None = None,
        cached: Mapping[int, Generation] = NO_GENERATIONS,
    ) -> list[Generation]:
        """As `generate`, each prompt with a seed of its own."""
        encoded = [self._layout.prompt(prompt) for prompt in prompts]
        answers = dict(cached)

        def take(row: int, said: Generation) -> None:
            if (
                row in answers
            ):  # its batch is decoded again, for others or for having been too large
                return
            answers[row] = said
            if on_generation is not None:
                on_generation(row, said)

        def taking(batch: _Batch) -> Ended:
            began = time.monotonic()

            def ended(place: int, tokens: list[int]) -> None:
                row = batch.rows[place]
                take(row, self._generation(encoded[row], tokens, batch.steps, began))

            return ended

        if self.queues:
            order = iter(sorted(set(range(len(prompts))) - set(answers), key=encoded.__getitem__))
            self._queue(
                lambda most: [
                    QueuedPrompt(row, encoded[row], max_new_tokens, temperature, seeds[row])
                    for row in islice(order, most)
                ],
                min(batch_size or self._batch_size, len(prompts)),
                take,
            )
        batches = self._batches(encoded, max_new_tokens, batch_size or self._batch_size)
        while batches:
            batch = batches.pop(0)
            if all(row in answers for row in batch.rows):
                continue
            chooser: TokenSelector = Greedy()
            if temperature > 0:
                own = [seeds[row] for row in batch.rows]
                chooser = Sampler(temperature, noise(own, max_new_tokens))
            asked = [encoded[row] for row in batch.rows]
            if not self._try(asked, batch.steps, chooser, taking(batch)):
                size = self._halve(len(batch.rows))
                batches = [part for each in (batch, *batches) for part in each.cut(size)]
        for row in range(len(prompts)):  # those whose prompt leaves an answer no place
            take(row, Generation("", ended=False))
        return [answers[row] for row in range(len(prompts))]

    @property
    def queues(self) -> bool:
        """Whether prompts go through the queue: an answer's last bits depend on its neighbours."""
        return self.lean and self._for_queue

    def serve(self, source: PromptSource, on_generation: OnGeneration) -> None:
        """Answer prompts as they come, until none is left and none waits; each told as it ends.

        A prompt that is asked twice with one seed gets one answer. Raises as `generate` does.
        """
        odd: list[Prompt] = []
        if self.queues:
            asked: dict[int, Prompt] = {}

            def encoded(most: int) -> list[QueuedPrompt]:
                taken = source(most)
                asked.update((each.number, each) for each in taken)
                return [self._queued(each) for each in taken]

            odd = [asked[n] for n in self._queue(encoded, self._batch_size, on_generation)]
        while odd := odd or list(source(self._batch_size)):
            alike = [each for each in odd if _kind(each) == _kind(odd[0])]
            odd = [each for each in odd if _kind(each) != _kind(odd[0])]
            numbers = [each.number for each in alike]
            self._answers(
                [each.text for each in alike],
                alike[0].max_new_tokens,
                alike[0].temperature,
                [each.seed for each in alike],
                on_generation=partial(_renumbered, numbers, on_generation),
            )

    def _queued(self, asked: Prompt) -> QueuedPrompt:
        return QueuedPrompt(
            asked.number,
            self._layout.prompt(asked.text),
            asked.max_new_tokens,
            asked.temperature,
            asked.seed,
        )

    def _queue(
        self, source: queue_decode.Source, rows: int, on_generation: OnGeneration
    ) -> list[int]:
        """Answer through the queue. Returns the numbers of prompts that are not for it."""
        begun: dict[int, tuple[QueuedPrompt, float]] = {}
        odd: list[int] = []

        def fitting(most: int) -> list[QueuedPrompt]:
            found: list[QueuedPrompt] = []
            while len(found) < most and (asked := source(most - len(found))):
                for each in asked:
                    room = each.steps
                    if self._places is not None:
                        room = min(room, self._places - len(each.tokens))
                    if room <= 0 or not self._is_plain(each.tokens, room):
                        odd.append(each.number)
                    else:
                        found.append(replace(each, steps=room))
                        begun[each.number] = found[-1], time.monotonic()
            return found

        def ended(number: int, tokens: list[int]) -> None:
            asked, began = begun.pop(number)
            on_generation(number, self._generation(asked.tokens, tokens, asked.steps, began))

        tokens = tokens_that_fit(self._model, self._sharers)
        on_cpu = self._model.device.type == "cpu"
        room = Room.of(self._threads, rows, tokens) if on_cpu else Room(rows, tokens)
        try:
            with self._meter.working():
                queue_decode.decode(self._model, fitting, room, self._layout.stops, ended)
        except torch.OutOfMemoryError as error:
            raise self._too_small() from error
        return odd

    def _generation(
        self, asked: Sequence[int], tokens: Sequence[int], steps: int, began: float
    ) -> Generation:
        """The answer of these tokens, without the one that ends it; fewer than `steps` ended.

        It is counted, as one that was begun then.
        """
        ended = len(tokens) < steps
        self._meter.answered(len(asked), len(tokens) + ended, began)
        usage = Usage(prompt_tokens=len(asked), completion_tokens=len(tokens) + ended)
        return Generation(self._layout.text(tokens), ended, usage)

    def _is_plain(self, tokens: Sequence[int], steps: int) -> bool:
        return self._plain_until is None or len(tokens) + steps <= self._plain_until

    def _halve(self, rows: int) -> int:
        """Batches of half as many rows from now on. Raises `ModelError` where one row was one."""
        if rows == 1:
            raise self._too_small()
        free_memory()
        self._batch_size = min(self._batch_size, rows // 2)
        return self._batch_size

    def _too_small(self) -> ModelError:
        keys = self._keys
        return ModelError(
            f"the memory of {self._model.device} is too small for one answer of this model: set"
            f" {keys}dtype to bfloat16, or {keys}device to cpu; or stop what else uses it"
        )

    def _batches(self, encoded: Sequence[Sequence[int]], most: int, size: int) -> list[_Batch]:
        """Batches of prompts of like length. One whose answer has less room goes alone."""
        order = sorted(range(len(encoded)), key=lambda place: len(encoded[place]))
        places = self._places
        roomy = [row for row in order if places is None or len(encoded[row]) + most <= places]
        batches = [
            _Batch(roomy[start : start + size], most) for start in range(0, len(roomy), size)
        ]
        for row in order[len(roomy) :]:
            assert places is not None
            if len(encoded[row]) < places:
                batches.append(_Batch([row], places - len(encoded[row])))
        return batches

    def _try(
        self, prompts: Sequence[Sequence[int]], steps: int, chooser: TokenSelector, ended: Ended
    ) -> bool:
        """Decode a batch; False where the device's memory is too small for it."""
        lean = self.lean and not self.queues and self._is_plain(max(prompts, key=len), steps)
        decode = kv_decode.decode if lean else hf_generate.decode
        try:
            with cpu_threads(self._threads), self._meter.working():
                decode(self._model, prompts, steps, self._layout.stops, chooser, ended)
        except torch.OutOfMemoryError:
            return False  # only now is what the decode held free
        return True

    def _listen(self, prompts: Sequence[str]) -> _Told:
        """What this model says to the canary's prompts, by the decode that it will use.

        The lean decode is chosen here, by giving the tokens that `generate` gives.
        """
        encoded = [self._layout.prompt(prompt) for prompt in prompts]
        stops = self._layout.stops
        witness = LogprobRecorder(len(prompts))
        with cpu_threads(self._threads):
            hf_generate.decode(self._model, encoded, CANARY_TOKENS, stops, witness, _untold)
            said, own = witness.until(stops), None
            on_cpu = self._model.device.type == "cpu" and self._model.dtype != torch.float16
            if on_cpu or self._for_queue:
                own = self._try_lean(encoded)
        half = self._model.dtype != torch.float32
        self.lean = own is not None and (
            agree(own, said) if half else [row[0] for row in own] == [row[0] for row in said]
        )
        return own if own is not None and self.lean else said

    def _try_lean(self, encoded: Sequence[Sequence[int]]) -> _Told | None:
        witness = LogprobRecorder(len(encoded))
        stops = self._layout.stops
        if not self._is_plain(max(encoded, key=len), CANARY_TOKENS):
            return None
        try:
            if not self._for_queue:
                kv_decode.decode(self._model, encoded, CANARY_TOKENS, stops, witness, _untold)
            else:
                rows = iter([QueuedPrompt(n, row, CANARY_TOKENS) for n, row in enumerate(encoded)])
                room = Room(
                    len(encoded),
                    tokens_that_fit(self._model, self._sharers),
                    threads=self._threads,
                )
                queue_decode.decode(
                    self._model,
                    lambda most: list(islice(rows, most)),
                    room,
                    stops,
                    _untold,
                    lambda logits, kept: witness.record(logits, [r.prompt.number for r in kept]),
                )
        except (ModelError, TypeError, ValueError, RuntimeError, AttributeError, KeyError):
            return None  # its attention is not the one we know
        return witness.until(stops)


def _kind(asked: Prompt) -> tuple[int, float]:
    """What prompts of one batch have in common."""
    return asked.max_new_tokens, asked.temperature


def _renumbered(
    numbers: Sequence[int], on_generation: OnGeneration, at: int, said: Generation
) -> None:
    on_generation(numbers[at], said)


def _untold(place: int, tokens: list[int]) -> None:
    """Nobody waits for the answers of a canary."""
