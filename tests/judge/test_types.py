"""Every type of a signature in every language: what a program is given, it gives back."""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy

import pytest
from pydantic import JsonValue, ValidationError

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.text.languages import LANGUAGES
from sodakd.text.signatures import types_that_lack
from sodakd.text.test_validation import declaration, signature_error
from sodakd.types import CallTests, Language, Outcome, Signature, TestCase, ValueType
from tests.judge.test_programs import skip_where_missing

C, CPP, GO, JAVA = Language.C, Language.CPP, Language.GO, Language.JAVA
JS, TS, PYTHON = Language.JAVASCRIPT, Language.TYPESCRIPT, Language.PYTHON
LEAST, MOST = -(2**63), 2**63 - 1
ODD = "é\"\\\n\t\r'?/\x7f\u2028😀"
VALUES: dict[str, Sequence[JsonValue]] = {
    "char": ["a", '"', "'", "\\", "\n", "é", "\uffff", "😀"],
    "list[char]": [[], ["a", "b"]],
    "list[bool]": [[], [True, False]],
    "list[list[int]]": [[], [[]], [[1, 2], []], [[LEAST], [MOST]]],
    "list[list[list[float]]]": [[[[0.1, -0.0], []], []], [[[1e300]]]],
    "list[list[str]]": [[["", ODD], []], [["\0"]]],
    "dict[str, int]": [{}, {"": LEAST, ODD: 2}, {"set": 1}],
    "dict[str, list[int]]": [{"set": [1, 2]}, {"a": [], "__proto__": [3]}],
    "dict[int, list[list[str]]]": [{"1": [["a"], []], "-2": [[]]}, {f"{LEAST}": []}],
    "dict[char, float]": [{"a": 0.5, '"': -1.5}],
    "dict[str, optional[int]]": [{"true": 1, "false": None}, {}],
    "optional[int]": [None, 0, MOST],
    "optional[list[int]]": [None, [], [1]],
    "list[optional[str]]": [[None], ["a", None, ""]],
    "list[dict[str, list[list[int]]]]": [[], [{}, {"a": [[1], []]}]],
    "tuple[int, int]": [[1, -2]],
    "list[tuple[str, str, str]]": [[], [["a", "b", "c"]]],
    "tuple[int, str]": [[1, "a"]],
    "list[tuple[float, bool, optional[char]]]": [[[0.5, True, None], [1.5, False, "x"]]],
    "dict[str, tuple[int, list[str]]]": [{"a": [1, ["b"]], "c": [2, []]}],
}
ECHO = {
    PYTHON: "def f(a):\n    return a\n",
    JS: "function f(a) {{ return a; }}\n",
    TS: "{0} {{ return a; }}\n",
    JAVA: "import java.util.*;\nclass Solution {{\n{0} {{ return a; }}\n}}\n",
    C: "{0} {{ return a; }}\n",
    CPP: "#include <bits/stdc++.h>\n{0} {{ return a; }}\n",
    GO: "package main\n\n{0} {{ return a }}\n",
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(), workers=1) as judge:
        yield judge
        assert judge.notes() == []


def called(kind: str, cases: Sequence[tuple[JsonValue, JsonValue]], returns: str = "") -> CallTests:
    return CallTests(
        entry_point="f",
        signature=Signature(arguments=(ValueType(kind),), returns=ValueType(returns or kind)),
        cases=tuple(TestCase(arguments=(one,), expected=other) for one, other in cases),
    )


def reachable(language: Language, kind: str) -> list[JsonValue]:
    """The values of a type that a language has."""
    pairs = [(value, called(kind, [(value, value)])) for value in VALUES[kind]]
    return [value for value, tests in pairs if not signature_error(tests, language)]


