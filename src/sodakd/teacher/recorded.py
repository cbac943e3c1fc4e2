"""Recorded replies: a ledger's answers as rows of a file, which serve again.

A run takes them with `--reuse`, by the ledger's own keys; a teacher of kind `replay` answers from
them alone.
"""

import gzip
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from sodakd.errors import DataError, RowError
from sodakd.inference.completions import Completion, Finish
from sodakd.jsonl import atomic_write, read_rows
from sodakd.teacher.ledger_schema import is_sqlite, reading
from sodakd.teacher.requests import (
    REQUEST_ADAPTER,
    Invent,
    TeacherRequest,
    ask_key,
    question_id,
)
from sodakd.teacher.spend_report import ledger_in, look_up_answers
from sodakd.types import FrozenModel, Usage

LookUp = Callable[[Sequence[str]], dict[str, Completion]]
"""Finds replies by the keys of a ledger; keys without a reply are left out."""

_ANSWERED = (
    "select key, ask_key, kind, question, ask, reply, reply_prompt_tokens, reply_completion_tokens,"
    " finish, model from calls where state = 'answered' order by at, key"
)


class RecordedReply(FrozenModel):
    """An answer and what was asked, by its hashes.

    `key` is the ledger's: the hash of model, sampling, prompt and ask. `attempt` and `level` are
    those of the ask; of a teacher that computes its answers no ask is kept, and they are None.
    `ask`, in full, is only for readers: nothing is found by it. So is `model`: of a folder its
    name, for a file that is passed on says nothing of the machine it was made on.
    """

    key: str = ""
    ask_key: str
    kind: str
    question: str
    attempt: int | None = None
    level: int | None = None
    text: str
    usage: Usage
    finish: Finish = Finish.STOP
    model: str = ""
    ask: dict[str, object] | None = None

    @classmethod
    def of(cls, ask: TeacherRequest, text: str, usage: Usage, model: str = "") -> "RecordedReply":
        """The record of an ask and its answer, for a replay."""
        return cls(
            ask_key=ask_key(ask),
            kind=ask.kind,
            question=question_id(ask),
            attempt=ask.attempt,
            level=level_of(ask),
            text=text,
            usage=usage,
            model=model,
            ask=ask.model_dump(mode="json"),
        )

    def read_ask(self) -> TeacherRequest | None:
        """The ask itself, where it was recorded."""
        return None if self.ask is None else REQUEST_ADAPTER.validate_python(self.ask)

    def completion(self) -> Completion:
        """The answer, as its teacher gave it."""
        return Completion(text=self.text, usage=self.usage, finish=self.finish)


def level_of(ask: TeacherRequest) -> int | None:
    """The level that a new question is asked for; None of other asks."""
    return ask.level if isinstance(ask, Invent) else None


def export_replies(ledger: Path, out: Path) -> int:
    """Add to a file each answer of a ledger that is not in it; the result is how many it holds.

    What the file holds stays, in its order; answers follow in the order they came in. So a file
    that is written again and again grows at its end. It is compressed if its name ends in `.gz`.

    Raises:
        DataError: there is no ledger, or nothing in it was answered; or the file holds something
            else, or other answers to the same asks.
        RunError: the ledger cannot be read.
    """
    with reading(ledger) as database:
        rows = [_recorded(*row) for row in database.execute(_ANSWERED)]
    if not rows:
        raise DataError(f"nothing in {ledger} was answered yet")
    known = {row.key: row for row in _read_before(out)}
    others = sum(row.key in known and row.text != known[row.key].text for row in rows)
    if others:
        raise DataError(
            f"{out} holds other answers to {others:,} of these asks, of another run: name another"
            f" file; a run begun with --reuse {out} takes its answers"
        )
    known |= {row.key: row for row in rows}
    lines = "".join(f"{row.model_dump_json(exclude_none=True)}\n" for row in known.values())
    content = lines.encode()
    atomic_write(out, gzip.compress(content, mtime=0) if out.suffix == ".gz" else content)
    return len(known)


def _read_before(out: Path) -> list[RecordedReply]:
    if not out.is_file():
        return []
    advice = "--out adds to a file of recorded answers: name another one"
    try:
        rows = read_rows(out, RecordedReply)
    except RowError as error:
        raise DataError(f"{error}; {advice}") from None
    if not all(row.key for row in rows):
        raise DataError(f"{out} holds answers that are of no ledger (they have no key); {advice}")
    return rows


def _recorded(
    key: str, hashed: str, kind: str, question: str, ask: str | None, text: str, prompt: int,
    completion: int, finish: str, model: str,
) -> RecordedReply:  # fmt: skip
    asked = None if ask is None else REQUEST_ADAPTER.validate_json(ask)
    return RecordedReply(
        key=key,
        ask_key=hashed,
        kind=kind,
        question=question,
        attempt=None if asked is None else asked.attempt,
        level=None if asked is None else level_of(asked),
        text=text,
        usage=Usage(prompt_tokens=prompt, completion_tokens=completion),
        finish=Finish(finish),
        model=Path(model).name if Path(model).is_absolute() else model,
    )


def open_answers(place: Path) -> LookUp:
    """Return what finds replies in a run's folder, a ledger or a file of recorded answers.

    Which of them it is, the content says.

    Raises:
        DataError: it is not there, or none of them.
        RunError: a ledger cannot be read.
    """
    path = ledger_in(place)
    if place.is_dir() or not place.exists() or is_sqlite(place):
        look_up_answers(path, [])
        return partial(look_up_answers, path)
    try:
        rows = read_rows(path, RecordedReply)
    except RowError as error:
        raise DataError(
            f"{path} is neither a ledger nor a file of recorded answers, which sodakd record DIR"
            f" --out FILE writes: {error}"
        ) from None
    found = {row.key: row.completion() for row in rows if row.key}
    if not found:
        raise DataError(
            f"{path} holds no answer with a ledger's key: record it from a run (sodakd record DIR"
            " --out FILE); answers from elsewhere are for teacher.kind=replay"
        )
    return lambda keys: {key: found[key] for key in keys if key in found}
