"""A new student: a tokenizer trained on the texts, and a small Llama with random weights."""

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Regex, decoders, pre_tokenizers
from tokenizers import Tokenizer as FastTokenizer
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

from sodakd.inference.chat_format import ASSISTANT, END, MARKS, PAD, USER
from sodakd.settings.student import StudentShape
from sodakd.training.disk_errors import disk_errors_as_oserror, share_files

# A word takes the space before it with it; a digit never does, and stands alone, so that " 3" and
# "3" are the same token "3". A line break takes the indent of the next line with it.
PRE_TOKENIZE = r"\n[ \t]*| ?[\p{L}\p{M}_]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}_]+|\s"


def train_tokenizer(
    texts: Iterable[str], vocab_size: int, max_length: int
) -> PreTrainedTokenizerFast:
    """Byte-level BPE over `PRE_TOKENIZE`: every text comes back exactly, character by character."""
    tokenizer = FastTokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRE_TOKENIZE), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, END, USER, ASSISTANT],
        initial_alphabet=_alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    trained = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        extra_special_tokens=[USER, ASSISTANT],
        clean_up_tokenization_spaces=False,
        model_max_length=max_length,
    )
    trained.chat_template = MARKS
    return trained


def init_student(texts: Iterable[str], shape: StudentShape, seed: int, out: Path) -> None:
    """Write a new student's folder: config, weights drawn from `seed` (safetensors), tokenizer."""
    logging.disable_progress_bar()
    tokenizer = train_tokenizer(texts, shape.vocab_size, shape.max_position_embeddings)
    config = LlamaConfig(
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.num_hidden_layers,
        num_attention_heads=shape.num_attention_heads,
        num_key_value_heads=shape.num_attention_heads,
        intermediate_size=shape.intermediate_size,
        vocab_size=len(tokenizer),
        initializer_range=shape.initializer_range,
        max_position_embeddings=shape.max_position_embeddings,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    with disk_errors_as_oserror(out):
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)
    share_files(out)


def _alphabet() -> list[str]:
    """The 243 of the 256 byte characters that can occur in UTF-8 text."""
    impossible = {chr(byte) for byte in (0xC0, 0xC1, *range(0xF5, 0x100))}
    return [sign for sign in pre_tokenizers.ByteLevel.alphabet() if sign not in impossible]
