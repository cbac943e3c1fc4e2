"""A teacher that answers from recorded asks, and the recording of a run's ledger.

A record is found by the whole ask: the same run, replayed, asks the same things, spends nothing and
ends in the same bytes. A record of `any_ask` answers every ask of its kind on its question: so
answers from elsewhere, whose asks nobody wrote down, can be replayed as well.
"""

from collections.abc import Mapping
from pathlib import Path

from sodakd.errors import DataError, TeacherError
from sodakd.inference.completions import Completion, Finish
from sodakd.jsonl import read_rows, write_rows
from sodakd.teacher.computed_teacher import ComputedTeacher
from sodakd.teacher.ledger_schema import reading
from sodakd.teacher.requests import REQUEST_ADAPTER, TeacherRequest, ask_key, question_id
from sodakd.types import FrozenModel, Usage


class RecordedReply(FrozenModel):
    """An ask that was answered. `ask` may be left out: `ask_key` is its hash.

    With `any_ask` the kind and the question's id are enough, whatever else is asked or how often.
    """

    ask_key: str
    kind: str
    question: str
    text: str
    usage: Usage
    finish: Finish = Finish.STOP
    model: str = ""
    ask: dict[str, object] | None = None
    any_ask: bool = False

    @classmethod
    def of(cls, ask: TeacherRequest, text: str, usage: Usage, model: str = "") -> "RecordedReply":
        """The record of an ask and its answer."""
        return cls(
            ask_key=ask_key(ask),
            kind=ask.kind,
            question=question_id(ask),
            text=text,
            usage=usage,
            model=model,
            ask=ask.model_dump(mode="json"),
        )

    def read_ask(self) -> TeacherRequest | None:
        """The ask itself, where it was recorded."""
        return None if self.ask is None else REQUEST_ADAPTER.validate_python(self.ask)


class ReplayTeacher(ComputedTeacher):
    """A teacher of records. Its answers are those of the file, whatever its model was."""

    name = "replay"

    def __init__(self, records: Mapping[str, RecordedReply], source: str) -> None:
        self._records = records
        self._any = {(row.kind, row.question): row for row in records.values() if row.any_ask}
        self._source = source

    @classmethod
    def open(cls, path: Path) -> "ReplayTeacher":
        """Read a file of records. Raises `RowError` for a line that is none."""
        return cls({row.ask_key: row for row in read_rows(path, RecordedReply)}, str(path))

    def reply(self, ask: TeacherRequest) -> Completion:
        """The recorded answer. Raises `TeacherError` for an ask that is not in the file."""
        found = self._record(ask)
        return Completion(text=found.text, usage=found.usage, finish=found.finish)

    def at_most(self, ask: TeacherRequest) -> Usage:
        """What the recorded answer took."""
        return self._record(ask).usage

    def _record(self, ask: TeacherRequest) -> RecordedReply:
        found = self._records.get(ask_key(ask)) or self._any.get((ask.kind, question_id(ask)))
        if found is None:
            same = [row for row in self._records.values() if row.question == question_id(ask)]
            kinds = ", ".join(sorted({row.kind for row in same})) or "none"
            raise TeacherError(
                f"{self._source} has no answer to {ask.kind} (attempt {ask.attempt}) on question"
                f" {question_id(ask)}; asks of this question in it: {kinds}. The replay must be of"
                " the same recipe, seed and sodakd; else record again: sodakd record DIR --out FILE"
            )
        return found


def export_replies(ledger: Path, out: Path) -> int:
    """Write every answered ask of a ledger; the result is their number.

    Raises:
        DataError: there is no ledger, or nothing in it was answered.
        RunError: it cannot be read.
    """
    with reading(ledger) as database:
        rows = [_recorded(*row) for row in database.execute(_ANSWERED)]
    if not rows:
        raise DataError(f"nothing in {ledger} was answered yet")
    write_rows(out, rows)
    return len(rows)


_ANSWERED = (
    "select ask_key, kind, question, reply, reply_prompt_tokens, reply_completion_tokens, finish,"
    " model, ask from calls where state = 'answered' order by ask_key"
)


def _recorded(
    key: str, kind: str, question: str, text: str, prompt: int, completion: int, finish: str,
    model: str, ask: str | None,
) -> RecordedReply:  # fmt: skip
    return RecordedReply(
        ask_key=key,
        kind=kind,
        question=question,
        text=text,
        usage=Usage(prompt_tokens=prompt, completion_tokens=completion),
        finish=Finish(finish),
        model=model,
        ask=None if ask is None else REQUEST_ADAPTER.validate_json(ask).model_dump(mode="json"),
    )