def changed(value: JsonValue) -> JsonValue:
    """Another value of the same type, as near as can be; the same one where it holds nothing."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return "b" if value == "a" else "a"
    if isinstance(value, int | float):
        return value + 1
    copied = deepcopy(value)
    if isinstance(copied, list):
        for place, held in enumerate(copied):
            copied[place] = changed(held)
    elif isinstance(copied, dict):
        for name, held in copied.items():
            copied[name] = changed(held)
    return copied


def echo(language: Language, tests: CallTests) -> str:
    declared = re.match(r"Declare it as `([^`]+)`", declaration(tests, language))
    return ECHO[language].format(declared[1] if declared else "")


@pytest.mark.toolchain
@pytest.mark.parametrize("language", Language)
def test_values_of_every_type_come_back_as_they_were_given(
    judge: Judge, language: Language
) -> None:
    skip_where_missing(language)
    programs, seen = list[Program](), 0
    for kind in VALUES:
        values = reachable(language, kind)
        if not values or (language is GO and kind.startswith("tuple")):
            continue  # what a function of Go gives as a tuple is no value
        seen += 1
        right = called(kind, [(value, value) for value in values])
        code = echo(language, right)
        programs.append(Program(code, language, right, id=f"right {kind}"))
        value = next(value for value in values if changed(value) != value)
        wrong = called(kind, [(value, changed(value))])
        programs.append(Program(code, language, wrong, id=f"wrong {kind}"))
    verdicts = {one.id: one.verdict for one in judge.judge_stream(programs)}
    assert seen == {C: 6, GO: 16, JAVA: 17}.get(language, len(VALUES))
    for name, verdict in verdicts.items():
        wanted = Outcome.PASSED if name.startswith("right") else Outcome.WRONG_ANSWER
        assert verdict.outcome is wanted, (name, verdict.output)


GROUPED: dict[str, tuple[Language, str]] = {
    "Python": (
        PYTHON,
        "def f(words):\n    found = {}\n    for word in words:\n"
        "        found.setdefault(len(word), []).append((word, word[0]))\n    return found\n",
    ),
    "JavaScript": (
        JS,
        "function f(words) {\n  const found = {};\n"
        "  for (const word of words) (found[word.length] ??= []).push([word, word[0]]);\n"
        "  return found;\n}\n",
    ),
    "TypeScript": (
        TS,
        "function f(words: string[]): Record<number, [string, string][]> {\n"
        "  const found: Record<number, [string, string][]> = {};\n"
        "  for (const word of words) (found[word.length] ??= []).push([word, word[0]]);\n"
        "  return found;\n}\n",
    ),
    "C++": (
        CPP,
        "#include <map>\n#include <string>\n#include <vector>\nusing namespace std;\n"
        "map<long long, vector<pair<string, char>>> f(vector<string> words) {\n"
        "  map<long long, vector<pair<string, char>>> found;\n"
        "  for (auto &word : words) found[word.size()].push_back({word, word[0]});\n"
        "  return found;\n}\n",
    ),
}


@pytest.mark.toolchain
@pytest.mark.parametrize("name", GROUPED)
def test_a_program_that_works_with_nested_types_is_judged(judge: Judge, name: str) -> None:
    language, code = GROUPED[name]
    skip_where_missing(language)
    given: JsonValue = ["ab", "c", "de"]
    grouped: JsonValue = {"1": [["c", "c"]], "2": [["ab", "a"], ["de", "d"]]}
    returns = "dict[int, list[tuple[str, char]]]"
    right = called("list[str]", [(given, grouped)], returns)
    wrong = called("list[str]", [(given, {"1": [], "2": [["ab", "a"], ["de", "d"]]})], returns)
    assert judge.judge(Program(code, language, right)).passed
    assert judge.judge(Program(code, language, wrong)).outcome is Outcome.WRONG_ANSWER


@pytest.mark.toolchain
def test_a_tuple_that_a_function_of_go_gives_is_several_values(judge: Judge) -> None:
    skip_where_missing(GO)
    code = "package main\n\nfunc f(a []int) (int, bool, *string) { return len(a), a == nil, nil }\n"
    right = called("list[int]", [([1, 2], [2, False, None])], "tuple[int, bool, optional[str]]")
    assert "func f(a []int) (int, bool, *string)" in declaration(right, GO)
    assert judge.judge(Program(code, GO, right)).passed
    wrong = called("list[int]", [([1, 2], [2, False, ""])], "tuple[int, bool, optional[str]]")
    assert judge.judge(Program(code, GO, wrong)).outcome is Outcome.WRONG_ANSWER


@pytest.mark.toolchain
def test_a_list_of_python_is_no_tuple(judge: Judge) -> None:
    tests = called("tuple[int, str]", [([1, "a"], [1, "a"])])
    assert not judge.judge(Program("def f(a): return list(a)", PYTHON, tests)).passed
    assert judge.judge(
        Program("def f(a): return a if type(a) is tuple else 0", PYTHON, tests)
    ).passed


@pytest.mark.toolchain
def test_a_program_of_c_may_declare_its_lists_of_lists(judge: Judge) -> None:
    skip_where_missing(C)
    own = (
        "typedef struct {} IntList;\ntypedef struct {} IntListList;\n"
        "IntListList f(IntListList a) {{ return a; }}\n"
    ).format("{ long long *items; int count; }", "{ IntList *items; int count; }")
    tests = called("list[list[int]]", [([[1], []], [[1], []])])
    verdict = judge.judge(Program(own.replace("{{", "{").replace("}}", "}"), C, tests))
    assert verdict.passed, verdict.output


@pytest.mark.parametrize(
    ("language", "kind", "what"),
    [
        (C, "dict[str, int]", "C has no type for dict[str, int]"),
        (C, "list[optional[int]]", "C has no type for optional[int]"),
        (JAVA, "list[tuple[int, str]]", "Java has no type for tuple[int, str]"),
        (GO, "dict[str, tuple[int, str]]", "Go has no type for tuple[int, str]"),
    ],
)
def test_a_type_that_a_language_has_not_is_refused_by_name(
    language: Language, kind: str, what: str
) -> None:
    assert what in signature_error(called(kind, [([], [])]), language)


@pytest.mark.parametrize(
    ("language", "kind", "value", "what"),
    [
        (C, "str", "a\0b", "no text of C holds a character 0"),
        (CPP, "list[char]", ["a", "é"], "no char of C++ is 'é'"),
        (JAVA, "char", "😀", "no char of Java is '😀'"),
        (JS, "dict[int, int]", {"9007199254740993": 1}, "no number of JavaScript"),
        (GO, "list[list[int]]", [[2**63]], "no number of Go"),
        (PYTHON, "dict[int, int]", {"01": 1}, "the signature says dict[int, int]"),
        (PYTHON, "tuple[int, int]", [1], "the signature says tuple[int, int]"),
        (PYTHON, "char", "ab", "the signature says char"),
        (PYTHON, "list[int]", [None], "the signature says list[int]"),
    ],
)
def test_a_value_that_no_program_can_be_given_is_refused_by_name(
    language: Language, kind: str, value: JsonValue, what: str
) -> None:
    assert what in signature_error(called(kind, [(value, value)]), language)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("list", "list needs what it holds in brackets"),
        ("list[int, int]", "list holds 1, here 2"),
        ("dict[float, int]", "a key is of type"),
        ("optional[optional[int]]", "one null for both"),
        ("tuple[int, ...]", "'...]' is no part of one"),
        ("Map<String>", "'<String>' is no part of one"),
        ("list[int]]", "']' stands behind it"),
        ("list[" * 9 + "int" + "]" * 9, "more than 8 deep"),
        ("", "'' is none"),
    ],
)
def test_a_text_that_is_no_type_is_refused_with_the_types_that_there_are(
    text: str, what: str
) -> None:
    with pytest.raises(ValidationError, match=r"types are int, float") as caught:
        Signature.model_validate({"arguments": [text], "returns": "int"})
    assert what in str(caught.value)


def test_a_type_has_one_spelling() -> None:
    read = Signature.model_validate({"arguments": ["Dict[str,List[ int ]]"], "returns": "INT"})
    assert read.model_dump_json() == '{"arguments":["dict[str, list[int]]"],"returns":"int"}'


@pytest.mark.parametrize(
    ("language", "kind", "written"),
    [
        (JAVA, "list[list[int]]", "long[][]"),
        (JAVA, "dict[str, list[int]]", "Map<String, List<Long>>"),
        (JAVA, "optional[int]", "Long"),
        (CPP, "list[list[int]]", "std::vector<std::vector<long long>>"),
        (CPP, "tuple[int, str]", "std::pair<long long, std::string>"),
        (TS, "list[optional[int]]", "(number | null)[]"),
        (TS, "dict[str, tuple[int, str]]", "Record<string, [number, string]>"),
        (GO, "dict[str, optional[int]]", "map[string]*int"),
        (C, "list[list[str]]", "StrListList"),
    ],
)
def test_a_type_is_written_as_programmers_of_the_language_do(
    language: Language, kind: str, written: str
) -> None:
    assert LANGUAGES[language].type_name(kind) == written
    assert types_that_lack(language, [kind], kind) == []
