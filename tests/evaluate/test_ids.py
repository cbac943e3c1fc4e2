"""Ids of a file of solutions are compared by what they mean."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.task import BenchmarkTask
from sodakd.evaluate.ids import TaskIds
from sodakd.evaluate.samples import read_solutions
from sodakd.types import Language
from tests.evaluate.tasks import task


def tasks(benchmark: str, language: Language, *ids: str) -> list[BenchmarkTask]:
    own = task(language)
    question = own.question.model_copy(update={"source": benchmark})
    return [replace(own, id=one, question=question) for one in ids]


MBPP = tasks("mbpp", Language.PYTHON, "MBPP/11", "MBPP/12")
HUMANEVAL = tasks("humaneval", Language.PYTHON, "HumanEval/0", "HumanEval/11")
X_JAVA = tasks("humaneval-x", Language.JAVA, "Java/11")
X_JS = tasks("humaneval-x", Language.JAVASCRIPT, "JavaScript/11")
MULTIPL = tasks("multipl-e", Language.GO, "HumanEval_11_has_close", "HumanEval_110_x")


@pytest.mark.parametrize(
    ("part", "names", "wanted"),
    [
        (MBPP, ["MBPP/11", "Mbpp/11", "mbpp/11", "mbpp_11", "mbpp-11", "MbppPlus/11", "11", "011",
                "11.0", " 11 ", "Mbpp 11", "mbpp+/11"], "MBPP/11"),
        (HUMANEVAL, ["HumanEval/11", "humaneval/11", "HumanEval_11", "HUMANEVAL-11", "11",
                     "human_eval/11", "HumanEvalPlus/11"], "HumanEval/11"),
        (X_JS, ["JavaScript/11", "javascript/11", "js/11", "JS_11", "humaneval-x/11", "11"],
         "JavaScript/11"),
        (MULTIPL, ["HumanEval_11_has_close", "humaneval_11_has_close", "HumanEval/11", "11"],
         "HumanEval_11_has_close"),
    ],
)  # fmt: skip
def test_an_id_is_known_however_it_is_spelt(
    part: list[BenchmarkTask], names: list[str], wanted: str
) -> None:
    ids = TaskIds(part)
    for name in names:
        assert [key[2] for key in ids.find(name, None)] == [wanted], name


def test_another_benchmarks_id_is_unknown() -> None:
    ids = TaskIds(MBPP)
    for name in ("HumanEval/11", "MBPP/13", "", "MBPP", "a/b/11", "11/12", "MBPP/11/x", "²"):
        assert ids.find(name, None) == []


def test_a_number_that_several_tasks_share_is_refused_and_a_language_tells_them_apart() -> None:
    ids = TaskIds([*X_JAVA, *X_JS])
    with pytest.raises(ValueError, match="Java/11 of humaneval-x, java, JavaScript/11"):
        ids.find("11", None)
    assert [key[2] for key in ids.find("11", Language.JAVA)] == ["Java/11"]
    assert [key[2] for key in ids.find("js/11", None)] == ["JavaScript/11"]


def test_a_file_is_read_by_meaning_and_says_which_rows_are_of_no_task(tmp_path: Path) -> None:
    file = tmp_path / "solutions.jsonl"
    rows = [
        {"task_id": 11, "solution": "a"},
        {"task_id": "Mbpp/11", "completion": "b"},
        {"task_id": 12.0, "solution": "c"},
        {"task_id": "Mbpp/999", "solution": "d"},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read_solutions(file, TaskIds(MBPP))
    assert [(one.task_id, one.number, one.text) for one in found.samples] == [
        ("MBPP/11", 0, "a"), ("MBPP/11", 1, "b"), ("MBPP/12", 0, "c"),
    ]  # fmt: skip
    assert found.unknown == ["Mbpp/999"]
    file.write_text(json.dumps({"task_id": True, "solution": "a"}))
    with pytest.raises(DataError, match="a row holds one of task_id"):
        read_solutions(file, TaskIds(MBPP))
