"""JSON that others wrote is a value that can be written again, or one error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sodakd.json_text import MAX_DEPTH, MAX_DIGITS, JsonError, parse_json, parse_json_at


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_text_is_a_value_that_can_be_written_or_one_error(text: bytes | str) -> None:
    try:
        value = parse_json(text)
    except JsonError:
        return
    json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 5000 + "]" * 5000])
def test_nesting_is_one_error(text: str) -> None:
    with pytest.raises(JsonError):
        parse_json(text)


def test_the_deepest_value_allowed_is_read() -> None:
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(JsonError, match="100 deep"):
        parse_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize("digits", [4300, 4301, 9000, MAX_DIGITS])
def test_long_integers_are_read(digits: int) -> None:
    assert parse_json(f'{{"n": {"1" * digits}}}') == {"n": (10**digits - 1) // 9}
    assert parse_json(f"-{'1' * (digits - 1)}") == -((10 ** (digits - 1) - 1) // 9)


def test_an_integer_without_end_is_one_error() -> None:
    with pytest.raises(JsonError, match="digits"):
        parse_json("1" * (MAX_DIGITS + 1))


def test_half_a_surrogate_is_replaced_and_a_whole_one_is_read() -> None:
    assert parse_json(r'{"\ud83d": ["\ud83d\ude00", "a\udcffb"]}') == {"\ufffd": ["😀", "a\ufffdb"]}


def test_a_value_is_read_where_it_begins() -> None:
    assert parse_json_at('so: {"a": "one\nline"} and more', 4) == {"a": "one\nline"}
    with pytest.raises(JsonError):
        parse_json_at("no value", 0)
