"""Tests by agreement: inputs are asked for, values never; the majority of solutions tells them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from sodakd.inference.completions import Completion
from sodakd.judge.judge import Judge
from sodakd.judge.program import Program
from sodakd.judge.untested import to_program
from sodakd.methods.parts import placeholder_feedback
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import DeliverySettings, JudgeSettings
from sodakd.stages.pairs import build_pairs
from sodakd.stages.question_tests import questions_with_tests
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.inputs import as_json, as_value
from sodakd.synthetic.interpret import run
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.computed_teacher import ComputedTeacher
from sodakd.teacher.requests import Solve, TeacherRequest, Test
from sodakd.types import (
    Assertion,
    CallTests,
    JudgeStage,
    Language,
    Outcome,
    Question,
    Solution,
    Usage,
    Verdict,
)
from tests.stages.stage import stage

pytestmark = pytest.mark.toolchain

USAGE = Usage(prompt_tokens=1, completion_tokens=1)
NUMBERS = "[[[1, 2, 3]], [[]], [[5]], [[-1, 4]], [[0, 0]], [[7, 7, 7]], [[10, -10]], [[2]]]"
ON_LISTS = (
    '{"entry_point": "total", "signature": {"arguments": ["list[int]"], "returns": "int"},'
    f' "inputs": {NUMBERS}}}'
)
SUM = "def total(a):\n    return sum(a)\n"


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=0.5)) as judge:
        yield judge


class Scripted(ComputedTeacher):
    """Answers `Test` with its replies, one after another, and `Solve` by the attempt."""

    name = "scripted"

    def __init__(self, tests: Sequence[str], solutions: Sequence[str]) -> None:
        self.asked: list[TeacherRequest] = []
        self._tests = tests
        self._solutions = solutions

    def reply(self, ask: TeacherRequest) -> Completion:
        self.asked.append(ask)
        if isinstance(ask, Solve):
            code = self._solutions[ask.attempt]
            return Completion(text=f"```{ask.question.language}\n{code}\n```", usage=USAGE)
        assert isinstance(ask, Test)
        asked = sum(isinstance(each, Test) for each in self.asked)
        return Completion(text=self._tests[min(asked, len(self._tests)) - 1], usage=USAGE)

    def at_most(self, ask: TeacherRequest) -> Usage:
        return USAGE


def question(text: str = "Add up a list.", language: Language = Language.PYTHON) -> Question:
    return Question.new(text=text, language=language, tests=None, source="seed", level=None)


def settings(**changes: object) -> QuestionSettings:
    return QuestionSettings(source="somewhere").model_copy(update=changes)


def outcome(
    folder: Path,
    judge: Judge,
    teacher: ComputedTeacher,
    *asked: Question,
    **changes: object,
) -> tuple[Sequence[Question], Mapping[str, int]]:
    work = stage(folder, teacher, judge, questions=settings(**changes))
    found = questions_with_tests(work, asked or (question(),))
    return found.rows, found.tally


def calls(found: Question) -> CallTests:
    assert isinstance(found.tests, CallTests)
    return found.tests


def test_values_are_those_of_the_majority_and_the_reference_holds_them(
    tmp_path: Path, judge: Judge
) -> None:
    wrong = "def total(a):\n    return max(a)\n"
    teacher = Scripted([ON_LISTS], [wrong, SUM, "def total(a):\n    return sum(list(a))\n"])
    (found,), tally = outcome(tmp_path, judge, teacher)
    assert [case.expected for case in calls(found).cases] == [6, 0, 5, 3, 0, 21, 0, 2]
    assert found.reference == SUM
    assert found.text.endswith("Write it as the function `total`, which takes (list[int]).")
    assert tally["tested python"] == tally["kept"] == 1
    kinds = Counter(ask.kind for ask in teacher.asked)
    assert kinds == {"test": 1, "solve": 3}


def test_a_call_without_a_majority_is_left_out_and_ends_none_of_the_others(
    tmp_path: Path, judge: Judge
) -> None:
    mean = ON_LISTS.replace("total", "mean").replace('"int"', '"float"')
    codes = [
        "def mean(a):\n    return sum(a) / len(a)\n",
        "def mean(a):\n    return sum(a) / len(a) if a else 0.0\n",
        "def mean(a):\n    assert a\n    return sum(a) / float(len(a))\n",
    ]
    (found,), _ = outcome(tmp_path, judge, Scripted([mean], codes))
    assert [case.arguments for case in calls(found).cases if not case.arguments[0]] == []
    assert len(calls(found).cases) == 7
    assert found.reference == codes[0]


def test_no_value_that_a_teacher_writes_out_is_believed(tmp_path: Path, judge: Judge) -> None:
    told = ON_LISTS.replace("[[1, 2, 3]]", '{"arguments": [[1, 2, 3]], "expected": 7}')
    (found,), _ = outcome(tmp_path, judge, Scripted([told], [SUM] * 3))
    assert calls(found).cases[0].expected == 6


REFUSED = {
    "no_function": ('{"entry_point": null, "reason": "it asks for a page"}', [SUM]),
    "unreadable": ("I would rather not.", [SUM]),
    "crash": (ON_LISTS, ["def total(a):\n    return b\n", "def other(a):\n    return 1\n", SUM]),
    "prints": (ON_LISTS, ["def total(a):\n    print(sum(a))\n"] * 3),
    "wrong_type": (ON_LISTS, ["def total(a):\n    a.sort()\n"] * 3),
    "not_deterministic": (
        ON_LISTS, ["import random\ndef total(a):\n    return random.random()\n"] * 3
    ),
    "no_agreement": (
        ON_LISTS, [f"def total(a):\n    return len(a) + {number}\n" for number in range(3)]
    ),
    "one_value": (ON_LISTS, ["def total(a):\n    return 'done'\n"] * 3),
    "too_few_cases": (
        ON_LISTS,
        [f"def total(a):\n    return sum(a) if len(a) == 1 else {at}\n" for at in range(3)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSED)
def test_who_gets_no_tests_is_counted_by_reason(tmp_path: Path, judge: Judge, reason: str) -> None:
    reply, codes = REFUSED[reason]
    rows, tally = outcome(tmp_path, judge, Scripted([reply], (codes * 3)[:3]))
    assert rows == []
    assert tally[f"{reason} python"] == 1


def test_a_value_drawn_by_chance_is_no_agreement_though_the_judge_draws_the_same_each_time(
    tmp_path: Path, judge: Judge
) -> None:
    code = "import random\ndef total(a):\n    return random.randint(1, 10**6)\n"
    rows, tally = outcome(tmp_path, judge, Scripted([ON_LISTS], [code] * 3))
    assert (list(rows), tally["not_deterministic python"]) == ([], 1)


def test_one_solution_must_hold_every_call_that_is_kept(tmp_path: Path, judge: Judge) -> None:
    codes = [
        f"def total(a):\n    return -99 if a[:1] == [{first}] else sum(a)\n" for first in (1, 5, -1)
    ]
    rows, tally = outcome(tmp_path, judge, Scripted([ON_LISTS], codes))
    assert (list(rows), tally["no_agreement python"]) == ([], 1)


def test_pythons_own_kinds_of_values_are_asserted_as_they_are(tmp_path: Path, judge: Judge) -> None:
    code = "def total(a):\n    return {min(a, default=0), len(a)}, tuple(a)\n"
    (found,), _ = outcome(tmp_path, judge, Scripted([ON_LISTS], [code] * 3))
    assert all(isinstance(case, Assertion) for case in calls(found).cases)
    assert calls(found).signature is None
    assert judge.judge(Program(code, Language.PYTHON, calls(found))).passed


@pytest.mark.parametrize(
    ("language", "code"),
    [
        (Language.JAVA, "class Solution {\n    public static long total(long[] a) {\n"
         "        long n = 0;\n        for (long x : a) n += x;\n        return n;\n    }\n}\n"),
        (Language.C, "long long total(IntList a) {\n    long long n = 0;\n"
         "    for (int i = 0; i < a.count; i++) n += a.items[i];\n    return n;\n}\n"),
        (Language.CPP, "#include <vector>\nlong long total(std::vector<long long> a) {\n"
         "    long long n = 0;\n    for (auto x : a) n += x;\n    return n;\n}\n"),
        (Language.GO, "package main\n\nfunc total(a []int) int {\n\tn := 0\n"
         "\tfor _, x := range a {\n\t\tn += x\n\t}\n\treturn n\n}\n"),
        (Language.TYPESCRIPT, "function total(a: number[]): number {\n"
         "    return a.reduce((n, x) => n + x, 0);\n}\n"),
        (Language.JAVASCRIPT, "function total(a) {\n    return a.reduce((n, x) => n + x, 0);\n}\n"),
    ],
)  # fmt: skip
def test_every_language_agrees(tmp_path: Path, judge: Judge, language: Language, code: str) -> None:
    teacher = Scripted([ON_LISTS], [code] * 3)
    (found,), tally = outcome(tmp_path, judge, teacher, question(language=language))
    assert [case.expected for case in calls(found).cases] == [6, 0, 5, 3, 0, 21, 0, 2]
    assert tally[f"mutants {language}"] > 0


def test_a_crash_in_c_ends_none_of_the_other_calls(tmp_path: Path, judge: Judge) -> None:
    divide = (
        '{"entry_point": "per", "signature": {"arguments": ["int", "int"], "returns": "int"},'
        ' "inputs": [[6, 3], [1, 0], [8, 2], [9, 3], [0, 0], [5, 1], [7, 7]]}'
    )
    code = "long long per(long long a, long long b) {\n    return a / b;\n}\n"
    asked = question("Divide a by b.", Language.C)
    (found,), _ = outcome(tmp_path, judge, Scripted([divide], [code] * 3), asked)
    assert [case.expected for case in calls(found).cases] == [2, 4, 3, 5, 1]


def test_weak_tests_are_asked_for_more_inputs_once(tmp_path: Path, judge: Judge) -> None:
    few = ON_LISTS.replace(NUMBERS, "[[[1]], [[2]], [[3]], [[4]], [[5]]]")
    more = '{"inputs": [[[1, 2, 30]], [[4, 4]], [[]], [[1]], [[11, 12]]]}'
    code = """\
