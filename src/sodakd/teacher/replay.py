"""A teacher that answers from recorded replies."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sodakd.errors import TeacherError
from sodakd.inference.completions import Completion, Finish
from sodakd.jsonl import append_to_log, read_rows
from sodakd.settings.teacher import Unrecorded
from sodakd.teacher.computed_teacher import ComputedTeacher
from sodakd.teacher.recorded import RecordedReply, level_of
from sodakd.teacher.requests import Invent, TeacherRequest, ask_key, question_id
from sodakd.types import Usage

_NOTHING = Usage(prompt_tokens=0, completion_tokens=0)


class ReplayTeacher(ComputedTeacher):
    """A teacher of records. Its answers are those of the file, whatever its model was.

    An answer is found by the whole ask: the same run, replayed, asks the same things and ends in
    the same bytes. On another machine it does not: an ask may hold what a compiler said, or what
    the student answered. With `unrecorded: nearest` such an ask gets the answer to the recorded one
    of its kind, question, attempt and level; where there is none either, the call has failed. How
    often that was is written to `log`.
    """

    name = "replay"

    def __init__(
        self,
        records: Sequence[RecordedReply],
        source: str,
        unrecorded: Unrecorded = "stop",
        log: Path | None = None,
    ) -> None:
        self._records = {row.ask_key: row for row in records}
        self._near: dict[tuple[object, ...], list[RecordedReply]] = {}
        for row in self._records.values():
            if row.attempt is not None:
                place = (row.kind, row.question, row.attempt, row.level)
                self._near.setdefault(place, []).append(row)
        self._source = source
        self._unrecorded = unrecorded
        self._log = log
        self._served: Counter[str] = Counter()
        texts = "".join(f"{key}{row.text}" for key, row in self._records.items())
        digest = hashlib.sha256(texts.encode()).hexdigest()
        self._version = f"{self.name} {digest}"

    @classmethod
    def open(
        cls, path: Path, unrecorded: Unrecorded = "stop", log: Path | None = None
    ) -> "ReplayTeacher":
        """Read a file of records. Raises `RowError` for a line that is none."""
        return cls(read_rows(path, RecordedReply), str(path), unrecorded, log)

    def version(self, ask: TeacherRequest) -> str:
        """The records, for another file has other answers; and whether the ask is one of theirs."""
        if self._unrecorded == "stop" or ask_key(ask) in self._records:
            return self._version
        return f"{self._version} {self._unrecorded}"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """Nothing has to be open; what was not recorded in this round is told at its end."""
        self._served.clear()
        yield
        near, missing = self._served["near"], self._served["missing"]
        if self._log is not None and near + missing:
            append_to_log(
                self._log,
                f"sodakd: {self._source}: of {self._served.total():,} asks {near:,} got the answer"
                f" to the recorded one of their kind, question and attempt, {missing:,} got none",
            )

    def reply(self, ask: TeacherRequest) -> Completion:
        """The recorded answer. Raises `TeacherError` for an ask that has none, if that stops."""
        found = self._find(ask)
        exact = found is not None and found.ask_key == ask_key(ask)
        self._served["exact" if exact else "near" if found else "missing"] += 1
        if found is None:
            return Completion(text="", finish=Finish.FAILED, usage=_NOTHING, error="not recorded")
        return found.completion()

    def at_most(self, ask: TeacherRequest) -> Usage:
        """What the recorded answer took."""
        found = self._find(ask)
        return _NOTHING if found is None else found.usage

    def _find(self, ask: TeacherRequest) -> RecordedReply | None:
        found = self._records.get(ask_key(ask))
        if found is not None:
            return found
        question = question_id(ask)
        if self._unrecorded == "nearest":
            near = self._near.get((ask.kind, question, ask.attempt, level_of(ask)), ())
            # New questions of one parent and level are told apart by their variants.
            variant = ask.variant if isinstance(ask, Invent) else 0
            return near[variant % len(near)] if near else None
        same = [row for row in self._records.values() if row.question == question]
        kinds = ", ".join(sorted({row.kind for row in same})) or "none"
        raise TeacherError(
            f"{self._source} has no answer to {ask.kind} (attempt {ask.attempt}) on question"
            f" {question}; asks of this question in it: {kinds}. A replay to the byte must be of"
            " the same recipe, seed, sodakd and machine. With teacher.unrecorded=nearest the answer"
            " to the recorded ask of this kind, question and attempt is taken; or record again:"
            " sodakd record DIR --out FILE"
        )
