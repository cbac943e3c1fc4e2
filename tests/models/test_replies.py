"""What a server's reply means."""

import json
from datetime import UTC, datetime

import pytest

from sodakd.models.completions import Billed, Completion, Failure, Finish, Trouble
from sodakd.models.replies import read_reply, retry_after
from sodakd.types import Usage

NOW = datetime(2026, 1, 1, tzinfo=UTC)
USAGE = {"prompt_tokens": 3, "completion_tokens": 4}


def error(code: str) -> bytes:
    return json.dumps({"error": {"message": "no", "code": code}}).encode()


def answer(text: object, finish: str | None = "stop", usage: object = USAGE) -> bytes:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return json.dumps({"model": "m-1", "choices": [choice], "usage": usage}).encode()


@pytest.mark.parametrize(
    ("status", "body", "trouble"),
    [
        (429, error("rate_limit_exceeded"), Trouble.BUSY),
        (429, error("insufficient_quota"), Trouble.FATAL),
        (401, error("invalid_api_key"), Trouble.FATAL),
        (402, b"", Trouble.FATAL),
        (404, error("model_not_found"), Trouble.FATAL),
        (404, b"<html>nginx</html>", Trouble.FATAL),
        (301, b"", Trouble.FATAL),
        (400, error("invalid_request_error"), Trouble.REFUSED),
        (422, b"{}", Trouble.REFUSED),
        (408, b"", Trouble.SERVER),
        (500, b"boom", Trouble.SERVER),
        (502, b"<html></html>", Trouble.SERVER),
        (529, b"", Trouble.SERVER),
        (200, b"<!doctype html>", Trouble.GARBAGE),
        (200, b"\xff\x00", Trouble.GARBAGE),
        (200, b'{"choices": {"text": 1}}', Trouble.GARBAGE),
        (200, error("upstream"), Trouble.GARBAGE),
        (200, b'{"choices": []}', Trouble.EMPTY),
        (200, answer(""), Trouble.EMPTY),
    ],
)
def test_each_trouble_is_known(status: int, body: bytes, trouble: Trouble) -> None:
    found = read_reply(status, {}, body)
    assert isinstance(found, Failure)
    assert found.trouble is trouble


def test_an_error_status_is_not_billed_and_garbage_perhaps() -> None:
    for status, body, billed in (
        (500, b"", Billed.NO),
        (429, b"", Billed.NO),
        (200, b"garbage", Billed.PERHAPS),
        (200, b'{"choices": []}', Billed.PERHAPS),
        (200, json.dumps({"choices": [], "usage": USAGE}).encode(), Billed.YES),
    ):
        found = read_reply(status, {}, body)
        assert isinstance(found, Failure)
        assert found.billed is billed


@pytest.mark.parametrize(
    ("finish", "meaning"),
    [
        ("stop", Finish.STOP),
        (None, Finish.STOP),
        ("length", Finish.LENGTH),
        ("content_filter", Finish.FILTERED),
    ],
)
def test_how_an_answer_ended_is_data(finish: str | None, meaning: Finish) -> None:
    found = read_reply(200, {}, answer("code", finish))
    assert found == Completion("code", meaning, Usage(**USAGE), "m-1")


def test_parts_of_text_are_one_text() -> None:
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "co"}]
    found = read_reply(200, {}, answer([*parts, {"type": "text", "text": "de"}]))
    assert found == Completion("code", Finish.STOP, Usage(**USAGE), "m-1")


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None, "completion_tokens": 4}])
def test_an_answer_whose_usage_is_not_told_is_an_answer(usage: object) -> None:
    found = read_reply(200, {}, answer("code", usage=usage))
    assert found == Completion("code", Finish.STOP, None, "m-1")


@pytest.mark.parametrize("code", ["context_length_exceeded", "content_filter"])
def test_a_prompt_that_is_refused_for_itself_is_data(code: str) -> None:
    found = read_reply(400, {}, error(code))
    assert isinstance(found, Completion)
    assert found.error


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        ("Thu, 01 Jan 2026 00:00:07 GMT", 7.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("999999", 300.0),
        ("soon", None),
        ("nan", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds
