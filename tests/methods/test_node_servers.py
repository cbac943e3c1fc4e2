"""A student on the nodes of a Ray cluster (of this machine), one of which is killed."""

from pathlib import Path

import pytest

from sodakd.errors import EndpointError
from sodakd.inference.protocols import Generation
from tests.methods.test_workers import PROMPTS, answers, engine, expected, student
from tests.ray_nodes import Nodes, cluster, nodes
from tests.servers.running import ROOT

__all__ = ["cluster", "expected", "nodes", "student"]

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.filterwarnings("ignore"),  # Ray's own
    pytest.mark.timeout(600),
]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def test_the_nodes_of_a_cluster_answer_as_one_process_and_a_killed_ones_prompts_go_to_the_other(
    nodes: Nodes, student: Path, expected: list[list[Generation]], tmp_path: Path
) -> None:
    told: list[str] = []
    opened = engine(tmp_path, told.append, ray=nodes.address)
    try:
        model = opened.open(student)
        assert model.checked.endswith("on each of 2 servers")
        assert answers(model) == expected
        came: list[int] = []

        def take(number: int, _: Generation) -> None:
            came.append(number)
            if len(came) == 10:
                nodes.kill_one()

        again = model.model.generate(PROMPTS, max_new_tokens=24, on_generation=take)
        assert again == expected[0]
        assert sorted(came) == list(range(len(PROMPTS)))
        (line,) = told
        assert " is lost, and what it was asked goes to the other one: its " in line
    finally:
        opened.close()


def test_a_student_that_no_node_can_open_is_one_error(nodes: Nodes, tmp_path: Path) -> None:
    opened = engine(tmp_path, ray=nodes.address)
    folder = tmp_path / "student"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    with pytest.raises(EndpointError, match=r"no node of generation\.ray has a server"):
        opened.open(folder)
