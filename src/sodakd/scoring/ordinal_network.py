"""The ordinal scorer: a base's states, pooled over an answer, under five ordinal heads."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from sodakd.errors import ModelError
from sodakd.inference.loading import load_backbone
from sodakd.inference.model_meter import ModelMeter, causal_pairs
from sodakd.scoring.encoding import EncodedAnswer, fill_token
from sodakd.scoring.network import Example, ScorerNetwork
from sodakd.scoring.ordinal import OrdinalHeads
from sodakd.scoring.rubric import Prediction
from sodakd.settings.scoring import ScorerSettings
from sodakd.training.precision import computed_in

_STANDARDISED = 256
"""Answers whose vectors say how features are scaled."""


@dataclass(frozen=True)
class TokenBatch:
    """Answers as one table of tokens: which are there, and which the pooling takes."""

    tokens: Int[Tensor, "answers tokens"]
    there: Bool[Tensor, "answers tokens"]
    pooled: Bool[Tensor, "answers tokens"]

    @classmethod
    def of(cls, answers: Sequence[EncodedAnswer], fill: int, device: torch.device) -> "TokenBatch":
        """Lay answers side by side, filled behind their ends."""
        width = max(len(one.tokens) for one in answers)
        rows = [[*one.tokens, *[fill] * (width - len(one.tokens))] for one in answers]
        place = torch.arange(width)
        ends = torch.tensor([len(one.tokens) for one in answers])[:, None]
        starts = torch.tensor([one.start for one in answers])[:, None]
        there = place < ends
        return cls(
            torch.tensor(rows).to(device), there.to(device), (there & (place >= starts)).to(device)
        )


class OrdinalNetwork(ScorerNetwork):
    """A base and the heads on it: any encoder or causal model."""

    task = "FEATURE_EXTRACTION"

    def __init__(self, backbone: PreTrainedModel, heads: OrdinalHeads, fill: int) -> None:
        super().__init__(backbone)
        self.heads = heads
        self._fill = fill

    @classmethod
    def open(cls, folder: Path, tokenizer: PreTrainedTokenizerBase, _: ScorerSettings) -> Self:
        """Return the base of a folder with heads that have learned nothing.

        Raises:
            ModelError: it cannot be loaded, is no encoder and no causal model, or says no width.
        """
        backbone = load_backbone(folder)
        width = getattr(backbone.config, "hidden_size", None)
        if not isinstance(width, int):
            raise ModelError(
                f"a {type(backbone).__name__} says no hidden_size in its config: name another base"
            )
        return cls(backbone, OrdinalHeads(width), fill_token(tokenizer))

    def vectors(self, answers: Sequence[EncodedAnswer]) -> Float[Tensor, "answers width"]:
        """Return each answer's vector: the mean of the last states of its tokens, in float32.

        The question is read with it, and not pooled: each of its tokens precedes the answer's, so
        that a causal base has it in their states as well as an encoder.
        """
        batch = TokenBatch.of(answers, self._fill, self.device)
        with computed_in(self.backbone, self.dtype) if self.dtype else nullcontext():
            found = self.backbone(input_ids=batch.tokens, attention_mask=batch.there.long())
        states = found.last_hidden_state.float()
        weight = batch.pooled[:, :, None].to(states.dtype)
        mean: Tensor = (states * weight).sum(1) / weight.sum(1)
        return mean

    def _vectors_once(self, answers: Sequence[EncodedAnswer]) -> Float[Tensor, "answers width"]:
        """The vectors of answers; those of a frozen base are computed once."""
        if self.known is None:
            return self.vectors(answers)
        self.backbone.eval()
        new = [one for one in answers if tuple(one.tokens) not in self.known]
        if new:
            # What inference mode makes could train nothing, and another fold trains on it.
            with torch.inference_mode(mode=False), torch.no_grad():
                vectors = self.vectors(new)
                found = zip(new, vectors, strict=True)
                self.known |= {tuple(one.tokens): vector.clone() for one, vector in found}
        return torch.stack([self.known[tuple(one.tokens)] for one in answers])

    def begin(self, examples: Sequence[Example], size: int) -> None:
        """Scale the features, and let each grade be as likely as it is frequent."""
        some = [one.answer for one in examples[:_STANDARDISED]]
        with torch.no_grad():
            vectors = [self._vectors_once(some[at : at + size]) for at in range(0, len(some), size)]
        self.heads.standardise(torch.cat(vectors))
        self.heads.set_shares(_levels(examples))

    def loss(self, examples: Sequence[Example]) -> Float[Tensor, ""]:
        """Return the negative log-likelihood of the grades: the mean over answers and rules."""
        vectors = self._vectors_once([one.answer for one in examples])
        return self.heads.loss(vectors, _levels(examples).to(vectors.device))

    def predict(self, answers: Sequence[EncodedAnswer], meter: ModelMeter) -> list[Prediction]:
        """Return the points of each answer."""
        lengths = [len(one.tokens) for one in answers]
        meter.read(sum(lengths), 0, sum(map(causal_pairs, lengths)))
        masses = self.heads.log_probabilities(self._vectors_once(answers))
        levels = {rule: logp.exp().tolist() for rule, logp in masses.items()}
        return [
            Prediction.of({rule: mass[at] for rule, mass in levels.items()}, cut=one.cut)
            for at, one in enumerate(answers)
        ]

    def extra_weights(self) -> Mapping[str, Tensor]:
        """Return the heads' weights."""
        return self.heads.state_dict()

    def load_extra_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Take the heads' weights."""
        self.heads.load_state_dict(weights)


def _levels(examples: Sequence[Example]) -> Int[Tensor, "answers rules"]:
    return torch.tensor([one.levels for one in examples])
