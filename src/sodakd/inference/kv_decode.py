"""The lean decode: keys and values stand in buffers of full length from the start.

Prompts are padded to the right and need no mask, and rows that have ended leave the batch. It goes
through the model's own forward with an attention function of ours, so it serves every model whose
attention is plain (Llama, Qwen2, ...).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, PretrainedConfig, PreTrainedModel

from sodakd.errors import ModelError
from sodakd.inference.canary_reference import attention_implementation
from sodakd.inference.token_sampling import Ended, TokenSelector

KV_ATTENTION = "sodakd_cached"
# A batch is made smaller once this share of its rows has ended: copying the buffers has its price.
COMPACT_AT = 0.2


def full_attention_limit(config: PretrainedConfig) -> int | None:
    """How many places attention may reach over and still be plain; None is no limit, 0 is never.

    A sliding window that is longer than a prompt and its answer hides nothing.
    """
    kinds = set(getattr(config, "layer_types", None) or ())
    if kinds - {"full_attention", "sliding_attention"}:
        return 0
    if getattr(config, "attn_logit_softcapping", None) is not None:
        return 0
    window = getattr(config, "sliding_window", None)
    if getattr(config, "use_sliding_window", True) is False or kinds == {"full_attention"}:
        window = None
    windows = [window, getattr(config, "attention_chunk_size", None)]
    return min((each for each in windows if each is not None), default=None)


class KVCache:
    """Keys and values of a batch: the prompt's places, then those of the answers.

    Prompts are padded to the right; `bias` hides the padding. The answers of all rows stand at the
    same places, whatever the lengths of their prompts: positions are in the keys already.
    """

    def __init__(self, lengths: Int[Tensor, " rows"], prompt: int, answer: int) -> None:
        self.places = prompt + answer
        self.filled = 0
        self.keys: dict[int, Float[Tensor, "rows groups places size"]] = {}
        self.values: dict[int, Float[Tensor, "rows groups places size"]] = {}
        hidden = torch.arange(prompt)[None] >= lengths[:, None]
        bias = torch.zeros(len(lengths), self.places).masked_fill_(
            functional.pad(hidden, (0, answer)), float("-inf")
        )
        self._bias = bias if bool(hidden.any()) else None

    def append(
        self,
        layer: int,
        key: Float[Tensor, "rows groups new size"],
        value: Float[Tensor, "rows groups new size"],
    ) -> None:
        """Write a layer's new keys and values at the places after those filled."""
        if layer not in self.keys:
            rows, groups, _, size = key.shape
            self.keys[layer] = key.new_empty(rows, groups, self.places, size)
            self.values[layer] = key.new_empty(rows, groups, self.places, size)
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

    def compact(self, rows: Int[Tensor, " kept"]) -> None:
        """Go on with some of the rows."""
        for states in (*self.keys.values(), *self.values.values()):
            states[: len(rows), :, : self.filled] = states[rows, :, : self.filled]
        self.keys = {layer: keys[: len(rows)] for layer, keys in self.keys.items()}
        self.values = {layer: values[: len(rows)] for layer, values in self.values.items()}
        if self._bias is not None:
            self._bias = self._bias[rows]


def plain_layer(module: nn.Module, hides: bool, softcap: float | None, s_aux: Tensor | None) -> int:
    """The number of a layer whose attention is plain.

    Raises ModelError for one that `hides` tokens, caps logits or has sinks.
    """
    if hides or softcap is not None or s_aux is not None:
        raise ModelError(f"the attention of {type(module).__name__} is not plain")
    layer = module.layer_idx
    assert isinstance(layer, int)
    return layer


def cached_attention(
    module: nn.Module,
    query: Float[Tensor, "rows heads new size"],
    key: Float[Tensor, "rows groups new size"],
    value: Float[Tensor, "rows groups new size"],
    attention_mask: Tensor | None,
    *,
    cache: KVCache,
    scaling: float,
    sliding_window: int | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: object,
) -> tuple[Float[Tensor, "rows new heads size"], None]:
    """Causal attention of the prompts, or of one new token a row to the cache.

    Raises ModelError for a model with a shorter sliding window, capped logits or sinks.
    """
    hides = sliding_window is not None and sliding_window < cache.places
    layer = plain_layer(module, hides, softcap, s_aux)
    cache.append(layer, key, value)
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


AttentionInterface.register(KV_ATTENTION, cached_attention)


@torch.inference_mode()
def decode(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    steps: int,
    stops: frozenset[int],
    chooser: TokenSelector,
    ended: Ended,
) -> list[list[int]]:
    """Answers of one batch as token ids, without the token that ended them; each told as it ends.

    Raises:
        ModelError: the model's attention is not plain, or cannot be replaced by ours.
    """
    with attention_implementation(model, KV_ATTENTION):
        if model.config._attn_implementation != KV_ATTENTION:
            raise ModelError(f"{type(model).__name__} keeps to its own attention")
        return _decode(model, prompts, steps, stops, chooser, ended)


def _decode(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    steps: int,
    stops: frozenset[int],
    chooser: TokenSelector,
    ended: Ended,
) -> list[list[int]]:
    """The prompts are computed up to their last token; that one is the first that is decoded."""
    lengths = torch.tensor([len(prompt) - 1 for prompt in prompts])
    longest = int(lengths.max())
    cache = KVCache(lengths, longest, steps)
    if longest:
        padded = torch.zeros(len(prompts), longest, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            padded[row, : len(prompt) - 1] = torch.tensor(prompt[:-1], dtype=torch.long)
        model(padded, use_cache=False, logits_to_keep=1, cache=cache)
        cache.filled = longest
    answers: list[list[int]] = [[] for _ in prompts]
    alive = list(range(len(prompts)))
    over = torch.zeros(len(prompts), dtype=torch.bool)
    token = torch.tensor([prompt[-1] for prompt in prompts])
    position = lengths
    ends = torch.tensor(sorted(stops))
    for step in range(steps):
        logits = model(
            token[:, None], position_ids=position[:, None], use_cache=False, cache=cache
        ).logits[:, 0]
        cache.filled += 1
        position = position + 1
        token = chooser.select(logits, step)
        was_over = over
        over = over | torch.isin(token, ends)
        rows = zip(alive, token.tolist(), over.tolist(), was_over.tolist(), strict=True)
        for row, drawn, done, was_done in rows:
            if not done:
                answers[row].append(drawn)
            elif not was_done:
                ended(row, answers[row])
        if bool(over.all()):
            return answers
        if int(over.sum()) >= COMPACT_AT * len(alive):
            kept = (~over).nonzero()[:, 0]
            alive = [alive[row] for row in kept.tolist()]
            token, position, over = token[kept], position[kept], over[kept]
            cache.compact(kept)
            chooser.compact(kept)
    for row, done in zip(alive, over.tolist(), strict=True):
        if not done:
            ended(row, answers[row])
    return answers
