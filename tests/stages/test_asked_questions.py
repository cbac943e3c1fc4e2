"""Questions that the teacher writes as asked: what is eliminated, and what is verified."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sodakd.inference.completions import Completion
from sodakd.judge.judge import Judge
from sodakd.run import StepOutput
from sodakd.settings.stages import JudgeSettings, UpdateSettings
from sodakd.stages.asked_questions import asked_questions
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.splits import Split, may_be_in
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.requests import Evolve, Inspire, Operation, TeacherRequest
from sodakd.types import LEVELS, Language, Question, Usage
from tests.stages.stage import stage

ALIKE = UpdateSettings(near_duplicate=0.95, overlap=0.9)
PARENTS = draw_questions(len(Operation), (3,), Split.TRAIN, seed=8)


class Writer(WorldTeacher):
    """Replies in turn by texts that are known."""

    name = "writer"

    def __init__(self, *texts: str) -> None:
        super().__init__()
        self.texts = list(texts)

    def reply(self, ask: TeacherRequest) -> Completion:
        at = int(ask.snippet) if isinstance(ask, Inspire) else list(Operation).index(_of(ask))
        return Completion(text=self.texts[at], usage=Usage(prompt_tokens=1, completion_tokens=1))


def _of(ask: TeacherRequest) -> Operation:
    assert isinstance(ask, Evolve)
    return ask.operation


def asked(
    folder: Path, teacher: WorldTeacher, requests: Sequence[Evolve | Inspire],
    pool: Sequence[Question] = (), judge: Judge | None = None, near: float = 0.95,
) -> StepOutput[Question]:  # fmt: skip
    work = stage(folder, teacher, judge, update=ALIKE)
    built = asked_questions(work, requests, pool, [], near)
    work.ledger.close()
    return built


def test_the_world_evolves_a_question_by_each_operation_and_knows_its_program(
    tmp_path: Path,
) -> None:
    requests = [
        Evolve(question=parent, operation=operation)
        for parent in PARENTS
        for operation in Operation
    ]
    rows = asked(tmp_path, WorldTeacher(), requests, PARENTS, near=1).rows
    assert len(rows) == len(requests)
    harder = {"constraint": 4, "rarer": 3, "reasoning": 5, "misdirection": 3, "complexity": 4}
    for request, row in zip(requests, rows, strict=True):
        assert isinstance(request, Evolve)
        assert row.level == harder[request.operation]
        assert row.parent == request.question.id
        assert row.tests is not None
        assert may_be_in(program_of(row), Split.TRAIN)
        shown = request.operation is Operation.MISDIRECTION
        assert ("This version is wrong:" in row.text) is shown


def test_the_hardest_question_stays_at_the_highest_level(tmp_path: Path) -> None:
    (hardest,) = draw_questions(1, LEVELS[-1:], Split.TRAIN, seed=3)
    request = Evolve(question=hardest, operation=Operation.REASONING)
    (row,) = asked(tmp_path, WorldTeacher(), [request]).rows
    assert row.level == LEVELS[-1]


def test_failed_evolutions_are_eliminated_and_counted(tmp_path: Path) -> None:
    parent = PARENTS[0]
    texts = (
        "```text\nToo short, this.\n```",
        f"```text\n{'word ' * 401}\n```",
        f"```text\n{parent.text}\n```",
        "```text\nHere is the rewritten task: add up the even numbers.\n```",
        "```text\nWrite a function that adds a new task to a nested list.\n```",
    )
    requests = [Evolve(question=parent, operation=operation) for operation in Operation]
    built = asked(tmp_path, Writer(*texts), requests, [parent], near=1)
    assert [row.text for row in built.rows] == [
        "Write a function that adds a new task to a nested list."
    ]
    assert built.rows[0].source == "evolve complexity"
    reasons = ("too_short", "too_long", "exact_duplicate", "copies_prompt", "kept")
    assert {name: built.tally[name] for name in reasons} == dict.fromkeys(reasons, 1)


@pytest.mark.toolchain
def test_the_world_writes_a_problem_that_its_solution_solves_from_a_snippet(
    tmp_path: Path,
) -> None:
    code = [print_python(program_of(each)) for each in PARENTS]
    requests = [Inspire(snippet=each, language=Language.PYTHON) for each in code]
    requests.append(Inspire(snippet="}", language=Language.PYTHON))
    with Judge(JudgeSettings(), workers=1) as judge:
        built = asked(tmp_path, WorldTeacher(), requests, judge=judge)
    assert len(built.rows) == len(requests)
    lines = [min(5, snippet.count("\n") + 1) for snippet in code]
    assert [row.level for row in built.rows] == [*lines, 1]
    for row in built.rows:
        assert row.reference == print_python(program_of(row)) + "\n"
        assert may_be_in(program_of(row), Split.TRAIN)


@pytest.mark.toolchain
def test_an_inspired_question_is_kept_with_a_solution_that_runs_and_not_with_a_broken_one(
    tmp_path: Path,
) -> None:
    def reply(problem: str, code: str) -> str:
        return f"[Problem Description]\n{problem}\n\n[Solution]\n```python\n{code}\n```"

    total = "Write a function that adds up the numbers of a list."
    teacher = Writer(
        reply(total, "def total(xs):\n    return sum(xs)"),
        reply(f"{total[:-1]} now.", "def total(xs):\n    return sum(xs)"),
        reply("Write a function that counts the vowels of a text.", "def vowels(:"),
    )
    requests = [Inspire(snippet=str(at), language=Language.PYTHON) for at in range(3)]
    with Judge(JudgeSettings(), workers=1) as judge:
        built = asked(tmp_path, teacher, requests, judge=judge)
    assert [row.text for row in built.rows] == [total]
    assert built.rows[0].reference == "def total(xs):\n    return sum(xs)\n"
    assert built.tally["solution_compile_error"] == 1
