"""The ledger's books: every ask, its answer, and what its attempts cost.

Each function is one operation inside a transaction that the caller holds. The running totals
(`books`) equal the sum over all rows at every commit: paid, lost, and set aside for calls in
flight.
"""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sodakd.errors import BudgetReached
from sodakd.inference.completions import Completion, Finish
from sodakd.settings.teacher import Budget
from sodakd.teacher.cost import FEMTO_IN_NANO, NANO, LedgerTotals, Prices
from sodakd.teacher.requests import TeacherRequest, question_id
from sodakd.types import Usage

_MOST = 2**63 - 1  # the largest number that SQLite holds
_GIVEN_BACK = (
    "reserved_calls = reserved_calls - open, reserved_tokens = reserved_tokens - open_tokens,"
    " reserved_money = reserved_money - open_money from calls where calls.key = ?"
)
_CLOSED = "open = 0, open_tokens = 0, open_money = 0 where key = ?"
_ASK = "key, ask_key, teacher, model, kind, step, question, ask"
_ANSWER = ("state", "finish", "reply", "reply_prompt_tokens", "reply_completion_tokens", "at")
_SUMS = ("prompt_tokens", "completion_tokens", "money", "untold")
_COMPUTED = (
    f"insert into calls ({', '.join((_ASK, *_ANSWER, *_SUMS))}, attempts)"
    f" values ({'?, ' * (8 + len(_ANSWER) + len(_SUMS))}1) on conflict (key) do update set "
    + ", ".join(
        [f"{name} = excluded.{name}" for name in _ANSWER]
        + [f"{name} = {name} + excluded.{name}" for name in (*_SUMS, "attempts")]
    )
)
_NOTHING = Usage(prompt_tokens=0, completion_tokens=0)


@dataclass(frozen=True)
class Call:
    """An ask on its way: its key, who answers, and the step that wants it."""

    key: str
    ask_key: str
    ask: TeacherRequest
    teacher: str
    step: str
    keep_ask: bool


def has_answers(database: sqlite3.Connection) -> bool:
    """Whether the books hold any answer."""
    asked = "select exists (select 1 from calls where state = 'answered')"
    return bool(database.execute(asked).fetchone()[0])


def lookup_replies(database: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Completion]:
    """Replies that the books hold, by key, each with the tokens of its own."""
    found: dict[str, Completion] = {}
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        marks = ",".join("?" * len(some))
        for key, text, prompt, completion, finish in database.execute(
            "select key, reply, reply_prompt_tokens, reply_completion_tokens, finish from calls"
            f" where state = 'answered' and key in ({marks})",
            some,
        ):
            usage = Usage(prompt_tokens=prompt, completion_tokens=completion)
            found[key] = Completion(text=text, usage=usage, finish=Finish(finish))
    return found


def spent(database: sqlite3.Connection) -> LedgerTotals:
    """The running totals."""
    return LedgerTotals(*database.execute("select * from books").fetchone())


def check(before: LedgerTotals, most: Usage, money: int, budget: Budget) -> None:
    """Raise `BudgetReached` where a call that may cost so much could pass the budget."""
    passed = _passed(before, budget)
    if passed:
        raise BudgetReached(passed)
    for name, limit, unit, amount in (
        ("calls", budget.calls, 1, before.calls + before.reserved_calls + 1),
        ("tokens", budget.tokens, 1, before.tokens + before.reserved_tokens + most.tokens),
        ("money", _nano(budget), NANO, before.money + before.reserved_money + money),
    ):
        if limit is not None and amount > limit:
            raise BudgetReached(
                f"the budget is reached: the next call could bring {name} to {amount / unit:g},"
                f" and budget.{name} is {limit / unit:g}; all answers so far are kept: to go on,"
                f" raise budget.{name} and run the same command again"
            )


def over(database: sqlite3.Connection, budget: Budget) -> str:
    """Words for a budget that is passed, by answers that took more than was asked of them."""
    return _passed(spent(database), budget) if _is_limited(budget) else ""


def _passed(spent: LedgerTotals, budget: Budget) -> str:
    for name, limit, unit, amount in (
        ("tokens", budget.tokens, 1, spent.tokens),
        ("money", _nano(budget), NANO, spent.money),
    ):
        if limit is not None and amount > limit:
            return (
                f"the budget is passed: budget.{name} is {limit / unit:.10g}, and"
                f" {amount / unit:.10g} are spent (a model that bills hidden reasoning can take"
                " more than max_tokens allows); all answers so far are kept: to go on, raise"
                f" budget.{name} and run the same command again"
            )
    return ""


def _is_limited(budget: Budget) -> bool:
    return not (budget.calls is budget.tokens is budget.money is None)


def _nano(budget: Budget) -> int | None:
    return None if budget.money is None else round(min(budget.money * NANO, float(_MOST)))


def reserve(
    database: sqlite3.Connection, call: Call, most: Usage, prices: Prices, budget: Budget
) -> None:
    """Set the most that an attempt can cost aside.

    Raises:
        BudgetReached: it could pass the budget; nothing is set aside.
    """
    money = prices.usage_cost(most)
    if _is_limited(budget):
        check(spent(database), most, money, budget)
    _insert(database, call, attempts=1, tokens=most.tokens, money=money)
    database.execute(
        "update books set reserved_calls = reserved_calls + 1,"
        " reserved_tokens = reserved_tokens + ?, reserved_money = reserved_money + ?",
        (most.tokens, money),
    )


