"""What a server's reply means."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from sodakd.inference.completions import Billing, Completion, ErrorKind, Failure, Finish
from sodakd.inference.response_parser import parse_response, retry_after
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
        (429, error("rate_limit_exceeded"), ErrorKind.BUSY),
        (429, error("insufficient_quota"), ErrorKind.FATAL),
        (401, error("invalid_api_key"), ErrorKind.FATAL),
        (402, b"", ErrorKind.FATAL),
        (404, error("model_not_found"), ErrorKind.FATAL),
        (404, b"<html>nginx</html>", ErrorKind.FATAL),
        (301, b"", ErrorKind.FATAL),
        (304, error("content_filter"), ErrorKind.FATAL),
        (400, error("invalid_request_error"), ErrorKind.REFUSED),
        (422, b"{}", ErrorKind.REFUSED),
        (408, b"", ErrorKind.SERVER),
        (500, b"boom", ErrorKind.SERVER),
        (502, b"<html></html>", ErrorKind.UNAVAILABLE),
        (503, b"", ErrorKind.UNAVAILABLE),
        (504, error("timeout"), ErrorKind.UNAVAILABLE),
        (529, b"", ErrorKind.UNAVAILABLE),
        (200, b"<!doctype html>", ErrorKind.GARBAGE),
        (200, b"\xff\x00", ErrorKind.GARBAGE),
        (200, b'{"choices": {"text": 1}}', ErrorKind.GARBAGE),
        (200, error("upstream"), ErrorKind.SERVER),
        (200, b'{"choices": []}', ErrorKind.EMPTY),
        (200, answer(""), ErrorKind.EMPTY),
    ],
)
def test_each_trouble_is_known(status: int, body: bytes, trouble: ErrorKind) -> None:
    found = parse_response(status, {}, body)
    assert isinstance(found, Failure)
    assert found.trouble is trouble


def test_an_error_status_is_not_billed_and_garbage_perhaps() -> None:
    for status, body, billed in (
        (500, b"", Billing.NO),
        (429, b"", Billing.NO),
        (200, b"garbage", Billing.PERHAPS),
        (200, b'{"choices": []}', Billing.PERHAPS),
        (200, json.dumps({"choices": [], "usage": USAGE}).encode(), Billing.YES),
    ):
        found = parse_response(status, {}, body)
        assert isinstance(found, Failure)
        assert found.billed is billed


@pytest.mark.parametrize(
    ("finish", "meaning"),
    [
        ("stop", Finish.STOP),
        (None, Finish.STOP),
        ("length", Finish.LENGTH),
        ("content_filter", Finish.FILTERED),
        ("model_length", Finish.LENGTH),
        ("", Finish.STOP),
        ("STOP", Finish.STOP),
        ("some_new_reason", Finish.UNKNOWN),
        ("tool_calls", Finish.UNKNOWN),
    ],
)
def test_how_an_answer_ended_is_data(finish: str | None, meaning: Finish) -> None:
    found = parse_response(200, {}, answer("code", finish))
    assert found == Completion("code", meaning, Usage(**USAGE))


def test_parts_of_text_are_one_text() -> None:
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "co"}]
    found = parse_response(200, {}, answer([*parts, {"type": "text", "text": "de"}]))
    assert found == Completion("code", Finish.STOP, Usage(**USAGE))


@pytest.mark.parametrize("reason", ["insufficient_system_resource", "error", "abort"])
def test_an_answer_that_the_server_broke_off_is_its_failure(reason: str) -> None:
    found = parse_response(200, {}, answer("def f(): pass", reason))
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (ErrorKind.SERVER, Billing.YES)
    assert reason in found.words


NOT_TOLD: list[object] = [
    None, {}, [], "many", 7, {"prompt_tokens": 3},
    *({"prompt_tokens": count, "completion_tokens": 4} for count in (
        None, -1, 3.5, True, 10**18, float("inf"), float("nan"), [3], "3 tokens",
    )),
]  # fmt: skip


@pytest.mark.parametrize("usage", NOT_TOLD)
def test_an_answer_whose_usage_is_not_told_or_past_belief_is_an_answer(usage: object) -> None:
    found = parse_response(200, {}, answer("code", usage=usage))
    assert found == Completion("code", Finish.STOP, None)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": "3", "completion_tokens": "4"},
        {"prompt_tokens": 3.0, "completion_tokens": 4.0},
        {"input_tokens": 3, "output_tokens": 4, "cost": None},
    ],
)
def test_tokens_are_read_in_whichever_way_they_are_written(usage: object) -> None:
    found = parse_response(200, {}, answer("code", usage=usage))
    assert found == Completion("code", Finish.STOP, Usage(**USAGE))


STRANGE = [
    b'{"choices": [{"message": {"content": "code"}, "finish_reason": 5}], "model": null}',
    b'{"choices": [{"message": {"content": "code", "role": 3, "refusal": []}}], "id": {}}',
    b'{"choices": [{"message": {"content": ["co", {"type": "text", "text": "de"}]}}]}',
    b'{"choices": [{"message": {"content": {"text": "code"}}, "logprobs": [1]}]}',
    b'{"choices": [{"text": "code"}], "error": null, "base_resp": {"status_code": 0}}',
    b'{"choices": [null, {"message": {"content": "code"}}], "usage": "none", "error": ""}',
    b'{"choices": [{"index": 1, "message": {"content": "no"}},'
    b' {"index": 0, "message": {"content": "code"}}]}',
    b'\n\n\xef\xbb\xbf{"choices": [{"message": {"content": "code"}}]}'.strip(),
]


@pytest.mark.parametrize("body", STRANGE)
def test_a_field_of_another_type_costs_no_answer(body: bytes) -> None:
    assert parse_response(200, {}, body) == Completion("code", Finish.STOP, None)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"choices": [{"message": {"content": "an \\ud83d"}}]}', "an \ufffd"),
        (b'{"choices": [{"message": {"content": "caf\xe9"}}]}', "caf\ufffd"),
    ],
)
def test_letters_that_are_none_become_the_sign_for_that(body: bytes, text: str) -> None:
    assert parse_response(200, {}, body) == Completion(text, Finish.STOP, None)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"[" * 100_000),
        (200, b'{"error": ' * 50_000),
        (500, b"[" * 100_000),
        (400, b'{"detail": ' + b"[" * 2000 + b"]" * 2000 + b"}"),
        (400, b'{"n": ' + b"1" * 50_000 + b"}"),
        (200, b'{"choices": [], "usage": {"prompt_tokens": 1e400, "completion_tokens": 1}}'),
    ],
)
def test_a_body_made_to_break_its_reader_is_a_failure(status: int, body: bytes) -> None:
    assert isinstance(parse_response(status, {}, body), Failure)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("empty_is_said", [False, True])
def test_an_answer_in_the_reasoning_alone_is_none_and_what_to_do_is_said(
    field: str, empty_is_said: bool
) -> None:
    choice = {"message": {"content": None, field: "def f(): pass"}, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice], "usage": USAGE}).encode()
    found = parse_response(200, {}, body, empty_is_said=empty_is_said)
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (ErrorKind.EMPTY, Billing.YES)
    assert "switch its reasoning parser off" in found.words
    choice["finish_reason"] = "length"
    cut = parse_response(200, {}, json.dumps({"choices": [choice]}).encode())
    assert cut == Completion("", Finish.LENGTH, None)


def test_a_call_of_a_tool_is_no_answer() -> None:
    message = {"content": None, "tool_calls": [{"function": {"name": "python"}}]}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]}).encode()
    found = parse_response(200, {}, body, empty_is_said=True)
    assert isinstance(found, Failure)
    assert "a call of a tool" in found.words


def test_an_empty_answer_is_one_where_a_student_may_say_nothing() -> None:
    found = parse_response(200, {}, answer(""), empty_is_said=True)
    assert found == Completion("", Finish.STOP, Usage(**USAGE))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/event-stream"}, b"\n"),
        ({}, b'data: {"choices": []}\n\ndata: [DONE]'),
    ],
)
def test_a_stream_is_called_one(headers: dict[str, str], body: bytes) -> None:
    found = parse_response(200, headers, body)
    assert isinstance(found, Failure)
    assert "a stream of events" in found.words


@pytest.mark.parametrize(
    ("body", "trouble", "words"),
    [
        ({"error": {"message": "Rate limit exceeded", "code": 429}}, ErrorKind.BUSY, "Rate limit"),
        ({"error": {"message": "Provider error", "code": 502}}, ErrorKind.UNAVAILABLE, "Provider"),
        ({"error": {"message": "x", "status": "RESOURCE_EXHAUSTED"}}, ErrorKind.BUSY, "x RESOURCE"),
        ([{"error": {"code": 503, "message": "high demand"}}], ErrorKind.UNAVAILABLE, "high"),
        ({"error": "rate limit reached"}, ErrorKind.BUSY, "rate limit"),
        ({"error_code": 18, "error_msg": "Open api qps limit reached"}, ErrorKind.BUSY, "18"),
        (
            {"choices": None, "base_resp": {"status_msg": "insufficient balance"}},
            ErrorKind.FATAL,
            "no credit left",
        ),
        ({"code": 1302, "message": "Too many requests", "data": None}, ErrorKind.BUSY, "1302"),
        ({"code": "InvalidApiKey", "message": "Invalid API-key"}, ErrorKind.FATAL, "not accepted"),
        ({"error": {"message": "m", "code": "model_not_found"}}, ErrorKind.FATAL, "no such model"),
        ({"type": "error", "error": {"type": "overloaded_error"}}, ErrorKind.UNAVAILABLE, "over"),
        ({"detail": "the worker died"}, ErrorKind.SERVER, "the worker died"),
        ({"detail": [{"loc": ["body"], "msg": "worker gone"}]}, ErrorKind.SERVER, "worker gone"),
        ({"choices": [], "message": "worker gone"}, ErrorKind.SERVER, "worker gone"),
        ({"choices": [{"error": {"code": 429, "message": "slow"}}]}, ErrorKind.BUSY, "slow"),
    ],
)  # fmt: skip
def test_an_error_in_a_200_means_what_its_status_would_and_nothing_is_booked(
    body: object, trouble: ErrorKind, words: str
) -> None:
    found = parse_response(200, {}, json.dumps(body).encode())
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (trouble, Billing.NO)
    assert words in found.words


def test_what_says_that_all_is_well_is_no_error() -> None:
    fine: list[object] = [
        {"code": 0, "message": "ok"},
        {"base_resp": {"status_code": 0}},
        {"error": {}},
    ]
    for body in fine:
        found = parse_response(200, {}, json.dumps(body).encode())
        assert isinstance(found, Failure)
        assert (found.trouble, found.words) == (
            ErrorKind.GARBAGE,
            "JSON that is no chat completion",
        )


PER_PROMPT = [
    "Content Exists Risk", "Input data may contain inappropriate content. DataInspectionFailed",
    "context_length_exceeded", "content_filter", "input new_sensitive",
    "This model's maximum context length is 512 tokens.",
    "the request exceeds the available context size. exceed_context_size_error",
    "The input token count (40000) exceeds the maximum",
    "系统检测到输入或生成内容可能包含不安全或敏感内容",
]  # fmt: skip


@pytest.mark.parametrize("words", PER_PROMPT)
@pytest.mark.parametrize("status", [200, 400])
def test_a_prompt_that_is_refused_for_itself_is_no_answer_and_data(words: str, status: int) -> None:
    found = parse_response(status, {}, json.dumps({"error": {"message": words}}).encode())
    assert isinstance(found, Completion)
    assert not found.is_answer
    assert found.finish in {Finish.FILTERED, Finish.LENGTH}
    assert words[:20] in found.error


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


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        (
            {"choices": [{"error": {"code": 429}, "message": {"content": ""},
                          "finish_reason": "error"}]},
            ErrorKind.BUSY,
        ),
        ({"error": '{"code": 429, "message": "slow down"}'}, ErrorKind.BUSY),
        ({"Response": {"Error": {"Code": "x", "Message": "rate limit"}}}, ErrorKind.BUSY),
        ({"header": {"code": "1", "message": "insufficient balance"}}, ErrorKind.FATAL),
        ({"fault": {"faultstring": "Unauthorized"}}, ErrorKind.FATAL),
    ],
    ids=str,
)  # fmt: skip
def test_an_error_in_any_place_of_a_200_means_what_its_words_say(
    body: dict[str, JsonValue], trouble: ErrorKind
) -> None:
    found = parse_response(200, {}, json.dumps(body).encode())
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (trouble, Billing.NO)


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "reasoning_details": [{"type": "reasoning.text", "text": "so"}]},
        {"content": [{"type": "thinking", "thinking": "so"}]},
        {"content": "", "thinking": "so"},
    ],
    ids=str,
)
def test_reasoning_in_any_field_is_named_where_there_is_no_text(
    message: dict[str, JsonValue],
) -> None:
    body = {"choices": [{"message": message, "finish_reason": "stop"}]}
    found = parse_response(200, {}, json.dumps(body).encode())
    assert isinstance(found, Failure)
    assert "reasoning" in found.words


def test_tokens_that_stand_in_the_total_alone_are_counted() -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 50_110}
    choice = {"message": {"content": "a\x01b"}, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice], "usage": usage}).replace("\\u0001", "\x01")
    found = parse_response(200, {}, body.encode())
    assert isinstance(found, Completion)
    assert found.text == "a\x01b"  # a control character is no reason to lose a paid answer
    assert found.usage == Usage(prompt_tokens=100, completion_tokens=50_010)


@pytest.mark.parametrize(
    "end", [{"native_finish_reason": "MAX_TOKENS"}, {"finish_reason": ["length"]},
            {"finish_reason": None, "stop_reason": "length"}], ids=str,
)  # fmt: skip
def test_the_end_of_an_answer_is_read_wherever_it_is_told(end: dict[str, JsonValue]) -> None:
    body = {"choices": [{"message": {"content": "x"}, **end}]}
    found = parse_response(200, {}, json.dumps(body).encode())
    assert isinstance(found, Completion)
    assert found.finish is Finish.LENGTH


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_address_that_moved_is_told_with_where_to_and_without_secrets(status: int) -> None:
    place = "https://me:secret@new.example/v1/chat/completions?key=secret"
    found = parse_response(status, {"location": place}, b"<html>moved</html>")
    assert isinstance(found, Failure)
    assert found.trouble is ErrorKind.FATAL
    assert "moved to https://***@new.example/v1/chat/completions: check base_url" in found.words
    assert "secret" not in found.words


@pytest.mark.parametrize("empty_is_said", [True, False])
@pytest.mark.parametrize("at", ["body", "choice"])
def test_an_error_beside_an_empty_answer_is_no_empty_answer(at: str, empty_is_said: bool) -> None:
    told = {"error": {"message": "the worker was lost"}}
    choice = {"message": {"content": ""}, "finish_reason": "stop"}
    body = {"choices": [choice | (told if at == "choice" else {})], "usage": USAGE}
    content = json.dumps(body | (told if at == "body" else {})).encode()
    found = parse_response(200, {}, content, empty_is_said=empty_is_said)
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (ErrorKind.SERVER, Billing.YES)
    assert "the worker was lost" in found.words


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (204, {}, "without a body (HTTP 204)"),
        (301, {}, "moved, and the server does not say where to"),
    ],
)
def test_a_reply_without_a_body_says_what_its_head_does(
    status: int, headers: dict[str, str], words: str
) -> None:
    found = parse_response(status, headers, b"")
    assert isinstance(found, Failure)
    assert words in found.words


def test_a_call_of_a_tool_in_the_place_of_text_is_named() -> None:
    called = {"content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
    choice = {"message": called, "finish_reason": "tool_calls"}
    found = parse_response(200, {}, json.dumps({"choices": [choice], "usage": USAGE}).encode())
    assert isinstance(found, Failure)
    assert "a call of a tool" in found.words


def test_what_no_answer_needs_may_be_nested_as_deep_as_it_likes() -> None:
    deep = b'{"x": ' + b"[" * 50_000 + b"]" * 50_000 + b", " + answer("yes")[1:]
    found = parse_response(200, {}, deep)
    assert isinstance(found, Completion)
    assert (found.text, found.usage) == ("yes", Usage(**USAGE))
