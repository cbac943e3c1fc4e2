"""How a question and its answer become token ids, in training and in generation alike.

Three layouts, by what the tokenizer has. A chat template is used as it is. The embedded student's
marks make `<|user|>text<|assistant|>answer<|end|>`, each mark one token; its template says the same
to others, but here a mark within a text stays plain characters. A base model has neither: it gets
`INSTRUCTION` as its chat template, which is saved with the student, so that every engine that
serves it lays questions out in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, overload

from sodakd.errors import ModelError

USER = "<|user|>"
ASSISTANT = "<|assistant|>"
END = "<|end|>"
PAD = "<|pad|>"

INSTRUCTION = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    "{{ '### Response:\n' + message['content'] + eos_token + '\n' }}"
    "{% elif message['role'] == 'system' %}"
    "{{ message['content'] + '\n\n' }}"
    "{% else %}"
    "{{ '### Instruction:\n' + message['content'] + '\n\n' }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}"
)
"""The layout of a base model without a chat template."""

MARKS = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    f"{{{{ '{ASSISTANT}' + message['content'] + '{END}' }}}}"
    "{% else %}"
    f"{{{{ '{USER}' + message['content'] }}}}"
    "{% endif %}{% endfor %}"
    f"{{% if add_generation_prompt %}}{{{{ '{ASSISTANT}' }}}}{{% endif %}}"
)
"""The layout of a student from scratch as a chat template, for whoever opens it elsewhere."""

_FIXED_DAY = "{% macro strftime_now(format) %}26 Jul 2024{% endmacro %}\n"
"""Stands before a template that asks for the day: a student's prompts are the same on every day."""
_QUESTION = "question0probe"
_PROBE = "answer0probe"
_BLANKS = "return a\n    in b"
_Message = Mapping[str, str]


class Tokenizer(Protocol):
    """The part of a Hugging Face fast tokenizer that is used here."""

    chat_template: str | None

    @property
    def eos_token_id(self) -> int | None: ...
    @property
    def bos_token_id(self) -> int | None: ...
    @property
    def added_tokens_decoder(self) -> Mapping[int, object]: ...
    def get_added_vocab(self) -> Mapping[str, int]: ...
    def encode(
        self, text: str, *, add_special_tokens: bool, split_special_tokens: bool
    ) -> list[int]: ...
    def decode(
        self,
        token_ids: Sequence[int],
        *,
        skip_special_tokens: bool,
        clean_up_tokenization_spaces: bool,
    ) -> str: ...
    def convert_tokens_to_ids(self, tokens: str) -> int: ...
    @overload
    def apply_chat_template(
        self,
        conversation: Sequence[_Message],
        *,
        add_generation_prompt: bool,
        tokenize: Literal[True],
        return_dict: Literal[False],
    ) -> list[int]: ...
    @overload
    def apply_chat_template(
        self,
        conversation: Sequence[_Message],
        *,
        add_generation_prompt: bool,
        tokenize: Literal[False],
    ) -> str: ...


@dataclass(frozen=True)
class ChatFormat:
    """Token ids of questions and answers for one tokenizer.

    `end` is the token that closes an answer, and is trained on; any of `stops` ends a generation,
    `end` among them. With `plain` a question is a text that the model continues, without a layout.
    """

    tokenizer: Tokenizer
    end: int
    stops: frozenset[int]
    plain: bool = False

    def prompt(self, text: str) -> list[int]:
        """Token ids of a question, up to where the answer begins.

        With the embedded marks, such a mark inside `text` is read as plain characters.
        """
        tokenizer = self.tokenizer
        if self.plain:
            return tokenizer.encode(text, add_special_tokens=True, split_special_tokens=True)
        if tokenizer.chat_template not in (None, MARKS):
            return tokenizer.apply_chat_template(
                [{"role": "user", "content": text}],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=False,
            )
        return [
            tokenizer.convert_tokens_to_ids(USER),
            *self._plain(text),
            tokenizer.convert_tokens_to_ids(ASSISTANT),
        ]

    def answer(self, text: str) -> list[int]:
        """Token ids of an answer and the token that ends it: all that is trained on."""
        return [*self._plain(text), self.end]

    def text(self, ids: Sequence[int]) -> str:
        """The text of token ids, without special tokens."""
        return self.tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )

    def token_text(self, token: int) -> str:
        """The text of one token, special or not."""
        return self.tokenizer.decode(
            [token], skip_special_tokens=False, clean_up_tokenization_spaces=False
        )

    def _plain(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)


