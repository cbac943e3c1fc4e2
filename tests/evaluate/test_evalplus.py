"""HumanEval+ and MBPP+: rows of EvalPlus' releases and of the hub become the same tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.benchmarks.task import BenchmarkTask
from sodakd.evaluate.samples import program_of
from sodakd.judge import Judge
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language, Outcome

HALF = {
    "task_id": "HumanEval/0",
    "prompt": 'def half(x: float) -> float:\n    """ Give half of x. """\n',
    "entry_point": "half",
    "canonical_solution": "    return x / 2\n",
    "contract": "",
    "base_input": [[1.0], [3.0]],
    "plus_input": [[0.0], [-7.5]],
    "atol": 0,
}
LETTERS = {
    "task_id": "Mbpp/2",  # its arguments are tuples, and its result has no order
    "prompt": '"""\nWrite a function that gives what two tuples share.\n'
              'assert set(similar_elements((3, 4), (4, 5))) == {4}\n"""\n',
    "entry_point": "similar_elements",
    "canonical_solution": "\ndef similar_elements(a, b):\n  return tuple(set(a) & set(b))\n",
    "base_input": [[[3, 4], [4, 5]]],
    "plus_input": [[[], []], [[1, 2, 3], [3, 2, 9]]],
    "atol": 0,
    "contract": "",
    "assertion": "\nassert similar_elements((3, 4), (4, 5)) == (4,)\n",
}  # fmt: skip
_CHECK = """

import numpy as np

def assertion(out, exp, atol):
    assert np.allclose(out, exp, rtol=1e-07, atol=atol)


def check(candidate):
    inputs = {}
    results = {}
    for i, (inp, exp) in enumerate(zip(inputs, results)):
        assertion(candidate(*inp), exp, {})
"""
_LOOP = """\
import numpy as np
from math import inf

inputs = {}
results = {}
for i, (inp, exp) in enumerate(zip(inputs, results)):
    assertion({}(*inp), exp, 0)
"""


def of_hub(row: dict[str, Any], inputs: str, results: str, atol: str = "0") -> dict[str, Any]:
    kept = {key: row[key] for key in ("task_id", "prompt", "canonical_solution", "entry_point")}
    return {**kept, "test": _CHECK.format(inputs, results, atol)}


HUB_LETTERS = {
    "task_id": 2,
    "code": LETTERS["canonical_solution"],
    "prompt": "Write a function that gives what two tuples share.",
    "source_file": "x",
    "test_imports": [],
    "test_list": ["assert set(similar_elements((3, 4), (4, 5))) == {4}"],
    "test": _LOOP.format("[[(3, 4), (4, 5)], [(1, 2, 3), (3, 2, 9)]]", "[(4,), (2, 3)]",
                         "similar_elements"),
}  # fmt: skip
HUB_HALF = of_hub(HALF, "[[1.0], [3.0], [-7.5]]", "[0.5, 1.5, -3.75]")


def read(folder: Path, name: str, row: dict[str, Any]) -> BenchmarkTask:
    path = folder / "row.jsonl"
    path.write_text(json.dumps(row))
    (task,) = load(BENCHMARKS[name], Language.PYTHON, path)
    return task


def outcomes(task: BenchmarkTask, answers: list[str]) -> list[Outcome]:
    with Judge(JudgeSettings(), workers=1) as judge:
        return [
            one.outcome for one in judge.judge_all([program_of(task, each) for each in answers])
        ]


PASSED, WRONG = Outcome.PASSED, Outcome.WRONG_ANSWER


@pytest.mark.toolchain
@pytest.mark.parametrize("row", [HALF, HUB_HALF])
def test_floats_may_differ_by_a_millionth_and_types_may_not(
    row: dict[str, Any], tmp_path: Path
) -> None:
    task = read(tmp_path, "humaneval-plus", row)
    assert task.id == "HumanEval/0"
    assert task.gold is not None
    answers = {
        task.gold: PASSED,
        "    return x / 2 + 5e-7\n": PASSED,
        "    return x / 2 + 5e-6\n": WRONG,
        "    return str(x / 2)\n": WRONG,
        "    return x / 2 if x >= 0 else 0.0\n": WRONG,  # fails an added input alone
        "    return None\n": WRONG,
        # The names of a program are its own.
        "    return x / 2\n\n\nabs = len = type = inf = 1\n": PASSED,
    }
    answers = {
        f"{HALF['prompt']}{body}" if "abs" in body else body: wanted
        for body, wanted in answers.items()
    }
    assert dict(zip(answers, outcomes(task, list(answers)), strict=True)) == answers


