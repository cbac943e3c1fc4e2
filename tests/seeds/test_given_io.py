"""Rows whose tests are inputs and outputs, as APPS, CodeContests and LiveCodeBench have them."""

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest

from sodakd.errors import JudgeError
from sodakd.judge.judge import Judge
from sodakd.seeds.filter import filter_seeds
from sodakd.seeds.load import read_source
from sodakd.seeds.seed import FilteredSeed, Reason
from sodakd.seeds.show import SeedTally
from sodakd.seeds.verify import verify
from sodakd.settings.questions import ColumnSettings, QuestionSettings
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, StdioTests

TASK = "Read the numbers of a line from standard input and print what they add up to."
ASKED = "Write a function that adds up the numbers of a list, and tell the sum."
PRINTS = "print(sum(map(int, input().split())))"
STARTER = "class Solution:\n    def total(self, xs: List[int]) -> int:\n"
METHOD = f"from typing import List\n{STARTER}        return sum(xs)\n"
CASES = {"inputs": ["1 2\n", "\n"], "outputs": ["3\n", "0\n"]}
CALLS = {"fn_name": "total", "inputs": [[[1, 2]], [[]]], "outputs": [3, 0]}
CODEWARS = {**CALLS, "outputs": [[3], [0]]}
LISTED = {"input": ["1 2\n"], "output": ["3\n"]}
LINES = [{"input": "[1, 2]", "output": "3", "testtype": "functional"}]
STDIN = [{"input": "1 2", "output": "3", "testtype": "stdin"}]
PICKLED = base64.b64encode(zlib.compress(pickle.dumps(json.dumps(LINES)))).decode()

SHAPES: dict[str, dict[str, Any]] = {
    "APPS": {"problem_id": 7, "question": TASK, "solutions": json.dumps(["print 1", PRINTS]),
             "input_output": json.dumps(CASES), "difficulty": "interview", "starter_code": ""},
    "APPS, a function": {"question": ASKED, "solutions": json.dumps([METHOD]),
                         "input_output": json.dumps(CALLS), "starter_code": STARTER},
    "TACO": {"question": TASK, "solutions": json.dumps([PRINTS]), "starter_code": "",
             "input_output": json.dumps({**CASES, "inputs": [["1", "2 3"], "1"],
                                         "outputs": [["1"], "1"]}), "name": None,
             "Expected Time Complexity": None},
    "TACO, a function": {"question": ASKED, "starter_code": "def total(xs):\n\t",
                         "solutions": json.dumps(["def total(xs):\n\treturn sum(xs)"]),
                         "input_output": json.dumps(CODEWARS)},
    "CodeContests": {"name": "1_A. Sums", "description": TASK, "public_tests": LISTED,
                     "private_tests": {"input": [], "output": []},
                     "generated_tests": {"input": ["4\n"], "output": ["4\n"]},
                     "solutions": {"language": [1, 2, 3], "solution": ["print 1", "int", PRINTS]}},
    "LiveCodeBench": {"question_title": "A", "question_content": TASK, "starter_code": "",
                      "public_test_cases": json.dumps(STDIN), "private_test_cases": PICKLED,
                      "metadata": "{}"},
    "LiveCodeBench, a function": {
        "question_content": ASKED, "starter_code": STARTER, "private_test_cases": json.dumps(LINES),
        "public_test_cases": json.dumps(LINES), "metadata": json.dumps({"func_name": "total"})},
}  # fmt: skip

_BY_SHAPE = ColumnSettings()


def sifted(
    folder: Path,
    *rows: dict[str, Any],
    told: list[str] | None = None,
    columns: ColumnSettings = _BY_SHAPE,
) -> list[FilteredSeed]:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = QuestionSettings(source=str(path), columns=columns)
    tell = (told if told is not None else []).append
    return list(filter_seeds(read_source(settings, 0, tell), settings, ()))


@pytest.mark.parametrize("name", SHAPES)
def test_inputs_and_outputs_are_read_in_the_shapes_of_the_field(name: str, tmp_path: Path) -> None:
    told: list[str] = []
    (row,) = sifted(tmp_path, SHAPES[name], told=told)
    assert row.kept, row.detail
    tests = row.seed.tests
    if "function" in name:
        assert isinstance(tests, CallTests)
        assert tests.entry_point in {"total", "Solution().total"}
        assert tests.cases[0].arguments == ([1, 2],)
        assert tests.cases[0].expected == 3
        assert tests.entry_point.rpartition(".")[2] in row.seed.text
        assert SHAPES[name]["starter_code"].strip() in row.seed.text
    else:
        assert isinstance(tests, StdioTests)
        assert row.seed.text == TASK
        assert len(tests.cases) == (1 if name == "LiveCodeBench" else 2)
    assert told == (
        ["rows.jsonl: private_test_cases (1 of the first 1 rows) is a pickle, which may run a"
         " program where it is read: the public cases alone are the tests"]
        if name == "LiveCodeBench" else []
    )  # fmt: skip


