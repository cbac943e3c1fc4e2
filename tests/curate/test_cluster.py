"""`sodakd dedup --ray` on a cluster of two nodes (of this machine): what one machine finds."""

import json
import random
import re
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import sodakd
from sodakd.curate.cluster_rows import ClusterRows
from sodakd.dedup.corpus import BATCH
from sodakd.errors import RunError
from sodakd.ray_cluster import RayCluster
from sodakd.seeds.seed import Seed
from tests.curate.test_command import read, run
from tests.ray_nodes import Nodes, cluster, nodes, ray

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


def _is_there(part: Any) -> bool:
    try:
        ray.get(part.__ray_call__.remote(lambda _: None))
    except ray.exceptions.RayError:
        return False
    return True


@pytest.mark.parametrize("when", ["reading", "comparing"])
def test_a_lost_node_is_told_and_the_others_find_the_same(
    nodes: Nodes, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    alone, out = tmp_path / "alone.jsonl", tmp_path / "out.jsonl"
    run("dedup", source, "--out", alone)
    add_rows, calls = ClusterRows.add_rows, count(1)

    def losing(rows: ClusterRows, seeds: Sequence[Seed]) -> None:
        add_rows(rows, seeds)
        if next(calls) == (3 if when == "reading" else 5):
            nodes.kill_one()
            while all(map(_is_there, rows._parts)):  # what runs there may outlive it for a moment
                time.sleep(0.1)

    monkeypatch.setattr(ClusterRows, "add_rows", losing)
    done = run("dedup", source, "--out", out, "--ray", nodes.address)
    assert done.exit_code == 0, done.output
    assert re.search(r"^node [0-9a-f]{8} is lost \(.*: begun again with", done.stderr, re.MULTILINE)
    assert out.read_bytes() == alone.read_bytes()


def test_nodes_of_another_version_are_told_and_nothing_is_written(
    nodes: Nodes, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sodakd, "__version__", "9.9")
    with pytest.raises(RunError, match=r"no node .* is left that can hold rows \(.*, not 9\.9;"):
        run("dedup", source, "--out", tmp_path / "out.jsonl", "--ray", "auto")
    assert not list(tmp_path.iterdir())


def test_a_cluster_without_cores_is_told(
    nodes: Nodes, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RayCluster, "nodes", lambda _: {})
    with pytest.raises(RunError, match=r"can hold rows \(none has cores\); mend one"):
        run("dedup", source, "--ray", "auto")
