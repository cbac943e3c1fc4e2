"""Small models with a mind of their own: random weights large enough that answers differ."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from sodakd.inference.canary import Canary, write_canary
from sodakd.inference.canary_reference import record_canary
from sodakd.inference.chat_format import ChatFormat
from sodakd.inference.loading import open_tokenizer
from tests.tiny_models import CHATML, write_model


def write_lively(
    folder: Path, family: str = "qwen2", seed: int = 0, chat_template: str | None = CHATML
) -> Path:
    """Write a model whose greedy answers differ from prompt to prompt, without a canary."""
    write_model(folder, family, chat_template, seed)
    model = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(12)
    model.save_pretrained(folder)
    return folder


def opened(folder: Path) -> tuple[PreTrainedModel, ChatFormat]:
    """A folder's model as transformers opens it, and its layout."""
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder)
    return model, open_tokenizer(folder)[1]


def keep_canary(folder: Path) -> Canary:
    """Record the canary of a folder into it, as its trainer would."""
    canary = record_canary(*opened(folder))
    write_canary(canary, folder)
    return canary


def nudge(folder: Path, size: float) -> None:
    """Change the weights a little, in place, as a short training does."""
    model, _ = opened(folder)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.add_(size * parameter.std() * noise)
    model.save_pretrained(folder)