@pytest.mark.toolchain
@pytest.mark.parametrize("row", [LETTERS, HUB_LETTERS])
def test_arguments_are_tuples_and_results_without_order_are_sets(
    row: dict[str, Any], tmp_path: Path
) -> None:
    task = read(tmp_path, "mbpp-plus", row)
    assert (task.id, task.code_prompt.code) == ("Mbpp/2", LETTERS["prompt"])
    assert "assert set(similar_elements((3, 4), (4, 5))) == {4}" in task.question.text
    head = "def similar_elements(a, b):\n"
    answers = [
        task.gold or "",
        f"{head}    assert type(a) is tuple\n    return sorted({{*a}} & {{*b}}, reverse=True)\n",
        f"{head}    return a\n",
    ]
    assert outcomes(task, answers) == [PASSED, PASSED, WRONG]


@pytest.mark.toolchain
def test_a_function_called_check_is_judged_and_one_that_must_give_something(tmp_path: Path) -> None:
    named = {
        **LETTERS, "task_id": "Mbpp/56", "entry_point": "check", "base_input": [[1]],
        "plus_input": [], "canonical_solution": "def check(n):\n    return n + 1\n",
        "assertion": "\nassert check(1) == 2\n", "prompt": "'''\nAdd one.\n'''",
    }  # fmt: skip
    task = read(tmp_path, "mbpp-plus", named)
    assert outcomes(task, [task.gold or "", "def check(n):\n    return n\n"]) == [PASSED, WRONG]
    code = "import re\ndef text_match_three(text):\n    return re.search('ab{3}', text)\n"
    loop = _LOOP.format("[['abbb'], ['a']]", "[True, False]", "text_match_three")
    some = {
        **HUB_LETTERS, "task_id": 737, "code": code, "test": loop,
        "test_list": ["assert text_match_three('a')==('Not matched!')"],
    }  # fmt: skip
    task = read(tmp_path, "mbpp-plus", some)
    nothing = "def text_match_three(text):\n    return None\n"
    assert outcomes(task, [code, nothing]) == [PASSED, WRONG]


@pytest.mark.toolchain
def test_a_zero_is_found_where_the_polynomial_is_near_zero(tmp_path: Path) -> None:
    row = {
        **HALF, "task_id": "HumanEval/32", "entry_point": "find_zero",
        "prompt": "def find_zero(xs: list):\n    '''Find a zero of the polynomial.'''\n",
        "canonical_solution": "    return -xs[0] / xs[1]\n",
    }  # fmt: skip
    row = of_hub(row, "[[[1, 2]], [[-6, 3]]]", "[-0.5, 2.0]").copy()
    row["test"] = str(row["test"]).replace(
        "assertion(candidate(*inp), exp, 0)", "assert _poly(*candidate(*inp), inp) <= 0.0001"
    )
    task = read(tmp_path, "humaneval-plus", row)
    assert outcomes(task, [task.gold or "", "    return 2.0\n"]) == [PASSED, WRONG]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"test": "def check(candidate):\n    assert candidate(1) == 2\n"}, "no tests of EvalPlus"),
        ({"base_input": 3}, "column base_input is no list of inputs"),
    ],
)
def test_a_row_of_another_form_is_refused(
    change: dict[str, Any], error: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=error):
        read(tmp_path, "humaneval-plus", {**HUB_HALF, **change})


def test_files_of_a_release_are_found_by_their_names(tmp_path: Path) -> None:
    own = tmp_path / "humaneval-plus"
    own.mkdir()
    for name in ("HumanEvalPlus.jsonl", "HumanEvalPlus-Mini.jsonl"):
        (own / name).write_text(json.dumps(HALF))
    assert len(load(BENCHMARKS["humaneval-plus"], Language.PYTHON, tmp_path)) == 1
