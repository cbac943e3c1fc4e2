"""A causal language model of a local folder that answers batches of prompts.

The decode is lean: keys and values stand in buffers of full length from the start, prompts are
padded to the right and need no mask, and rows that have ended leave the batch. It goes through the
model's own forward with an attention function of ours, so it serves every model whose attention is
plain (Llama, Qwen2, ...).
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    AttentionInterface,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from sodakd.errors import ModelError
from sodakd.models.prompts import Tokenizer, layout_of

CACHED = "sodakd_cached"
# A batch is made smaller once this share of its rows has ended: copying the buffers has its price.
ENDED_SHARE = 0.2


class TransformersModel:
    """A Hugging Face causal language model and its tokenizer, ready to generate."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._layout = layout_of(cast("Tokenizer", tokenizer), _stops(model))

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> Self:
        """Load a model from a folder (safetensors); `threads` sets torch's for this process.

        Nothing is downloaded, and no code of the folder is run.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        logging.disable_progress_bar()
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            attn_implementation=CACHED,
        )
        return cls(model.eval(), tokenizer)

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        batch_size: int = 128,
        progress: Callable[[int], None] | None = None,
    ) -> list[str]:
        """One answer for each prompt, in the prompts' order.

        Temperature 0 takes the likeliest token. Otherwise what a prompt gets depends on the seed,
        on its text and on how many equal prompts stand before it, not on its neighbours.
        `progress` is called with the number of answers that are finished.
        """
        encoded = [self._layout.prompt(prompt) for prompt in prompts]
        noise = None if temperature <= 0 else _noise(prompts, max_new_tokens, seed)
        order = sorted(range(len(prompts)), key=lambda place: len(encoded[place]))
        answers: list[list[int]] = [[] for _ in prompts]
        finished = 0

        def count(more: int) -> None:
            nonlocal finished
            finished += more
            if progress is not None:
                progress(finished)

        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            decoded = _decode(
                self._model,
                [encoded[row] for row in rows],
                max_new_tokens,
                self._layout.stops,
                Sampler(temperature, noise[rows]) if noise is not None else None,
                count,
            )
            for row, answer in zip(rows, decoded, strict=True):
                answers[row] = answer
        return [
            str(
                self._tokenizer.decode(
                    answer, skip_special_tokens=True, clean_up_tokenization_spaces=False
                )
            )
            for answer in answers
        ]


class Sampler:
    """Draws tokens at a temperature with noise that belongs to each row."""

    def __init__(self, temperature: float, noise: Float[Tensor, "rows steps"]) -> None:
        self._temperature = temperature
        self._noise = noise

    def keep(self, rows: Int[Tensor, " kept"]) -> None:
        """Go on with some of the rows."""
        self._noise = self._noise[rows]

    def draw(self, logits: Float[Tensor, "rows vocab"], step: int) -> Int[Tensor, " rows"]:
        """The token at which the cumulative probability passes the row's noise of this step."""
        cumulative = (logits.double() / self._temperature).softmax(-1).cumsum(-1)
        threshold = self._noise[:, step, None] * cumulative[:, -1:]
        return torch.searchsorted(cumulative, threshold, right=True)[:, 0].clamp(
            max=logits.shape[1] - 1
        )


class Cache:
    """Keys and values of a batch: the prompt's places, then those of the answers.

    Prompts are padded to the right; `bias` hides the padding. The answers of all rows stand at the
    same places, whatever the lengths of their prompts: positions are in the keys already.
    """

    def __init__(self, lengths: Int[Tensor, " rows"], prompt: int, answer: int) -> None:
        self._places = prompt + answer
        self.filled = 0
        self.keys: dict[int, Float[Tensor, "rows groups places size"]] = {}
        self.values: dict[int, Float[Tensor, "rows groups places size"]] = {}
        hidden = torch.arange(prompt)[None] >= lengths[:, None]
        bias = torch.zeros(len(lengths), self._places).masked_fill_(
            functional.pad(hidden, (0, answer)), float("-inf")
        )
        self._bias = bias if bool(hidden.any()) else None

    def put(
        self,
        layer: int,
        key: Float[Tensor, "rows groups new size"],
        value: Float[Tensor, "rows groups new size"],
    ) -> None:
        """Write a layer's new keys and values at the places after those filled."""
        if layer not in self.keys:
            rows, groups, _, size = key.shape
            self.keys[layer] = key.new_empty(rows, groups, self._places, size)
            self.values[layer] = key.new_empty(rows, groups, self._places, size)
        end = self.filled + key.shape[2]
        self.keys[layer][:, :, self.filled : end] = key
        self.values[layer][:, :, self.filled : end] = value

    def attend(
        self, layer: int, query: Float[Tensor, "rows heads 1 size"], scaling: float
    ) -> Float[Tensor, "rows 1 heads size"]:
        """Attention of each row's newest token to all that the row holds."""
        rows, heads, _, size = query.shape
        end = self.filled + 1
        key, value = self.keys[layer][:, :, :end], self.values[layer][:, :, :end]
        grouped = query.reshape(rows, key.shape[1], -1, size) * scaling
        scores = grouped @ key.mT
        if self._bias is not None:
            scores += self._bias[:, None, None, :end]
        return (scores.softmax(-1) @ value).view(rows, 1, heads, size)

    def keep(self, rows: Int[Tensor, " kept"]) -> None:
        """Go on with some of the rows."""
        for states in (*self.keys.values(), *self.values.values()):
            states[: len(rows), :, : self.filled] = states[rows, :, : self.filled]
        self.keys = {layer: keys[: len(rows)] for layer, keys in self.keys.items()}
        self.values = {layer: values[: len(rows)] for layer, values in self.values.items()}
        if self._bias is not None:
            self._bias = self._bias[rows]


