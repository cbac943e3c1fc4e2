"""The tests that rows bring: read in the shapes of the field, and worth something."""

import json
from pathlib import Path
from typing import Any

import pytest

from sodakd.errors import JudgeError
from sodakd.judge.judge import Judge
from sodakd.judge.untested import to_program
from sodakd.seeds.filter import filter_seeds, question_of
from sodakd.seeds.load import read_source
from sodakd.seeds.seed import FilteredSeed, Reason
from sodakd.seeds.verify import verify
from sodakd.settings.questions import ColumnSettings, QuestionSettings
from sodakd.settings.stages import JudgeSettings
from sodakd.text.answer import extract_answer
from sodakd.types import CallTests, Language, Outcome, TestScript
from tests.real_data import real_data

TASK = "Write a function that adds up the numbers of a list."
HEADER = f'def total(xs):\n    """{TASK}"""\n'
CHECK = "def check(candidate):\n    assert candidate([1, 2]) == 3\n    assert candidate([]) == 0\n"
JAVA = f"class Solution {{\n    // {TASK}\n    public static int total(int[] xs) {{\n"
JAVA_TEST = (
    "class Main { public static void main(String[] a) throws Exception {"
    ' if (Solution.total(new int[]{1, 2}) != 3) throw new Exception("case 0"); } }\n'
)
JS = f"// {TASK}\nfunction total(xs) {{\n"
JS_TEST = (
    'const _ = require("lodash")\nvar x0 = total([1, 2]);\nvar v0 = 3;\n'
    "if(!_.isEqual(x0, v0)){\n    throw 'Value = ' + JSON.stringify(x)\n}\n"
)
ASSERTS = ["assert total([1, 2]) == 3", "assert total([]) == 0"]
PYTEST = "from solution import total\n\ndef test_sum():\n    assert total([1, 2]) == 3\n"
CALLS = {"entry_point": "total", "cases": [{"arguments": [[1, 2]], "expected": 3}]}

SHAPES: dict[str, dict[str, Any]] = {
    "MBPP": {"text": TASK, "code": "def total(xs): return sum(xs)", "test_list": ASSERTS,
             "test_setup_code": "", "challenge_test_list": []},
    "HumanEval": {"task_id": "HumanEval/1", "prompt": HEADER, "entry_point": "total",
                  "canonical_solution": "    return sum(xs)\n", "test": CHECK},
    "HumanEval in Java": {"task_id": "Java/1", "prompt": JAVA, "test": JAVA_TEST,
                          "canonical_solution": "int s = 0; for (int x : xs) s += x;"
                                                " return s;\n}\n}\n"},
    "MultiPL-E in Python": {"name": "HumanEval_1_total", "language": "py", "prompt": HEADER,
                            "canonical_solution": "    return sum(xs)\n",
                            "tests": f"{CHECK}\n\ndef test_check():\n    check(total)\n\n"
                                     "test_check()\n"},
    "MBXP in JavaScript": {"task_id": "MBJSP/1", "language": "javascript", "prompt": JS,
                           "entry_point": "total", "test": JS_TEST,
                           "canonical_solution": "    return xs.reduce((a, b) => a + b, 0);\n}"},
    "AceCode": {"question": TASK, "test_cases": ASSERTS, "answer": "def total(xs): return sum(xs)"},
    "OpenCodeInstruct": {"instruction": TASK, "output": "def total(xs): return sum(xs)",
                         "unit_tests": json.dumps(ASSERTS)},
    "KodCode": {"question": TASK, "solution": "def total(xs): return sum(xs)", "test": PYTEST},
    "judge's calls": {"instruction": TASK, "output": "def total(xs): return sum(xs)",
                      "tests": CALLS},
    "judge's own row": {"id": "1", "instruction": TASK, "code": "def total(xs): return sum(xs)",
                        "language": "python", "tests": CALLS},
}  # fmt: skip


def sifted(folder: Path, *rows: dict[str, Any]) -> list[FilteredSeed]:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = QuestionSettings(source=str(path))
    return list(filter_seeds(read_source(settings, 0), settings, ()))


