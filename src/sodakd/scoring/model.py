"""The scorer: a base's states, pooled over an answer, under five ordinal heads; its folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from sodakd.errors import ModelError
from sodakd.inference.devices import resolve_device
from sodakd.inference.loading import load_backbone, load_tokenizer
from sodakd.inference.model_meter import ModelMeter, ModelShape, causal_pairs
from sodakd.jsonl import atomic_write
from sodakd.scoring.encoding import AnswerEncoder, EncodedAnswer, fill_token
from sodakd.scoring.grades import Answer
from sodakd.scoring.ordinal import OrdinalHeads
from sodakd.scoring.rubric import LEVELS, Prediction
from sodakd.settings.scoring import ScorerSettings
from sodakd.training.disk_errors import share_files
from sodakd.training.precision import computed_in
from sodakd.types import FrozenModel

CARD = "scorer.json"
HEADS = "heads.safetensors"
POOLING = "mean over the answer's tokens"
_BATCH_TOKENS = 8192
"""Tokens of a batch that is only scored, the filling ones too."""


class ScorerCard(FrozenModel):
    """What a scorer is and what trained it: `scorer.json`.

    `trained_on` counts its answers by `language` and `author`; `stopping_loss` is that of the kept
    `epoch`, in nats a rule, and `shares_loss` what knowing the frequencies of the grades comes to.
    """

    kind: str = "ordinal heads"
    version: int = 1
    base: str
    base_sha256: str
    pooling: str = POOLING
    rules: Mapping[str, int] = dict(LEVELS)
    max_length: int
    seed: int
    settings: ScorerSettings
    answers: int
    trained_on: Mapping[str, Mapping[str, int]]
    epoch: int
    stopping_loss: float
    shares_loss: float


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


class ScoringNetwork(nn.Module):
    """A base and the heads on it. `dtype`: what the base is computed in, if not its own."""

    def __init__(
        self, backbone: PreTrainedModel, heads: OrdinalHeads, dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.heads = heads
        self.dtype = dtype

    def vectors(self, batch: TokenBatch) -> Float[Tensor, "answers width"]:
        """Return each answer's vector: the mean of the last states of its tokens, in float32.

        The question is read with it, and not pooled: each of its tokens precedes the answer's, so
        that a causal base has it in their states as well as an encoder.
        """
        with computed_in(self.backbone, self.dtype) if self.dtype else nullcontext():
            found = self.backbone(input_ids=batch.tokens, attention_mask=batch.there.long())
        states = found.last_hidden_state.float()
        weight = batch.pooled[:, :, None].to(states.dtype)
        mean: Tensor = (states * weight).sum(1) / weight.sum(1)
        return mean


def new_network(backbone: PreTrainedModel) -> ScoringNetwork:
    """Return a base with heads that have learned nothing.

    Raises:
        ModelError: the base's config has no width.
    """
    width = getattr(backbone.config, "hidden_size", None)
    if not isinstance(width, int):
        raise ModelError(
            f"a {type(backbone).__name__} says no hidden_size in its config: name another base"
        )
    return ScoringNetwork(backbone, OrdinalHeads(width))


class Scorer:
    """A scorer that is loaded. It is told a question, its language and an answer, and no more."""

    def __init__(
        self, network: ScoringNetwork, tokenizer: PreTrainedTokenizerBase, card: ScorerCard
    ) -> None:
        self.network = network.eval()
        self.card = card
        self._encoder = AnswerEncoder(tokenizer, card.max_length)
        self._fill = fill_token(tokenizer)

    def score(self, answers: Sequence[Answer]) -> list[Prediction]:
        """Return the points of each answer, in their order."""
        encoded = [self._encoder.encode(answer) for answer in answers]
        device = next(self.network.parameters()).device
        found: dict[int, Prediction] = {}
        meter = meter_of(self.network)
        with torch.inference_mode(), meter.working():
            for places in batches_by_length(encoded, _BATCH_TOKENS):
                chosen = [encoded[at] for at in places]
                meter.read(*passed(chosen))
                vectors = self.network.vectors(TokenBatch.of(chosen, self._fill, device))
                said = self.network.heads.predictions(vectors, [one.cut for one in chosen])
                found.update(zip(places, said, strict=True))
        return [found[at] for at in range(len(answers))]


def meter_of(network: ScoringNetwork) -> ModelMeter:
    """Return the meter of a network where it computes now, with as many threads as now."""
    backbone = network.backbone
    shape = ModelShape.of(backbone)
    return ModelMeter(backbone, "scorer", shape, torch.get_num_threads(), network.dtype)


def passed(answers: Sequence[EncodedAnswer]) -> tuple[int, int, int]:
    """Return how many tokens of answers are read, predict another one, and see one another."""
    lengths = [len(one.tokens) for one in answers]
    return sum(lengths), 0, sum(map(causal_pairs, lengths))


def batches_by_length(answers: Sequence[EncodedAnswer], tokens: int) -> Iterator[list[int]]:
    """Yield places of answers of like lengths, the longest first; each batch is filled up to
    `tokens` at most, and holds one answer at least."""
    order = sorted(range(len(answers)), key=lambda at: (-len(answers[at].tokens), at))
    while order:
        size = max(1, tokens // len(answers[order[0]].tokens))
        yield order[:size]
        del order[:size]


def save_scorer(
    network: ScoringNetwork, tokenizer: PreTrainedTokenizerBase, card: ScorerCard, folder: Path
) -> None:
    """Write a scorer's folder: its base as transformers has it, its heads, its card."""
    network.backbone.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    heads = {name: one.detach().cpu() for name, one in network.heads.state_dict().items()}
    save_file(heads, folder / HEADS)
    share_files(folder)
    atomic_write(folder / CARD, (card.model_dump_json(indent=2) + "\n").encode())


def load_scorer(folder: Path, device: str | None = None) -> Scorer:
    """Return the scorer of a folder, on a device (cuda where there is one if None).

    Raises:
        ModelError: the folder holds none, or one of another kind; or there is no such device.
    """
    card = read_card(folder)
    logging.disable_progress_bar()
    place = resolve_device(device, "--")
    network = new_network(load_backbone(folder))
    try:
        network.heads.load_state_dict(load_file(folder / HEADS))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"the heads of {folder} cannot be loaded: {error}; train it again"
        ) from None
    return Scorer(network.to(place), load_tokenizer(folder), card)


def read_card(folder: Path) -> ScorerCard:
    """Return what a scorer's folder says of it.

    Raises:
        ModelError: the folder holds no scorer, or one of another kind.
    """
    path = folder / CARD
    try:
        card = ScorerCard.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"{folder} holds no scorer: {path} cannot be read ({reason}); `sodakd scorer train`"
            " writes one"
        ) from None
    ours = ("ordinal heads", 1, dict(LEVELS), POOLING)
    if (card.kind, card.version, dict(card.rules), card.pooling) != ours:
        raise ModelError(
            f"{folder} holds a scorer of another kind ({card.kind}, version {card.version},"
            f" {card.pooling}): use the version of sodakd that trained it, or train it again"
        )
    return card
