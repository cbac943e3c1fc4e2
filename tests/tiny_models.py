"""Pretrained models that are a few thousand parameters: folders as the hub has them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from pydantic import JsonValue
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    RobertaConfig,
    RobertaForMaskedLM,
    Starcoder2Config,
    Starcoder2ForCausalLM,
)

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TRACKED = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}<|im_start|>assistant\n"
    "{% generation %}{{ m['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}{% else %}"
    "{{ '<|im_start|>user\n' + m['content'] + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""As ChatML, with the marks by which some trainers know the assistant's part."""
TEXTS = [
    "Write a function that adds two numbers.\ndef add(a, b):\n    return a + b\n",
    "### Instruction:\nReturn the longest word.\n\n### Response:\nmax(words, key=len)\n",
    "<|im_start|>user\n system assistant for x in range(10): print(x)",
]


def byte_tokenizer(chat_template: str | None) -> PreTrainedTokenizerFast:
    """A byte-level BPE like Qwen's: it ends texts by `<|endoftext|>`, and turns by `<|im_end|>`."""
    inner = Tokenizer(BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(TEXTS, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        extra_special_tokens=special[1:],
        clean_up_tokenization_spaces=False,
        model_max_length=512,
    )
    tokenizer.chat_template = chat_template
    return tokenizer


def _llama(vocab: int) -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig.from_dict({**_shape(vocab), "tie_word_embeddings": True}))


def _qwen2(vocab: int) -> PreTrainedModel:
    return Qwen2ForCausalLM(Qwen2Config.from_dict({**_shape(vocab), "num_key_value_heads": 1}))


def _windowed(vocab: int) -> PreTrainedModel:
    return MistralForCausalLM(MistralConfig.from_dict({**_shape(vocab), "sliding_window": 8}))


def _starcoder2(vocab: int) -> PreTrainedModel:
    return Starcoder2ForCausalLM(Starcoder2Config.from_dict(_shape(vocab)))


def _gpt2(vocab: int) -> PreTrainedModel:
    shape = {"vocab_size": vocab, "n_positions": 512, "n_embd": 32, "n_layer": 2, "n_head": 2}
    return GPT2LMHeadModel(GPT2Config.from_dict(shape))


def _shape(vocab: int) -> dict[str, JsonValue]:
    return {
        "vocab_size": vocab,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
    }


FAMILIES: Mapping[str, Callable[[int], PreTrainedModel]] = {
    "llama": _llama,
    "qwen2": _qwen2,
    "windowed": _windowed,
    "starcoder2": _starcoder2,
    "gpt2": _gpt2,
}


def _bert(vocab: int) -> PreTrainedModel:
    return BertForMaskedLM(BertConfig.from_dict(_shape(vocab)))


def _roberta(vocab: int) -> PreTrainedModel:
    shape = {**_shape(vocab), "max_position_embeddings": 130, "pad_token_id": 1}
    return RobertaForMaskedLM(RobertaConfig.from_dict(shape))


ENCODERS: Mapping[str, Callable[[int], PreTrainedModel]] = {"bert": _bert, "roberta": _roberta}


def write_encoder(folder: Path, family: str) -> Path:
    """Write an encoder with random weights, and its tokenizer, into a folder."""
    tokenizer = byte_tokenizer(None)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = ENCODERS[family](len(tokenizer))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_model(
    folder: Path, family: str = "qwen2", chat_template: str | None = CHATML, seed: int = 0
) -> Path:
    """Write a model with random weights, and its tokenizer, into a folder."""
    tokenizer = byte_tokenizer(chat_template)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = FAMILIES[family](len(tokenizer))
    model.config.eos_token_id = model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.config.bos_token_id = model.generation_config.bos_token_id = None
    model.config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
