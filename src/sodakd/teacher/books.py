"""The ledger's books: every ask, its answer, and what its attempts cost.

Each function is one operation inside a transaction that the caller holds. The running totals
(`books`) equal the sum over all rows at every commit: paid, lost, and set aside for calls in
flight.
"""

import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import psutil

from sodakd.errors import BudgetReached
from sodakd.models.completions import Finish
from sodakd.settings.teacher import Budget
from sodakd.teacher.asks import Ask, Reply, subject
from sodakd.teacher.money import NANO, Prices, SpendRow, Spent
from sodakd.types import Usage


@dataclass(frozen=True)
class Call:
    """An ask on its way: its key, who answers, and the step that wants it."""

    key: str
    ask_key: str
    ask: Ask
    teacher: str
    model: str
    step: str
    keep_ask: bool


class Place(Enum):
    """What came of the wish to make a call."""

    RESERVED = auto()
    ANSWERED = auto()
    ELSEWHERE = auto()


def hold_answers(database: sqlite3.Connection) -> bool:
    """Whether the books hold any answer."""
    asked = "select exists (select 1 from calls where state = 'answered')"
    return bool(database.execute(asked).fetchone()[0])


def known(database: sqlite3.Connection, keys: Sequence[str]) -> dict[str, tuple[Reply, str]]:
    """Replies that the books hold, and the step they are booked under, by key."""
    found: dict[str, tuple[Reply, str]] = {}
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        marks = ",".join("?" * len(some))
        for key, text, prompt, completion, finish, step in database.execute(
            "select key, reply, prompt_tokens, completion_tokens, finish, step from calls"
            f" where state = 'answered' and key in ({marks})",
            some,
        ):
            usage = Usage(prompt_tokens=prompt, completion_tokens=completion)
            found[key] = (Reply(text=text, usage=usage, finish=Finish(finish)), step)
    return found


def book_under(database: sqlite3.Connection, step: str, keys: Iterable[str]) -> None:
    """Of all steps that need an answer the first by name is booked, whoever came first."""
    database.executemany(
        "update calls set step = ? where key = ? and step > ?", [(step, key, step) for key in keys]
    )


def spent(database: sqlite3.Connection) -> Spent:
    """The running totals."""
    return Spent(
        *database.execute("select calls, tokens, money, lost, lost_money from books").fetchone()
    )


def check(before: Spent, most: Usage, money: int, budget: Budget) -> None:
    """Raise `BudgetReached` where a call that may cost so much could pass the budget."""
    allowed = None if budget.money is None else round(budget.money * NANO)
    for name, limit, amount, unit in (
        ("calls", budget.calls, before.calls + 1, 1),
        ("tokens", budget.tokens, before.tokens + most.tokens, 1),
        ("money", allowed, before.money + money, NANO),
    ):
        if limit is not None and amount > limit:
            raise BudgetReached(
                f"the budget is reached: the next call could bring {name} to {amount / unit:g},"
                f" and budget.{name} is {limit / unit:g}; all answers so far are kept: to go on,"
                f" raise budget.{name} and run the same command again"
            )


def record(
    database: sqlite3.Connection, call: Call, most: Usage, reply: Reply, prices: Prices,
    budget: Budget,
) -> None:  # fmt: skip
    """Book a computed answer at once. A twin of it that is there already stays.

    Raises:
        BudgetReached: it could have passed the budget; nothing is booked.
    """
    there = database.execute("select step from calls where key = ?", (call.key,)).fetchone()
    if there is not None:
        book_under(database, call.step, [call.key])
        return
    check(spent(database), most, prices.money(most), budget)
    usage, money = reply.usage, prices.money(reply.usage)
    _insert(database, call, "answered", 1)
    database.execute(
        "update calls set prompt_tokens = ?, completion_tokens = ?, money = ?, finish = ?,"
        " reply = ? where key = ?",
        (
            usage.prompt_tokens, usage.completion_tokens, money, reply.finish.value, reply.text,
            call.key,
        ),
    )  # fmt: skip
    database.execute(
        "update books set calls = calls + 1, tokens = tokens + ?, money = money + ?",
        (usage.tokens, money),
    )


