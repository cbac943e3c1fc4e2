"""A judge on a cluster of two nodes (of this machine), one of which is killed."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from sodakd.errors import JudgeError
from sodakd.judge import Program
from sodakd.judge.lint import ruff
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, TestCase

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'sodakd[ray]'")

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


@dataclass(frozen=True)
class Nodes:
    """The two nodes of a cluster."""

    kill_one: Callable[[], None]


@pytest.fixture
def nodes() -> Iterator["Nodes"]:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=cluster.address, include_dashboard=False, log_to_driver=False)
    cluster.wait_for_nodes()
    yield Nodes(lambda: cluster.remove_node(nodes[0], allow_graceful=False))
    ray.shutdown()
    cluster.shutdown()


def test_a_node_killed_in_the_middle_loses_no_program_and_spoils_no_verdict(nodes: Nodes) -> None:
    from sodakd.judge.ray_judge import ClusterJudge

    count, seen, drawn = 600, Counter[str](), 0

    def programs() -> Iterator[Program]:
        nonlocal drawn
        for number in range(count):
            drawn += 1
            yield _program(number)

    with ClusterJudge(JudgeSettings(), chunk=20) as judge:
        killed = False
        for judged in judge.many(programs()):
            assert judged.verdict.outcome is WRONG[int(judged.id) % 3]
            seen[judged.id] += 1
            if not killed:
                assert drawn <= 20 * 2 * 2 + 20  # back-pressure: the rest has not been asked for
                nodes.kill_one()
                killed = True
    assert seen == Counter(str(number) for number in range(count))


def test_a_node_that_is_gone_loses_no_finding(nodes: Nodes) -> None:
    from sodakd.judge.ray_judge import ClusterJudge

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
