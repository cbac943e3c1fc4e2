"""The contrast losses: how much a faulty answer is still preferred, per pair, in nats per token.

To add one: a function of this shape, its line in `LOSSES`, its name in `LossName`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from sodakd.settings.training import LossName, TrainingSettings

SIMPO_BETA = 2.0


@dataclass(frozen=True)
class AnswerLogps:
    """Log-probs of one answer's tokens for each pair, and which of them count.

    `reference`: their sums by the weights that the training began with.
    """

    logp: Float[Tensor, "pairs tokens"]
    counted: Bool[Tensor, "pairs tokens"]
    reference: Float[Tensor, " pairs"] | None = None

    def sum(self) -> Float[Tensor, " pairs"]:
        """Sum of the log-probs of the tokens that count."""
        return (self.logp * self.counted.to(self.logp.dtype)).sum(1)

    def mean(self) -> Float[Tensor, " pairs"]:
        """Mean log-prob of the tokens that count."""
        counted = self.counted.to(self.logp.dtype)
        return (self.logp * counted).sum(1) / counted.sum(1)


ContrastFn = Callable[[AnswerLogps, AnswerLogps, TrainingSettings], Float[Tensor, " pairs"]]


Scope = Literal["first", "differing", "answer"]


@dataclass(frozen=True)
class Loss:
    """A contrast and the tokens it reads.

    `first`: the first token in which the answers differ. Both tokens follow the same prefix, so
    the faulty one's log-prob is read from the correct answer's logits, and the faulty answer needs
    no forward pass. `answer`, `differing`: all tokens of the two answers, or those that the other
    has not; the faulty answer is a sequence of its own. `needs_reference`: it reads the answers'
    log-probs by the weights that the training began with.
    """

    contrast: ContrastFn
    scope: Scope
    needs_reference: bool = False


def margin(
    chosen: AnswerLogps, rejected: AnswerLogps, settings: TrainingSettings
) -> Float[Tensor, " pairs"]:
    """Hinge: by how much the correct mean log-prob misses the faulty one plus `margin`.

    The ranking loss of SODA's stage 1, on means per token.
    """
    return (settings.margin - (chosen.mean() - rejected.mean())).relu()


def odds_ratio(
    chosen: AnswerLogps, rejected: AnswerLogps, settings: TrainingSettings
) -> Float[Tensor, " pairs"]:
    """ORPO (arXiv 2403.07691, eq. 7): -log sigmoid of the log odds ratio of mean log-probs.

    Reads no margin.
    """
    right, wrong = chosen.mean(), rejected.mean()
    log_odds = (right - wrong) - (log1mexp(right) - log1mexp(wrong))
    return -functional.logsigmoid(log_odds)


def simpo(
    chosen: AnswerLogps, rejected: AnswerLogps, settings: TrainingSettings
) -> Float[Tensor, " pairs"]:
    """SimPO (arXiv 2405.14734, eq. 6): -log sigmoid(beta * difference of means - margin).

    `margin` is the paper's gamma; beta is 2.
    """
    gap = chosen.mean() - rejected.mean()
    return -functional.logsigmoid(SIMPO_BETA * gap - settings.margin)


def dpo(
    chosen: AnswerLogps, rejected: AnswerLogps, settings: TrainingSettings
) -> Float[Tensor, " pairs"]:
    """DPO (arXiv 2305.18290, eq. 7): -log sigmoid of beta times the difference of log ratios.

    A ratio is that of an answer's probability to the one by the weights that the training began
    with: sums of log-probs, not means. Reads no margin.
    """
    if chosen.reference is None or rejected.reference is None:
        raise ValueError("dpo needs the answers' log-probs by the weights of the start")
    right, wrong = chosen.sum() - chosen.reference, rejected.sum() - rejected.reference
    return -functional.logsigmoid(settings.beta * (right - wrong))


def unlikelihood(
    chosen: AnswerLogps, rejected: AnswerLogps, settings: TrainingSettings
) -> Float[Tensor, " pairs"]:
    """Unlikelihood (arXiv 1908.04319, eq. 4): mean of -log(1 - p) over the faulty tokens.

    Reads no margin, and nothing of the correct answer, which the likelihood already raises.
    """
    return -AnswerLogps(log1mexp(rejected.logp), rejected.counted).mean()


LOSSES: Mapping[LossName, Loss] = {
    "margin": Loss(margin, "answer"),
    "first_difference": Loss(margin, "first"),
    "odds_ratio": Loss(odds_ratio, "answer"),
    "simpo": Loss(simpo, "answer"),
    "unlikelihood": Loss(unlikelihood, "differing"),
    "dpo": Loss(dpo, "answer", needs_reference=True),
}


def scope_of(loss: LossName) -> Scope:
    """The tokens that a loss reads, or where there is none, those of which a gap is shown."""
    return "first" if loss == "none" else LOSSES[loss].scope


def log1mexp(logp: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """log(1 - exp(logp)), finite even where the log-prob is 0."""
    return torch.log(-torch.expm1(logp.clamp(max=-1e-6)))