def record(
    database: sqlite3.Connection, call: Call, most: Usage, reply: Completion, prices: Prices,
    budget: Budget,
) -> str:  # fmt: skip
    """Book an attempt that took no time, and its answer; words where that passes the budget.

    Raises:
        BudgetReached: the most it can have taken could pass the budget; nothing is booked.
    """
    usage = reply.usage or most
    money = prices.usage_cost(usage)
    passed = ""
    if _is_limited(budget):
        before = spent(database)
        check(before, most, prices.usage_cost(most), budget)
        after = replace(before, tokens=before.tokens + usage.tokens, money=before.money + money)
        passed = _passed(after, budget)
    database.execute(
        _COMPUTED,
        (
            *_described(call), *_answered(reply), time.time(),
            usage.prompt_tokens, usage.completion_tokens, money, reply.usage is None,
        ),
    )  # fmt: skip
    database.execute(
        "update books set calls = calls + 1, tokens = tokens + ?, money = money + ?",
        (usage.tokens, money),
    )
    return passed


def settle(
    database: sqlite3.Connection, key: str, usage: Usage, prices: Prices, *, told: bool = True
) -> None:
    """Settle an attempt at what it took; where nobody `told` that, at the most it can have.

    One that is settled is not settled again: a batch may be read twice.
    """
    money = prices.usage_cost(usage)
    database.execute(
        "update books set calls = books.calls + open, tokens = books.tokens + open * ?,"
        f" money = books.money + open * ?, {_GIVEN_BACK}",
        (usage.tokens, money, key),
    )
    database.execute(
        "update calls set prompt_tokens = prompt_tokens + open * ?,"
        " completion_tokens = completion_tokens + open * ?, money = money + open * ?,"
        f" untold = untold + open * ?, {_CLOSED}",
        (usage.prompt_tokens, usage.completion_tokens, money, not told, key),
    )


def refund(database: sqlite3.Connection, key: str) -> None:
    """Give back what was set aside for an attempt that was not billed."""
    database.execute(f"update books set {_GIVEN_BACK}", (key,))
    database.execute(f"update calls set attempts = attempts - open, {_CLOSED}", (key,))


def mark_lost(database: sqlite3.Connection, key: str) -> None:
    """Keep in the books, whole, an attempt that may have been billed."""
    database.execute(
        "update books set calls = books.calls + open, tokens = books.tokens + open_tokens,"
        " money = books.money + open_money, lost = books.lost + open,"
        f" lost_money = books.lost_money + open_money, {_GIVEN_BACK}",
        (key,),
    )
    database.execute(
        "update calls set lost = lost + open, lost_tokens = lost_tokens + open_tokens,"
        f" lost_money = lost_money + open_money, {_CLOSED}",
        (key,),
    )


def finish_call(database: sqlite3.Connection, key: str, reply: Completion) -> None:
    """Keep the answer, or that there is none after every attempt."""
    database.execute(
        "update calls set state = ?, finish = ?, reply = ?, reply_prompt_tokens = ?,"
        " reply_completion_tokens = ?, at = ? where key = ?",
        (*_answered(reply), time.time(), key),
    )


def _answered(reply: Completion) -> tuple[str, str, str | None, int, int]:
    """The columns of an answer: state, finish, reply, its prompt tokens and completion tokens."""
    is_failed = reply.finish is Finish.FAILED
    usage = reply.usage or _NOTHING
    return (
        "failed" if is_failed else "answered", reply.finish.value,
        None if is_failed else reply.text, usage.prompt_tokens, usage.completion_tokens,
    )  # fmt: skip


def _described(call: Call) -> tuple[str, str, str, str, str, str, str, str | None]:
    """The columns of an ask: `_ASK`."""
    ask = call.ask.model_dump_json() if call.keep_ask else None
    return (
        call.key, call.ask_key, call.teacher, call.teacher, call.ask.kind, call.step,
        question_id(call.ask), ask,
    )  # fmt: skip


def reuse(database: sqlite3.Connection, answers: Iterable[tuple[Call, Completion]]) -> None:
    """Keep answers that another run paid for, at no cost."""
    for call, reply in answers:
        _insert(database, call, reused=1)
        finish_call(database, call.key, reply)


def _insert(
    database: sqlite3.Connection, call: Call, attempts: int = 0, tokens: int = 0, money: int = 0,
    reused: int = 0,
) -> None:  # fmt: skip
    """Have a row for a call, and in it so much set aside for so many attempts more."""
    database.execute(
        f"insert into calls ({_ASK}, state, at, attempts, open, open_tokens, open_money, reused)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, 'asked', ?, ?, ?, ?, ?, ?)"
        " on conflict (key) do update set state = 'asked', attempts = attempts + excluded.attempts,"
        " open = open + excluded.open, open_tokens = open_tokens + excluded.open_tokens,"
        " open_money = open_money + excluded.open_money, reused = max(reused, excluded.reused)",
        (*_described(call), time.time(), attempts, attempts, tokens, money, reused),
    )


def price(database: sqlite3.Connection, model: str, prices: Prices) -> None:
    """Book what was asked of a model while nobody knew its price; or remember that it is so.

    Of lost attempts only the sum of tokens is known: all of them count at the dearer price.
    """
    if not prices.known:
        database.execute("insert or ignore into unpriced values (?)", (model,))
        return
    if not database.execute("delete from unpriced where model = ?", (model,)).rowcount:
        return
    prompt, completion = prices.femto
    up = FEMTO_IN_NANO - 1
    database.execute(
        "update calls set"
        " money = (prompt_tokens * ?1 + completion_tokens * ?2 + ?4) / ?5,"
        " lost_money = (lost_tokens * ?3 + ?4) / ?5"
        " where model = ?6 and money + lost_money = 0",
        (prompt, completion, max(prompt, completion), up, FEMTO_IN_NANO, model),
    )
    database.execute(
        "update books set (money, lost_money) = (select coalesce(sum(money + lost_money), 0),"
        " coalesce(sum(lost_money), 0) from calls)"
    )
