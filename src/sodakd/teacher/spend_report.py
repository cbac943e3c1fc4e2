"""What a ledger's file says to those who only look: by step, arm, cycle, ask, model; in all."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

from sodakd.errors import DataError, RunError
from sodakd.inference.completions import Completion
from sodakd.teacher import ledger_db
from sodakd.teacher.cost import NANO, LedgerTotals, Spend, SpendGroup
from sodakd.teacher.ledger_schema import reading

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

_SUMS = {
    "asks": "count(*)",
    "answered": "sum(state = 'answered')",
    "failed": "sum(state = 'failed')",
    "calls": "sum(attempts - lost - open)",
    "prompt_tokens": "sum(prompt_tokens)",
    "completion_tokens": "sum(completion_tokens)",
    "money": f"sum(money) / {NANO}.0",
    "lost": "sum(lost)",
    "lost_money": f"sum(lost_money) / {NANO}.0",
    "unpriced": "sum(money + lost_money = 0 and prompt_tokens + completion_tokens + lost_tokens > 0"
    " and model in (select model from unpriced))",
    "reused": "sum(reused)",
    "untold": "sum(untold)",
    "open": "sum(open)",
}
"""SQL of each field of a `SpendGroup`."""


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
    sums = ", ".join(_SUMS.values())
    with reading(ledger) as database:
        groups = database.execute(
            f"select {GROUPS[by]} as name, {sums} from calls group by name order by name"
        ).fetchall()
        everything = database.execute(f"select 'all', {sums} from calls").fetchall()
    if not groups:
        raise DataError(f"{ledger} holds no calls yet")
    names = ("group", *_SUMS)
    rows = (*groups, *everything)
    return [SpendGroup.model_validate(dict(zip(names, row, strict=True))) for row in rows]


def is_empty(ledger: Path) -> bool:
    """Whether a ledger's file can be read and knows of no call."""
    try:
        with reading(ledger) as database:
            return not database.execute("select exists (select 1 from calls)").fetchone()[0]
    except (DataError, RunError):
        return False


def read_totals(ledger: Path) -> LedgerTotals | None:
    """What a ledger's file says was spent, for whoever watches; None if it cannot be told now."""
    try:
        with reading(ledger) as database:
            return ledger_db.spent(database)
    except (DataError, RunError):
        return None


def look_up_spend(ledger: Path, arms: Collection[str]) -> list[Spend]:
    """What answers cost so far, by step and kind of ask; what was reused cost nothing.

    Raises as `reading` does.
    """
    with reading(ledger) as database:
        found = database.execute(
            "select step, kind, count(*), sum(prompt_tokens), sum(completion_tokens), sum(money)"
            " from calls where not reused group by step, kind order by step, kind"
        ).fetchall()
    return [
        Spend(
            step, ask, calls, prompt, completion, money / NANO,
            arm=arm if (arm := step.partition("/")[0]) in arms else "",
        )
        for step, ask, calls, prompt, completion, money in found
    ]  # fmt: skip


def look_up_answers(ledger: Path, keys: Sequence[str]) -> dict[str, Completion]:
    """The replies with these keys that a ledger's file holds. Raises as `reading` does."""
    with reading(ledger) as database:
        return ledger_db.lookup_replies(database, keys)
