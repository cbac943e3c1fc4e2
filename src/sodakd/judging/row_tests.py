"""The tests of a row: calls, runs with standard input, a script, or the forms in which benchmarks
write scripts.

A script that would run no test is refused, where it is not plain what to call: else every program
would pass.
"""

import ast
import builtins
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from sodakd.assertions import as_calls
from sodakd.errors import DataError
from sodakd.json_text import json_kind, nested
from sodakd.jsonl import Line
from sodakd.settings.sources import shortened
from sodakd.text.entry_point import as_javascript, method_of
from sodakd.text.signatures import TYPED
from sodakd.text.test_validation import signature_error
from sodakd.text.truncation import parsed
from sodakd.types import CallTests, Language, StdioTests, Tests, TestScript

KEYS = ("tests", "test", "script", "test_list")
_OTHERS = frozenset(
    (
        "base_input", "ground_truth", "input_output", "inputs", "io_pairs", "outputs",
        "plus_input", "reward_model", "sample_io", "uts", "ut", "verification_info",
    )
)  # fmt: skip
"""What tests are called that are neither calls nor scripts."""
_WITH_METHODS = frozenset({Language.JAVA, Language.CPP})
"""Typed languages in which a method may be called."""
_SETUP = ("test_imports", "test_setup_code")
_BESIDE = {"test_list": ("challenge_test_list", *_SETUP)}
"""What belongs to a key, and is no test that was overlooked."""
_WORDS = re.compile(
    r"(?:^|_)(?:test|tests|case|cases|testcases?|asserts?|assertions?|checks?|unittests?|expected)"
    r"(?:_|$)"
)
_FORM = (
    'an object {"entry_point": ..., "cases": [{"arguments": [...], "expected": ...}]} or {"cases":'
    ' [{"stdin": ..., "stdout": ...}]}, a script as text, or a list of assertions as texts'
)


@dataclass(frozen=True)
class ParsedTests:
    """The tests of a row; `tested` is False where it has none, and the program is run as a file."""

    tests: Tests
    tested: bool


def key_of_tests(row: Line) -> str:
    """The key that holds a row's tests; "" where there is none, or it is empty."""
    return next((key for key in KEYS if _holds(row.values.get(key))), "")


def unread_keys(row: Line, key: str) -> Iterator[str]:
    """Keys that look like tests and were not read, where `key` was."""
    read = {key, "entry_point", *_BESIDE.get(key, ())}
    for name, value in row.values.items():
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        texts = isinstance(value, str | list | dict) and _holds(value)  # a number only counts them
        if name not in read and texts and (snake in _OTHERS or _WORDS.search(snake)):
            yield name


def entry_point_of(row: Line) -> str:
    """The function that a row says its tests call; "" where it does not say."""
    tests = nested(row.values.get("tests"))
    within = tests.get("entry_point") if isinstance(tests, dict) else None
    found = within or row.values.get("entry_point")
    if isinstance(found, str):
        return found.strip()
    asserts = nested(row.values.get("test_list"))
    return _first_called(str(asserts[0])) if isinstance(asserts, list) and asserts else ""


def reads_stdin(row: Line) -> bool:
    """Whether a row's tests are runs of a whole program."""
    tests = nested(row.values.get("tests"))
    asked = tests if isinstance(tests, dict) else {}
    cases = asked.get("cases")
    first = cases[0] if isinstance(cases, list) and cases else None
    written = isinstance(first, dict) and not {"stdin", "stdout"}.isdisjoint(first)
    return written or "comparison" in asked


def _first_called(text: str) -> str:
    """The function that an assertion of Python calls, which is no built-in one."""
    tree = parsed(text)
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if not hasattr(builtins, node.func.id):
            return node.func.id
    return ""


def parse_tests(row: Line, language: Language) -> ParsedTests:
    """The tests of a row. Raises `DataError`, which says what is wrong and what to write."""
    key, entry_point = key_of_tests(row), entry_point_of(row)
    as_file = ParsedTests(TestScript(script="\n", as_main=True), tested=False)
    if not key:
        return as_file
    asked = nested(row.values.get(key))
    if isinstance(asked, list) and all(isinstance(one, str) for one in asked):
        asked = "\n".join([*_setup(row, key), *map(str, asked)]) + "\n"
    if isinstance(asked, str):
        asked = {"script": asked}
    if not isinstance(asked, dict):
        raise row.error(f"{row.column(key)} must be {_FORM}; found {json_kind(asked)}")
    if reads_stdin(row):
        return ParsedTests(_validated(StdioTests, asked, row, key), tested=True)
    if wrong := _wrong_entry(entry_point, language, called="script" not in asked):
        raise row.error(f"{row.column('entry_point')} {wrong}")
    asked = {"entry_point": entry_point, **asked}
    if "script" in asked:
        script = _validated(TestScript, asked, row, key)
        whole = _completed(script, language, row, key)
        if language is Language.PYTHON and _is_hollow(whole):
            return as_file
        script = script.model_copy(update={"script": whole})
        return ParsedTests(as_calls(script) if language is Language.PYTHON else script, tested=True)
    tests = _validated(CallTests, asked, row, key)
    if not tests.entry_point:
        raise row.error(
            f'{row.column(key)}.entry_point is missing: add "entry_point", the function to call'
        )
    wrong = signature_error(tests, language)
    if wrong:
        raise row.error(wrong)
    return ParsedTests(tests, tested=True)


