"""A batch of examples as one row of tokens without padding.

The sequences stand one after another: every prompt with its correct answer, then, where the loss
reads the whole faulty answers, every prompt with its faulty answer. A sequence whose prompt was
there before has in the row only what it does not share with an earlier one, so no layer computes a
beginning twice. The last token of a sequence is only ever predicted, so it is not in the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TypeVar, cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sodakd.errors import TrainingError
from sodakd.training.prefix_tree import PrefixTree
from sodakd.training.schedule import TokenizedExample


@dataclass(frozen=True)
class PadIndex:
    """Where tokens stand in a grid of `sequences` rows of `longest` places."""

    sequences: int
    longest: int
    index: Int[Tensor, " tokens"]


@dataclass(frozen=True)
class Pairs:
    """What a contrast reads of the examples that have a faulty answer.

    `chosen` and `rejected` are rows of the answer grid (`rejected` only where the whole faulty
    answer is read). `first` is the place, among all answer tokens, where the two answers first
    differ, and `first_rejected` the faulty answer's token there. The masks mark the differing
    tokens of each answer. `reference`: of each answer, what `TokenizedExample.reference` has.
    """

    chosen: Int[Tensor, " pairs"]
    rejected: Int[Tensor, " pairs"] | None
    first: Int[Tensor, " pairs"]
    first_rejected: Int[Tensor, " pairs"]
    chosen_differs: Bool[Tensor, "pairs answer"] | None
    rejected_differs: Bool[Tensor, "pairs answer"] | None
    reference: Float[Tensor, "2 pairs"] | None


@dataclass(frozen=True)
class TopTokens:
    """The most probable tokens at the place of each token of answers, and their log-probs."""

    tokens: Int[Tensor, "answers top"]
    logp: Float[Tensor, "answers top"]


@dataclass(frozen=True)
class Batch:
    """One step's tokens.

    `predict_index`: places of the row that predict the answers' tokens; `predicted_by`: which of
    these predicts each of them. Two answers with one beginning are predicted by the same places.
    `teacher`: what a teacher holds most probable at each of the answers' tokens.
    """

    tokens: Int[Tensor, "1 tokens"]
    positions: Int[Tensor, "1 tokens"]
    tree: PrefixTree
    predict_index: Int[Tensor, " predictions"]
    predicted_by: Int[Tensor, " answers"]
    target: Int[Tensor, " answers"]
    answers: PadIndex
    examples: int
    pairs: Pairs | None
    counted_tokens: int
    teacher: TopTokens | None = None

    def __len__(self) -> int:
        return self.examples

    def asked(self) -> tuple[Int[Tensor, " asked"], Int[Tensor, " asked"]]:
        """Predictions and the tokens whose log-probability is asked of them.

        First every answer's tokens, then those that a teacher holds most probable in their places;
        or each pair's first faulty one, which the correct answer's place predicts too.
        """
        if self.teacher is not None:
            tokens = self.teacher.tokens
            return (
                torch.cat(
                    [self.predicted_by, self.predicted_by.repeat_interleave(tokens.shape[1])]
                ),
                torch.cat([self.target, tokens.flatten()]),
            )
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


def pack(examples: Sequence[TokenizedExample], *, rejected: bool, differing: bool = False) -> Batch:
    """Lay examples out as one row.

    `rejected`: the whole faulty answers are predicted as well. `differing`: with them it is found
    in which tokens they differ, which few losses read.
    """
    paired = [place for place, example in enumerate(examples) if example.rejected is not None]
    asked = [(each.prompt, each.chosen) for each in examples]
    if rejected:
        asked += [(examples[at].prompt, examples[at].rejected or ()) for at in paired]
    row = PackedRow()
    for prompt, answer in asked:
        row.add(prompt, answer)
    tree = PrefixTree.build(row.own, row.begins, row.of)
    predicting = [tree.places(at)[len(prompt) - 1 :] for at, (prompt, _) in enumerate(asked)]
    predict_index, predicted_by = torch.cat(predicting).unique(return_inverse=True)
    positions = [
        torch.arange(begins, begins + own)
        for begins, own in zip(tree.begins, tree.own, strict=True)
    ]
    answers = _grid([len(answer) for _, answer in asked])
    return Batch(
        tokens=torch.tensor(row.tokens)[None],
        positions=torch.cat(positions)[None],
        tree=tree,
        predict_index=predict_index,
        predicted_by=predicted_by,
        target=torch.tensor([token for _, answer in asked for token in answer]),
        answers=answers,
        examples=len(examples),
        pairs=_pairs(examples, paired, answers, rejected, rejected and differing)
        if paired
        else None,
        counted_tokens=sum(tree.lengths) + len(tree),
    )


class PackedRow:
    """The tokens of a row that grows by one sequence after the other."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.own: list[int] = []
        self.begins: list[int] = []
        self.of: list[int] = []
        self._of_prompt: dict[tuple[int, ...], list[tuple[int, tuple[int, ...]]]] = {}

    def add(self, prompt: tuple[int, ...], answer: tuple[int, ...]) -> None:
        """Add what a prompt and its answer do not share with an earlier answer to that prompt."""
        earlier = self._of_prompt.setdefault(prompt, [])
        inner = answer[:-1]
        alike, of = max(
            ((_alike(inner, other), -at) for at, other in earlier), default=(-len(prompt), 0)
        )
        begins = len(prompt) + alike
        earlier.append((len(self.of), inner))
        self.of.append(-of)
        self.begins.append(begins)
        own = (*prompt, *inner)[begins:]
        self.own.append(len(own))
        self.tokens += own


def _alike(left: Sequence[int], right: Sequence[int]) -> int:
    """How many tokens two answers have in common before they differ, or one of them ends."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(left), len(right)))


def _grid(lengths: Sequence[int]) -> PadIndex:
    """The grid of rows of so many tokens each."""
    longest = max(lengths)
    place = [torch.arange(at * longest, at * longest + n) for at, n in enumerate(lengths)]
    return PadIndex(len(lengths), longest, torch.cat(place))


def _pairs(
    examples: Sequence[TokenizedExample],
    paired: Sequence[int],
    answers: PadIndex,
    with_rejected: bool,
    differing: bool,
) -> Pairs:
    answer_starts = [0, *accumulate(len(example.chosen) for example in examples)]
    first: list[int] = []
    first_rejected: list[int] = []
    differs = torch.zeros(2, len(paired), answers.longest, dtype=torch.bool)
    for row, place in enumerate(paired):
        chosen, rejected = examples[place].chosen, examples[place].rejected or ()
        at = first_difference(chosen, rejected)
        first.append(answer_starts[place] + at)
        first_rejected.append(rejected[at])
        if differing:
            for mask, places in zip(differs, differing_positions(chosen, rejected), strict=True):
                mask[row, places] = True
    known = [examples[place].reference for place in paired]
    reference = torch.tensor([each for each in known if each is not None])
    return Pairs(
        chosen=torch.tensor(paired),
        rejected=torch.arange(len(paired)) + len(examples) if with_rejected else None,
        first=torch.tensor(first),
        first_rejected=torch.tensor(first_rejected),
        chosen_differs=differs[0] if differing else None,
        rejected_differs=differs[1] if differing else None,
        reference=reference.T if len(reference) == len(paired) else None,
    )
