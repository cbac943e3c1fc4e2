"""The generative scorer: a causal model writes an analysis, and then a digit for each rule.

A digit is the number of half points. It is not drawn: the probabilities of a rule's digits are a
distribution over its levels, as the ordinal heads give one, so no reply is unreadable.
"""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from sodakd.errors import ModelError
from sodakd.inference import hf_generate
from sodakd.inference.loading import load_model
from sodakd.inference.model_meter import ModelMeter
from sodakd.scoring.encoding import EncodedAnswer, encode_text, fill_token
from sodakd.scoring.grades import GradedAnswer
from sodakd.scoring.network import Example, ScorerNetwork
from sodakd.scoring.rubric import LEVELS, Prediction, level_of, median_level, points_of
from sodakd.settings.scoring import ScorerSettings
from sodakd.training.forward import Forward
from sodakd.training.objective import to_grid
from sodakd.training.packing import pack
from sodakd.training.precision import computed_in
from sodakd.training.schedule import TokenizedExample

_RULES = tuple(LEVELS.items())


@dataclass(frozen=True)
class PointTokens:
    """Tokens of one's own: `mark` ends an analysis, `levels` are digits, `stop` ends all."""

    mark: int
    levels: tuple[int, ...]
    stop: int

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, folder: Path) -> Self:
        """The tokens of a tokenizer.

        Raises:
            ModelError: it has none for the end of a line, or for a digit.
        """
        most = max(LEVELS.values())
        texts = ["\n", *map(str, range(most))]
        found = [encode_text(tokenizer, text)[-1:] for text in texts]
        tokens = [token for one in found for token in one]
        if len(set(tokens)) != len(texts):
            raise ModelError(
                f"the tokenizer of {folder} has no token of its own for the end of a line and each"
                " of the digits 0 to 4: train a scorer of kind ordinal on it"
            )
        stop = fill_token(tokenizer)
        if stop in tokens:
            stop = min(set(range(most + 2)) - set(tokens))  # any other will do: it is not written
        return cls(tokens[0], tuple(tokens[1:]), stop)


class PointSelector:
    """Selects the tokens of analyses, up to `most`, and has each followed by five digits.

    `masses` are the probabilities of each rule's levels, a list for each row.
    """

    def __init__(self, own: PointTokens, rows: int, most: int) -> None:
        self._own = own
        self._most = most
        self._rows = list(range(rows))
        self._analysed = [False] * rows
        self.masses: list[list[list[float]]] = [[] for _ in range(rows)]

    def select(self, logits: Float[Tensor, "rows vocab"], step: int) -> Int[Tensor, " rows"]:
        """The tokens of this step."""
        likeliest = logits.argmax(-1).tolist()
        digits = logits[:, list(self._own.levels)].float()
        chosen = [
            self._next(row, token, levels, step)
            for row, token, levels in zip(self._rows, likeliest, digits, strict=True)
        ]
        return torch.tensor(chosen, device=logits.device)

    def compact(self, rows: Int[Tensor, " kept"]) -> None:
        """Go on with some of the rows."""
        self._rows = [self._rows[row] for row in rows.tolist()]

    def _next(self, row: int, token: int, digits: Float[Tensor, " levels"], step: int) -> int:
        own, masses = self._own, self.masses[row]
        if not self._analysed[row]:
            self._analysed[row] = step >= self._most or token in {own.mark, own.stop}
            return own.mark if self._analysed[row] else token
        if len(masses) == len(_RULES):
            return own.stop
        _, levels = _RULES[len(masses)]
        masses.append(digits[:levels].softmax(-1).tolist())
        return own.levels[median_level(masses[-1])]


class GenerativeNetwork(ScorerNetwork):
    """A causal language model that writes an analysis and points behind an answer."""

    task = "CAUSAL_LM"

    def __init__(
        self,
        backbone: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        own: PointTokens,
        analysis: int,
    ) -> None:
        super().__init__(backbone)
        self._tokenizer = tokenizer
        self._own = own
        self._analysis = analysis
        backbone.generation_config = hf_generate.empty_generation_config()

    @classmethod
    def open(
        cls, folder: Path, tokenizer: PreTrainedTokenizerBase, settings: ScorerSettings
    ) -> Self:
        """Return the causal model of a folder.

        Raises:
            ModelError: it cannot be loaded, is no causal model, or its tokenizer lacks digits.
        """
        own = PointTokens.of(tokenizer, folder)
        model = load_model(folder, "float32")
        with torch.inference_mode():
            pair = torch.tensor([[own.mark, at] for at in own.levels[:2]])
            one, other = model(pair).logits[:, 0]
        if not torch.allclose(one, other, atol=1e-4):
            raise ModelError(
                f"{folder} is no causal model, for its tokens see those that follow: train a scorer"
                " of kind ordinal on it, or name another base"
            )
        return cls(model, tokenizer, own, settings.analysis_tokens)

    def room(self) -> int:
        """Return how many tokens may be written behind an answer."""
        return self._analysis + len(_RULES) + 2

    def written(self, row: GradedAnswer) -> tuple[int, ...]:
        """Return the tokens of a grade: its reason in one line, and the levels as digits."""
        analysis = encode_text(self._tokenizer, " ".join(row.score.reason.split()))
        levels = [self._own.levels[level_of(points)] for points in points_of(row.score).values()]
        return (*analysis[: self._analysis], self._own.mark, *levels)

    def loss(self, examples: Sequence[Example]) -> Float[Tensor, ""]:
        """Return the negative log-likelihood: means over a grade's analysis and over its points,
        added up, so that a long analysis counts no more than a short one."""
        texts = [TokenizedExample(tuple(one.answer.tokens), one.written, None) for one in examples]
        batch = pack(texts, rejected=False).to(self.device)
        with computed_in(self.backbone, self.dtype) if self.dtype else nullcontext():
            logp = Forward("padded").logps(self.backbone, batch)
        grid, there = to_grid(logp, batch.answers)
        place = torch.arange(grid.shape[1], device=grid.device)
        lengths = there.sum(1, keepdim=True)
        points = there & (place >= lengths - len(_RULES))
        analysis = there & ~points
        means = [(grid * part).sum(1) / part.sum(1) for part in (analysis, points)]
        return -(means[0] + means[1]).mean()

    def predict(self, answers: Sequence[EncodedAnswer], meter: ModelMeter) -> list[Prediction]:
        """Return the points of each answer, and the analysis before them."""
        selector = PointSelector(self._own, len(answers), self._analysis)
        prompts = [list(one.tokens) for one in answers]
        stops = frozenset({self._own.stop})
        began = time.monotonic()

        def ended(row: int, tokens: list[int]) -> None:
            meter.answered(len(prompts[row]), len(tokens) + 1, began)

        written = hf_generate.decode(self.backbone, prompts, self.room(), stops, selector, ended)
        return [
            Prediction.of(
                dict(zip(LEVELS, masses, strict=True)),
                cut=one.cut,
                analysis=str(self._tokenizer.decode(text[: -len(_RULES) - 1])).strip(),
            )
            for one, text, masses in zip(answers, written, selector.masses, strict=True)
        ]
