"""The queue decode: a prompt that waits takes the place of an answer that has ended.

Each step is one forward over a flat row of tokens: the newest of each answer, and a share of the
prompts that are being read. What a prompt begins with like one that is held is copied from there.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, Thread
from typing import Self

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface, PreTrainedModel

from sodakd.errors import ModelError
from sodakd.inference.canary_reference import attention_implementation
from sodakd.inference.token_sampling import Ended, noise

QUEUE_ATTENTION = "sodakd_queue"
READ_TOKENS = 512
"""Tokens of prompts in one forward: more take memory, and no longer save time."""
WORTH_ROWS = 8
"""Answers at a time that a worker should have: its weights are read once for all of them."""
_MORE_PLACES = 256
_MORE_SLOTS = 16
_COMPACT_AT = 0.8
_BLOCK = 512
_LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class QueuedPrompt:
    """A prompt as token ids, and how it is to be answered. `number` is told with its answer."""

    number: int
    tokens: Sequence[int]
    steps: int
    temperature: float = 0.0
    seed: int = 0


Source = Callable[[int], Sequence[QueuedPrompt]]
"""Gives as many prompts as are asked for, or fewer: those that wait now."""


@dataclass(frozen=True)
class Room:
    """How many prompts are answered at a time: `rows` of `tokens` in all by each of the workers.

    Workers share the weights and nothing else, so none waits for another: two of one thread each
    are faster than one of two, and far faster where something else runs on the machine.
    """

    rows: int
    tokens: int
    workers: int = 1
    threads: int = 1

    @classmethod
    def of(cls, cores: int, rows: int, tokens: int) -> Self:
        """Workers for all cores, as far as each has a batch worth its while."""
        workers = max(1, min(cores, rows // WORTH_ROWS))
        return cls(-(-rows // workers), tokens // workers, workers, max(1, cores // workers))


@dataclass
class QueuedRow:
    """A prompt with the answer so far. Keys of its first `filled` tokens are known."""

    prompt: QueuedPrompt
    noise: Float[Tensor, " steps"] | None
    filled: int = 0
    said: list[int] = field(default_factory=list)

    @property
    def reads(self) -> bool:
        """Whether its prompt is still being read. Its last token is the first that is decoded."""
        return self.filled < len(self.prompt.tokens) - 1

    @property
    def newest(self) -> int:
        """The token that the next forward takes."""
        return self.said[-1] if self.said else self.prompt.tokens[-1]


@dataclass(frozen=True)
class _Segment:
    """Tokens of a prompt that one forward reads, after its first `shared` were copied."""

    slot: int
    start: int
    end: int
    donor: int
    shared: int


class _Slots:
    """Keys and values of all slots, and what the forward at hand does with them."""

    def __init__(self) -> None:
        self.count = 0
        self.places = 0
        self.keys: dict[int, Float[Tensor, "slots groups places size"]] = {}
        self.values: dict[int, Float[Tensor, "slots groups places size"]] = {}
        self.decoding = self._last = torch.zeros(0, dtype=torch.long)
        self.segments: list[_Segment] = []
        self._bias: Float[Tensor, "rows 1 1 places"] | None = None

    def prepare(
        self, decoding: Sequence[tuple[int, int]], segments: list[_Segment], dtype: torch.dtype
    ) -> Int[Tensor, "1 tokens"]:
        """Where the tokens of the next forward go. Returns their positions."""
        self.segments = segments
        self.decoding, self._last = torch.tensor(decoding).reshape(-1, 2).long().unbind(1)
        if decoding:
            # A slot without an answer sees its first place, so that nothing is divided by zero.
            last = torch.zeros(int(self.decoding.max()) + 1, 1, dtype=torch.long)
            last[self.decoding, 0] = self._last
            hidden = torch.arange(int(last.max()) + 1)[None] > last
            bias = torch.zeros(hidden.shape, dtype=dtype).masked_fill_(hidden, float("-inf"))
            self._bias = bias[:, None, None]
        used = [(slot + 1, last + 1) for slot, last in decoding]
        used += [(part.slot + 1, part.end) for part in segments]
        self._grow(*(max(each) for each in zip(*used, strict=True)))
        read = [torch.arange(part.start, part.end) for part in segments]
        return torch.cat([self._last, *read])[None]

    def _grow(self, count: int, places: int) -> None:
        """Have room. It is zero: a hidden place has no weight, and none times NaN is NaN."""
        if count <= self.count and places <= self.places:
            return
        before = self.count, self.places
        self.count = max(self.count, -(-count // _MORE_SLOTS) * _MORE_SLOTS)
        self.places = max(self.places, -(-places // _MORE_PLACES) * _MORE_PLACES)
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
            parts.append(self._decode(keys, values, query[:, :count], scaling))
        for part in self.segments:
            end = count + part.end - part.start
            parts.append(_read(keys, values, query[:, count:end], part, scaling))
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
        assert self._bias is not None
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


def _read(
    keys: Float[Tensor, "slots groups places size"],
    values: Float[Tensor, "slots groups places size"],
    query: Float[Tensor, "heads tokens size"],
    part: _Segment,
    scaling: float,
) -> Float[Tensor, "tokens heads size"]:
    """Causal attention of a part of a prompt to all of it that is held."""
    mask = None
    if part.start:
        seen = torch.ones(part.end - part.start, part.end, dtype=torch.bool).tril(part.start)
        mask = torch.zeros(seen.shape, dtype=query.dtype).masked_fill_(~seen, float("-inf"))
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
    slots: _Slots,
    scaling: float,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: object,
) -> tuple[Float[Tensor, "1 tokens heads size"], None]:
    """Attention of a flat row of tokens. Raises ModelError for capped logits or sinks."""
    if softcap is not None or s_aux is not None:
        raise ModelError(f"the attention of {type(module).__name__} is not plain")
    layer = module.layer_idx
    assert isinstance(layer, int)
    return slots.attend(layer, query[0], key[0], value[0], scaling)[None], None


AttentionInterface.register(QUEUE_ATTENTION, queue_attention)

Choose = Callable[[Float[Tensor, "rows vocab"], Sequence[QueuedRow]], Int[Tensor, " rows"]]
"""The next token of each row."""


def choose(logits: Float[Tensor, "rows vocab"], rows: Sequence[QueuedRow]) -> Int[Tensor, " rows"]:
    """The likeliest token, or, of rows that have a temperature, one drawn with their own noise."""
    best = logits.max(-1).indices
    warm = [place for place, row in enumerate(rows) if row.noise is not None]
    if warm:
        drawn = [(rows[n].noise, len(rows[n].said), rows[n].prompt.temperature) for n in warm]
        best[warm] = _draw(
            logits if len(warm) == len(rows) else logits[warm],
            torch.stack([row[at] for row, at, _ in drawn if row is not None]),
            torch.tensor([temperature for _, _, temperature in drawn])[:, None],
        )
    return best


def _draw(
    logits: Float[Tensor, "rows vocab"],
    noise: Float[Tensor, " rows"],
    temperature: Float[Tensor, "rows 1"],
) -> Int[Tensor, " rows"]:
    """The token at which the cumulative probability passes the noise.

    Sums of blocks first: a running sum over a large vocabulary takes longer than its softmax.
    """
    weights = logits.float()
    weights = weights.sub_(weights.amax(-1, keepdim=True)).div_(temperature).exp_()
    blocks = functional.pad(weights, (0, -weights.shape[1] % _BLOCK)).unflatten(1, (-1, _BLOCK))
    sums = blocks.sum(-1).double().cumsum(-1)
    passed = noise[:, None] * sums[:, -1:]
    block = torch.searchsorted(sums, passed, right=True).clamp_(max=sums.shape[1] - 1)
    before = (sums.gather(1, block) - blocks.sum(-1).double().gather(1, block)).clamp_(min=0)
    within = blocks[torch.arange(len(blocks)), block[:, 0]].double().cumsum(-1)
    place = torch.searchsorted(within, passed - before, right=True).clamp_(max=_BLOCK - 1)
    return (block * _BLOCK + place)[:, 0].clamp_(max=logits.shape[1] - 1)


def decode(
    model: PreTrainedModel,
    source: Source,
    room: Room,
    stops: frozenset[int],
    ended: Ended,
    chooser: Choose = choose,
) -> None:
    """Answer prompts until none is left and none waits; each is told as it ends, one at a time.

    `source` is asked, and `ended` is told, by threads of their own. The first error ends them all.

    Raises:
        ModelError: the model's attention is not plain, or cannot be replaced by ours.
    """
    desk = _Desk(source, ended, room.workers)

    def work(worker: int) -> None:
        torch.set_num_threads(room.threads)
        queue = _Queue(model, partial(desk.take, worker), room, stops, desk.tell, chooser)
        try:
            with torch.inference_mode():
                while queue.admit() and not desk.errors:
                    queue.step()
        except BaseException as error:  # raised again by the thread that waits
            desk.errors.append(error)

    before = torch.get_num_threads()
    with attention_implementation(model, QUEUE_ATTENTION):
        if model.config._attn_implementation != QUEUE_ATTENTION:
            raise ModelError(f"{type(model).__name__} keeps to its own attention")
        threads = [Thread(target=work, args=(n,), name="decode") for n in range(room.workers)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException as error:
            desk.errors.append(error)  # the others end with their step
            for thread in threads:
                thread.join()
            raise
        finally:
            torch.set_num_threads(before)
    if desk.errors:
        raise desk.errors[0]


class _Desk:
    """Hands prompts to workers, each its share, and answers to who asked, one at a time."""

    def __init__(self, source: Source, ended: Ended, workers: int) -> None:
        self.errors: list[BaseException] = []
        self._source = source
        self._ended = ended
        self._lock = Lock()
        self._pending: deque[QueuedPrompt] = deque()
        self._live = [0] * workers

    def take(self, worker: int, live: int, free: int) -> list[QueuedPrompt]:
        """Prompts for a worker's free places. One that has no rows waits, until all are done."""
        while not self.errors:
            with self._lock:
                self._live[worker] = live
                if len(self._pending) < len(self._live) * free:
                    self._pending += self._source(len(self._live) * free - len(self._pending))
                share = -(-(sum(self._live) + len(self._pending)) // len(self._live))
                count = min(free, len(self._pending), max(share - live, 0))
                taken = [self._pending.popleft() for _ in range(count)]
                self._live[worker] += count
                if self._live[worker] or not (self._pending or sum(self._live)):
                    return taken
            time.sleep(_LOOK_SECONDS)
        return []

    def tell(self, number: int, tokens: list[int]) -> None:
        """Tell of an answer, unless there was an error."""
        with self._lock:
            if not self.errors:
                self._ended(number, tokens)


class _Queue:
    """The rows that are being answered, each in a slot."""

    def __init__(
        self,
        model: PreTrainedModel,
        source: Callable[[int, int], list[QueuedPrompt]],
        room: Room,
        stops: frozenset[int],
        ended: Ended,
        chooser: Choose,
    ) -> None:
        self._model = model
        self._source = source
        self._tokens = room.tokens
        self._stops = stops
        self._ended = ended
        self._chooser = chooser
        self._slots = _Slots()
        self._waiting: deque[QueuedPrompt] = deque()
        self._rows: list[QueuedRow | None] = [None] * room.rows
        self._reading: deque[int] = deque()
        # What the slots hold, ended answers too, as far as it has been read: what can be copied.
        self._held: list[Sequence[int]] = [()] * room.rows

    def admit(self) -> bool:
        """Give free slots to prompts that wait; False where nothing is left to answer."""
        free = [slot for slot, row in enumerate(self._rows) if row is None]
        if len(free) > len(self._waiting):
            count = len(self._rows) - len(free) + len(self._waiting)
            self._waiting += self._source(count, len(free) - len(self._waiting))
        taken = sum(map(_room, self._live()))
        while free and self._waiting:
            row = _row(self._waiting[0])
            if taken and taken + _room(row) > self._tokens:
                break
            taken += _room(row)
            slot = free.pop(0)
            self._rows[slot] = row
            if row.reads:
                self._reading.append(slot)
            self._waiting.popleft()
        self._compact()
        return any(self._live())

    def _live(self) -> list[QueuedRow]:
        return [row for row in self._rows if row is not None]

    def _compact(self) -> None:
        """Move the last answers into free slots below them, once these are many."""
        top = max((slot for slot, row in enumerate(self._rows) if row is not None), default=-1) + 1
        free = [slot for slot in range(top) if self._rows[slot] is None]
        if top - len(free) > _COMPACT_AT * top:
            return
        for target in free:
            source = max(slot for slot, row in enumerate(self._rows) if row is not None)
            row = self._rows[source]
            if source <= target or row is None or source in self._reading:
                return
            self._slots.move(source, target, row.filled)
            self._held[target] = self._held[source]
            self._rows[target], self._rows[source] = row, None

    def step(self) -> None:
        """One forward, and what its answers say next."""
        found = [
            (slot, row) for slot, row in enumerate(self._rows) if row is not None and not row.reads
        ]
        segments, read = self._read()
        fed = torch.tensor([[*(row.newest for _, row in found), *read]])
        positions = self._slots.prepare(
            [(slot, row.filled) for slot, row in found], segments, self._model.dtype
        )
        logits = self._model(
            fed,
            position_ids=positions,
            use_cache=False,
            logits_to_keep=torch.arange(max(len(found), 1)),
            slots=self._slots,
        ).logits[0]
        if found:
            chosen = self._chooser(logits, [row for _, row in found]).tolist()
            for (slot, row), token in zip(found, chosen, strict=True):
                self._take(slot, row, token)

    def _read(self) -> tuple[list[_Segment], list[int]]:
        """The prompts' share of the next forward: where it goes, and its tokens."""
        segments: list[_Segment] = []
        read: list[int] = []
        while self._reading and len(read) < READ_TOKENS:
            slot = self._reading[0]
            row = self._rows[slot]
            assert row is not None
            prompt = row.prompt.tokens[:-1]
            donor, shared = slot, 0
            if row.filled == 0:
                donor, shared = self._donor(slot, prompt)
                row.filled = shared
            end = min(len(prompt), row.filled + READ_TOKENS - len(read))
            segments.append(_Segment(slot, row.filled, end, donor, shared))
            read += prompt[row.filled : end]
            row.filled = end
            self._held[slot] = prompt[:end]
            if end == len(prompt):
                self._reading.popleft()
        return segments, read

    def _donor(self, slot: int, prompt: Sequence[int]) -> tuple[int, int]:
        """The slot that holds most of what a prompt begins with, its own above others; how much.

        The last token is read in any case: a forward has tokens.
        """
        shared = [_common(held, prompt[:-1]) for held in self._held]
        best = max(range(len(shared)), key=lambda other: (shared[other], other == slot))
        return best, shared[best]

    def _take(self, slot: int, row: QueuedRow, token: int) -> None:
        row.filled += 1
        whole = token in self._stops
        if not whole:
            row.said.append(token)
        if whole or len(row.said) == row.prompt.steps:
            self._rows[slot] = None
            self._ended(row.prompt.number, row.said)


def _row(prompt: QueuedPrompt) -> QueuedRow:
    drawn = noise([prompt.seed], prompt.steps)[0] if prompt.temperature > 0 else None
    return QueuedRow(prompt, drawn)


def _room(row: QueuedRow) -> int:
    return len(row.prompt.tokens) + row.prompt.steps


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two rows begin with alike."""
    for at, (mine, others) in enumerate(zip(one, other, strict=False)):
        if mine != others:
            return at
    return min(len(one), len(other))
