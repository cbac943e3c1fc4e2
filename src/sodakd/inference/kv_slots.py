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
_BLOCK_SLOTS = 8
"""On a processor so many slots attend together, to the places of the longest answer among them:
attention costs what it reads. A GPU takes all at once."""


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


def block_slots(device: torch.device, slots: int) -> int:
    """How many slots attend together."""
    return _BLOCK_SLOTS if device.type == "cpu" else max(slots, 1)


@dataclass(frozen=True)
class _Block:
    """Slots next to each other whose answers attend together; `bias` hides what a row has not.

    `rows` are its answers among those of the forward, `slots` where in the block they stand.
    """

    start: int
    rows: Int[Tensor, " answers"]
    slots: Int[Tensor, " answers"]
    bias: Float[Tensor, "slots 1 1 places"]


class Slots:
    """Keys and values of all slots, and what the forward at hand does with them."""

    def __init__(self) -> None:
        self.count = 0
        self.places = 0
        self.keys: dict[int, Float[Tensor, "slots groups places size"]] = {}
        self.values: dict[int, Float[Tensor, "slots groups places size"]] = {}
        self.decoding = self._last = torch.zeros(0, dtype=torch.long)
        self.segments: list[Segment] = []
        self._masks: list[Float[Tensor, "tokens places"] | None] = []
        self._blocks: list[_Block] = []

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
        self.segments = segments
        self._masks = [_hidden(part, dtype, device) for part in segments]
        placed = torch.tensor(decoding, dtype=torch.long).reshape(-1, 2)
        self.decoding, self._last = placed.to(device).unbind(1)
        self._blocks = _blocks(placed, dtype, device)
        ends = [last + 1 for _, last in decoding] + [part.end for part in segments]
        self._grow(count, max(ends))
        positions = [last for _, last in decoding]
        for part in segments:
            positions += range(part.start, part.end)
        return torch.tensor([positions], device=device)

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

    def arrange(self, order: Sequence[int]) -> None:
        """Let each of the first slots hold what the slot of this number did."""
        for states in (self.keys, self.values):
            for held in states.values():
                held[: len(order)] = held[list(order)]

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
        parts = [self._decode(keys, values, query[:, :count], scaling)] if count else []
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

    def _decode(
        self,
        keys: Float[Tensor, "slots groups places size"],
        values: Float[Tensor, "slots groups places size"],
        query: Float[Tensor, "heads rows size"],
        scaling: float,
    ) -> Float[Tensor, "rows heads size"]:
        """Attention of each answer's newest token. The heads of a group are its queries."""
        heads, count, size = query.shape
        grouped = query.transpose(0, 1).reshape(count, keys.shape[1], -1, size)
        attended = torch.empty_like(grouped)
        for block in self._blocks:
            slots, _, _, end = block.bias.shape
            asked = grouped.new_zeros(slots, *grouped.shape[1:])
            asked[block.slots] = grouped[block.rows]
            here = slice(block.start, block.start + slots)
            attended[block.rows] = functional.scaled_dot_product_attention(
                asked,
                keys[here, :, :end],
                values[here, :, :end],
                attn_mask=block.bias.expand(-1, 1, asked.shape[2], -1),
                scale=scaling,
            )[block.slots]
        return attended.reshape(count, heads, size)


def _blocks(
    placed: Int[Tensor, "answers 2"], dtype: torch.dtype, device: torch.device
) -> list[_Block]:
    """The blocks of answers, by the slot of each and its last place."""
    blocks = []
    count = int(placed[:, 0].max()) + 1 if len(placed) else 0
    size = block_slots(device, count)
    for start in range(0, count, size):
        rows = ((placed[:, 0] >= start) & (placed[:, 0] < start + size)).nonzero()[:, 0]
        if not len(rows):
            continue
        slots = placed[rows, 0] - start
        # A slot without an answer sees its first place, so that nothing is divided by zero.
        last = torch.zeros(int(slots.max()) + 1, 1, dtype=torch.long)
        last[slots, 0] = placed[rows, 1]
        hidden = torch.arange(int(last.max()) + 1) > last
        bias = torch.zeros(hidden.shape, dtype=dtype).masked_fill_(hidden, float("-inf"))
        where = rows.to(device), slots.to(device), bias[:, None, None].to(device)
        blocks.append(_Block(start, *where))
    return blocks


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