@pytest.mark.toolchain
def test_a_solution_of_a_row_passes_the_tests_of_its_row(tmp_path: Path) -> None:
    rows = [row for name, shape in SHAPES.items() for row in sifted(tmp_path, shape)]
    answered = [row for row in rows if row.seed.reference]
    assert len(answered) == 5
    failed = list[JudgeError]()
    with Judge(JudgeSettings(), workers=1) as judge:
        for row in verify(answered, judge, failed.append):
            assert row.verdict is not None
            assert row.verdict.passed, row.verdict.output


@pytest.mark.toolchain
def test_an_answer_that_fails_or_never_ends_is_named_and_rows_keep_their_order(
    tmp_path: Path,
) -> None:
    programs = [PRINTS, "while True: pass", "print(1)", "", PRINTS.replace("sum", "max")]
    given = [
        {**SHAPES["APPS"], "question": f"{TASK} {' '.join([word] * 9)}",
         "solutions": json.dumps([program])}
        for word, program in zip(("one", "two", "three", "four", "five"), programs, strict=True)
    ]  # fmt: skip
    tally, failed = SeedTally(), list[JudgeError]()
    with Judge(JudgeSettings(cpu_seconds=1), workers=2) as judge:
        rows = list(tally.counted(verify(sifted(tmp_path, *given), judge, failed.append)))
    assert [row.seed.row for row in rows] == [1, 2, 3, 4, 5]
    assert [row.verdict and row.verdict.outcome for row in rows] == [
        Outcome.PASSED, Outcome.TIMEOUT, Outcome.WRONG_ANSWER, None, Outcome.WRONG_ANSWER,
    ]  # fmt: skip
    assert [line.split(":")[0] for line in tally.failed] == [
        "rows.jsonl#2", "rows.jsonl#3", "rows.jsonl#5",
    ]  # fmt: skip
    assert tally.by_language[Language.PYTHON]["stdin"] == 5
    assert failed == []


def test_what_the_recipe_names_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    shapes: list[tuple[object, type]] = [
        (CASES, StdioTests), (STDIN, StdioTests), (["assert total([1]) == 1"], CallTests),
        ([{"input": [[1]], "output": 1}], CallTests),
    ]  # fmt: skip
    told: list[str] = []
    for value, kind in shapes:
        row = {"question": TASK + ASKED, "ut": value, "called": "total", "tests": "nothing"}
        called = "called" if kind is CallTests else ""
        columns = ColumnSettings(tests="ut", entry_point=called)
        (found,) = sifted(tmp_path, row, told=told, columns=columns)
        assert found.kept, found.detail
        assert found.seed.tests is not None
        assert isinstance(found.seed.tests, kind)
        assert found.seed.tests.entry_point == ("total" if kind is CallTests else "")
    assert told == []


def test_a_language_that_needs_types_takes_them_from_the_code_it_begins_with(
    tmp_path: Path,
) -> None:
    starter = "class Solution {\n    public static long total(long[] xs) {\n"
    row = {"question": ASKED, "input_output": json.dumps(CALLS), "language": "java"}
    (found,) = sifted(tmp_path, {**row, "starter_code": starter})
    assert isinstance(found.seed.tests, CallTests)
    assert found.seed.tests.signature is not None
    assert found.seed.tests.signature.arguments == ("list[int]",)
    for other in ("", starter.replace("long", "int")):
        (found,) = sifted(tmp_path, {**row, "starter_code": other})
        assert found.reason is Reason.UNREADABLE_TESTS
        assert "calls in Java need the types of total" in found.detail


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"input_output": "{cut off"}, "input_output is neither JSON"),
        ({"input_output": {"inputs": ["1"], "outputs": []}}, "has 1 inputs and 0 outputs"),
        ({"input_output": {"in": ["1"]}}, "must be an object"),
        ({"input_output": {"inputs": [1], "outputs": ["1"]}}, "list of lines; found a number"),
        ({"public_test_cases": json.dumps([{"input": "1"}])}, "must hold objects"),
        ({"public_test_cases": json.dumps([*STDIN, *LINES])}, "of several kinds"),
        ({"public_test_cases": json.dumps([{**LINES[0], "input": "[1"}]),
          "metadata": {"func_name": "total"}}, "is no JSON"),
        ({"public_test_cases": json.dumps(LINES)}, "metadata has no func_name"),
        ({"test": "assert total(["}, "test is no Python"),
    ],
)  # fmt: skip
def test_inputs_and_outputs_that_cannot_be_read_leave_their_row_out_with_the_reason(
    values: dict[str, Any], why: str, tmp_path: Path
) -> None:
    _, found = sifted(tmp_path, SHAPES["APPS"], {"question": ASKED, **values})
    assert found.reason is Reason.UNREADABLE_TESTS
    assert why in found.detail
    assert "rows.jsonl, row 2" in found.detail


