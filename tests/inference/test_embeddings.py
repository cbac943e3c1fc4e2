"""Vectors of texts, by models with random weights: how they are made, not what they are worth."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sodakd.inference.embeddings import SentenceModel
from sodakd.inference.loading import load_backbone, load_tokenizer
from tests.tiny_models import ENCODERS, write_encoder, write_model

pytestmark = pytest.mark.heavy
TEXTS = ["Sort the words.", "Add two numbers and give the sum of both of them.", ""]


@pytest.mark.parametrize("family", [*ENCODERS, "llama"])
def test_a_vector_is_the_mean_of_a_texts_own_states_whatever_stands_beside_it(
    family: str, tmp_path: Path
) -> None:
    write = write_encoder if family in ENCODERS else write_model
    folder = write(tmp_path, family)
    model = SentenceModel(folder)
    found = model.embed(TEXTS)
    tokenizer, backbone = load_tokenizer(folder), load_backbone(folder).eval()
    for text, vector in zip(TEXTS[:2], found, strict=False):
        with torch.no_grad():
            states = backbone(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        mean = states.mean(0).numpy()
        assert np.allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    long = model.embed([f"{TEXTS[1]} " * 200])
    assert np.isfinite(long).all()