def total(a):
    n = 0
    for at in range(len(a)):
        if a[at] < 10 and a[at] > 2:
            n = n + a[at]
        elif a[at] > 10:
            n = n + 1000
    return n
"""
    teacher = Scripted([few, more], [code] * 3)
    (found,), tally = outcome(tmp_path, judge, teacher, kill_rate=1.0)
    asked = [ask for ask in teacher.asked if isinstance(ask, Test)]
    assert len(asked) == 2
    assert asked[1].known == (([1],), ([2],), ([3],), ([4],), ([5],))
    assert [case.arguments for case in calls(found).cases][5:] == [
        ([1, 2, 30],), ([4, 4],), ([],), ([11, 12],)
    ]  # fmt: skip
    assert tally["asked_for_more"] == 1
    assert 0 < tally["killed python"] <= tally["mutants python"]
    assert sum(isinstance(ask, Solve) for ask in teacher.asked) == 3


@pytest.mark.parametrize(("language", "count"), [(Language.PYTHON, 8), (Language.CPP, 3)])
def test_stripped_questions_of_the_world_get_their_right_values_back(
    tmp_path: Path, judge: Judge, language: Language, count: int
) -> None:
    asked = draw_questions(count, (1, 2, 3, 4), Split.TRAIN, seed=7, language=language)
    bare = [each.model_copy(update={"tests": None}) for each in asked]
    work = stage(tmp_path, WorldTeacher(), judge)
    found = questions_with_tests(work, bare).rows
    assert len(found) == len(asked)
    assert all(each.text.startswith(of.text) for each, of in zip(found, asked, strict=True))
    for each in found:
        program = program_of(each)
        for case in calls(each).cases:
            (given,) = case.arguments
            assert as_json(run(program.steps, as_value(given))) == case.expected
    pairs = build_pairs(work, found)
    assert pairs.tally["solution_dropped"] == 0
    assert all(pair.chosen == pair.question.reference for pair in pairs.rows)
    assert len(pairs.rows) >= count - 1
    assert pairs.tally[f"faults_killed {language}"] >= len(pairs.rows)
    right = [to_program(each, each.reference or "") for each in found]
    assert all(verdict.passed for verdict in judge.judge_all(right))


def test_the_students_own_failed_answers_are_faulty_halves_and_nobody_is_asked_for_these(
    tmp_path: Path, judge: Judge
) -> None:
    asked = draw_questions(10, (1, 2), Split.TRAIN, seed=8)
    rows = [
        placeholder_feedback(each).model_copy(
            update={
                "solution": Solution(
                    question_id=each.id, text="", code="\ndef f(x):\n    return 0\n\n", author="me"
                ),
                "verdict": Verdict(outcome=outcome, stage=JudgeStage.RUN),
            }
        )
        for each, outcome in zip(
            asked,
            [Outcome.PASSED, Outcome.NOT_EXECUTABLE, *[Outcome.WRONG_ANSWER] * 8],
            strict=True,
        )
    ]
    delivery = DeliverySettings(on_policy_share=0.4)
    work = stage(tmp_path, WorldTeacher(), judge, delivery=delivery)
    pairs = build_pairs(work, asked, rows)
    own = [pair for pair in pairs.rows if pair.rejected == "def f(x):\n    return 0\n"]
    assert len(own) == pairs.tally["on_policy"] == 4
    assert not {pair.question.id for pair in own} & {each.id for each in asked[:2]}
    assert [pair.question.id for pair in pairs.rows] == [each.id for each in asked]
    assert pairs.tally["teacher_calls"] == 10 + 6


def test_a_call_that_never_ends_costs_its_half_of_the_calls(tmp_path: Path, judge: Judge) -> None:
    code = "def total(a):\n    while len(a) == 3 and a[0] == 1:\n        pass\n    return sum(a)\n"
    (found,), _ = outcome(tmp_path, judge, Scripted([ON_LISTS], [code] * 3), min_cases=4)
    assert [case.expected for case in calls(found).cases] == [0, 21, 0, 2]
