"""What a step minimises: the correct answers' negative log-likelihood and a share of contrast."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sodakd.settings.training import TrainingSettings
from sodakd.training.losses import LOSSES, AnswerLogps, scope_of
from sodakd.training.packing import Batch, PadIndex, Pairs
from sodakd.training.schedule import TokenizedExample


@dataclass(frozen=True)
class Objective:
    """A step's loss, and what is logged of it. Log-probs are one value for each example or pair.

    `chosen` are means over the correct answers. `chosen_logp` and `rejected_logp` are the means
    that the contrast compares: of the first differing token for `first_difference` (and for no
    contrast), of the differing tokens for `unlikelihood`, of the whole answers otherwise.
    """

    loss: Float[Tensor, ""]
    nll: Float[Tensor, ""]
    chosen: Float[Tensor, " examples"]
    contrast: Float[Tensor, " pairs"] | None
    chosen_logp: Float[Tensor, " pairs"] | None
    rejected_logp: Float[Tensor, " pairs"] | None


@dataclass(frozen=True)
class StepTotals:
    """What the sums of a whole step are divided by, however many batches it is computed in.

    `tokens` are those of the correct answers.
    """

    tokens: int
    pairs: int

    @classmethod
    def of(cls, examples: Sequence[TokenizedExample]) -> "StepTotals":
        """The divisors of a step of these examples."""
        return cls(
            tokens=sum(len(each.chosen) for each in examples),
            pairs=sum(each.rejected is not None for each in examples),
        )


def objective(
    logp: Float[Tensor, " asked"],
    batch: Batch,
    totals: StepTotals,
    settings: TrainingSettings,
) -> Objective:
    """NLL over the correct answers' tokens, plus `contrast_weight` times the pairs' mean contrast.

    `logp` are the log-probabilities of the tokens that `Batch.asked` names, in its order. The NLL
    is a mean over the whole step's correct answer tokens: the losses of the batches of a step add
    up to that of one large batch.
    """
    answered = len(batch.target)
    spread, counted = to_grid(logp[:answered], batch.answers)
    examples = len(batch)
    sums = spread[:examples].sum(1)
    lengths = counted[:examples].sum(1)
    nll = -sums.sum() / totals.tokens
    chosen = (sums / lengths).detach()
    if batch.pairs is None:
        return Objective(nll, nll.detach(), chosen, None, None, None)
    name = settings.loss
    reads = scope_of(name)
    if reads == "first":
        right, wrong = _first(logp[batch.pairs.first]), _first(logp[answered:])
    else:
        right, wrong = _whole(spread, counted, batch.pairs, only_differing=reads == "differing")
    loss, contrast = nll, None
    if name != "none":
        contrast = LOSSES[name].contrast(right, wrong, settings)
        loss = nll + settings.contrast_weight * contrast.sum() / totals.pairs
        contrast = contrast.detach()
    return Objective(
        loss, nll.detach(), chosen, contrast, right.mean().detach(), wrong.mean().detach()
    )


def to_grid(
    logp: Float[Tensor, " answers"], grid: PadIndex
) -> tuple[Float[Tensor, "sequences answer"], Bool[Tensor, "sequences answer"]]:
    """Answer tokens as a grid of one row a sequence, and which places hold one."""
    places = grid.sequences * grid.longest
    spread = logp.new_zeros(places).index_copy(0, grid.index, logp)
    counted = torch.zeros(places, dtype=torch.bool, device=logp.device)
    counted[grid.index] = True
    shape = (grid.sequences, grid.longest)
    return spread.view(shape), counted.view(shape)


def _first(logp: Float[Tensor, " pairs"]) -> AnswerLogps:
    return AnswerLogps(logp[:, None], torch.ones_like(logp, dtype=torch.bool)[:, None])


def _whole(
    spread: Float[Tensor, "sequences answer"],
    counted: Bool[Tensor, "sequences answer"],
    pairs: Pairs,
    *,
    only_differing: bool,
) -> tuple[AnswerLogps, AnswerLogps]:
    assert pairs.rejected is not None
    right, wrong = counted[pairs.chosen], counted[pairs.rejected]
    if only_differing:
        assert pairs.chosen_differs is not None
        assert pairs.rejected_differs is not None
        right, wrong = pairs.chosen_differs, pairs.rejected_differs
    known = (None, None) if pairs.reference is None else tuple(pairs.reference)
    return (
        AnswerLogps(spread[pairs.chosen], right, known[0]),
        AnswerLogps(spread[pairs.rejected], wrong, known[1]),
    )
