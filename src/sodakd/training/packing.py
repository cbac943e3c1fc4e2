"""A batch of examples as one row of tokens without padding.

The sequences stand one after another: every prompt with its correct answer, then, where the loss
reads the whole faulty answer, what each faulty answer has of its own: up to its first differing
token it is the correct one's sequence. Linear layers see no token twice and no padding; only
attention spreads the row over a grid (`attention.py`). The last token of a sequence is only ever
predicted, so it is not in the row.
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
class Shared:
    """Tokens of a packed row that begin a second sequence too, and their places there."""

    token: Int[Tensor, " tokens"]
    place: Int[Tensor, " tokens"]


@dataclass(frozen=True)
class Pairs:
    """What a contrast reads of the examples that have a faulty answer.

    `chosen` and `rejected` are rows of the answer grid (`rejected` only where the whole faulty
    answer is read). `first` is the place, among all answer tokens, where the two answers first
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
    """One step's tokens.

    `predict_index`: places of the row that predict the answers' tokens; `predicted_by`: which of
    these predicts each of them. Two answers with one beginning are predicted by the same places.
    """

    tokens: Int[Tensor, "1 tokens"]
    positions: Int[Tensor, "1 tokens"]
    grid: PadIndex
    shared: Shared | None
    predict_index: Int[Tensor, " predictions"]
    predicted_by: Int[Tensor, " answers"]
    target: Int[Tensor, " answers"]
    answers: PadIndex
    examples: int
    pairs: Pairs | None
    counted_tokens: int

    def __len__(self) -> int:
        return self.examples

    def asked(self) -> tuple[Int[Tensor, " asked"], Int[Tensor, " asked"]]:
        """Predictions and the tokens whose log-probability is asked of them.

        First every answer's tokens, then each pair's first faulty one, which the correct answer's
        place predicts too.
        """
        if self.pairs is None:
            return self.predicted_by, self.target
        first = self.predicted_by[self.pairs.first]
        return (
            torch.cat([self.predicted_by, first]),
            torch.cat([self.target, self.pairs.first_rejected]),
        )

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


@dataclass(frozen=True)
class _Sequence:
    """A sequence's own tokens, how many of the sequence `of` stand before them, and its answer."""

    tokens: tuple[int, ...]
    answer: tuple[int, ...]
    begins: int = 0
    of: int = 0


def pack(examples: Sequence[TokenizedExample], *, rejected: bool) -> Batch:
    """Lay examples out as one row. `rejected`: the whole faulty answers are predicted as well."""
    paired = [place for place, example in enumerate(examples) if example.rejected is not None]
    sequences = [_Sequence((*each.prompt, *each.chosen[:-1]), each.chosen) for each in examples]
    if rejected:
        sequences += [_branch(examples[place], place) for place in paired]
    starts = [0, *accumulate(len(each.tokens) for each in sequences)]
    predict: list[int] = []
    predicted_by: list[int] = []
    firsts: list[int] = []
    for each, end in zip(sequences, starts[1:], strict=True):
        firsts.append(len(predict))
        own = min(len(each.tokens), len(each.answer))
        predicted_by += range(firsts[each.of], firsts[each.of] + len(each.answer) - own)
        predicted_by += range(len(predict), len(predict) + own)
        predict += range(end - own, end)
    grid = _grid([(each.begins, len(each.tokens)) for each in sequences])
    answers = _grid([(0, len(each.answer)) for each in sequences])
    return Batch(
        tokens=torch.tensor([token for each in sequences for token in each.tokens])[None],
        positions=(grid.index % grid.longest)[None],
        grid=grid,
        shared=_shared(sequences, starts, grid.longest) if rejected and paired else None,
        predict_index=torch.tensor(predict),
        predicted_by=torch.tensor(predicted_by),
        target=torch.tensor([token for each in sequences for token in each.answer]),
        answers=answers,
        examples=len(examples),
        pairs=_pairs(examples, paired, answers.longest, rejected) if paired else None,
        counted_tokens=sum(each.begins + len(each.tokens) + 1 for each in sequences),
    )


def _branch(example: TokenizedExample, of: int) -> _Sequence:
    """The faulty answer's sequence: it leaves the correct one at the first differing token."""
    rejected = example.rejected or ()
    alike = first_difference(example.chosen, rejected)
    return _Sequence(rejected[alike:-1], rejected, len(example.prompt) + alike, of)


def _shared(sequences: Sequence[_Sequence], starts: Sequence[int], longest: int) -> Shared:
    branches = [(at, each) for at, each in enumerate(sequences) if each.begins]
    token = [torch.arange(starts[each.of], starts[each.of] + each.begins) for _, each in branches]
    place = [torch.arange(at * longest, at * longest + each.begins) for at, each in branches]
    return Shared(torch.cat(token), torch.cat(place))


def _grid(rows: Sequence[tuple[int, int]]) -> PadIndex:
    """The grid of rows of so many tokens each, behind so many places that are not theirs."""
    longest = max(before + count for before, count in rows)
    place = [
        torch.arange(at * longest + before, at * longest + before + count)
        for at, (before, count) in enumerate(rows)
    ]
    return PadIndex(len(rows), longest, torch.cat(place))


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
