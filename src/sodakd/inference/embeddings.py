"""Vectors of texts by a sentence model of a local folder: near ones say the same in other words."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sodakd.inference.devices import resolve_device
from sodakd.inference.loading import load_backbone, load_tokenizer

_BATCH = 64
_FIRST = 2
"""Places that some models (RoBERTa) count before a text's first."""
_LONGEST = 512
"""Tokens of a text that are read at most: sentence models are trained on no more."""


class SentenceModel:
    """A model whose mean state over a text's tokens is the text's vector, of length 1.

    Raises:
        ModelError: the folder holds no model, or none that gives states.
    """

    def __init__(self, folder: Path) -> None:
        self._tokenizer = load_tokenizer(folder)
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._model = load_backbone(folder).eval().to(resolve_device(None))
        places = getattr(self._model.config, "max_position_embeddings", None) or _LONGEST + _FIRST
        self._longest = min(_LONGEST, self._tokenizer.model_max_length, places - _FIRST)

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row for each text; its end is left out where it is too long."""
        found = []
        for start in range(0, len(texts), _BATCH):
            batch = self._tokenizer(
                [text.strip() or "." for text in texts[start : start + _BATCH]],
                padding=True,
                truncation=True,
                max_length=self._longest,
                return_tensors="pt",
            ).to(self._model.device)
            mask = batch["attention_mask"][..., None]
            states = self._model(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).last_hidden_state.float()
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
            found.append(torch.nn.functional.normalize(mean, dim=1).cpu().numpy())
        return np.concatenate(found)
