"""Keys and values of answers and prompts of any length, each in a slot, for the queue decode.

One forward takes a flat row of tokens: the newest of each answer, then parts of prompts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface

from sodakd.inference.kv_decode import plain_layer

QUEUE_ATTENTION = "sodakd_queue"
_MORE_PLACES = 256
_MORE_SLOTS = 8
"""Room is made by so many at a time: all that is held is copied for it."""


def room_for(count: int, places: int) -> tuple[int, int]:
    """The slots, and the places of each of them, that are made for so many."""
    return -(-count // _MORE_SLOTS) * _MORE_SLOTS, -(-places // _MORE_PLACES) * _MORE_PLACES


@dataclass(frozen=True)
class Segment:
    """Tokens of a prompt that one forward reads, after its first `shared` were copied."""

    slot: int
    start: int
    end: int
    donor: int
    shared: int


class Slots:
    """Keys and values of all slots, and what the forward at hand does with them."""

    def __init__(self) -> None:
        self.count = 0
        self.places = 0
        self.keys: dict[int, Float[Tensor, "slots groups places size"]] = {}
        self.values: dict[int, Float[Tensor, "slots groups places size"]] = {}
        self.decoding = self._last = torch.zeros(0, dtype=torch.long)
        self._places: Sequence[tuple[int, int]] = ()
        self.segments: list[Segment] = []
        self._masks: list[Float[Tensor, "tokens places"] | None] = []
        self._bias: Float[Tensor, "rows 1 1 places"] | None = None

    def prepare(
        self,
        decoding: Sequence[tuple[int, int]],
        segments: list[Segment],
        count: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> Int[Tensor, "1 tokens"]:
        """Where the tokens of the next forward go. Returns their positions.

        `count` slots will be used before these are left: room for them is made at once.
        """
        self.segments, self._places = segments, decoding
        self._masks = [_hidden(part, dtype, device) for part in segments]
        placed = torch.tensor(decoding, dtype=torch.long).reshape(-1, 2)
        self.decoding, self._last = placed.to(device).unbind(1)
        self._bias = None
        ends = [last + 1 for _, last in decoding] + [part.end for part in segments]
        self._grow(count, max(ends))
        positions = [last for _, last in decoding]
        for part in segments:
            positions += range(part.start, part.end)
        return torch.tensor([positions], device=device)

    def _hidden_places(
        self, dtype: torch.dtype, device: torch.device
    ) -> Float[Tensor, "rows 1 1 places"]:
        """What each answer does not see, of the places of the longest."""
        placed = torch.tensor(self._places)
        # A slot without an answer sees its first place, so that nothing is divided by zero.
        last = torch.zeros(int(placed[:, 0].max()) + 1, 1, dtype=torch.long)
        last[placed[:, 0], 0] = placed[:, 1]
        hidden = torch.arange(int(last.max()) + 1, device=device) > last.to(device)
        bias = torch.zeros(hidden.shape, dtype=dtype, device=device)
        return bias.masked_fill_(hidden, float("-inf"))[:, None, None]

    def _grow(self, count: int, places: int) -> None:
        """Have room. It is zero: a hidden place has no weight, and none times NaN is NaN."""
        if count <= self.count and places <= self.places:
            return
        before = self.count, self.places
        self.count, self.places = map(max, before, room_for(count, places))
        for states in (self.keys, self.values):
            for layer, held in states.items():
                shape = self.count, held.shape[1], self.places, held.shape[3]
                states[layer] = held.new_zeros(shape)
                states[layer][: before[0], :, : before[1]] = held

    def move(self, source: int, target: int, places: int) -> None:
        """Copy the first places of a slot into another one."""
        for states in (*self.keys.values(), *self.values.values()):
            states[target, :, :places] = states[source, :, :places]

    def attend(
        self,
        layer: int,
        query: Float[Tensor, "heads tokens size"],
        key: Float[Tensor, "groups tokens size"],
        value: Float[Tensor, "groups tokens size"],
        scaling: float,
    ) -> Float[Tensor, "tokens heads size"]:
        """Attention of this forward's tokens, whose keys and values are kept first."""
        keys, values = (
            self._keep(states, layer, new)
            for states, new in ((self.keys, key), (self.values, value))
        )
        count = len(self.decoding)
        parts = []
        if count:
            decode = self._decode_each if query.device.type == "cpu" else self._decode
            parts.append(decode(keys, values, query[:, :count], scaling))
        for part, mask in zip(self.segments, self._masks, strict=True):
            end = count + part.end - part.start
            parts.append(_read(keys, values, query[:, count:end], part, mask, scaling))
            count = end
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def _keep(
        self,
        states: dict[int, Float[Tensor, "slots groups places size"]],
        layer: int,
        new: Float[Tensor, "groups tokens size"],
    ) -> Float[Tensor, "slots groups places size"]:
        if layer not in states:
            groups, _, size = new.shape
            states[layer] = new.new_zeros(self.count, groups, self.places, size)
        held, at = states[layer], len(self.decoding)
        held[self.decoding, :, self._last] = new[:, :at].transpose(0, 1)
        # In order: a donor may itself be read, or give its place away, in this forward.
        for part in self.segments:
            if part.donor != part.slot:
                held[part.slot, :, : part.shared] = held[part.donor, :, : part.shared]
            end = at + part.end - part.start
            held[part.slot, :, part.start : part.end] = new[:, at:end]
            at = end
        return held

    def _decode_each(
        self,
        keys: Float[Tensor, "slots groups places size"],
        values: Float[Tensor, "slots groups places size"],
        query: Float[Tensor, "heads rows size"],
        scaling: float,
    ) -> Float[Tensor, "rows heads size"]:
        """As `_decode`, a row at a time: none is as long as the longest, and none is masked."""
        heads, count, size = query.shape
        grouped = query.reshape(keys.shape[1], -1, count, size)
        attended = [
            functional.scaled_dot_product_attention(
                grouped[None, :, :, row],
                keys[None, slot, :, : last + 1],
                values[None, slot, :, : last + 1],
                scale=scaling,
            )
            for row, (slot, last) in enumerate(self._places)
        ]
        return torch.cat(attended).reshape(count, heads, size)

    def _decode(
        self,
        keys: Float[Tensor, "slots groups places size"],
        values: Float[Tensor, "slots groups places size"],
        query: Float[Tensor, "heads rows size"],
        scaling: float,
    ) -> Float[Tensor, "rows heads size"]:
        """Attention of each answer's newest token. The heads of a group are its queries."""
        if self._bias is None:
            self._bias = self._hidden_places(query.dtype, query.device)
        rows, end = self._bias.shape[0], self._bias.shape[-1]
        heads, count, size = query.shape
        grouped = query.transpose(0, 1).reshape(count, keys.shape[1], -1, size)
        if count < rows:
            grouped = grouped.new_zeros(rows, *grouped.shape[1:]).index_copy_(
                0, self.decoding, grouped
            )
        attended = functional.scaled_dot_product_attention(
            grouped,
            keys[:rows, :, :end],
            values[:rows, :, :end],
            attn_mask=self._bias.expand(-1, 1, grouped.shape[2], -1),
            scale=scaling,
        )
        return (attended if count == rows else attended[self.decoding]).reshape(count, heads, size)


