"""The models of `gpu.py`, with random weights, and what they are trained on."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

import torch
from pair_data import ANSWERS, PROMPTS, Kind, LengthLaw, random_triples
from transformers import PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

from sodakd.inference.chat_format import ChatFormat, Tokenizer, chat_format_for
from sodakd.training.forward import Forward
from sodakd.training.from_scratch import train_tokenizer
from sodakd.training.schedule import TokenizedExample

Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How large the models are, and how long what they are trained on."""

    small: Qwen2Config
    middle: Qwen2Config
    large: Qwen2Config
    prompts: LengthLaw = PROMPTS
    answers: LengthLaw = ANSWERS
    new_tokens: int = 128


def qwen(
    layers: int,
    width: int,
    heads: int,
    groups: int,
    inner: int,
    vocab: int,
    tied: bool,
    spread: float = 0.02,
) -> Qwen2Config:
    return Qwen2Config(
        num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads,
        num_key_value_heads=groups, intermediate_size=inner, vocab_size=vocab,
        tie_word_embeddings=tied, max_position_embeddings=4096, initializer_range=spread,
    )  # fmt: skip


REAL = Size(
    small=qwen(4, 512, 8, 2, 1408, 8192, tied=True, spread=0.05),
    middle=qwen(28, 1536, 12, 2, 8960, 151_936, tied=True),  # Qwen2.5-1.5B
    large=qwen(28, 3584, 28, 4, 18_944, 152_064, tied=False),  # Qwen2.5-7B
)
TINY = Size(
    small=qwen(2, 64, 4, 2, 128, 512, tied=True, spread=0.2),
    middle=qwen(2, 64, 4, 2, 128, 1024, tied=True),
    large=qwen(2, 64, 4, 2, 128, 1024, tied=False),
    prompts=LengthLaw(20, 50, 33),
    answers=LengthLaw(8, 30, 16),
    new_tokens=8,
)


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make_model(config: Qwen2Config, dtype: torch.dtype) -> PreTrainedModel:
    """A model with random weights, which are drawn where it will compute."""
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with _device():
            return Qwen2ForCausalLM(deepcopy(config))
    finally:
        torch.set_default_dtype(before)


def make_tokenizer() -> tuple[Any, ChatFormat]:
    """A tokenizer of 300 tokens, which stands for that of a model with random weights."""
    tokenizer = train_tokenizer(["def add(a, b):\n    return a + b\n"], 300, 4096)
    return tokenizer, chat_format_for(cast("Tokenizer", tokenizer))


def triples(size: Size, config: Qwen2Config, count: int, kind: Kind) -> list[TokenizedExample]:
    """Triples of random tokens of a model's vocabulary."""
    return random_triples(
        config.vocab_size, 1, count, kind, 0, prompts=size.prompts, answers=size.answers
    )


def name_of(forward: Forward) -> str:
    """The attention of a forward; `padded` where nothing is packed."""
    return "padded" if forward.layout == "padded" else forward.attention
