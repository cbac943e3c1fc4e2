"""LiveCodeBench: rows as its releases have them, judged as its own command does."""

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest

from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.livecodebench import pickled_text
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.command import evaluate
from sodakd.evaluate.samples import program_of
from sodakd.judge import Judge
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language, Outcome
from tests.evaluate.test_benchmarks import settings


def packed(value: object, protocol: int = 4) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value, protocol))).decode()


def cases(kind: str, *pairs: tuple[str, str]) -> str:
    return json.dumps([{"input": one, "output": two, "testtype": kind} for one, two in pairs])


HALVES = {
    "question_title": "Halves", "platform": "atcoder", "question_id": "abc999_a",
    "question_content": "Read numbers, a line each, and print the half of each.",
    "contest_id": "abc999", "contest_date": "2024-08-03T00:00:00", "starter_code": "",
    "difficulty": "medium", "metadata": "{}",
    "public_test_cases": cases("stdin", ("2\n", "1.0\n")),
    "private_test_cases": packed(cases("stdin", ("4\n7\n", "2.0\n3.5"))),
}  # fmt: skip
ENDS = {
    **HALVES, "question_id": "3999", "difficulty": "hard", "platform": "leetcode",
    "question_content": "Give the first and the last of xs, and the sum of weights.",
    "starter_code": "class Solution:\n    def ends(self, xs: List[int], w: float) -> List[float]:\n"
                    "        ",
    "metadata": json.dumps({"func_name": "ends"}),
    "public_test_cases": cases("functional", ("[1, 2, 3]\n0.5", "[1, 3.5]")),
    "private_test_cases": packed(cases("functional", ("[7]\n1", "[7, 8]"))),
}  # fmt: skip


def judged(folder: Path, row: dict[str, Any], answers: list[str]) -> list[Outcome]:
    path = folder / "test6.jsonl"
    path.write_text(json.dumps(row))
    (task,) = load(BENCHMARKS["livecodebench"], Language.PYTHON, path)
    with Judge(JudgeSettings(), workers=1) as judge:
        return [
            one.outcome for one in judge.judge_all([program_of(task, each) for each in answers])
        ]


PASSED, WRONG = Outcome.PASSED, Outcome.WRONG_ANSWER


@pytest.mark.toolchain
def test_outputs_are_compared_by_lines_and_numbers_by_value(tmp_path: Path) -> None:
    answers = {
        "import sys\nfor line in sys.stdin:\n    print(int(line) / 2)\n": PASSED,
        "for line in sys.stdin:\n    print('', Decimal(line) / 2)\n": Outcome.RUNTIME_ERROR,
        # Imports are there, blanks around lines do not count, and 1.00 is 1.0.
        "for line in sys.stdin:\n    print('', '%.2f' % (floor(int(line)) / 2), ' ')\n": PASSED,
        "from __future__ import annotations\nfor x in sys.stdin:\n    print(int(x) / 2)\n": PASSED,
        "print(*(int(x) / 2 for x in sys.stdin))\n": WRONG,  # all in one line
        "for x in sys.stdin:\n    print(int(x) // 2)\n": WRONG,  # fails a private case alone
        "for x in sys.stdin:\n    print(int(x) / 2 + 1e-12)\n": WRONG,
    }
    assert dict(zip(answers, judged(tmp_path, HALVES, list(answers)), strict=True)) == answers


@pytest.mark.toolchain
def test_a_method_gives_equal_values_and_a_tuple_is_a_list(tmp_path: Path) -> None:
    head = "class Solution:\n    def ends(self, xs: List[int], w: float) -> List[float]:\n        "
    answers = {
        f"```python\n{head}return [xs[0], xs[-1] + w]\n```": PASSED,
        f"{head}return xs[0], float(xs[-1] + w)\n": PASSED,
        "        return [xs[0], xs[-1] + w]\n": PASSED,  # goes on with the code given
        f"{head}return [xs[0], xs[-1] + w + 1e-9]\n": WRONG,
        f"{head}return [(xs[0], xs[-1] + w)]\n": WRONG,
    }
    assert dict(zip(answers, judged(tmp_path, ENDS, list(answers)), strict=True)) == answers


@pytest.mark.toolchain
def test_a_task_may_expect_more_output_than_is_usual(tmp_path: Path) -> None:
    lines = "".join(f"{number}\n" for number in range(200_000))
    row = {**HALVES, "private_test_cases": packed(cases("stdin", ("200000", lines)))}
    row["public_test_cases"] = cases("stdin", ("2", "0\n1\n"))
    (tmp_path / "test6.jsonl").write_text(json.dumps(row))
    answer = "print(*range(int(input())), sep='\\n')"
    (tmp_path / "answers.jsonl").write_text(json.dumps({"question_id": "abc999_a", "code": answer}))
    source = str(tmp_path / "answers.jsonl")
    asked = settings(source, "livecodebench", tmp_path, Language.PYTHON, 10)
    (group,) = evaluate(asked, tmp_path / "out", None, 1).groups
    assert group.outcomes == {"passed": 1}


def test_all_files_of_a_folder_are_read_in_the_order_of_the_releases(tmp_path: Path) -> None:
    own = tmp_path / "livecodebench"
    own.mkdir()
    for name, row in (("test2", ENDS), ("test", HALVES)):
        (own / f"{name}.jsonl").write_text(json.dumps(row))
    tasks = load(BENCHMARKS["livecodebench"], Language.PYTHON, tmp_path)
    assert [(one.id, one.question.level) for one in tasks] == [("abc999_a", 2), ("3999", 3)]
    first, second = (one.question for one in tasks)
    assert first.text.startswith(f"{HALVES['question_content']}\n\nWrite a Python program that")
    assert "def ends(self, xs: List[int], w: float) -> List[float]:\n```" in second.text


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickled_text_is_read_of_every_protocol(protocol: int) -> None:
    for text in ("[]", "é\n\\u0041" * 100, "x" * 70_000):
        assert pickled_text(pickle.dumps(text, protocol)) == text


class Hostile:
    """A pickle that would make a folder where it is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.mkdir, (self.folder,)


def test_a_pickle_of_anything_else_is_refused_and_never_run(tmp_path: Path) -> None:
    made, path = tmp_path / "made", tmp_path / "test.jsonl"
    for value in (Hostile(made), ["[]"], b"[]", None, ("[]", "[]")):
        path.write_text(json.dumps({**HALVES, "private_test_cases": packed(value)}))
        with pytest.raises(DataError, match="private_test_cases cannot be read: a pickle of"):
            load(BENCHMARKS["livecodebench"], Language.PYTHON, path)
    assert not made.exists()
    for text in ("no JSON", packed("[]")[:-9], base64.b64encode(b"x").decode()):
        path.write_text(json.dumps({**HALVES, "private_test_cases": text}))
        with pytest.raises(DataError, match="private_test_cases cannot be read"):
            load(BENCHMARKS["livecodebench"], Language.PYTHON, path)