def cached_attention(
    module: nn.Module,
    query: Float[Tensor, "rows heads new size"],
    key: Float[Tensor, "rows groups new size"],
    value: Float[Tensor, "rows groups new size"],
    attention_mask: Tensor | None,
    *,
    cache: Cache,
    scaling: float,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **_: object,
) -> tuple[Float[Tensor, "rows new heads size"], None]:
    """Causal attention of the prompts, or of one new token a row to the cache.

    Raises ModelError for a model with a sliding window or capped logits.
    """
    if sliding_window is not None or softcap is not None:
        raise ModelError(
            f"{type(module).__name__} limits its attention (a sliding window or capped logits),"
            " which this decode does not do; use a model with plain attention: Llama, Qwen2"
        )
    layer = module.layer_idx
    assert isinstance(layer, int)
    cache.put(layer, key, value)
    if cache.filled:
        return cache.attend(layer, query, scaling), None
    attended = functional.scaled_dot_product_attention(
        query,
        key,
        value,
        is_causal=True,
        scale=scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return attended.transpose(1, 2), None


AttentionInterface.register(CACHED, cached_attention)


@torch.inference_mode()
def _decode(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    stops: frozenset[int],
    sampler: Sampler | None,
    count: Callable[[int], None],
) -> list[list[int]]:
    """Answers of one batch as token ids, without the token that ended them.

    The prompts are computed up to their last token; that one is the first that is decoded.
    """
    lengths = torch.tensor([len(prompt) - 1 for prompt in prompts])
    longest = int(lengths.max())
    cache = Cache(lengths, longest, max_new_tokens)
    if longest:
        padded = torch.zeros(len(prompts), longest, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            padded[row, : len(prompt) - 1] = torch.tensor(prompt[:-1], dtype=torch.long)
        model(padded, use_cache=False, logits_to_keep=1, cache=cache)
        cache.filled = longest
    answers: list[list[int]] = [[] for _ in prompts]
    alive = list(range(len(prompts)))
    ended = torch.zeros(len(prompts), dtype=torch.bool)
    token = torch.tensor([prompt[-1] for prompt in prompts])
    position = lengths
    ends = torch.tensor(sorted(stops))
    for step in range(max_new_tokens):
        logits = model(
            token[:, None], position_ids=position[:, None], use_cache=False, cache=cache
        ).logits[:, 0]
        cache.filled += 1
        position = position + 1
        token = logits.argmax(-1) if sampler is None else sampler.draw(logits, step)
        was_ended = ended
        ended = ended | torch.isin(token, ends)
        for row, drawn, done in zip(alive, token.tolist(), ended.tolist(), strict=True):
            if not done:
                answers[row].append(drawn)
        finished = int(ended.sum()) - int(was_ended.sum())
        if finished:
            count(finished)
        if bool(ended.all()):
            return answers
        if int(ended.sum()) >= ENDED_SHARE * len(alive):
            kept = (~ended).nonzero()[:, 0]
            alive = [alive[row] for row in kept.tolist()]
            token, position, ended = token[kept], position[kept], ended[kept]
            cache.keep(kept)
            if sampler is not None:
                sampler.keep(kept)
    count(int((~ended).sum()))
    return answers


def _stops(model: PreTrainedModel) -> list[int]:
    """The tokens that end an answer by the model's own generation config."""
    found = model.generation_config.eos_token_id
    return [] if found is None else [found] if isinstance(found, int) else list(found)


def _noise(prompts: Sequence[str], steps: int, seed: int) -> Float[Tensor, "rows steps"]:
    """Numbers in [0, 1) for each prompt: of the seed, the prompt and its count among its equals."""
    seen: Counter[str] = Counter()
    rows = []
    for prompt in prompts:
        digest = hashlib.sha256(f"{seed}\n{seen[prompt]}\n{prompt}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big", signed=True))
        rows.append(torch.rand(steps, generator=generator, dtype=torch.float64))
        seen[prompt] += 1
    return torch.stack(rows) if rows else torch.empty(0, steps, dtype=torch.float64)
