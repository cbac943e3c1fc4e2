"""A causal language model of a local folder that answers batches of prompts.

Batches are sorted by length. They are decoded by `kv_decode.py` where attention is plain, the model
computes in float32 on a CPU, and the lean decode was seen to give the tokens of `generate`; else by
`generate` itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from transformers import PreTrainedModel
from transformers.utils import logging

from sodakd.errors import ModelError
from sodakd.inference import hf_generate, kv_decode
from sodakd.inference.canary import (
    CANARY_TOKENS,
    PROMPTS,
    CanaryReport,
    EngineOutput,
    compare,
    read_canary,
)
from sodakd.inference.chat_format import ChatFormat
from sodakd.inference.devices import free_memory, resolve_device
from sodakd.inference.loading import load_model, open_tokenizer
from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.inference.token_sampling import (
    Ended,
    Greedy,
    LogprobRecorder,
    Sampler,
    TokenSelector,
    noise,
    noise_seeds,
)

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
    at `prompts`, once.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        layout: ChatFormat,
        batch_size: int = 128,
        keys: str = "generation.",
        prompts: Sequence[str] = PROMPTS,
    ) -> None:
        self._model = model
        self._keys = keys
        self._layout = layout
        self._batch_size = batch_size
        model.generation_config = hf_generate.empty_generation_config()
        config = model.config.get_text_config(decoder=True)
        self._places: int | None = getattr(config, "max_position_embeddings", None)
        self._plain_until = kv_decode.full_attention_limit(config)
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
    ) -> Self:
        """Load a model from a folder: safetensors only, and no code of the folder is run.

        `threads` sets torch's for this process. The dtype is that of the weights if left out.

        Raises:
            ModelError: it cannot be loaded, or the device's memory is too small for it.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        logging.disable_progress_bar()
        place = resolve_device(device, keys)
        (_, layout), model = open_tokenizer(folder), load_model(folder, dtype)
        canary = read_canary(folder)
        prompts = [row.prompt for row in canary.rows] if canary else PROMPTS
        try:
            return cls(model.eval().to(place), layout, batch_size, keys, prompts)
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"the memory of {place} is too small for the weights of {folder}:"
                f" set {keys}dtype to bfloat16, or {keys}device to cpu"
            ) from error

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
        heard = [
            EngineOutput(self._layout.text(tokens), tokens=tokens, logprobs=logprobs)
            for tokens, logprobs in self._heard[1]
        ]
        if tolerance is None:
            tolerance = canary.tolerance(str(self._model.dtype).removeprefix("torch."))
        return compare(canary, heard, tolerance, f"transformers in {folder}")

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
        encoded = [self._layout.prompt(prompt) for prompt in prompts]
        seeds = None if temperature <= 0 else noise_seeds(prompts, seed)
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
            return lambda place, tokens: take(
                batch.rows[place], Generation(self._layout.text(tokens), len(tokens) < batch.steps)
            )

        batches = self._batches(encoded, max_new_tokens, batch_size or self._batch_size)
        while batches:
            batch = batches.pop(0)
            if all(row in answers for row in batch.rows):
                continue
            chooser: TokenSelector = Greedy()
            if seeds is not None:
                own = [seeds[row] for row in batch.rows]
                chooser = Sampler(temperature, noise(own, max_new_tokens))
            asked = [encoded[row] for row in batch.rows]
            if not self._try(asked, batch.steps, chooser, taking(batch)):
                size = self._halve(len(batch.rows))
                batches = [part for each in (batch, *batches) for part in each.cut(size)]
        for row in range(len(prompts)):  # those whose prompt leaves an answer no place
            take(row, Generation("", ended=False))
        return [answers[row] for row in range(len(prompts))]

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
        until = self._plain_until
        plain = until is None or max(map(len, prompts)) + steps <= until
        decode = kv_decode.decode if self.lean and plain else hf_generate.decode
        try:
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
        hf_generate.decode(self._model, encoded, CANARY_TOKENS, stops, witness, _untold)
        said = witness.until(stops)
        self.lean = False
        if self._model.device.type == "cpu" and self._model.dtype == torch.float32:
            own = self._try_lean(encoded)
            self.lean = own is not None and [row[0] for row in own] == [row[0] for row in said]
            said = own if own is not None and self.lean else said
        return said

    def _try_lean(self, encoded: Sequence[Sequence[int]]) -> _Told | None:
        witness = LogprobRecorder(len(encoded))
        stops = self._layout.stops
        until = self._plain_until
        if until is not None and until < max(map(len, encoded)) + CANARY_TOKENS:
            return None
        try:
            kv_decode.decode(self._model, encoded, CANARY_TOKENS, stops, witness, _untold)
        except (ModelError, TypeError, ValueError, RuntimeError, AttributeError, KeyError):
            return None  # its attention is not the one we know
        return witness.until(stops)


def _untold(place: int, tokens: list[int]) -> None:
    """Nobody waits for the answers of a canary."""