@pytest.mark.parametrize("name", SHAPES)
def test_tests_are_found_in_the_shapes_of_the_field(name: str, tmp_path: Path) -> None:
    (row,) = sifted(tmp_path, SHAPES[name])
    assert row.kept, row.detail
    tests = row.seed.tests
    assert tests is not None
    assert tests.entry_point == "total"
    as_calls = row.language is Language.PYTHON and name != "KodCode"
    assert isinstance(tests, CallTests if as_calls else TestScript)
    question = question_of(row.seed, row.language or Language.PYTHON)
    assert "total" in question.text
    assert question.tests == tests


@pytest.mark.toolchain
def test_a_right_answer_passes_the_tests_of_its_row_and_a_wrong_one_does_not(
    tmp_path: Path,
) -> None:
    rows = [row for shape in SHAPES.values() for row in sifted(tmp_path, shape)]
    wrong = {
        Language.PYTHON: "def total(xs):\n    return 7\n",
        Language.JAVA: "class Solution { static int total(int[] xs) { return 7; } }\n",
        Language.JAVASCRIPT: "function total(xs) { return 7; }\n",
    }
    failed = list[JudgeError]()
    with Judge(JudgeSettings(), workers=1) as judge:
        for row in verify(rows, judge, failed.append):
            assert row.verdict is not None
            assert row.verdict.passed, (row.seed.text, row.verdict.output)
        for row in rows:
            assert row.language is not None
            question = question_of(row.seed, row.language)
            answer = f"Here:\n\n```{row.language.value}\n{wrong[row.language]}```\n"
            code = extract_answer(question, answer).code
            verdict = judge.judge(to_program(question, code))
            assert verdict.outcome in {Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR}, verdict.output


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"instruction": TASK, "tests": {"cases": [{"arguments": [[1]], "expected": 1}]}},
         "entry_point is missing"),
        ({"instruction": TASK, "tests": {"entry_point": "total", "cases": []}},
         "tests.cases must hold 1 or more, and holds 0"),
        ({"instruction": TASK, "tests": {"entry_point": "total", "cases": [{"expected": 1}]}},
         "tests.cases.0.arguments is missing"),
        ({"instruction": TASK, "tests": 5}, "tests must be an object"),
        ({"instruction": TASK, "test": "def check(candidate):\n    assert candidate([1]) == 1\n"},
         "calls none"),
        ({"instruction": TASK, "language": "java",
          "tests": {"entry_point": "total", "cases": [{"arguments": [[1]], "expected": 1}]}},
         "signature"),
    ],
)  # fmt: skip
def test_tests_that_cannot_be_read_leave_their_row_out_with_the_reason(
    row: dict[str, Any], why: str, tmp_path: Path
) -> None:
    (found,) = sifted(tmp_path, row)
    assert found.reason is Reason.UNREADABLE_TESTS
    assert why in found.detail
    assert "rows.jsonl, row 1" in found.detail


@pytest.mark.parametrize("name", ["test_cases", "unit_tests", "ut", "test_list", "script"])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([1], " must be an object"),
        (["def tried(f): f(1)"], " defines tests and calls none"),
        (["assert total(["], " is no Python"),
        ({"entry_point": "total", "cases": []}, ".cases must hold 1"),
        ({"cases": [{"arguments": [], "expected": 1}]}, ".entry_point is missing"),
        ({"inputs": ["1"], "outputs": []}, " has 1 inputs and 0 outputs"),
    ],
)
def test_an_error_names_the_column_that_the_row_has(
    name: str, value: object, why: str, tmp_path: Path
) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps({"question": TASK, name: value}))
    columns = ColumnSettings(tests=name if name == "ut" else "")
    settings = QuestionSettings(source=str(tmp_path / "rows.jsonl"), columns=columns)
    (seed,) = read_source(settings, 0)
    assert f"{name}{why}" in seed.bad_tests
    if name != "test_list":
        assert "test_list" not in seed.bad_tests


