"""The scorer: its kinds, its card and its folder."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerBase
from transformers.utils import logging

from sodakd.errors import ModelError
from sodakd.inference.devices import resolve_device
from sodakd.inference.loading import load_tokenizer
from sodakd.jsonl import atomic_write
from sodakd.scoring.encoding import AnswerEncoder
from sodakd.scoring.generative import GenerativeNetwork
from sodakd.scoring.grades import Answer
from sodakd.scoring.network import ScorerNetwork
from sodakd.scoring.ordinal_network import OrdinalNetwork
from sodakd.scoring.rubric import LEVELS, Prediction
from sodakd.settings.scoring import ScorerForm, ScorerSettings
from sodakd.training.disk_errors import share_files
from sodakd.types import FrozenModel

CARD = "scorer.json"
HEADS = "heads.safetensors"
VERSION = 2
_BATCH_TOKENS = 8192
"""Tokens of a batch that is only scored, the filling ones too."""


class ScorerCard(FrozenModel):
    """What a scorer is and what trained it: `scorer.json`.

    `trained_on` counts its answers by `language` and `author`; `stopping_loss` is that of the kept
    `epoch`, and `first_loss` what it began with: an ordinal scorer knows the frequencies of grades.
    """

    kind: str
    inputs: Literal["answer", "verdict"] = "answer"
    version: int = VERSION
    base: str
    base_sha256: str
    rules: Mapping[str, int] = dict(LEVELS)
    max_length: int
    seed: int
    settings: ScorerSettings
    answers: int
    trained_on: Mapping[str, Mapping[str, int]]
    epoch: int
    stopping_loss: float
    first_loss: float

    @property
    def form(self) -> ScorerForm:
        """What it is, and what it is told."""
        return ScorerForm.model_validate({"kind": self.kind, "inputs": self.inputs})


KINDS: Mapping[str, Callable[[Path, PreTrainedTokenizerBase, ScorerSettings], ScorerNetwork]] = {
    "ordinal": OrdinalNetwork.open,
    "generative": GenerativeNetwork.open,
}
"""Kinds of scorers: each opens a base to be trained, or the folder of a scorer."""


class Scorer:
    """A scorer that is loaded. It is told a question, its language and an answer, and no more,
    unless its card says so."""

    def __init__(
        self, network: ScorerNetwork, tokenizer: PreTrainedTokenizerBase, card: ScorerCard
    ) -> None:
        self.network = network.eval()
        self.card = card
        self._encoder = AnswerEncoder(tokenizer, card.max_length, card.form)

    def score(self, answers: Sequence[Answer]) -> list[Prediction]:
        """Return the points of each answer, in their order."""
        encoded = [self._encoder.encode(answer) for answer in answers]
        lengths = [len(one.tokens) + self.network.room() for one in encoded]
        found: dict[int, Prediction] = {}
        meter = self.network.meter()
        with torch.inference_mode(), meter.working():
            for places in batches_by_length(lengths, _BATCH_TOKENS):
                said = self.network.predict([encoded[at] for at in places], meter)
                found.update(zip(places, said, strict=True))
        return [found[at] for at in range(len(answers))]


def batches_by_length(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Yield places of answers of like lengths, the longest first; each batch is filled up to
    `tokens` at most, and holds one answer at least."""
    order = sorted(range(len(lengths)), key=lambda at: (-lengths[at], at))
    while order:
        size = max(1, tokens // lengths[order[0]])
        yield order[:size]
        del order[:size]


def save_scorer(
    network: ScorerNetwork, tokenizer: PreTrainedTokenizerBase, card: ScorerCard, folder: Path
) -> None:
    """Write a scorer's folder: its base as transformers has it, its heads if any, its card."""
    network.backbone.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    heads = {name: one.detach().cpu() for name, one in network.extra_weights().items()}
    if heads:
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
    tokenizer = load_tokenizer(folder)
    network = KINDS[card.kind](folder, tokenizer, card.settings)
    if network.extra_weights():
        try:
            network.load_extra_weights(load_file(folder / HEADS))
        except (OSError, RuntimeError, SafetensorError) as error:
            raise ModelError(
                f"the heads of {folder} cannot be loaded: {error}; train it again"
            ) from None
    return Scorer(network.to(place), tokenizer, card)


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
    ours = (VERSION, dict(LEVELS))
    if card.kind not in KINDS or (card.version, dict(card.rules)) != ours:
        raise ModelError(
            f"{folder} holds a scorer of another kind ({card.kind}, version {card.version}): use"
            " the version of sodakd that trained it, or train it again"
        )
    return card