def with_fixed_day(template: str) -> str:
    """Return a chat template whose texts do not change with the calendar, as Llama 3's do."""
    if "strftime_now" not in template or template.startswith(_FIXED_DAY):
        return template
    return _FIXED_DAY + template


def chat_format_for(tokenizer: Tokenizer, also_stops: Iterable[int] = ()) -> ChatFormat:
    """The layout of a tokenizer; one that has none gets `INSTRUCTION` as its chat template.

    `also_stops` are further tokens that end an answer, as a generation config has them.

    Raises:
        ModelError: no token ends an answer, the chat template takes no question with an answer, or
            the tokenizer loses blanks.
    """
    if tokenizer.chat_template is None and USER not in tokenizer.get_added_vocab():
        tokenizer.chat_template = _begin(tokenizer) + INSTRUCTION
    end = _turn_end(tokenizer) if tokenizer.chat_template not in (None, MARKS) else None
    if end is None:
        end = tokenizer.eos_token_id
    if end is None:
        raise ModelError(
            "the tokenizer has no end-of-sequence token, so no answer can end;"
            " set eos_token in its tokenizer_config.json"
        )
    _check_blanks(tokenizer)
    eos = {tokenizer.eos_token_id} - {None}
    return ChatFormat(
        tokenizer, end, frozenset({end, *(n for n in eos if n is not None), *also_stops})
    )


def _begin(tokenizer: Tokenizer) -> str:
    """The mark of a text's begin, where the tokenizer sets it before every text."""
    ids = tokenizer.encode("x", add_special_tokens=True, split_special_tokens=False)
    begins = tokenizer.bos_token_id is not None and ids[0] == tokenizer.bos_token_id
    return "{{ bos_token }}" if begins else ""


def _check_blanks(tokenizer: Tokenizer) -> None:
    """Refuse a tokenizer that loses blanks: no code could be asked for, or written.

    Some versions of transformers 5 read byte-level tokenizers whose class is said to be Llama's so
    (huggingface/transformers#46489): DeepSeek-Coder's.
    """
    ids = tokenizer.encode(_BLANKS, add_special_tokens=False, split_special_tokens=True)
    said = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    if said.strip() != _BLANKS:
        raise ModelError(
            f"the tokenizer makes {said!r} of {_BLANKS!r}: install a newer transformers (5.23 reads"
            " DeepSeek-Coder's right), or mend tokenizer_class in its tokenizer_config.json"
        )


def _turn_end(tokenizer: Tokenizer) -> int | None:
    """The first special token that the chat template sets behind an answer."""
    question = {"role": "user", "content": _QUESTION}
    asked = _rendered(tokenizer, [question], True)
    answered = _rendered(tokenizer, [question, {"role": "assistant", "content": _PROBE}], False)
    for part, text, probe in (("question", asked, _QUESTION), ("answer", answered, _PROBE)):
        if probe not in text:
            raise ModelError(
                f"the chat template of the tokenizer leaves the {part} out: it makes {text!r} of"
                f" {probe!r}; name another one: student.chat_template"
            )
    behind = answered.rpartition(_PROBE)[2]
    special = set(tokenizer.added_tokens_decoder)
    ids = tokenizer.encode(behind, add_special_tokens=False, split_special_tokens=False)
    return next((token for token in ids if token in special), None)


def _rendered(tokenizer: Tokenizer, messages: Sequence[_Message], ask: bool) -> str:
    try:
        return tokenizer.apply_chat_template(messages, add_generation_prompt=ask, tokenize=False)
    except Exception as error:  # whatever a template of somebody else's raises
        raise ModelError(
            f"the chat template of the tokenizer takes no question with its answer: {error};"
            " name another one: student.chat_template"
        ) from error
