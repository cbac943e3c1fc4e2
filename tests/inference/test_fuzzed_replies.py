"""Whatever a server sends is an answer or a failure, with figures that the books can hold."""

import json
import random
from typing import Any

import pytest

from sodakd.inference.batch_api import read_batch, read_batches, read_results
from sodakd.inference.completion_body import MOST_TOKENS
from sodakd.inference.completions import Completion, Failure
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.response_parser import (
    LONGEST_WAIT,
    parse_response,
    retry_after,
    unusable_body,
)

USAGE: dict[str, Any] = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
ANSWER: dict[str, Any] = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE,
    "choices": [{
        "index": 0, "finish_reason": "stop",
        "logprobs": {"content": [{"token": "a", "logprob": -1}]},
        "message": {"role": "assistant", "content": "code", "refusal": None, "reasoning": "so"},
    }],
}  # fmt: skip
BODIES: list[Any] = [
    ANSWER,
    {"error": {"message": "no", "type": "t", "code": 429, "metadata": {"raw": "slow"}}},
    {"error": "no"},
    {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}, "choices": None},
    {"error_code": 18, "error_msg": "limit"},
    {"detail": [{"loc": ["body", 3], "msg": "no"}]},
    [{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "no"}}],
    {"id": "b", "status": "completed", "metadata": {"sodakd": "t"}, "output_file_id": "f"},
    {"data": [{"id": "b", "status": "failed", "errors": {"data": [{"code": "c"}]}}]},
    {"custom_id": "1", "response": {"status_code": 200, "body": ANSWER}, "error": None},
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 429, 503, 10**18, 10**400, -(10**400), 0.5, 1e308, float("inf"),
    float("nan"), "", " ", "0", "stop", "429", "error", "x" * 3000, "\ud83d", "\x00", "é", [], {},
    [[]], [None], [{}], {"a": 1}, {"message": {"message": "m"}}, [[[[[]]]]], "context length",
    "rate limit",
]  # fmt: skip
STATUSES = [
    *[200] * 6,
    201,
    204,
    301,
    400,
    401,
    403,
    404,
    413,
    422,
    429,
    500,
    502,
    503,
    504,
    529,
    999,
]
HEADERS = [
    "0", "7", "-5", "1e400", "nan", "inf", "soon", "", "Thu, 01 Jan 2026 00:00:07 GMT",
    "Thu, 01 Jan 99999 00:00:07 GMT", "Thu, 01 Jan 2026 00:00:07 +9999", "1" * 5000, ",,,", "\x00",
]  # fmt: skip


def mutated(value: Any, rng: random.Random) -> Any:
    """The value with a few places in it missing, doubled or of another type."""
    if rng.random() < 0.08:
        return rng.choice(VALUES)
    if isinstance(value, dict):
        return {key: mutated(below, rng) for key, below in value.items() if rng.random() > 0.04}
    if isinstance(value, list):
        return [mutated(each, rng) for each in value for _ in range(rng.choice((1, 1, 1, 2, 0)))]
    return value


def body(rng: random.Random) -> bytes:
    """A body that a server might send: whole, cut, with bytes changed, or no JSON at all."""
    value = mutated(rng.choice(BODIES), rng)
    try:
        found = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    except ValueError:  # an integer that Python does not write
        found = '{"usage": ' + "9" * 5000 + "}"
    text = bytearray(found.encode("utf-8", "surrogatepass"))
    if rng.random() < 0.2:
        del text[rng.randrange(len(text) + 1) :]
    for _ in range(rng.choice((0, 0, 0, 1, 5))):
        if text:
            text[rng.randrange(len(text))] = rng.randrange(256)
    around = rng.choice(
        (b"", b"", b"", b"\n" * 50, b"\xef\xbb\xbf", b"data: ", b"<html>", b"[" * 2000)
    )
    return around + bytes(text)


def read_so_many(count: int, seed: str) -> None:
    rng = random.Random(seed)
    endpoint = Endpoint("http://h", "m", "sk-secret-of-the-test")
    for _ in range(count):
        content, status, said = body(rng), rng.choice(STATUSES), rng.random() < 0.5
        headers = {"retry-after": rng.choice(HEADERS)} if rng.random() < 0.3 else {}
        found = parse_response(status, headers, content, empty_is_said=said)
        assert isinstance(found, Completion | Failure)
        if found.usage is not None:
            assert found.usage.tokens <= 2 * MOST_TOKENS
        if isinstance(found, Completion):
            assert found.is_answer or found.error or not found.text
            found.text.encode()
        else:
            assert found.retry_after is None or 0 <= found.retry_after <= LONGEST_WAIT
            assert len(endpoint.public(found.words)) < 1000
            found.words.encode()
        read_batch(content)
        read_batches(content)
        read_results(content)
        assert isinstance(unusable_body(headers, content, "other"), Failure)
        retry_after("".join(rng.choices("0123456789.eE+-,: GMTJan", k=rng.randrange(30))))


def test_two_thousand_bodies_are_answers_or_failures() -> None:
    read_so_many(2_000, "bodies")


@pytest.mark.slow
def test_a_hundred_thousand_bodies_are_answers_or_failures() -> None:
    read_so_many(100_000, "more bodies")
