"""Tests that cannot be put to their program name it, and no other program loses its verdict."""

import pickle

import pytest
from pydantic import JsonValue

from sodakd.judge import Judge, Program
from sodakd.judge.left_out import InvalidTestsError
from sodakd.judge.sandbox.sandbox import Limits
from sodakd.judge.sandbox.signature_check import signature_mismatch
from sodakd.judge.sandbox.task import Task
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Signature, TestCase, ValueType
from tests.judge.test_programs import skip_where_missing

INT = ValueType.INT
CODE = {
    Language.GO: "package main\n\nfunc f(n int) int { return n + 1 }\n",
    Language.C: "long long f(long long n) { return n + 1; }\n",
}


def program(language: Language, name: str, *arguments: JsonValue, signed: bool = True) -> Program:
    signature = Signature(arguments=(INT,), returns=INT) if signed else None
    cases = (TestCase(arguments=arguments, expected=2),)
    tests = CallTests(entry_point="f", cases=cases, signature=signature)
    return Program(f"{CODE[language]}// {name}\n", language, tests, id=name)


@pytest.mark.toolchain
@pytest.mark.parametrize("language", CODE)
def test_a_program_whose_tests_do_not_fit_is_named_and_the_others_are_judged(
    language: Language,
) -> None:
    skip_where_missing(language)
    asked = [
        program(language, "first", 1),
        program(language, "few"),
        program(language, "second", 1),
        program(language, "text", "1"),
        program(language, "unsigned", 1, signed=False),
        program(language, "third", 1),
    ]
    passed: list[str] = []
    with Judge(JudgeSettings(), 1) as judge:
        judged = judge.judge_stream(asked)
        with pytest.raises(InvalidTestsError) as raised:
            passed.extend(one.id for one in judged if one.verdict.passed)
        assert judge.judge(program(language, "after", 1)).passed
        with pytest.raises(InvalidTestsError, match="program 'alone': call 1 of f has 2 arguments"):
            judge.judge(program(language, "alone", 1, 2))
    assert sorted(passed) == ["first", "second", "third"]
    said = raised.value.reasons
    assert set(said) == {"few", "text", "unsigned"}
    assert said["few"] == "call 1 of f has 0 arguments, and its signature has 1"
    assert said["text"] == "argument 1 of call 1 of f is '1', which is no int"
    assert "needs the types of f" in said["unsigned"]
    assert "'few'" in str(raised.value)
    assert pickle.loads(pickle.dumps(raised.value)).reasons == said


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("int", 2**63 - 1, True), ("int", 2**63, False), ("int", True, False), ("int", 1.0, False),
        ("float", 1, True), ("float", 1.5, True), ("float", float("inf"), False),
        ("float", 10**400, False), ("float", True, False), ("bool", True, True), ("bool", 1, False),
        ("str", "a", True), ("str", None, False), ("list[int]", [1, 2], True),
        ("list[int]", [1, "2"], False), ("list[int]", 1, False), ("list[str]", [], True),
    ],
)  # fmt: skip
def test_an_argument_fits_its_type_or_not(kind: str, value: JsonValue, fits: bool) -> None:
    asked = Task(
        language="c", code="", entry_point="f", arguments=((value,),), argument_types=(kind,),
        result_type="int", script=None, as_main=False, limits=Limits(), tools={},
    )  # fmt: skip
    assert (signature_mismatch(asked) == "") is fits
