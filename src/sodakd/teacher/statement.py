"""What a ledger's file says to those who only look: by step, arm, cycle, ask, model; in all."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from sodakd.errors import DataError
from sodakd.teacher import books
from sodakd.teacher.file import unusable
from sodakd.teacher.money import NANO, Entry, Spent

By = Literal["run", "arm", "cycle", "stage", "step", "ask", "model"]


GROUPS: Mapping[By, str] = {
    "run": "'run'",
    "arm": "substr(step, 1, instr(step || '/', '/') - 1)",
    "cycle": "rtrim(rtrim(step, replace(step, '/', '')), '/')",
    "stage": "replace(step, rtrim(step, replace(step, '/', '')), '')",
    "step": "step",
    "ask": "kind",
    "model": "model",
}
"""SQL of each grouping: a step is named `CYCLE/STAGE`."""

_SUMS = (
    "sum(state = 'answered')", "sum(state = 'failed')", "sum(attempts - lost)",
    "sum(prompt_tokens)", "sum(completion_tokens)", "sum(money)", "sum(lost)", "sum(lost_money)",
)  # fmt: skip


_UNPRICED = (
    "sum(money + lost_money = 0 and prompt_tokens + completion_tokens + lost_tokens > 0"
    " and model in (select model from unpriced))"
)


def statement(ledger: Path, by: By) -> list[Entry]:
    """A row for each group, and one of all of them last: equal to the ledger's running totals.

    Money set aside for calls in flight is in none of them.

    Raises:
        DataError: there is no ledger.
    """
    if not ledger.exists():
        raise DataError(f"there is no ledger {ledger}; name the folder of a run")
    try:
        database = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
        told = database.execute("select count(*) from sqlite_master where name = 'unpriced'")
        unpriced = _UNPRICED if told.fetchone()[0] else "0"
        sums = f"sum(1), {', '.join(_SUMS)}, {unpriced}"
        groups = database.execute(
            f"select {GROUPS[by]} as name, {sums} from calls group by name order by name"
        ).fetchall()
        everything = database.execute(f"select 'all', {sums} from calls").fetchall()
        database.close()
    except sqlite3.Error as error:
        raise unusable(ledger, error) from error
    if not groups:
        raise DataError(f"{ledger} holds no calls yet")
    return [_entry(*row) for row in (*groups, *everything)]


def look_up_spent(path: Path) -> Spent | None:
    """What a ledger's file says was spent, for whoever watches; None if it cannot be told now."""
    if not path.exists():
        return None
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.1)
        spent = books.spent(database)
        database.close()
    except (sqlite3.Error, TypeError):  # TypeError: its one row is not written yet
        return None
    return spent


def _entry(
    group: str, asks: int, answered: int, failed: int, calls: int, prompt: int, completion: int,
    money: int, lost: int, lost_money: int, unpriced: int,
) -> Entry:  # fmt: skip
    return Entry(
        group=group, asks=asks, answered=answered, failed=failed, calls=calls,
        prompt_tokens=prompt, completion_tokens=completion, money=money / NANO,
        lost=lost, lost_money=lost_money / NANO, unpriced=unpriced,
    )  # fmt: skip
