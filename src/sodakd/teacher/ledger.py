"""The ledger: cache and books of every call to a teacher, in one SQLite file.

What an attempt may cost at most is reserved before it is made, in one transaction, so the budget is
never passed: not with many calls in flight, and not by several processes on one ledger. The answer
is stored before it is used, so nothing paid for is asked twice. An attempt that may have been paid
for and brought nothing (cut off on its way, or in flight when its process was killed) is `lost`: it
stays in the books at the most it can have cost.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from sodakd.errors import BudgetReached
from sodakd.models.apart import few_collections, run_apart
from sodakd.models.completions import Finish
from sodakd.settings.teacher import Budget
from sodakd.teacher import books
from sodakd.teacher.asks import Ask, CallingTeacher, Reply, Teacher, ask_key, request_key
from sodakd.teacher.books import Call
from sodakd.teacher.commit import GroupCommit
from sodakd.teacher.file import note_unpriced, open_ledger_file, transaction
from sodakd.teacher.money import NANO, Prices, SpendRow, Spent
from sodakd.teacher.round import Round, Shown

__all__ = ["NANO", "Ledger", "Prices", "SpendRow", "Spent"]

_CHUNK = 64  # computed answers booked in one transaction


class Ledger:
    """A teacher behind its books. Safe to share between threads, and its file between processes."""

    def __init__(
        self, path: Path, teacher: Teacher | CallingTeacher, prices: Prices, budget: Budget
    ) -> None:
        self.teacher = teacher
        self.prices = prices
        self.budget = budget
        self._path = path
        self._lock = threading.Lock()
        # An answer that was paid for must survive a power cut; a computed one needs no fsync.
        self._calling = teacher if isinstance(teacher, CallingTeacher) else None
        self._database = open_ledger_file(path, "full" if self._calling else "normal")
        if not prices.known and self._calling is not None:
            with transaction(self._database, path):
                note_unpriced(self._database, self._calling.model)

    def close(self) -> None:
        self._database.close()

    def ask(
        self,
        asks: Sequence[Ask],
        step: str,
        tally: Counter[str],
        progress: Shown | None = None,
    ) -> list[Reply]:
        """Answers to asks, in their order: from the ledger where they are known, else asked for.

        Calls and tokens are added to `tally`, known answers too: a method's need does not depend
        on what the ledger holds. A reply that was cut off, filtered or failed is counted there.

        Raises:
            BudgetReached: the next call could pass the budget. The answers so far are kept.
            TeacherError, EndpointError: the teacher cannot answer.
        """
        with self._lock, few_collections:
            keys: list[str] = []
            calls = self._calls(asks, step, keys)  # read as they are made, where none is known
            waiting, replies = len(asks), dict[str, Reply]()
            if books.hold_answers(self._database):
                every = {call.key: call for call in calls}
                found = books.known(self._database, [*every])
                early = [key for key, (_, booked) in found.items() if step < booked]
                if early:
                    with transaction(self._database, self._path):
                        books.book_under(self._database, step, early)
                replies = {key: reply for key, (reply, _) in found.items()}
                waiting = len(every) - len(found)
                calls = iter([call for key, call in every.items() if key not in found])
            shown = _counted(progress, len(asks) - waiting, len(asks))
            if self._calling is not None:
                database = GroupCommit(self._database, self._path)
                work = Round(database, self._calling, self.prices, self.budget, calls, shown)
                replies |= run_apart(work.run(waiting)) if waiting else {}
            elif not isinstance(self.teacher, CallingTeacher):
                replies |= self._compute(self.teacher, list(calls), shown)
        answers = [replies[key] for key in keys]
        shown(len(answers))
        tally["teacher_calls"] += len(answers)
        tally["prompt_tokens"] += sum(reply.usage.prompt_tokens for reply in answers)
        tally["completion_tokens"] += sum(reply.usage.completion_tokens for reply in answers)
        for reply in answers:
            if reply.finish is not Finish.STOP:
                tally[f"reply_{reply.finish}"] += 1
        return answers

    def spent(self) -> Spent:
        """All that was spent so far, with what is reserved for calls in flight."""
        with self._lock:
            return books.spent(self._database)

    def rows(self) -> list[SpendRow]:
        """What was spent on answers, by step and kind of ask."""
        with self._lock:
            return books.spend_rows(self._database)

    def _calls(self, asks: Sequence[Ask], step: str, keys: list[str]) -> Iterator[Call]:
        """Each different call once; the key of every ask is put on a list."""
        seen: set[str] = set()
        for ask in asks:
            call = self._call(ask, step)
            keys.append(call.key)
            if call.key not in seen:
                seen.add(call.key)
                yield call

    def _call(self, ask: Ask, step: str) -> Call:
        own, teacher, calling = ask_key(ask), self.teacher, self._calling
        version = calling.version(ask) if calling is not None else teacher.name
        model = calling.model if calling is not None else teacher.name
        key = request_key(version, own)
        return Call(key, own, ask, teacher.name, model, step, keep_ask=calling is not None)

    def _compute(self, teacher: Teacher, missing: Sequence[Call], shown: Shown) -> dict[str, Reply]:
        replies: dict[str, Reply] = {}
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            new = [(call, teacher.at_most(call.ask), teacher.reply(call.ask)) for call in chunk]
            reached: BudgetReached | None = None
            with transaction(self._database, self._path):
                for call, most, reply in new:
                    try:
                        books.record(self._database, call, most, reply, self.prices, self.budget)
                    except BudgetReached as error:  # what was booked before it is kept
                        reached = error
                        break
                    replies[call.key] = reply
            if reached is not None:
                raise reached
            shown(len(replies))
        return replies


def _counted(progress: Shown | None, before: int, total: int) -> Shown:
    """Progress on `total`, of which `before` were known; told at each fiftieth answer."""
    told = 0

    def shown(done: int) -> None:
        nonlocal told
        done = min(total, done if done == total else before + done)
        if progress is not None and (done // 50 > told // 50 or (done == total and told < total)):
            told = done
            progress(done)

    return shown
