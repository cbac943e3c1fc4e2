"""A question and an answer as tokens; a verdict and findings only where a scorer is told them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from sodakd.errors import ModelError
from sodakd.scoring.grades import Answer
from sodakd.settings.scoring import ScorerForm
from sodakd.types import Language

_ANALYSIS = "\n\nAnalysis:\n"
_FINDINGS = 5
"""Findings of static tools that a scorer is told, and characters of each."""
_FINDING = 160
_GAP = "\n[...]\n"
_LEAST = 64
"""Tokens below which a question and an answer cannot be shown."""
_TOLD_SHARE = 4
"""What tools found takes one token of so many, at most."""
_UNBOUND = 10**9
"""A tokenizer without a limit says a greater one."""
_QUESTION_SHARE = 3
"""Where both are too long, a question keeps one token of so many."""


@dataclass(frozen=True)
class EncodedAnswer:
    """The tokens of a question and an answer; `start` is where the answer's part begins."""

    tokens: Sequence[int]
    start: int
    cut: bool


class AnswerEncoder:
    """Makes tokens of questions and answers, `max_length` at most.

    What is too long loses its middle: first the answer's, once the question is down to a third.
    Behind them a generative scorer goes on; what is read by heads ends there.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, max_length: int, form: ScorerForm | None = None
    ) -> None:
        if max_length < _LEAST:
            raise ModelError(
                f"a scorer reads {_LEAST} tokens at least; found {max_length}: raise max_length, or"
                " take a base that reads longer texts"
            )
        self.tokenizer = tokenizer
        self.max_length = max_length
        self._form = form or ScorerForm()
        self._before, self._behind = _wrapping(tokenizer)
        if self._form.kind == "generative":
            self._behind = self._tokens(_ANALYSIS)
        self._gap = self._tokens(_GAP)

    def encode(self, answer: Answer) -> EncodedAnswer:
        """Return the tokens of a question and its answer."""
        head = self._tokens(f"Question{_in_words(answer.language)}:\n")
        question = self._tokens(answer.question.strip())
        told = _tools_in_words(answer) if self._form.inputs == "verdict" else ""
        told_tokens = self._tokens(told)[: self.max_length // _TOLD_SHARE]
        between = [*told_tokens, *self._tokens("\n\nAnswer:\n")]
        text = self._tokens(answer.answer.strip("\n"))
        fixed = len(self._before) + len(head) + len(between) + len(self._behind)
        room = self.max_length - fixed
        for_question = min(len(question), max(room // _QUESTION_SHARE, room - len(text)))
        for_answer = room - for_question
        cut = len(question) > for_question or len(text) > for_answer
        question = self._without_middle(question, for_question)
        before = [*self._before, *head, *question]
        behind = [*between, *self._without_middle(text, for_answer), *self._behind]
        return EncodedAnswer([*before, *behind], len(before), cut)

    def _without_middle(self, tokens: list[int], room: int) -> list[int]:
        if len(tokens) <= room:
            return tokens
        kept = max(room - len(self._gap), 0)
        first = kept - kept // 2
        return [*tokens[:first], *self._gap, *tokens[len(tokens) - kept // 2 :]][:room]

    def _tokens(self, text: str) -> list[int]:
        return encode_text(self.tokenizer, text)


def encode_text(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Return the tokens of a text of others: marks of turns in it are plain characters."""
    return _encode(tokenizer, text, add_special_tokens=False, split_special_tokens=True)


def length_limit(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, wanted: int, room: int = 0
) -> int:
    """Return the most tokens that a scorer reads: those wanted, or fewer where its base has no
    places for them and `room` more, which it writes."""
    places = getattr(model.config, "max_position_embeddings", None) or _UNBOUND
    if _counts_behind_pad(model):
        places -= (getattr(model.config, "pad_token_id", None) or 0) + 1
    stated = tokenizer.model_max_length
    return int(min(wanted, places - room, stated - room if stated < _UNBOUND else wanted))


def fill_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the token that fills a batch: any will do, since it is masked."""
    for token in (tokenizer.pad_token_id, tokenizer.eos_token_id):
        if token is not None:
            return int(token)
    return 0


def _counts_behind_pad(model: PreTrainedModel) -> bool:
    """Whether positions begin behind the number of the padding token, as RoBERTa's do."""
    return any(
        name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None
        for name, module in model.named_modules()
    )


def _in_words(language: str) -> str:
    if not language:
        return ""
    known = {one.value: one.display_name for one in Language}
    return f" ({known.get(language, language)})"


def _tools_in_words(answer: Answer) -> str:
    """What the judge and static tools found. Messages of tools may be long: the first few count."""
    verdict = "none" if answer.passed is None else str(answer.outcome).replace("_", " ")
    found = [f"\n{one.as_text[:_FINDING]}" for one in answer.findings[:_FINDINGS]]
    return f"\n\nVerdict: {verdict}\nFindings: {len(answer.findings)}{''.join(found)}"


def _wrapping(tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[int]]:
    """The tokens that a tokenizer sets before and behind a text; an end of text, if it has none."""
    plain = _encode(tokenizer, "x", add_special_tokens=False, split_special_tokens=False)
    wrapped = _encode(tokenizer, "x", add_special_tokens=True, split_special_tokens=False)
    at = next(
        (at for at in range(len(wrapped)) if wrapped[at : at + len(plain)] == plain), len(wrapped)
    )
    behind = wrapped[at + len(plain) :]
    if not behind and tokenizer.eos_token_id is not None:
        behind = [int(tokenizer.eos_token_id)]
    return wrapped[:at], behind


def _encode(
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    *,
    add_special_tokens: bool,
    split_special_tokens: bool,
) -> list[int]:
    found = tokenizer.encode(
        text,
        add_special_tokens=add_special_tokens,
        split_special_tokens=split_special_tokens,
        verbose=False,
    )
    return cast("list[int]", found)
