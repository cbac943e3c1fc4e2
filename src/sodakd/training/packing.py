"""A batch of examples as one row of tokens without padding.

The sequences stand one after another: every prompt with its correct answer, then, where the loss
reads the whole faulty answer, every prompt with its faulty one. Linear layers see no padding at
all; only attention spreads the row over a grid (`attention.py`). The last token of a sequence is
only ever predicted, so it is not in the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TypeVar, cast

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from sodakd.errors import TrainingError
from sodakd.training.schedule import TokenizedExample


@dataclass(frozen=True)
class PadIndex:
    """Where a packed row's tokens stand in a grid of `sequences` rows of `longest` places."""

    sequences: int
    longest: int
    index: Int[Tensor, " tokens"]


@dataclass(frozen=True)
class Pairs:
    """What a contrast reads of the examples that have a faulty answer.

    `chosen` and `rejected` are rows of the answer grid (`rejected` only where the faulty answer has
    its own sequence). `first` is the place, among all answer tokens, where the two answers first
    differ, and `first_rejected` the faulty answer's token there. The masks mark the differing
    tokens of each answer.
    """

    chosen: Int[Tensor, " pairs"]
    rejected: Int[Tensor, " pairs"] | None
    first: Int[Tensor, " pairs"]
    first_rejected: Int[Tensor, " pairs"]
    chosen_differs: Bool[Tensor, "pairs answer"] | None
    rejected_differs: Bool[Tensor, "pairs answer"] | None


@dataclass(frozen=True)
class Batch:
    """One step's tokens. `predict_index`: places of the row that predict the answers' tokens."""

    tokens: Int[Tensor, "1 tokens"]
    positions: Int[Tensor, "1 tokens"]
    grid: PadIndex
    predict_index: Int[Tensor, " answers"]
    target: Int[Tensor, " answers"]
    answers: PadIndex
    examples: int
    pairs: Pairs | None
    counted_tokens: int

    def __len__(self) -> int:
        return self.examples

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        return self if self.tokens.device == device else _moved(self, device)


Tensors = TypeVar("Tensors")


def _moved(value: Tensors, device: torch.device) -> Tensors:
    """A value whose tensors, at any depth, are on a device."""
    if isinstance(value, Tensor):
        return cast("Tensors", value.to(device, non_blocking=True))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    moved = {each.name: _moved(getattr(value, each.name), device) for each in fields(value)}
    return replace(value, **moved)


def check_eos_trained(batch: Batch, end: int) -> None:
    """Refuse a batch in which the token that ends an answer is not trained on, for every answer.

    A student that never learns it never stops.
    """
    row = batch.answers.index // batch.answers.longest
    last = torch.cat([row[1:] != row[:-1], torch.ones(1, dtype=torch.bool)])
    ends = batch.target[last]
    if len(ends) != batch.answers.sequences or not bool((ends == end).all()):
        raise TrainingError(
            f"an answer's last trained token is {ends.tolist()}, and the end of a turn is {end}:"
            " the loss mask would leave it out"
        )


def first_difference(chosen: Sequence[int], rejected: Sequence[int]) -> int:
    """Place of the first token in which two answers differ.

    Both end in the end-of-sequence token, so neither is the other's beginning.
    Raises ValueError where the answers are the same.
    """
    for place, (right, wrong) in enumerate(zip(chosen, rejected, strict=False)):
        if right != wrong:
            return place
    raise ValueError("the answers do not differ")


def differing_positions(
    chosen: Sequence[int], rejected: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Places of the tokens of each answer that the other has not, by their longest matching blocks.

    The first differing token is always among them, so neither list is empty.
    """
    first = first_difference(chosen, rejected)
    right, wrong = {first}, {first}
    matcher = SequenceMatcher(None, chosen[first:], rejected[first:], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            right.update(range(first + i1, first + i2))
            wrong.update(range(first + j1, first + j2))
    return sorted(right), sorted(wrong)


def pack(examples: Sequence[TokenizedExample], *, rejected: bool) -> Batch:
    """Lay examples out as one row. `rejected`: faulty answers get sequences of their own."""
    paired = [place for place, example in enumerate(examples) if example.rejected is not None]
    sequences = [(example.prompt, example.chosen) for example in examples]
    if rejected:
        sequences += [(examples[place].prompt, examples[place].rejected or ()) for place in paired]
    lengths = [len(prompt) + len(answer) - 1 for prompt, answer in sequences]
    answers = [len(answer) for _, answer in sequences]
    starts = [0, *accumulate(lengths)]
    row = [token for prompt, answer in sequences for token in (*prompt, *answer[:-1])]
    grid = _grid(lengths)
    positions = grid.index % grid.longest
    predict = torch.cat(
        [
            torch.arange(start + len(prompt) - 1, start + len(prompt) - 1 + len(answer))
            for start, (prompt, answer) in zip(starts, sequences, strict=False)
        ]
    )
    answer_grid = _grid(answers)
    return Batch(
        tokens=torch.tensor(row)[None],
        positions=positions[None],
        grid=grid,
        predict_index=predict,
        target=torch.tensor([token for _, answer in sequences for token in answer]),
        answers=answer_grid,
        examples=len(examples),
        pairs=_pairs(examples, paired, answer_grid.longest, rejected) if paired else None,
        counted_tokens=sum(lengths) + len(lengths),
    )


def _grid(lengths: Sequence[int]) -> PadIndex:
    longest = max(lengths)
    place = torch.cat(
        [torch.arange(at * longest, at * longest + length) for at, length in enumerate(lengths)]
    )
    return PadIndex(len(lengths), longest, place)


def _pairs(
    examples: Sequence[TokenizedExample], paired: Sequence[int], longest: int, with_rejected: bool
) -> Pairs:
    answer_starts = [0, *accumulate(len(example.chosen) for example in examples)]
    first: list[int] = []
    first_rejected: list[int] = []
    chosen_differs = torch.zeros(len(paired), longest, dtype=torch.bool)
    rejected_differs = torch.zeros(len(paired), longest, dtype=torch.bool)
    for row, place in enumerate(paired):
        chosen, rejected = examples[place].chosen, examples[place].rejected or ()
        at = first_difference(chosen, rejected)
        first.append(answer_starts[place] + at)
        first_rejected.append(rejected[at])
        if with_rejected:
            right, wrong = differing_positions(chosen, rejected)
            chosen_differs[row, right] = True
            rejected_differs[row, wrong] = True
    return Pairs(
        chosen=torch.tensor(paired),
        rejected=torch.arange(len(paired)) + len(examples) if with_rejected else None,
        first=torch.tensor(first),
        first_rejected=torch.tensor(first_rejected),
        chosen_differs=chosen_differs if with_rejected else None,
        rejected_differs=rejected_differs if with_rejected else None,
    )
