"""Ask the teacher, parse its replies, and count what cannot be read."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from sodakd.inference.completions import Completion
from sodakd.stages.context import OnProgress, StageContext
from sodakd.teacher.parsers import RequestT, UnreadableReply, completed_text, retry_request

Parsed = TypeVar("Parsed")


def ask_and_parse(
    stage: StageContext,
    requests: Sequence[RequestT],
    parse: Callable[[str, RequestT], Parsed],
    tally: Counter[str],
    progress: OnProgress,
) -> list[Parsed | None]:
    """Return what the replies hold, in the order of the requests.

    What cannot be read is asked once more, with what was wrong, and then given up: None, counted as
    `KIND_dropped`.

    Raises:
        BudgetReached: the next call could pass the budget.
        TeacherError, EndpointError: the teacher cannot answer.
    """
    found: list[Parsed | None] = [None] * len(requests)
    waiting = dict(enumerate(requests))
    for shown in (progress, None):
        asked, waiting = waiting, {}
        parsed = ask_once(stage, list(asked.values()), parse, tally, shown)
        for (number, request), one in zip(asked.items(), parsed, strict=True):
            if isinstance(one, UnreadableReply):
                waiting[number] = retry_request(request, one)
            else:
                found[number] = one
    for request in waiting.values():
        tally[f"{request.kind}_dropped"] += 1
    return found


def ask_once(
    stage: StageContext,
    requests: Sequence[RequestT],
    parse: Callable[[str, RequestT], Parsed],
    tally: Counter[str],
    progress: OnProgress | None,
    name: str = "",
) -> list[Parsed | UnreadableReply]:
    """Return what each reply holds, or why it cannot be read: counted as `NAME_unreadable`.

    Without a name they are counted by the kind of their request.
    """

    def parsed(request: RequestT, reply: Completion) -> Parsed | UnreadableReply:
        try:
            return parse(completed_text(reply), request)
        except UnreadableReply as error:
            tally[f"{name or request.kind}_unreadable"] += 1
            return error

    replies = stage.ask(requests, tally, progress) if requests else []
    return [parsed(request, reply) for request, reply in zip(requests, replies, strict=True)]
