"""What a teacher says that a question can be tested by, in the words that models use."""

import json

import pytest
from pydantic import JsonValue

from sodakd.inference.completions import Completion, Finish
from sodakd.teacher.parsers import (
    NoFunction,
    UnreadableReply,
    completed_text,
    parse_invention,
    parse_test,
)
from sodakd.teacher.read_tests import read_signature
from sodakd.teacher.render_prompt import render
from sodakd.teacher.requests import Invent, Test
from sodakd.types import CallTests, Language, Question

INPUTS: list[list[JsonValue]] = [[[1, 2], "a"], [[], "b"], [[3], ""], [[4, 4], "d"], [[5], "e"]]
SIGNATURE = {"arguments": ["list[int]", "str"], "returns": "int"}


def question(language: Language = Language.PYTHON) -> Question:
    return Question.new(text="Do it.", language=language, tests=None, source="s", level=None)


def read(language: Language = Language.PYTHON, **changes: object) -> Question:
    values = {"entry_point": "f", "signature": SIGNATURE, "inputs": INPUTS, **changes}
    found = parse_test(
        f"Sure!\n```json\n{json.dumps(values)}\n```", Test(question=question(language))
    )
    assert isinstance(found, Question)
    return found


def given(found: Question) -> list[list[JsonValue]]:
    assert isinstance(found.tests, CallTests)
    assert all(case.expected is None for case in found.tests.cases)
    return [list(case.arguments) for case in found.tests.cases]


def test_a_reply_becomes_calls_of_which_nothing_is_expected() -> None:
    found = read()
    assert given(found) == INPUTS
    assert found.text == "Do it.\n\nWrite it as the function `f`, which takes (list[int], str)."
    java = read(Language.JAVA).text
    assert java.endswith("`public static long f(long[] a, String b)` in `class Solution`.")


@pytest.mark.parametrize(
    "signature",
    [
        {"arguments": ["List[int]", "string"], "returns": "integer"},
        {"parameters": [{"name": "a", "type": "int[]"}, {"name": "b", "type": "String"}],
         "return_type": "long"},
        {"args": {"a": "vector<int>", "b": "std::string"}, "returns": {"type": "Integer"}},
        "def f(a: List[int], b: str) -> int:",
        "(Array<number>, string) -> number",
    ],
)  # fmt: skip
def test_types_are_read_in_the_words_of_any_language(signature: object) -> None:
    found = read_signature(signature)  # type: ignore[arg-type]
    assert [*map(str, found.arguments), str(found.returns)] == ["list[int]", "str", "int"]


def test_inputs_are_read_without_their_list_or_under_names() -> None:
    lone = {"arguments": ["list[int]"], "returns": "int"}
    found = read(signature=lone, inputs=[[1, 2], [[3]], [], {"a": [4]}, {"arguments": [[5]]}])
    assert given(found) == [[[1, 2]], [[3]], [[]], [[4]], [[5]]]
    more = read(signature=lone, inputs=[[[1], 2], [[], 0], [[3], 3], [[4], "x"], [[5], None]])
    assert given(more) == [[[1]], [[]], [[3]], [[4]], [[5]]]
    texts = read(inputs=['[1], "a"', *INPUTS])
    assert given(texts)[0] == [[1], "a"]


def test_what_does_not_fit_is_left_out_and_too_little_is_asked_for_again() -> None:
    assert given(read(inputs=[*INPUTS, [1, "a"], INPUTS[0]])) == INPUTS
    with pytest.raises(UnreadableReply, match="4 inputs that fit the signature, not 5; argument 1"):
        read(inputs=[*INPUTS[:4], [1, "a"]])


def test_a_language_without_types_can_do_without_a_signature() -> None:
    assert given(read(signature=None)) == INPUTS
    assert (
        given(read(Language.JAVASCRIPT, signature={"arguments": ["Foo"], "returns": "?"})) == INPUTS
    )
    with pytest.raises(UnreadableReply, match="no signature"):
        read(Language.GO, signature=None)


def test_a_question_that_is_no_function_says_why() -> None:
    ask = Test(question=question())
    reply = '{"entry_point": null, "reason": "it asks for a page"}'
    assert parse_test(reply, ask) == NoFunction("it asks for a page")
    for signature in (
        {"arguments": ["str"], "returns": "void"},
        {"arguments": [], "returns": "str"},
    ):
        values = {"entry_point": "f", "signature": signature, "inputs": INPUTS}
        assert isinstance(parse_test(json.dumps(values), ask), NoFunction)


