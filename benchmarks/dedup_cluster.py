"""What `sodakd dedup --ray` takes off the machine it is given on, beside `sodakd dedup` without.

python benchmarks/dedup_cluster.py 1000000
python benchmarks/dedup_cluster.py 20000 --method exact,code,jaccard

The questions are those of `benchmarks/dedup.py`, each with a program of its own as its answer where
`code` is asked. The cluster is simulated on this machine: two nodes of one core each, whose
processes are told apart. The figures are CPU seconds and peak memory that is no other process's,
looked at twice a second; both commands are to write the same bytes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from ray.cluster_utils import Cluster

from dedup import make

_ANSWER = """def f{number}(values, limit):
    total = {number}
    for value in values:
        if value > limit:
            total += value * {number}
    return total
"""


def _with_answers(path: Path) -> None:
    """Give each row of a file an answer."""
    bare = path.with_suffix(".bare")
    path.rename(bare)
    with bare.open(encoding="utf-8") as rows, path.open("w", encoding="utf-8") as file:
        for number, line in enumerate(rows):
            row = json.loads(line) | {"code": _ANSWER.format(number=number)}
            file.write(f"{json.dumps(row)}\n")


def _looked_at(process: subprocess.Popen[bytes]) -> Iterator[tuple[int, str, float, float]]:
    """The command and the nodes' processes, while it runs: id, what it is, CPU seconds, MiB."""
    while process.poll() is None:
        for each in psutil.process_iter():
            try:
                here = each.pid == process.pid
                if here or each.cmdline()[0].startswith("ray::_Part"):
                    used = each.cpu_times()
                    memory = each.memory_full_info().uss / 2**20
                    name = "the command" if here else "a node's"
                    yield each.pid, name, used.user + used.system, memory
            except (psutil.Error, IndexError):
                continue
        time.sleep(0.5)


def measure(path: Path, method: str, *more: str) -> tuple[bytes, bytes]:
    """Print what a call takes; what it writes: the rows that stay, and the pairs."""
    out, report = path.with_name("out.jsonl"), path.with_name("pairs.jsonl")
    words = ["dedup", str(path), "columns.text=text", "--method", method, *more]
    command = [sys.executable, "-m", "sodakd", *words, "--out", str(out), "--report", str(report)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peaks: dict[int, tuple[str, float, float]] = {}
    for pid, name, seconds, memory in _looked_at(process):
        peaks[pid] = (name, seconds, max(memory, peaks.get(pid, ("", 0.0, 0.0))[2]))
    if process.returncode:
        raise SystemExit(f"sodakd {' '.join(words)}: status {process.returncode}")
    print(f"sodakd {' '.join(words[2:])}")
    for name, seconds, memory in peaks.values():
        print(f"  {name:12} {seconds:8.1f} CPU s {memory:8,.0f} MiB", flush=True)
    return out.read_bytes(), report.read_bytes()


def main(count: int, method: str) -> None:
    """Make the file, and let the command have it without a cluster and with one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.jsonl"
        make(path, count)
        if "code" in method.split(","):
            _with_answers(path)
        print(f"{count:,} rows, {path.stat().st_size / 2**20:,.0f} MiB", flush=True)
        alone = measure(path, method)
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
        try:
            for _ in range(2):
                cluster.add_node(num_cpus=1)
            cluster.wait_for_nodes()
            spread = measure(path, method, "--ray", cluster.address)
        finally:
            cluster.shutdown()
        print("the same bytes" if spread == alone else "OTHER BYTES")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("count", type=int)
    parser.add_argument("--method", default="exact,jaccard")
    given = parser.parse_args()
    main(given.count, given.method)