def reserve(
    database: sqlite3.Connection, call: Call, most: Usage, prices: Prices, budget: Budget
) -> Place:
    """Set the most that an attempt can cost aside, unless another process has it in hand.

    Raises:
        BudgetReached: it could pass the budget; nothing is set aside.
    """
    row = database.execute(
        "select state, open, owner from calls where key = ?", (call.key,)
    ).fetchone()
    if row is not None:
        state, still_open, owner = row
        if state == "answered":
            book_under(database, call.step, [call.key])
            return Place.ANSWERED
        if state == "asked" and owner != OWNER and alive(owner):
            return Place.ELSEWHERE
        if still_open:  # whoever made this attempt was killed in it
            lose(database, call.key)
    money = prices.money(most)
    check(spent(database), most, money, budget)
    if row is None:
        _insert(database, call, "asked", 0)
    database.execute(
        "update calls set state = 'asked', step = min(step, ?), attempts = attempts + 1, open = 1,"
        " open_tokens = ?, open_money = ?, owner = ? where key = ?",
        (call.step, most.tokens, money, OWNER, call.key),
    )
    database.execute(
        "update books set calls = calls + 1, tokens = tokens + ?, money = money + ?",
        (most.tokens, money),
    )
    return Place.RESERVED


def pay(database: sqlite3.Connection, key: str, usage: Usage, prices: Prices) -> None:
    """Settle an attempt at what it took."""
    money = prices.money(usage)
    database.execute(
        "update books set tokens = tokens + ? - open_tokens,"
        " money = books.money + ? - open_money"
        " from calls where calls.key = ?",
        (usage.tokens, money, key),
    )
    database.execute(
        "update calls set open = 0, open_tokens = 0, open_money = 0,"
        " prompt_tokens = prompt_tokens + ?, completion_tokens = completion_tokens + ?,"
        " money = calls.money + ? where key = ?",
        (usage.prompt_tokens, usage.completion_tokens, money, key),
    )


def free(database: sqlite3.Connection, key: str) -> None:
    """Give back what was set aside for an attempt that was not billed."""
    database.execute(
        "update books set calls = books.calls - 1, tokens = tokens - open_tokens,"
        " money = books.money - open_money from calls where calls.key = ? and open",
        (key,),
    )
    database.execute(
        "update calls set attempts = attempts - 1, open = 0, open_tokens = 0, open_money = 0"
        " where key = ? and open",
        (key,),
    )


def lose(database: sqlite3.Connection, key: str) -> None:
    """Keep in the books, whole, an attempt that may have been billed."""
    database.execute(
        "update books set lost = books.lost + 1, lost_money = books.lost_money + open_money"
        " from calls where calls.key = ? and open",
        (key,),
    )
    database.execute(
        "update calls set lost = lost + 1, lost_tokens = lost_tokens + open_tokens,"
        " lost_money = lost_money + open_money, open = 0, open_tokens = 0, open_money = 0"
        " where key = ? and open",
        (key,),
    )


def abandon(database: sqlite3.Connection, key: str) -> None:
    """Say that this process no longer asks for it, so that another one may."""
    database.execute(
        "update calls set owner = '' where key = ? and state = 'asked' and owner = ?", (key, OWNER)
    )


def close_call(database: sqlite3.Connection, key: str, reply: Reply) -> None:
    """Keep the answer, or that there is none after every attempt."""
    state = "failed" if reply.finish is Finish.FAILED else "answered"
    database.execute(
        "update calls set state = ?, finish = ?, reply = ?, at = ? where key = ?",
        (
            state, reply.finish.value, None if state == "failed" else reply.text, time.time(), key,
        ),
    )  # fmt: skip


def _insert(database: sqlite3.Connection, call: Call, state: str, attempts: int) -> None:
    ask = call.ask.model_dump_json() if call.keep_ask else None
    database.execute(
        "insert into calls values"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, 0, 0, 0, '', null, ?)",
        (
            call.key, call.ask_key, call.teacher, call.model, call.ask.kind, call.step,
            subject(call.ask), ask, state, attempts, OWNER, time.time(),
        ),
    )  # fmt: skip


def spend_rows(database: sqlite3.Connection) -> list[SpendRow]:
    """What answers cost, by step and kind of ask."""
    found = database.execute(
        "select step, kind, count(*), sum(prompt_tokens), sum(completion_tokens),"
        " sum(money) from calls group by step, kind order by step, kind"
    ).fetchall()
    return [
        SpendRow(
            step=step, ask=kind, calls=calls, prompt_tokens=prompt,
            completion_tokens=completion, money=money / NANO,
        )
        for step, kind, calls, prompt, completion, money in found
    ]  # fmt: skip


def _owner() -> str:
    process = psutil.Process(os.getpid())
    return f"{process.pid} {process.create_time()}"


def alive(owner: str) -> bool:
    """Whether the process that has a call in hand is still there. Process ids are used again."""
    pid, _, began = owner.partition(" ")
    try:
        return str(psutil.Process(int(pid)).create_time()) == began
    except (psutil.Error, ValueError):
        return False


OWNER = _owner()
"""This process, as the books name it."""
