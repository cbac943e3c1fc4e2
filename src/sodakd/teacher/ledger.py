"""The ledger: the cache and the accounts of all calls to a teacher, in one SQLite file.

What an attempt may cost at most is reserved before it is made, in one transaction, so calls in
flight together pass no budget. The answer is stored before it is used, so nothing paid for is asked
twice. An attempt that may have been paid for and brought nothing (cut off on its way, or in flight
when its process was killed) is `lost`: it stays in the books at the most it can have cost.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sodakd.errors import RunError
from sodakd.inference.completions import Completion, Finish
from sodakd.inference.run_async import gc_paused, run_sync
from sodakd.settings.teacher import Budget
from sodakd.teacher import ledger_db
from sodakd.teacher.call_meter import Billing, OnProgress
from sodakd.teacher.cost import LedgerTotals, Prices
from sodakd.teacher.dispatcher import Dispatcher, Teacher
from sodakd.teacher.group_commit import GroupCommit, Writer
from sodakd.teacher.ledger_db import Call
from sodakd.teacher.recorded import open_answers
from sodakd.teacher.requests import TeacherRequest, ask_key, request_key
from sodakd.teacher.spend_report import is_empty


@dataclass(frozen=True)
class LedgerOptions:
    """Options of a run's ledger that come from the command line, not from the recipe.

    Answers that the ledgers and files of recorded answers in `reuse` hold are taken from there, at
    no cost. `allow_new`: the run may go on although the answers that its finished steps paid for
    are gone.
    """

    reuse: tuple[Path, ...] = ()
    allow_new: bool = False


DEFAULT_LEDGER_OPTIONS = LedgerOptions()


class Ledger:
    """A teacher behind its cache and budget. Thread-safe; a file is open in one ledger at a time.

    Raises:
        RunError: the file cannot be used, or another ledger has it open.
        DataError: what is to be reused is not there, or holds no answers.
    """

    def __init__(
        self,
        path: Path,
        teacher: Teacher,
        prices: Prices,
        budget: Budget,
        options: LedgerOptions = DEFAULT_LEDGER_OPTIONS,
    ) -> None:
        self.teacher = teacher
        self.prices = prices
        self.budget = budget
        self._reuse = [open_answers(place) for place in options.reuse]
        self._lock = threading.Lock()
        self._writer = Writer(path, "full" if teacher.is_costly else "normal")
        if teacher.is_costly:
            self._writer.do(partial(ledger_db.price, model=teacher.name, prices=prices))

    def close(self) -> None:
        """Close the file, once all that was begun is written."""
        self._writer.close()

    def ask(
        self,
        asks: Sequence[TeacherRequest],
        step: str,
        tally: Counter[str],
        progress: OnProgress | None = None,
    ) -> list[Completion]:
        """Return replies in the order of the asks: cached ones, and the teacher's to the others.

        Calls and tokens are added to `tally`, cached ones too: what a method needs does not depend
        on what the ledger holds. A reply that was cut off, filtered or failed is counted there.

        Raises:
            BudgetReached: the next call could pass the budget. The answers so far are kept.
            TeacherError, EndpointError: the teacher cannot answer.
            RunError: the ledger cannot be written.
        """
        with self._lock, gc_paused:
            keys: list[str] = []
            calls = self._calls(asks, step, keys)  # read as they are made, where none is known
            waiting, replies = len(asks), dict[str, Completion]()
            if self._writer.do(ledger_db.has_answers) or self._reuse:
                every = {call.key: call for call in calls}
                replies = self._known(every)
                waiting = len(every) - len(replies)
                calls = iter([call for key, call in every.items() if key not in replies])
            shown = _counted(progress, len(asks) - waiting, len(asks))
            if waiting:
                billing = Billing(GroupCommit(self._writer), self.prices, self.budget, shown)
                work = Dispatcher(billing, self.teacher, calls)
                replies |= run_sync(work.run(waiting), work.stop)
        answers = [replies[key] for key in keys]
        shown(len(answers))
        tally["teacher_calls"] += len(answers)
        took = [reply.usage for reply in answers if reply.usage is not None]
        tally["prompt_tokens"] += sum(usage.prompt_tokens for usage in took)
        tally["completion_tokens"] += sum(usage.completion_tokens for usage in took)
        for reply in answers:
            if reply.finish is not Finish.STOP:
                tally[f"reply_{reply.finish}"] += 1
        return answers

    def spent(self) -> LedgerTotals:
        """All that was spent so far, and what is reserved for calls in flight."""
        return self._writer.do(ledger_db.spent)

    def _known(self, calls: dict[str, Call]) -> dict[str, Completion]:
        """Return cached replies by key, of this ledger and of what is reused."""
        found = self._writer.do(lambda database: ledger_db.lookup_replies(database, [*calls]))
        for look_up in self._reuse:
            new = look_up([key for key in calls if key not in found])
            taken = [(calls[key], reply) for key, reply in new.items()]
            self._writer.do(partial(ledger_db.reuse, answers=taken))
            found |= new
        return found

    def _calls(self, asks: Sequence[TeacherRequest], step: str, keys: list[str]) -> Iterator[Call]:
        """Yield each different call once; the key of every ask is appended to `keys`."""
        seen: set[str] = set()
        for ask in asks:
            call = self._call(ask, step)
            keys.append(call.key)
            if call.key not in seen:
                seen.add(call.key)
                yield call

    def _call(self, ask: TeacherRequest, step: str) -> Call:
        hashed, teacher = ask_key(ask), self.teacher
        key = request_key(teacher.version(ask), hashed)
        return Call(key, hashed, ask, teacher.name, step, keep_ask=teacher.is_costly)


def require_ledger(path: Path, asked: int) -> None:
    """Check that a run's ledger is there and holds replies, if the run made `asked` calls.

    Raises:
        RunError: it is gone, or holds none of them.
    """
    if asked and (not path.exists() or is_empty(path)):
        raise RunError(
            f"the ledger {path} is {'empty' if path.exists() else 'gone'}, and this run made"
            f" {asked:,} calls: put it back; or go on without it: --new-ledger pays again for what"
            " the run still asks, and the budget begins anew"
        )


def _counted(progress: OnProgress | None, before: int, total: int) -> OnProgress:
    """Progress on `total`, of which `before` were known; told at each fiftieth answer."""
    told = 0

    def shown(done: int) -> None:
        nonlocal told
        done = min(total, done if done == total else before + done)
        if progress is not None and (done // 50 > told // 50 or (done == total and told < total)):
            told = done
            progress(done)

    return shown
