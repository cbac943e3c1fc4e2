"""JSON that others wrote is a value that can be written again, or one error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sodakd.json_text import (
    MAX_DEPTH,
    MAX_DIGITS,
    JsonError,
    nested,
    parse_json,
    parse_json_at,
    parse_literal,
    parse_shallow,
)


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


@pytest.mark.parametrize(
    "deep",
    [
        "[" * 50_000 + "]" * 50_000,
        '{"a":' * 50_000 + '"]}"' + "}" * 50_000,
        "[" * 200 + r'"\"]]", "}", [1]' + "]" * 200,
        "1" * (MAX_DIGITS + 1),
    ],
    ids=["lists", "objects", "brackets in texts", "an integer"],
)
def test_what_nobody_needs_voids_no_body(deep: str) -> None:
    body = f'{{"id": "c", "x": {deep}, "y": [{deep}, 2], "said": "yes [[[["}}'
    found = parse_shallow(body.encode())
    assert isinstance(found, dict)
    assert (found["id"], found["said"]) == ("c", "yes [[[[")
    assert isinstance(found["y"], list)
    assert found["y"][1] == 2
    json.dumps(found)


@pytest.mark.heavy
@given(st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=200))
def test_a_body_that_is_not_deep_is_read_as_it_is(value: object) -> None:
    text = json.dumps([value, [[]] * (MAX_DEPTH + 1)])
    assert parse_shallow(text.encode()) == parse_json(text)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '"\\"' * 100_000, '["' + r"\"" * 100_000, "]" * 9999]
)
def test_a_body_that_is_no_json_is_one_error(text: str) -> None:
    with pytest.raises(JsonError):
        parse_shallow(b"[" * MAX_DEPTH + text.encode())


@given(st.text(max_size=200) | st.recursive(st.text() | st.none(), st.tuples).map(repr))
def test_any_text_in_pythons_words_is_a_value_that_can_be_written_or_one_error(text: str) -> None:
    try:
        json.dumps(parse_literal(text), ensure_ascii=False).encode()
    except JsonError:
        return


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('["a", null]', ["a", None]),
        (" ['a', None, (1, 2), '\\d']", ["a", None, [1, 2], "\\d"]),
        (r"{'a': '\ud800'}", {"a": "\ufffd"}),
        ("[f(1)]", "[f(1)]"),
        ("['1e999', 1e999]", "['1e999', 1e999]"),
        ("None", "None"),
    ],
)
def test_a_list_or_an_object_within_a_text_is_read(text: str, value: object) -> None:
    assert nested(text) == value
