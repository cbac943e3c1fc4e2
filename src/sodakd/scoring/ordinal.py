"""Ordinal heads: a cumulative link model for each rule of the rubric, on one vector an answer."""

from collections.abc import Mapping
from itertools import pairwise
from math import expm1, log

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, softplus

from sodakd.scoring.rubric import LEVELS

_NARROWEST = 1e-3
"""The least distance of two cutpoints: every level keeps some probability."""
_FAR = 1e4
"""Where the cutpoints below the first level and above the last one are."""
_FLAT = 1e-6


class OrdinalHeads(nn.Module):
    """Probabilities of each rule's levels (McCullagh 1980, proportional odds).

    A rule has one slope on the answer's vector and ordered cutpoints between its levels: level k
    has the logistic mass between cutpoints k - 1 and k, seen from where the slope puts the answer.
    Vectors are standardised by those of training: a base's features differ in scale by far.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        self.slopes = nn.Linear(width, len(LEVELS), bias=False)
        nn.init.zeros_(self.slopes.weight)
        self.steps = nn.ParameterDict(
            {rule: torch.zeros(levels - 1) for rule, levels in LEVELS.items()}
        )

    def standardise(self, vectors: Float[Tensor, "answers width"]) -> None:
        """Take the mean and the deviation of these vectors as those of all."""
        self.centre.copy_(vectors.mean(0))
        deviation = vectors.std(0, correction=0)
        self.scale.copy_(torch.where(deviation > _FLAT, deviation, torch.ones_like(deviation)))

    def set_shares(self, levels: Int[Tensor, "answers rules"]) -> None:
        """Set the cutpoints so that each level is as likely as it is frequent in these grades."""
        with torch.no_grad():
            for column, (rule, count) in enumerate(LEVELS.items()):
                seen = torch.bincount(levels[:, column], minlength=count).double() + 0.5
                below = (seen.cumsum(0) / seen.sum())[:-1]
                cuts = torch.logit(below).tolist()
                gaps = [
                    max(after - before - _NARROWEST, _NARROWEST) for before, after in pairwise(cuts)
                ]
                self.steps[rule].copy_(torch.tensor([cuts[0], *(log(expm1(gap)) for gap in gaps)]))

    def log_probabilities(
        self, vectors: Float[Tensor, "answers width"]
    ) -> Mapping[str, Float[Tensor, "answers levels"]]:
        """Return the log-probabilities of each rule's levels."""
        places = self.slopes((vectors - self.centre) / self.scale)
        return {
            rule: _log_masses(places[:, column, None], self._cutpoints(rule))
            for column, rule in enumerate(LEVELS)
        }

    def loss(
        self, vectors: Float[Tensor, "answers width"], levels: Int[Tensor, "answers rules"]
    ) -> Float[Tensor, ""]:
        """Return the negative log-likelihood of grades in nats: the mean over answers and rules."""
        found = self.log_probabilities(vectors).values()
        chosen = [logp.gather(1, levels[:, column, None]) for column, logp in enumerate(found)]
        return -torch.cat(chosen, dim=1).mean()

    def _cutpoints(self, rule: str) -> Float[Tensor, " cuts"]:
        steps = self.steps[rule]
        return torch.cat([steps[:1], softplus(steps[1:]) + _NARROWEST]).cumsum(0)


def _log_masses(
    place: Float[Tensor, "answers 1"], cuts: Float[Tensor, " cuts"]
) -> Float[Tensor, "answers levels"]:
    """The logs of sigmoid(upper - place) - sigmoid(lower - place), as a sum that keeps its digits:
    log sigmoid(upper - place) + log sigmoid(place - lower) + log(1 - exp(lower - upper))."""
    far = cuts.new_full((1,), _FAR)
    lower, upper = torch.cat([-far, cuts]), torch.cat([cuts, far])
    return (
        logsigmoid(upper - place) + logsigmoid(place - lower) + torch.log1p(-(lower - upper).exp())
    )
