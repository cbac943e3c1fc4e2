"""How a question's text is laid out for the student, in training and in generation alike.

A tokenizer with a chat template lays the question out by that template. One without it, as the
embedded student's, uses `<|user|>text<|assistant|>answer<|end|>`, where each mark is one token.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

USER = "<|user|>"
ASSISTANT = "<|assistant|>"
END = "<|end|>"
PAD = "<|pad|>"


class Tokenizer(Protocol):
    """The part of a Hugging Face fast tokenizer that is used here."""

    @property
    def chat_template(self) -> str | None: ...
    @property
    def eos_token_id(self) -> int | None: ...
    def encode(
        self, text: str, *, add_special_tokens: bool, split_special_tokens: bool
    ) -> list[int]: ...
    def convert_tokens_to_ids(self, tokens: str) -> int: ...
    def apply_chat_template(
        self,
        conversation: Sequence[Mapping[str, str]],
        *,
        add_generation_prompt: bool,
        tokenize: bool,
        return_dict: bool,
    ) -> list[int]: ...


def encode_prompt(tokenizer: Tokenizer, text: str) -> list[int]:
    """Token ids of a question, up to where the answer begins.

    Marks such as `<|end|>` inside `text` are read as plain characters.
    """
    if tokenizer.chat_template is not None:
        return tokenizer.apply_chat_template(
            [{"role": "user", "content": text}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=False,
        )
    return [
        tokenizer.convert_tokens_to_ids(USER),
        *_plain(tokenizer, text),
        tokenizer.convert_tokens_to_ids(ASSISTANT),
    ]


def encode_answer(tokenizer: Tokenizer, text: str) -> list[int]:
    """Token ids of an answer and the end-of-sequence token: all that is trained on.

    Raises ValueError where the tokenizer has no end-of-sequence token.
    """
    if tokenizer.eos_token_id is None:
        raise ValueError(
            "the tokenizer has no end-of-sequence token, so no answer can end; "
            "set eos_token in its tokenizer_config.json"
        )
    return [*_plain(tokenizer, text), tokenizer.eos_token_id]


def _plain(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
