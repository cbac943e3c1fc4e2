"""The queue decode: a prompt that waits takes the place of an answer that has ended.

Each step is one forward over a flat row of tokens: the newest of each answer, and a share of the
prompts that are being read. What a prompt begins with like one that is held is copied from there.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, Thread
from typing import Self

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import PreTrainedModel

from sodakd.errors import ModelError
from sodakd.inference.canary_reference import attention_implementation
from sodakd.inference.kv_slots import QUEUE_ATTENTION, Segment, Slots, room_for
from sodakd.inference.token_sampling import Ended, draw, noise

READ_TOKENS = 512
"""Tokens of prompts in one forward: more take memory, and no longer save time."""
WORTH_ROWS = 8
"""Answers at a time that a worker should have: its weights are read once for all of them."""
_COMPACT_AT = 0.8
"""Answers are moved together once no more than this share of the slots below them is used."""
_LOOK_SECONDS = 0.02
"""A worker without answers looks for prompts so often: asking is cheap, and a step takes longer."""


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
    """How many prompts each worker answers at a time: `rows`, whose places are `tokens` in all.

    Each row has the places of the longest.

    Workers share the weights and nothing else, so none waits for another: two of one thread each
    are faster than one of two, and far faster where something else runs on the machine. The last
    one that has answers takes the threads of all: few rows wait for the weights to be read, which
    two threads do in half the time.
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


Choose = Callable[[Float[Tensor, "rows vocab"], Sequence[QueuedRow]], Int[Tensor, " rows"]]
"""The next token of each row."""


def choose(logits: Float[Tensor, "rows vocab"], rows: Sequence[QueuedRow]) -> Int[Tensor, " rows"]:
    """The likeliest token, or, of rows that have a temperature, one drawn with their own noise."""
    best = logits.max(-1).indices
    warm = [place for place, row in enumerate(rows) if row.noise is not None]
    if warm:
        drawn = [(rows[n].noise, len(rows[n].said), rows[n].prompt.temperature) for n in warm]
        best[warm] = draw(
            logits if len(warm) == len(rows) else logits[warm],
            torch.stack([row[at] for row, at, _ in drawn if row is not None]).to(logits.device),
            torch.tensor([[warmth] for _, _, warmth in drawn], device=logits.device),
        )
    return best


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
    handout = _Handout(source, ended, room.workers)

    def work(worker: int) -> None:
        threads = 0
        queue = _Queue(model, partial(handout.take, worker), room, stops, handout.tell, chooser)
        try:
            with torch.inference_mode():
                while queue.admit() and not handout.errors:
                    if threads != (wanted := handout.threads(worker, room)):
                        torch.set_num_threads(threads := wanted)
                    queue.step()
        except BaseException as error:  # raised again by the thread that waits
            handout.errors.append(error)

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
            handout.errors.append(error)  # the others end with their step
            for thread in threads:
                thread.join()
            raise
        finally:
            torch.set_num_threads(before)
    if handout.errors:
        raise handout.errors[0]


class _Handout:
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

    def threads(self, worker: int, room: Room) -> int:
        """The threads of a worker's next step."""
        others = sum(self._live) - self._live[worker]
        return room.threads if others else room.threads * len(self._live)

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
        self._slots = Slots()
        self._reserved: tuple[int, ...] = (0, 0)
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
        while free and self._waiting:
            row = _row(self._waiting[0])
            if not self._reserve(free[0] + 1, len(row.prompt.tokens) + row.prompt.steps):
                break
            slot = free.pop(0)
            self._rows[slot] = row
            if row.reads:
                self._reading.append(slot)
            self._waiting.popleft()
        self._compact()
        return any(self._live())

    def _reserve(self, count: int, places: int) -> bool:
        """Whether there is memory for so many slots of so many places, beside what is answered.

        Slots are never made smaller: what is too large for them waits for all, and has new ones.
        """
        reserved = tuple(map(max, self._reserved, room_for(count, places)))
        if math.prod(reserved) > self._tokens:
            if any(self._live()):
                return False
            self._slots, self._held = Slots(), [()] * len(self._rows)
            reserved = room_for(count, places)
        self._reserved = reserved
        return True

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
        device = self._model.device
        fed = torch.tensor([[*(row.newest for _, row in found), *read]], device=device)
        positions = self._slots.prepare(
            [(slot, row.filled) for slot, row in found],
            segments,
            self._reserved[0],
            self._model.dtype,
            device,
        )
        logits = self._model(
            fed,
            position_ids=positions,
            use_cache=False,
            logits_to_keep=torch.arange(max(len(found), 1), device=device),
            slots=self._slots,
        ).logits[0]
        if found:
            chosen = self._chooser(logits, [row for _, row in found]).tolist()
            for (slot, row), token in zip(found, chosen, strict=True):
                self._take(slot, row, token)

    def _read(self) -> tuple[list[Segment], list[int]]:
        """The prompts' share of the next forward: where it goes, and its tokens."""
        segments: list[Segment] = []
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
            segments.append(Segment(slot, row.filled, end, donor, shared))
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


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two rows begin with alike."""
    for at, (mine, others) in enumerate(zip(one, other, strict=False)):
        if mine != others:
            return at
    return min(len(one), len(other))
