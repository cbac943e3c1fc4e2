"""What a ledger's file says to those who only look: by step, arm, cycle, ask, model; in all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from sodakd.errors import DataError, RunError
from sodakd.teacher import ledger_db
from sodakd.teacher.cost import NANO, LedgerTotals, SpendGroup, SpendRow
from sodakd.teacher.ledger_schema import reading
from sodakd.teacher.requests import Reply

GroupBy = Literal["run", "arm", "cycle", "stage", "step", "ask", "model"]


GROUPS: Mapping[GroupBy, str] = {
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
    "count(*)", "sum(state = 'answered')", "sum(state = 'failed')", "sum(attempts - lost - open)",
    "sum(prompt_tokens)", "sum(completion_tokens)", "sum(money)", "sum(lost)", "sum(lost_money)",
    "sum(money + lost_money = 0 and prompt_tokens + completion_tokens + lost_tokens > 0"
    " and model in (select model from unpriced))",
    "sum(reused)", "sum(untold)", "sum(open)",
)  # fmt: skip


def ledger_in(place: Path) -> Path:
    """The ledger of a run's folder, or the file itself."""
    return place / "ledger.sqlite" if place.is_dir() else place


def spend_by(ledger: Path, by: GroupBy) -> list[SpendGroup]:
    """A row for each group, and one of all of them last: equal to the ledger's running totals.

    Money set aside for calls in flight is in none of them.

    Raises:
        DataError: there is no ledger, or it holds no calls.
        RunError: it cannot be read.
    """
    sums = ", ".join(_SUMS)
    with reading(ledger) as database:
        groups = database.execute(
            f"select {GROUPS[by]} as name, {sums} from calls group by name order by name"
        ).fetchall()
        everything = database.execute(f"select 'all', {sums} from calls").fetchall()
    if not groups:
        raise DataError(f"{ledger} holds no calls yet")
    return [_entry(*row) for row in (*groups, *everything)]


def read_totals(ledger: Path) -> LedgerTotals | None:
    """What a ledger's file says was spent, for whoever watches; None if it cannot be told now."""
    try:
        with reading(ledger) as database:
            return ledger_db.spent(database)
    except (DataError, RunError):
        return None


def look_up_spend_rows(ledger: Path) -> list[SpendRow]:
    """What answers cost so far, by step and kind of ask. Raises as `statement` does."""
    with reading(ledger) as database:
        return ledger_db.spend_rows(database)


def look_up_answers(ledger: Path, keys: Sequence[str]) -> dict[str, Reply]:
    """The replies with these keys that a ledger's file holds. Raises as `statement` does."""
    with reading(ledger) as database:
        return ledger_db.lookup_replies(database, keys)


def _entry(
    group: str, asks: int, answered: int, failed: int, calls: int, prompt: int, completion: int,
    money: int, lost: int, lost_money: int, unpriced: int, reused: int, untold: int, still: int,
) -> SpendGroup:  # fmt: skip
    return SpendGroup(
        group=group, asks=asks, answered=answered, failed=failed, calls=calls,
        prompt_tokens=prompt, completion_tokens=completion, money=money / NANO, lost=lost,
        lost_money=lost_money / NANO, unpriced=unpriced, reused=reused, untold=untold, open=still,
    )  # fmt: skip
