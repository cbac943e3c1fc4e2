"""Send requests to the teacher and parse the replies; parse errors are retried and counted."""

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
    """Return the parsed replies in the order of the requests; None where parsing failed twice.

    A request whose reply cannot be parsed is sent once more, with the parse error, and then dropped
    and counted as `KIND_dropped`.

    Raises:
        BudgetReached: the next call could pass the budget.
        TeacherError, EndpointError: the teacher cannot answer.
    """
    results: list[Parsed | None] = [None] * len(requests)
    pending = dict(enumerate(requests))
    for on_progress in (progress, None):
        sent, pending = pending, {}
        replies = ask_once(stage, list(sent.values()), parse, tally, on_progress)
        for (index, request), parsed in zip(sent.items(), replies, strict=True):
            if isinstance(parsed, UnreadableReply):
                pending[index] = retry_request(request, parsed)
            else:
                results[index] = parsed
    for request in pending.values():
        tally[f"{request.kind}_dropped"] += 1
    return results


def ask_once(
    stage: StageContext,
    requests: Sequence[RequestT],
    parse: Callable[[str, RequestT], Parsed],
    tally: Counter[str],
    progress: OnProgress | None,
    name: str = "",
) -> list[Parsed | UnreadableReply]:
    """Return each parsed reply, or its parse error, which is counted as `NAME_unreadable`.

    NAME is `name`, or without it the kind of the request.
    """

    def parse_reply(request: RequestT, reply: Completion) -> Parsed | UnreadableReply:
        try:
            return parse(completed_text(reply, request.kind), request)
        except UnreadableReply as error:
            tally[f"{name or request.kind}_unreadable"] += 1
            return error

    replies = stage.ask(requests, tally, progress) if requests else []
    return [parse_reply(request, reply) for request, reply in zip(requests, replies, strict=True)]
