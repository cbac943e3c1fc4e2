"""A judge on a cluster of two nodes (of this machine), one of which is killed."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sodakd import ray_judge
from sodakd.cli import app
from sodakd.errors import JudgeError
from sodakd.judge import Program
from sodakd.judge.lint import ruff
from sodakd.methods.run_context import open_resources
from sodakd.methods.teachers import open_teacher
from sodakd.ray_judge import ClusterJudge
from sodakd.recipe_file import read_recipe
from sodakd.run import Run
from sodakd.settings.stages import JudgeSettings
from sodakd.teacher.ledger import LedgerOptions
from sodakd.types import CallTests, Language, Outcome, TestCase
from tests.ray_nodes import Nodes, cluster, nodes
from tests.tiny import write_recipe

__all__ = ["cluster", "nodes"]

pytestmark = [
    pytest.mark.toolchain,
    pytest.mark.filterwarnings("ignore"),  # Ray's own
    pytest.mark.timeout(300),
]
TESTS = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=2),))
WRONG = {0: Outcome.PASSED, 1: Outcome.WRONG_ANSWER, 2: Outcome.RUNTIME_ERROR}


def _program(number: int) -> Program:
    body = ("x + 1", "x - 1", "x[0]")[number % 3]
    code = f"def f(x):\n    return {body}  # {number}"
    return Program(code, Language.PYTHON, TESTS, id=str(number))


def test_a_node_killed_in_the_middle_loses_no_program_and_spoils_no_verdict(nodes: Nodes) -> None:
    count, seen, drawn = 600, Counter[str](), 0

    def programs() -> Iterator[Program]:
        nonlocal drawn
        for number in range(count):
            drawn += 1
            yield _program(number)

    with ClusterJudge(JudgeSettings(), chunk=20) as judge:
        killed = False
        for judged in judge.judge_stream(programs()):
            assert judged.verdict.outcome is WRONG[int(judged.id) % 3]
            seen[judged.id] += 1
            if not killed:
                assert drawn <= 20 * 2 * 2 + 20  # back-pressure: the rest has not been asked for
                nodes.kill_one()
                killed = True
    assert seen == Counter(str(number) for number in range(count))


def test_a_node_that_is_gone_loses_no_finding(nodes: Nodes) -> None:
    try:
        ruff.find()
    except JudgeError as error:
        pytest.skip(str(error))
    programs = [Program(f"print(y{number})", Language.PYTHON, TESTS) for number in range(100)]
    empty = Program("", Language.PYTHON, TESTS)
    with ClusterJudge(JudgeSettings(), chunk=10) as judge:
        before = judge.lint(programs[:50])  # both nodes have a judge
        nodes.kill_one()
        after = judge.lint([*programs[50:], empty])
        assert judge.lint([]) == []
    assert after.pop() == ()
    for number, findings in enumerate([*before, *after]):
        assert [one.message for one in findings] == [f"Undefined name `y{number}`"]
    assert not [note for note in judge.notes() if note.startswith("no findings of")]


def _by_judge_command(folder: Path) -> list[str]:
    rows = [
        {"id": one.id, "code": one.code, "language": "python",
         "tests": {"entry_point": "f", "cases": [{"arguments": [1], "expected": 2}]}}
        for one in map(_program, range(3))
    ]  # fmt: skip
    file, out = folder / "rows.jsonl", folder / "verdicts.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    done = CliRunner().invoke(app, ["judge", str(file), "--out", str(out), "--ray", "auto"])
    assert done.exit_code == 0, done.output
    said = sorted((json.loads(line) for line in out.open()), key=lambda row: str(row["id"]))
    return [row["outcome"] for row in said]


def _by_eval_command(folder: Path) -> list[str]:
    row = {
        "task_id": 11, "text": "Add one.", "code": "def f(x):\n    return x + 1\n",
        "test_setup_code": "", "test_list": ["assert f(1) == 2"], "challenge_test_list": [],
    }  # fmt: skip
    data, out = folder / "mbpp.jsonl", folder / "eval"
    data.write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    asked = ["eval", "--gold", "--benchmark", "mbpp", "--data", str(data), "--out", str(out)]
    done = CliRunner().invoke(app, [*asked, "--ray", "auto"])
    assert done.exit_code == 0, done.output
    lines = (out / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["verdict"]["outcome"] for line in lines]


def _by_run(folder: Path) -> list[str]:
    recipe = read_recipe(write_recipe(folder), ["judge.ray=auto"]).recipe
    with (
        Run.open(folder / "run", recipe.model_dump(mode="json")) as run,
        open_resources(
            recipe, run, open_teacher(recipe.teacher, run.folder), LedgerOptions()
        ) as resources,
    ):
        found = resources.judge.judge_all([_program(number) for number in range(3)])
        assert "python" in resources.judge.versions()
    return [verdict.outcome.value for verdict in found]


@pytest.mark.parametrize(
    ("judged", "outcomes"),
    [
        (_by_judge_command, ["passed", "wrong_answer", "runtime_error"]),
        (_by_eval_command, ["passed"]),
        (_by_run, ["passed", "wrong_answer", "runtime_error"]),
    ],
)
def test_the_key_and_the_option_have_a_cluster_judge(
    nodes: Nodes,
    judged: Callable[[Path], list[str]],
    outcomes: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []

    class Counted(ray_judge.ClusterJudge):
        def __init__(self, settings: JudgeSettings) -> None:
            opened.append(settings.ray)
            super().__init__(settings)

    monkeypatch.setattr(ray_judge, "ClusterJudge", Counted)
    assert judged(tmp_path) == outcomes
    assert opened == ["auto"]
