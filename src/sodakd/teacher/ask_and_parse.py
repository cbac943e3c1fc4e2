"""Ask, read, and ask again what could not be read: bounded, with what was wrong, and counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from sodakd.teacher.ledger import Ledger
from sodakd.teacher.parsers import RequestT, UnreadableReply, completed_text, retry_request
from sodakd.teacher.requests import Reply

Read = TypeVar("Read")


def ask_and_parse(
    ledger: Ledger,
    asks: Sequence[RequestT],
    read: Callable[[str, RequestT], Read],
    step: str,
    tally: Counter[str],
    attempts: int = 2,
    progress: Callable[[int], None] | None = None,
) -> list[Read | None]:
    """What the replies hold, in the order of the asks; None after the last unreadable one.

    Counted: `KIND_unreadable` for each such reply, `KIND_dropped` for each None.

    Raises:
        BudgetReached: the next call could pass the budget.
        TeacherError, EndpointError: the teacher cannot answer.
    """
    found: list[Read | None] = [None] * len(asks)
    waiting = list(enumerate(asks))
    for attempt in range(attempts):
        if not waiting:
            break
        asked = [ask for _, ask in waiting]
        replies = ledger.ask(asked, step, tally, progress)
        unread: list[tuple[int, RequestT]] = []
        held = parse_each(asked, replies, read, tally, asked[0].kind)
        for (number, ask), one in zip(waiting, held, strict=True):
            if isinstance(one, UnreadableReply):
                unread.append((number, retry_request(ask, one)))
            else:
                found[number] = one
        waiting, progress = unread, None if attempt == 0 else progress
    for _, ask in waiting:
        tally[f"{ask.kind}_dropped"] += 1
    return found


def parse_each(
    asks: Sequence[RequestT],
    replies: Sequence[Reply],
    read: Callable[[str, RequestT], Read],
    tally: Counter[str],
    name: str,
) -> list[Read | UnreadableReply]:
    """What each reply holds, or why it cannot be read; those are counted as `NAME_unreadable`."""

    def held(ask: RequestT, reply: Reply) -> Read | UnreadableReply:
        try:
            return read(completed_text(reply), ask)
        except UnreadableReply as error:
            tally[f"{name}_unreadable"] += 1
            return error

    return [held(ask, reply) for ask, reply in zip(asks, replies, strict=True)]