def test_a_method_without_a_name_is_that_of_the_code_it_begins_with(tmp_path: Path) -> None:
    (found,) = sifted(tmp_path, {**SHAPES["LiveCodeBench, a function"], "metadata": "{}"})
    assert found.seed.tests is not None
    assert found.seed.tests.entry_point == "Solution().total"


def test_a_program_that_is_run_calls_no_function_that_its_row_names(tmp_path: Path) -> None:
    (found,) = sifted(tmp_path, {**SHAPES["LiveCodeBench"], "entry_point": "main"})
    assert isinstance(found.seed.tests, StdioTests)


@pytest.mark.parametrize("value", ["", None, "{}", {"inputs": [], "outputs": []}])
def test_a_row_without_a_case_has_no_tests(value: object, tmp_path: Path) -> None:
    (found,) = sifted(tmp_path, {"question": ASKED, "input_output": value})
    assert found.kept
    assert found.seed.tests is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("import numpy as np", Reason.NEEDS_LIBRARY),
        ("from pytest import raises", Reason.NEEDS_LIBRARY),
        ("import urllib.request", Reason.NEEDS_NETWORK),
        ("from urllib import request", Reason.NEEDS_NETWORK),
        ("from urllib.parse import quote", None),
        ("from solution import total", None),
    ],
)
def test_a_script_that_needs_what_is_not_there_leaves_its_row_out(
    line: str, reason: Reason | None, tmp_path: Path
) -> None:
    script = f"{line}\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
    (found,) = sifted(tmp_path, {"question": ASKED, "test": script})
    assert found.reason is reason
    assert found.language is Language.PYTHON


@pytest.mark.parametrize(
    ("test", "needs"),
    [
        ("def test_a(tmp_path, capsys): ...", "test_a needs tmp_path"),
        ("async def test_a(monkeypatch, n=1): ...", "test_a needs monkeypatch"),
        ("class TestIt:\n    def test_a(self, tmp_path): ...", "test_a needs tmp_path"),
        ("class TestIt:\n    def setup_method(self, method): ...\n    def test_a(self): ...", ""),
        ("def test_a(n=1): ...", ""),
        ("def test_of(n): ...\ntest_of(1)", ""),
        ("def given(n): ...", ""),
        ("from unittest import mock\n\n@mock.patch('os.sep')\ndef test_a(sep): ...", ""),
    ],
)
def test_a_test_whose_arguments_pytest_would_give_leaves_its_row_out(
    test: str, needs: str, tmp_path: Path
) -> None:
    script = f"{test}\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
    (found,) = sifted(tmp_path, {"question": ASKED, "test": script})
    assert found.reason is (Reason.NEEDS_LIBRARY if needs else None)
    assert needs in found.detail


@pytest.mark.parametrize(
    ("line", "needs"),
    [
        ("import * as math from 'mathjs'", "mathjs"),
        ("const { Heap } = require('heap-js');", "heap-js"),
        ("import '@scope/of/it';", "@scope/of/it"),
        ("import * as fs from 'node:fs/promises';", ""),
        ("const fs = require('fs/promises'), own = require('./own');", ""),
        ("// taken from 'mathjs' and from \"it\"", ""),
    ],
)
def test_a_header_that_imports_what_is_no_module_of_node_leaves_its_row_out(
    line: str, needs: str, tmp_path: Path
) -> None:
    header = f"{line}\n\n// Sum two numbers, as in total(1, 2).\nfunction total(a, b) {{\n"
    test = "const assert = require('assert');\nassert.equal(total(1, 2), 3);\n"
    row = {"task_id": "JavaScript/1", "prompt": header, "test": test, "entry_point": "total",
           "language": "javascript"}  # fmt: skip
    (found,) = sifted(tmp_path, row)
    assert found.reason is (Reason.NEEDS_LIBRARY if needs else None)
    assert needs in found.detail


def test_no_more_cases_than_a_hundred_are_taken(tmp_path: Path) -> None:
    many = {"input": ["1"] * 300, "output": ["1"] * 300}
    (found,) = sifted(tmp_path, {**SHAPES["CodeContests"], "generated_tests": many})
    assert isinstance(found.seed.tests, StdioTests)
    assert len(found.seed.tests.cases) == 100
