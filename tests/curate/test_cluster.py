"""`sodakd dedup --ray` on a cluster of two nodes (of this machine): what one machine finds."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

import sodakd
from sodakd.curate.rows import read_both
from sodakd.dedup.corpus import BATCH
from sodakd.dedup.near import find_duplicates
from sodakd.errors import RunError
from sodakd.ray_cluster import RayCluster
from tests.curate.test_command import read, run
from tests.ray_nodes import Nodes, cluster, nodes

__all__ = ["cluster", "nodes"]

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.filterwarnings("ignore"),  # Ray's own
    pytest.mark.timeout(300),
]
PROGRAM = """def {f}(values, limit):
    total = {number}
    for {v} in values:
        if {v} > limit:
            total += {v} * {number}
    return total
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions over several batches, with duplicates of every kind that lie far from theirs."""
    draw = random.Random(5)
    vocabulary = [f"word{number}" for number in range(500)]
    rows: list[dict[str, str | None]] = []
    for number in range(4 * BATCH + 77):
        words = draw.choices(vocabulary, k=draw.randint(5, 60))
        answer, kind = None, draw.randrange(20)
        if rows and kind < 6:
            words = (draw.choice(rows)["instruction"] or "").split()
        if kind == 1:
            words = [word.upper() for word in words]
        elif kind in {2, 3} and words:
            words[draw.randrange(len(words))] = "changed"
        elif kind == 4:
            words = [*draw.choices(vocabulary, k=10), *words, *draw.choices(vocabulary, k=10)]
        elif kind == 6:
            words = ["数组求和", "naïve", *words]
        if number % 50 == 0:
            answer = PROGRAM.format(f=f"f{number}", v=f"v{number}", number=number % 1000)
        text = None if kind == 7 else " ".join(words)
        rows.append({"instruction": text, "output": answer})
    file = tmp_path_factory.mktemp("source") / "q.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


@pytest.mark.parametrize("methods", ["exact,code,jaccard,rouge,ngram", "jaccard"])
def test_the_same_rows_go_for_the_same_reasons_as_on_one_machine(
    nodes: Nodes, source: Path, tmp_path: Path, methods: str
) -> None:
    found = []
    for where in ((), ("--ray", nodes.address)):
        out, report = tmp_path / "out.jsonl", tmp_path / "pairs.jsonl"
        words = ("--method", methods, "--out", out, "--report", report)
        done = run("dedup", source, *words, *where)
        assert done.exit_code == 0, done.output
        found.append((out.read_bytes(), report.read_bytes(), done.stdout))
    assert found[0] == found[1]
    assert {str(pair["method"]) for pair in read(report)} == set(methods.split(","))


def _while_reading(kill: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def killing(*given: object) -> object:
        nonlocal calls
        for each in read_both(*given):  # type: ignore[arg-type]
            yield each
            calls += 1
            if calls == 3 * BATCH:
                kill()

    monkeypatch.setattr("sodakd.curate.dedup.read_both", killing)


def _while_comparing(kill: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def killing(*given: object) -> object:
        kill()
        return find_duplicates(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("sodakd.curate.dedup.find_duplicates", killing)


@pytest.mark.parametrize("when", [_while_reading, _while_comparing])
def test_a_lost_node_is_named_and_nothing_is_written(
    nodes: Nodes,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: Callable[[Callable[[], None], pytest.MonkeyPatch], None],
) -> None:
    when(nodes.kill_one, monkeypatch)
    out = tmp_path / "out.jsonl"
    with pytest.raises(RunError, match=r"node [0-9a-f]{8} of the cluster failed, .* same command"):
        run("dedup", source, "--method", "exact", "--out", out, "--ray", nodes.address)
    assert not list(tmp_path.iterdir())


def test_a_node_of_another_version_is_told(
    nodes: Nodes, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sodakd, "__version__", "9.9")
    with pytest.raises(RunError, match=r"are lost with it: .*it has sodakd .*, not 9\.9; nothing"):
        run("dedup", source, "--ray", "auto")


def test_a_cluster_without_cores_is_told(
    nodes: Nodes, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RayCluster, "nodes", lambda _: {})
    with pytest.raises(RunError, match="no node of the cluster has cores"):
        run("dedup", source, "--ray", "auto")
