"""The interface of scorers' networks: graded answers in, a loss; answers in, their points."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import PreTrainedModel

from sodakd.inference.model_meter import ModelMeter, ModelShape
from sodakd.scoring.encoding import EncodedAnswer
from sodakd.scoring.grades import GradedAnswer
from sodakd.scoring.rubric import Prediction

KnownVectors = dict[tuple[int, ...], Tensor]


@dataclass(frozen=True)
class Example:
    """A graded answer as tokens, the levels of its grade, and what is to be written behind it."""

    answer: EncodedAnswer
    levels: tuple[int, ...]
    written: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """Tokens that are read to learn from it."""
        return len(self.answer.tokens) + len(self.written)


class ScorerNetwork(nn.Module, ABC):
    """A base that gives points. `dtype`: what it is computed in, if not its own.

    `known`: where the base is frozen, what it has made of answers, by their tokens.
    """

    task: ClassVar[Literal["FEATURE_EXTRACTION", "CAUSAL_LM"]]
    """What adapters are for, by peft's name."""

    def __init__(self, backbone: PreTrainedModel, dtype: torch.dtype | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.dtype = dtype
        self.known: KnownVectors | None = None

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return next(self.parameters()).device

    def meter(self) -> ModelMeter:
        """Return the meter of the base where it computes now, with as many threads as now."""
        shape = ModelShape.of(self.backbone)
        return ModelMeter(self.backbone, "scorer", shape, torch.get_num_threads(), self.dtype)

    def room(self) -> int:
        """Return how many tokens may be written behind an answer."""
        return 0

    def written(self, row: GradedAnswer) -> tuple[int, ...]:
        """Return the tokens that it learns to write behind an answer."""
        del row
        return ()

    def begin(self, examples: Sequence[Example], size: int) -> None:
        """Set what can be known of the training examples before the first step, `size` at once."""

    @abstractmethod
    def loss(self, examples: Sequence[Example]) -> Float[Tensor, ""]:
        """Return the mean loss of examples."""

    @abstractmethod
    def predict(self, answers: Sequence[EncodedAnswer], meter: ModelMeter) -> list[Prediction]:
        """Return the points of each answer."""

    def extra_weights(self) -> Mapping[str, Tensor]:
        """Return its weights beside the base's."""
        return {}

    def load_extra_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Take weights that `extra_weights` gave.

        Raises:
            RuntimeError: they are those of another network.
        """
