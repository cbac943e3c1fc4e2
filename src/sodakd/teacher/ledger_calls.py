"""The calls of a ledger's file one by one, for whoever adds them up by what is known of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sodakd.teacher.ledger_schema import reading
from sodakd.teacher.spend_report import GROUPS

_COLUMNS = {
    "arm": GROUPS["arm"],
    "step": "step",
    "kind": "kind",
    "question": "question",
    "ask": "ask",
    "state": "state",
    "finish": "finish",
    "reply": "reply",
    "calls": "attempts - lost - open",
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "nano_dollars": "money",
    "lost": "lost",
    "lost_tokens": "lost_tokens",
    "lost_nano_dollars": "lost_money",
}


@dataclass(frozen=True)
class LedgerCall:
    """A row of the ledger: an ask, its reply, and what its attempts took.

    `ask` is its JSON; of a teacher that answers by computation none is kept. `lost` attempts are
    not in `calls`.
    """

    arm: str
    step: str
    kind: str
    question: str
    ask: str | None
    state: str
    finish: str
    reply: str | None
    calls: int
    prompt_tokens: int
    completion_tokens: int
    nano_dollars: int
    lost: int
    lost_tokens: int
    lost_nano_dollars: int


def read_calls(ledger: Path) -> Iterator[LedgerCall]:
    """Yield the calls of a ledger's file in the order in which they were first asked.

    Raises:
        DataError: there is no ledger.
        RunError: it cannot be read.
    """
    columns = ", ".join(_COLUMNS.values())
    with reading(ledger) as database:
        for row in database.execute(f"select {columns} from calls order by rowid"):
            yield LedgerCall(*row)


def repeated_asks(ledger: Path) -> frozenset[tuple[str, str, str]]:
    """The step, kind and question of what was asked more than once in a step.

    Raises as `read_calls` does.
    """
    with reading(ledger) as database:
        return frozenset(
            database.execute(
                "select step, kind, question from calls group by step, kind, question"
                " having count(*) > 1"
            )
        )