def test_a_function_that_cannot_be_called_is_named_by_its_own_column(tmp_path: Path) -> None:
    row = {"question": TASK, "tests": ASSERTS, "called": "total of", "code": "x"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    columns = ColumnSettings(entry_point="called")
    (seed,) = read_source(QuestionSettings(source=f"{tmp_path}/rows.jsonl", columns=columns), 0)
    assert "called is 'total of'" in seed.bad_tests


def test_a_row_with_tests_has_the_program_that_the_judge_would_run_as_its_answer(
    tmp_path: Path,
) -> None:
    program = "def total(xs): return sum(xs)"
    row = {"instruction": TASK, "tests": CALLS, "code": program, "answer": "It adds up."}
    untested = {"instruction": f"{TASK} Begin with the last one of them.", "code": program}
    (found, other) = sifted(tmp_path, row, untested)
    assert found.seed.reference == program
    assert other.seed.reference is None
    columns = ColumnSettings(input="code")
    (seed, _) = read_source(QuestionSettings(source=f"{tmp_path}/rows.jsonl", columns=columns), 0)
    assert program in seed.text
    assert seed.reference == "It adds up."


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Write what a def does, in Python, for a total of xs.", "test": ASSERTS[0]},
        {"prompt": HEADER, "test": CHECK, "task_id": 7},
        {"prompt": HEADER, "tests": CHECK, "name": "total"},
        {"prompt": JAVA, "tests": JAVA_TEST, "language": "java", "name": "sum"},
    ],
)
def test_rows_that_are_nearly_of_a_benchmark_have_tests_as_well(
    row: dict[str, Any], tmp_path: Path
) -> None:
    (found,) = sifted(tmp_path, row)
    assert found.kept, found.detail
    assert found.seed.tests is not None


@pytest.mark.parametrize("shape", ["MBPP", "AceCode", "KodCode", "judge's calls"])
@pytest.mark.parametrize("value", ["", None])
def test_tests_without_a_question_are_none(shape: str, value: str | None, tmp_path: Path) -> None:
    row = {**SHAPES[shape]}
    name = next(name for name in ("text", "question", "instruction") if name in row)
    *_, found = sifted(tmp_path, row, {**row, name: value})
    assert found.reason is Reason.EMPTY


@pytest.mark.parametrize(
    ("said", "is_said"),
    [("the total of xs", False), ("`total` of xs", True), ("total(xs) of xs", True)],
)
def test_a_word_of_the_question_is_no_name_of_a_function(
    said: str, is_said: bool, tmp_path: Path
) -> None:
    (row,) = sifted(tmp_path, {"text": f"Write Python that gives {said}.", "test_list": ASSERTS})
    assert row.kept
    assert (ASSERTS[0] in row.seed.text) is not is_said


@pytest.mark.parametrize("value", [True, None, "", [], {}])
def test_what_holds_no_tests_is_none(value: object, tmp_path: Path) -> None:
    (row,) = sifted(tmp_path, {"instruction": TASK, "tests": value})
    assert row.kept
    assert row.seed.tests is None


def test_questions_that_differ_in_what_they_describe_are_no_duplicates(tmp_path: Path) -> None:
    other = "Write a method that tells whether a year has a day more than most."
    rows = sifted(
        tmp_path,
        SHAPES["HumanEval in Java"],
        {**SHAPES["HumanEval in Java"], "task_id": "Java/2", "prompt": JAVA.replace(TASK, other)},
        {**SHAPES["HumanEval in Java"], "task_id": "Java/3", "prompt": JAVA + " "},
    )
    assert [row.reason for row in rows] == [None, None, Reason.NEAR_DUPLICATE]


@pytest.mark.heavy
def test_every_row_of_mbxp_has_tests() -> None:
    settings = QuestionSettings(source=str(real_data("mbxp")))
    seeds = list(read_source(settings, 0))
    assert len(seeds) == 2689
    assert all(seed.tests is not None and seed.code_prompt is not None for seed in seeds)
