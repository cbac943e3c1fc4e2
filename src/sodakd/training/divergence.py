"""How far a student's token probabilities are from a teacher's, on the student's own answers."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from sodakd.training.losses import log1mexp
from sodakd.training.objective import Objective, StepTotals, to_grid
from sodakd.training.packing import Batch


def divergence(
    student: Float[Tensor, "places tokens"], teacher: Float[Tensor, "places tokens"], beta: float
) -> Float[Tensor, " places"]:
    """GKD's generalised Jensen-Shannon divergence (arXiv 2306.13649, eq. 1), in nats, per place.

    Given are log-probs of the same tokens; all others count as one, of what probability is left.
    That makes it a lower bound of the divergence over all tokens, and the same where none is left.
    `beta` 0 is its limit KL(teacher || student), 1 the reverse, KL(student || teacher).
    """
    own, right = _with_rest(student), _with_rest(teacher)
    if beta in (0, 1):
        return _kl(right, own) if beta == 0 else _kl(own, right)
    mixed = torch.logaddexp(right + math.log(beta), own + math.log1p(-beta))
    return beta * _kl(right, mixed) + (1 - beta) * _kl(own, mixed)


def distillation_objective(
    logp: Float[Tensor, " asked"], batch: Batch, totals: StepTotals, beta: float
) -> Objective:
    """The mean divergence over a step's answer tokens, each in the place that it was written in.

    `logp` are those that `Batch.asked` names, in its order. The likelihood is logged alone.
    """
    assert batch.teacher is not None
    answered = len(batch.target)
    spread, counted = to_grid(logp[:answered].detach(), batch.answers)
    own = logp[answered:].view_as(batch.teacher.logp)
    return Objective(
        loss=divergence(own, batch.teacher.logp, beta).sum() / totals.tokens,
        nll=-spread.sum() / totals.tokens,
        chosen=spread.sum(1) / counted.sum(1),
        contrast=None,
        chosen_logp=None,
        rejected_logp=None,
    )


def _with_rest(logp: Float[Tensor, "places tokens"]) -> Float[Tensor, "places outcomes"]:
    """The same with the log-probability of all other tokens together."""
    return torch.cat([logp, log1mexp(logp.logsumexp(1, keepdim=True))], 1)


def _kl(
    of: Float[Tensor, "places outcomes"], to: Float[Tensor, "places outcomes"]
) -> Float[Tensor, " places"]:
    return (of.exp() * (of - to)).sum(1)