def test_more_inputs_are_asked_for_by_those_that_are_known() -> None:
    known = read()
    ask = Test(question=known, known=tuple((one[0], one[1]) for one in INPUTS))
    prompt = render(ask)
    assert '[[1,2],"a"]' in prompt
    assert "`f`, which takes (list[int], str)" in prompt
    more = parse_test('{"inputs": [[[9], "z"], [[1], 2]]}', ask)
    assert isinstance(more, Question)
    assert given(more) == [[[9], "z"]]
    assert more.text == known.text


def test_an_invented_question_brings_inputs_and_no_values() -> None:
    ask = Invent(question=question(), level=2)
    prompt = render(ask)
    assert "expected" not in prompt
    values = {"text": "Count.", "level": 2, "entry_point": "f", "signature": SIGNATURE}
    found = parse_invention(json.dumps({**values, "inputs": INPUTS}), ask)
    assert given(found) == INPUTS
    with pytest.raises(UnreadableReply, match="0 inputs"):
        parse_invention(json.dumps({**values, "inputs": [1, 2]}), ask)


def test_json_with_the_slips_of_small_models_is_read() -> None:
    reply = """```json
{
  "entry_point": 'f',  // the function
  "signature": {"arguments": ["list[int]", "str"], "returns": "int",},
  "inputs": [
    [[1], "it's # one"], [[], 'say "b"'],  # comment
    [[3], 'it\\'s'], [[4], ""], [[5], "//"],
  ],
}
```"""
    found = parse_test(reply, Test(question=question()))
    assert isinstance(found, Question)
    texts = [text for _, text in given(found)]
    assert texts == ["it's # one", 'say "b"', "it's", "", "//"]


@pytest.mark.parametrize("cut", [", [[6, 7", ', [[6], "an end that', "], ", ""])
def test_of_a_list_that_breaks_off_what_is_whole_is_read(cut: str) -> None:
    values = {"entry_point": "f", "signature": SIGNATURE, "inputs": INPUTS}
    whole = json.dumps(values).removesuffix("]}")
    reply = Completion(text=f"```json\n{whole}{cut}", finish=Finish.LENGTH)
    found = parse_test(completed_text(reply, "test"), Test(question=question()))
    assert isinstance(found, Question)
    assert given(found) == INPUTS
    with pytest.raises(UnreadableReply, match="cut off"):
        completed_text(reply, "solve")


@pytest.mark.parametrize("tail", [', [[6], "f"', ', [[6], "f"]}]}'])
def test_inputs_are_read_up_to_a_slip_or_to_where_they_were_cut_off(tail: str) -> None:
    head = json.dumps({"entry_point": "f", "signature": SIGNATURE, "inputs": INPUTS})
    found = parse_test(f"```json\n{head.removesuffix(']}')}{tail}", Test(question=question()))
    assert isinstance(found, Question)
    assert given(found)[:5] == INPUTS


def test_a_list_that_is_closed_early_goes_on_and_numbers_may_stand_in_quotes() -> None:
    reply = """{"entry_point": "f",
    "signature": {"arguments": ["list[int]", "int"], "returns": "int"},
    "inputs": [[["1", 2], "3"], [[], "0"]], [[4], -1], [["5", "6"], 2], ["[7, 8]", "9"], ["{7}", 1],
    ["[{7}]", 1], ["[1e999]", 1]]}"""
    found = parse_test(reply, Test(question=question()))
    assert isinstance(found, Question)
    assert given(found) == [[[1, 2], 3], [[], 0], [[4], -1], [[5, 6], 2], [[7, 8], 9]]


def test_half_a_character_in_pythons_words_is_one_that_can_be_written() -> None:
    signature = {"arguments": ["str", "int"], "returns": "int"}
    inputs = [*([word, 1] for word in "abcd"), "'\\ud800', 2"]
    reply = json.dumps({"entry_point": "f", "signature": signature, "inputs": inputs})
    found = parse_test(reply, Test(question=question()))
    assert isinstance(found, Question)
    assert given(found)[4] == ["\ufffd", 2]
