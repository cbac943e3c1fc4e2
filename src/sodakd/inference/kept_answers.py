"""A model whose answers are kept in a file as they come, so that a kill loses none of them."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sodakd.inference.protocols import NOTHING, Generation, OnGeneration, TextGenerator
from sodakd.jsonl import append_rows, read_journal
from sodakd.types import FrozenModel


class KeptAnswer(FrozenModel):
    """An answer, the number of its prompt, and the digest of all that was asked with it."""

    asked: str
    number: int
    text: str
    ended: bool


class KeptAnswers:
    """A `TextGenerator` that asks its model for no answer that the file holds already.

    The model is opened when something is left to ask. `student` tells its weights from others: the
    file's answers to other prompts, of other weights or settings are not taken.
    """

    def __init__(self, open_model: Callable[[], TextGenerator], path: Path, student: str) -> None:
        self._open_model = open_model
        self._path = path
        self._student = student

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        came: OnGeneration | None = None,
        known: Mapping[int, Generation] = NOTHING,
    ) -> list[Generation]:
        """Answers in the order of the prompts; `came` is told of those that were kept, too."""
        values = [self._student, list(prompts), max_new_tokens, temperature, seed]
        asked = hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]
        kept = {
            row.number: Generation(row.text, row.ended)
            for row in read_journal(self._path, KeptAnswer)
            if row.asked == asked
        } | dict(known)
        for number, said in kept.items():
            if came is not None:
                came(number, said)
        if len(kept) == len(prompts):
            return [kept[number] for number in range(len(prompts))]

        def keep(number: int, said: Generation) -> None:
            row = KeptAnswer(asked=asked, number=number, text=said.text, ended=said.ended)
            append_rows(self._path, [row])
            if came is not None:
                came(number, said)

        return self._open_model().generate(
            prompts,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            seed=seed,
            came=keep,
            known=kept,
        )