def _wrong_entry(entry_point: str, language: Language, *, called: bool) -> str:
    """What is wrong with what tests call; "" where nothing is."""
    if language is Language.PYTHON:
        tree = parsed(entry_point) if entry_point else None
        right = not entry_point or (
            tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)
        )
        form = "a name or an expression such as Solution().add"
    else:
        methods = language in _WITH_METHODS
        right = (
            not called
            or language not in TYPED
            or not entry_point
            or entry_point.isidentifier()
            or (methods and method_of(entry_point) is not None)
        )
        form = "a name, or a method such as Solution().add" if methods else "a name"
    if right:
        return ""
    return f"is {entry_point!r}; in {language.display_name} it must be {form}"


def _holds(value: JsonValue) -> bool:
    blank = isinstance(value, str) and not value.strip()
    return not blank and value not in (None, [], {})


def _setup(row: Line, key: str) -> Iterator[str]:
    if key != "test_list":
        return
    for name in _SETUP:
        value = nested(row.values.get(name))
        yield from map(str, value if isinstance(value, list) else [value] if value else [])


Kind = TypeVar("Kind", CallTests, StdioTests, TestScript)


def _validated(kind: type[Kind], asked: Mapping[str, JsonValue], row: Line, key: str) -> Kind:
    try:
        return kind.model_validate(asked)
    except ValidationError as error:
        raise _refused(error, row, key) from None


def _refused(error: ValidationError, row: Line, key: str) -> DataError:
    first = error.errors()[0]
    # A part with a capital is the name of a type, which is no key of the row.
    where = [part for part in map(str, first["loc"]) if not part[:1].isupper()]
    column = row.column(key)
    advice = f"; {column} must be {_FORM}" if len(where) == 1 else ""
    return row.error(f"{'.'.join([column, *where])} {_in_words(first)}{advice}")


def _in_words(detail: ErrorDetails) -> str:
    """What is wrong with a value, as the end of a sentence that its key begins."""
    match detail["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is no key that is known here"
        case "too_short":
            context = detail["ctx"]
            least, found = context["min_length"], context["actual_length"]
            return f"must hold {least} or more, and holds {found}"
        case "value_error":
            return "is wrong: " + detail["msg"].removeprefix("Value error, ")
        case _:
            found = detail["input"]
            shown = json_kind(found) if isinstance(found, list | dict) else json.dumps(found)
            wanted = detail["msg"].removeprefix("Input should be ").removeprefix("a valid ")
            return f"must be {_AS_JSON.get(wanted, wanted)}; found {shortened(shown)}"


_AS_JSON = {"string": "a text", "tuple": "a list", "dictionary": "an object"}


def _completed(script: TestScript, language: Language, row: Line, key: str) -> str:
    """The script, in JavaScript with a call of `check`: in Python who runs it calls its tests."""
    text, entry_point = script.script, script.entry_point
    runs, call = True, ""
    if language is Language.PYTHON:
        runs = _tests_something(text, entry_point)
    elif language in {Language.JAVASCRIPT, Language.TYPESCRIPT} and _leaves_check(text):
        runs, call = bool(entry_point), f"\ncheck({as_javascript(entry_point)});\n"
    if not runs:
        raise row.error(
            f"{row.column(key)} defines tests and calls none, so every program would pass: call"
            ' them at its end, or add "entry_point", the function that check(...) is given'
        )
    return text + call


def _tests_something(text: str, entry_point: str) -> bool:
    """Whether a Python script does something, or has what its runner calls; or nothing at all."""
    tree = parsed(text)
    if tree is None or any(_does(one) for one in tree.body):
        return True  # what is wrong with it, its verdict says
    for one in tree.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            if one.name.startswith("test") or (one.name == "check" and entry_point):
                return True
        elif isinstance(one, ast.ClassDef) and (one.bases or one.name.startswith("Test")):
            return True
    return _is_hollow(text)


def _is_hollow(text: str) -> bool:
    """Whether a Python script holds nothing but comments, texts and imports."""
    tree = parsed(text)
    imports = (ast.Import, ast.ImportFrom)
    return tree is not None and all(
        isinstance(one, imports)
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in tree.body
    )


def _does(statement: ast.stmt) -> bool:
    """Whether a statement of a script does more than to define something."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    if isinstance(statement, (*kinds, ast.Pass)):
        return False
    if isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign):
        return any(isinstance(one, ast.Call | ast.Await) for one in ast.walk(statement))
    return True


_CHECK = re.compile(r"\b(?:function\s+check\s*\(|(?:const|let|var)\s+check\s*=)")
_CALL = re.compile(r"(?<!function )\bcheck\s*\(")


def _leaves_check(text: str) -> bool:
    return bool(_CHECK.search(text)) and not _CALL.search(text)
