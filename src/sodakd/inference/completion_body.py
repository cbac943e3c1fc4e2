"""The body of a chat completion: text, finish and usage, whatever else stands there.

An answer is paid for. A field that is missing, or of another type, costs only what it would say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from sodakd.inference.completions import Billing, Completion, ErrorKind, Failure, Finish
from sodakd.inference.server_errors import find_error
from sodakd.types import Usage

MOST_TOKENS = 10_000_000
"""Of one call, prompt or answer: more than any model reads. What is above is no count of tokens."""

_FINISH: Mapping[str, Finish] = {
    "": Finish.STOP,  # a server that says nothing of it
    "stop": Finish.STOP,
    "eos": Finish.STOP,
    "eos_token": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "end_turn": Finish.STOP,
    "completed": Finish.STOP,
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "model_length": Finish.LENGTH,
    "max_output_tokens": Finish.LENGTH,
    "content_filter": Finish.FILTERED,
    "safety": Finish.FILTERED,
    "sensitive": Finish.FILTERED,
    "recitation": Finish.FILTERED,
    "prohibited_content": Finish.FILTERED,
    "blocklist": Finish.FILTERED,
    "refusal": Finish.FILTERED,
}
"""What is not in it is unknown, and no whole answer."""

_INTERRUPTED = {
    "insufficient_system_resource", "error", "engine_error", "network_error", "server_error",
    "abort", "aborted", "cancelled", "canceled", "timeout",
}  # fmt: skip
"""Reasons by which a server says that it broke off by its own fault."""

_Row = dict[str, JsonValue]


@dataclass(frozen=True)
class _Choice:
    text: str
    thought: str
    refused: bool
    calls_tools: bool
    reason: str
    logprobs: JsonValue


def read_completion(body: _Row, *, empty_is_said: bool) -> Completion | Failure | None:
    """The answer in a body, or the failure that it is; None where it holds no list of choices.

    A reply without text is a failure, or with `empty_is_said` an answer.
    """
    choices = body.get("choices")
    if not isinstance(choices, list):
        return None
    usage = read_usage(body.get("usage"))
    rows = [each for each in choices if isinstance(each, dict)]
    if not rows:
        return _failed(ErrorKind.EMPTY, "a reply without choices", usage)
    row = next((each for each in rows if each.get("index") == 0), rows[0])
    choice = _choice(row)
    if choice is None:
        return _failed(ErrorKind.GARBAGE, "a choice without a message", usage)
    error = find_error({"error": row.get("error") or body.get("error")})
    finish = _FINISH.get(choice.reason, Finish.UNKNOWN)
    if choice.refused and not choice.text:
        finish = Finish.FILTERED
    if error and not choice.text and (error.status or finish in {Finish.STOP, Finish.UNKNOWN}):
        return _failed(ErrorKind.GARBAGE, error.words, usage)
    if choice.reason in _INTERRUPTED or (choice.reason != "stop" and error and choice.text):
        told = error.words if error else choice.reason
        return _failed(ErrorKind.SERVER, f"the server broke the answer off: {told}", usage)
    if not choice.text and finish in {Finish.STOP, Finish.UNKNOWN}:
        why = _why_empty(choice)
        if why is not None or not empty_is_said or finish is Finish.UNKNOWN:
            words = why or "a reply without text"
            if finish is Finish.UNKNOWN:
                words += f", which ended by {choice.reason[:40]!r}"
            return _failed(ErrorKind.EMPTY, words, usage)
    return Completion(choice.text, finish, usage, logprobs=_logprobs(choice.logprobs))


def read_usage(value: JsonValue) -> Usage | None:
    """The tokens that a server tells of; None where it does not tell both, or tells nonsense.

    Nobody knows then what the call took.
    """
    if not isinstance(value, dict):
        return None
    prompt = _first_count(value, "prompt_tokens", "input_tokens")
    completion = _first_count(value, "completion_tokens", "output_tokens")
    if prompt is None or completion is None:
        return None
    # Some servers tell the tokens of hidden reasoning in the total alone.
    total = _first_count(value, "total_tokens") or 0
    return Usage(prompt_tokens=prompt, completion_tokens=max(completion, total - prompt))


def _first_count(row: _Row, *names: str) -> int | None:
    found = next((row[name] for name in names if row.get(name) is not None), None)
    if isinstance(found, str) and len(found) < 12 and found.isascii() and found.isdecimal():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return int(found) if 0 <= found <= MOST_TOKENS and found == int(found) else None


def _choice(row: _Row) -> _Choice | None:
    message = row.get("message")
    if not isinstance(message, dict):
        if not isinstance(row.get("text"), str):
            return None
        message = {"content": row["text"]}
    reason = row.get("finish_reason") or row.get("native_finish_reason") or row.get("stop_reason")
    if isinstance(reason, list):
        reason = reason[0] if len(reason) == 1 else "several reasons"
    return _Choice(
        text=_text(message.get("content"), "text"),
        thought=next(filter(None, (_text(message.get(at), *_OF_THOUGHTS) for at in _THOUGHTS)), ""),
        refused=bool(message.get("refusal")),
        calls_tools=bool(message.get("tool_calls") or message.get("function_call")),
        reason=reason.strip().lower() if isinstance(reason, str) else "",
        logprobs=row.get("logprobs"),
    )


_THOUGHTS = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "content")
_OF_THOUGHTS = ("thinking", "text", "summary", "reasoning")


def _text(value: JsonValue, *names: str) -> str:
    """A text; of one in parts, those that stand by themselves or under these names."""
    if not isinstance(value, list | dict):
        return value if isinstance(value, str) else ""
    parts = value if isinstance(value, list) else [value]
    rows = [part if isinstance(part, dict) else {names[0]: part} for part in parts]
    return "".join(text for row in rows for name in names if isinstance(text := row.get(name), str))


def _why_empty(choice: _Choice) -> str | None:
    """Why there is no text where the model did say something."""
    if choice.calls_tools:
        return "a call of a tool in the place of text, though no tool was offered"
    if choice.thought:
        return (
            "an answer whose text is in reasoning_content alone: the server took all of it for"
            " reasoning; switch its reasoning parser off, or choose the one that fits the model"
        )
    return None


def _logprobs(found: JsonValue) -> tuple[tuple[str, float], ...] | None:
    """Tokens and their log-probabilities; None where a server says nothing of them, or nonsense."""
    rows = found.get("content") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        return None
    told: list[tuple[str, float]] = []
    for row in rows:
        token = row.get("token") if isinstance(row, dict) else None
        logprob = row.get("logprob") if isinstance(row, dict) else None
        if not isinstance(token, str) or isinstance(logprob, bool):
            return None
        if not isinstance(logprob, int | float) or not abs(logprob) <= MOST_TOKENS:
            return None
        told.append((token, float(logprob)))
    return tuple(told)


def _failed(trouble: ErrorKind, words: str, usage: Usage | None) -> Failure:
    return Failure(trouble, words, Billing.PERHAPS if usage is None else Billing.YES, usage)