def _hidden(
    part: Segment, dtype: torch.dtype, device: torch.device
) -> Float[Tensor, "tokens places"] | None:
    """What the tokens of a part do not see; None where it is the beginning: plain causality."""
    if not part.start:
        return None
    shape = part.end - part.start, part.end
    return torch.full(shape, float("-inf"), dtype=dtype, device=device).triu(part.start + 1)


def _read(
    keys: Float[Tensor, "slots groups places size"],
    values: Float[Tensor, "slots groups places size"],
    query: Float[Tensor, "heads tokens size"],
    part: Segment,
    mask: Float[Tensor, "tokens places"] | None,
    scaling: float,
) -> Float[Tensor, "tokens heads size"]:
    """Causal attention of a part of a prompt to all of it that is held."""
    attended = functional.scaled_dot_product_attention(
        query[None],
        keys[part.slot, :, : part.end][None],
        values[part.slot, :, : part.end][None],
        attn_mask=mask,
        is_causal=mask is None,
        scale=scaling,
        enable_gqa=query.shape[0] != keys.shape[1],
    )
    return attended[0].transpose(0, 1)


def queue_attention(
    module: nn.Module,
    query: Float[Tensor, "1 heads tokens size"],
    key: Float[Tensor, "1 groups tokens size"],
    value: Float[Tensor, "1 groups tokens size"],
    attention_mask: Tensor | None,
    *,
    slots: Slots,
    scaling: float,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: object,
) -> tuple[Float[Tensor, "1 tokens heads size"], None]:
    """Attention of a flat row of tokens. Raises ModelError for capped logits or sinks."""
    layer = plain_layer(module, False, softcap, s_aux)
    return slots.attend(layer, query[0], key[0], value[0], scaling)[None], None


AttentionInterface.register(QUEUE_ATTENTION, queue_attention)
