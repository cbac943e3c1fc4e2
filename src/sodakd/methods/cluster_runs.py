"""Commands of sodakd on the nodes of a Ray cluster: side by side, or as one group that trains.

Their folders, and the folder that the command was given in, lie on a disk that all nodes see.
"""

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

import sodakd
from sodakd.errors import RunError
from sodakd.inference.model_server import free_port
from sodakd.methods.side_runs import POLL, LogReader, SideRun, StartedRun, Tell, end_runs, run_aside
from sodakd.ray_cluster import RayCluster, own_address, show_gpus
from sodakd.run_header import LOCKED

_PATIENCE = 60.0
"""Seconds to wait for a node where none is left."""
_LOCK_PATIENCE = 120.0
"""Seconds until the folder of a lost node is surely free: what ran there may outlive the connection
for a moment, and a disk's server keeps the locks of a machine that is gone for longer."""
_TRY_AGAIN = 3.0


class _Machine:
    """The actor: what runs on a node."""

    def __init__(self, folder: str, environment: Mapping[str, str], version: str) -> None:
        self._folder = folder
        self._version = version
        self._at_work: dict[str, StartedRun] = {}
        self._stopped = False
        for name, value in environment.items():
            os.environ.setdefault(name, value)  # what is said on the node stands
        show_gpus()

    def check(self, token: str) -> str:
        """Why nothing can run here; empty if all is well."""
        if sodakd.__version__ != self._version:
            return f"it has sodakd {sodakd.__version__}, not {self._version}"
        if not (Path(self._folder) / token).exists():
            return f"it does not see {self._folder}: the folder has to be on a disk of all nodes"
        os.chdir(self._folder)
        return ""

    def run(self, run: SideRun) -> str:
        """Run a command to its end; say why it failed, empty if it did not."""
        if self._stopped:
            return "it was stopped"
        started = self._at_work[run.name] = StartedRun(run)
        started.process.wait()
        self._at_work.pop(run.name, None)
        return started.why() if started.process.returncode else ""

    def stop(self) -> None:
        """Interrupt what is at work, and wait for it."""
        self._stopped = True
        end_runs(list(self._at_work.values()))

    def meeting_point(self) -> tuple[str, int]:
        """The address of this node, and a port that is free."""
        return own_address(), free_port()


class _Machines:
    """The nodes that can run commands, found as they come and lost as they go."""

    def __init__(self, cluster: RayCluster, most: int) -> None:
        self._cluster = cluster
        self._most = most
        self._token = f".sodakd-{token_hex(8)}"
        self.actors: dict[str, Any] = {}
        self.refused: dict[str, str] = {}
        self._held: dict[Any, tuple[str, SideRun, LogReader]] = {}

    def find(self) -> None:
        """Take in nodes that are new. Raises RunError where none is left after a while."""
        until = time.monotonic() + _PATIENCE
        while True:
            new = set(self._cluster.nodes()) - {*self.actors, *self.refused}
            if new:
                self._take_in(new)
            if self.actors:
                return
            if time.monotonic() > until:
                said = "; ".join(f"{name[:8]}: {why}" for name, why in self.refused.items())
                raise RunError(
                    f"no node of the cluster is left to run on ({said or 'none has cores'}); mend"
                    " one, then run the same command again"
                )
            time.sleep(0.5)

    def _take_in(self, new: Iterable[str]) -> None:
        here = Path.cwd()
        token = here / self._token
        token.touch()
        try:
            for node in new:
                # It has no cores in Ray's books: those are for the judges of what runs here.
                actor = self._cluster.put_on(
                    node, _Machine, str(here), dict(os.environ), sodakd.__version__,
                    num_cpus=0, max_concurrency=self._most + 2,
                )  # fmt: skip
                try:
                    why = self._cluster.ray.get(actor.check.remote(self._token))
                except self._cluster.ray.exceptions.RayError as error:
                    why = str(error).strip().splitlines()[-1]
                if why:
                    self.refused[node] = why
                    self._cluster.ray.kill(actor)
                else:
                    self.actors[node] = actor
        finally:
            token.unlink()

    @property
    def at_work(self) -> Counter[str]:
        """How many commands each node is at work on."""
        return Counter(node for node, _, _ in self._held.values())

    def start(self, node: str, run: SideRun, tell: Tell) -> None:
        """Start a command on a node; its log is told from now on."""
        run.log.parent.mkdir(parents=True, exist_ok=True)
        run.log.touch()
        reader = LogReader(run, tell)
        self._held[self.actors[node].run.remote(run)] = node, run, reader

    def ended(self) -> Iterator[tuple[str, SideRun, str | None]]:
        """Wait a moment, tell what is new; the node, and what has ended there, and why it failed.

        That is empty where it did not, and None where the node is lost.
        """
        ray = self._cluster.ray
        done, _ = ray.wait(list(self._held), num_returns=1, timeout=POLL)
        for _, _, reader in self._held.values():
            reader.pass_on()
        for reference in done:
            node, run, _ = self._held.pop(reference)
            try:
                why: str | None = ray.get(reference)
            except ray.exceptions.RayError:
                why = None
                if self.actors.pop(node, None) is not None:
                    self.refused[node] = "it is lost"
            yield node, run, why

    def stop(self) -> None:
        """Interrupt what is at work on all nodes, and wait for it; then give the nodes back."""
        ray = self._cluster.ray
        try:
            asked = [actor.stop.remote() for actor in self.actors.values()]
            for each in asked:
                try:
                    ray.get(each)
                except ray.exceptions.RayError:  # it is lost, and what ran there with it
                    continue
        finally:
            for actor in self.actors.values():
                ray.kill(actor)


def run_all(runs: Sequence[SideRun], jobs: int, tell: Tell, ray: str) -> dict[str, str]:
    """Run all on this machine, or on the cluster at `ray`; return why some failed, by name."""
    if ray and runs:
        return run_on_cluster(runs, jobs, tell, ray)
    return run_aside(runs, jobs, tell)


def run_on_cluster(runs: Sequence[SideRun], jobs: int, tell: Tell, address: str) -> dict[str, str]:
    """Run all on a cluster's nodes, so many side by side on each, as `run_aside` does here.

    What a lost node was at work on goes on elsewhere. A node that joins takes its part.

    Raises:
        RunError: there is no such cluster, or no node is left.
    """
    failed: dict[str, str] = {}
    waiting = list(runs)
    lost_at: dict[str, float] = {}
    with RayCluster(address, "--ray", RunError) as cluster:
        machines = _Machines(cluster, jobs)
        try:
            while waiting or machines.at_work:
                machines.find()
                for node in machines.actors:
                    for run in waiting[: jobs - machines.at_work[node]]:
                        machines.start(node, run, tell)
                        waiting.remove(run)
                for node, run, why in machines.ended():
                    if why is None:
                        tell(run.name, f"node {node[:8]} is lost; it goes on elsewhere")
                        lost_at[run.name] = time.monotonic()
                        waiting.insert(0, run)
                    elif why.startswith(LOCKED) and _is_recent(lost_at.get(run.name)):
                        time.sleep(_TRY_AGAIN)
                        waiting.insert(0, run)
                    elif why:
                        failed[run.name] = why
        finally:
            machines.stop()
    return failed


def run_group(words: Sequence[str], logs: Path, processes: int, tell: Tell, address: str) -> str:
    """Run a command as a group of processes that train together, as torchrun starts them.

    A node has a process for each of its GPUs; where no node has one, all have as many. Rank 0's log
    is told. Returns why it failed, with rank and node; empty if it did not. Who is left is ended.

    Raises:
        RunError: there is no such cluster, it has no node, or too few GPUs.
    """
    with RayCluster(address, "--ray", RunError) as cluster:
        machines = _Machines(cluster, processes)
        try:
            machines.find()
            nodes = _ranks(cluster, list(machines.actors), processes)
            first = machines.actors[nodes[0]]
            host, port = cluster.ray.get(first.meeting_point.remote())
            for rank, node in enumerate(nodes):
                place = {
                    "RANK": rank,
                    "WORLD_SIZE": processes,
                    "LOCAL_RANK": nodes[:rank].count(node),
                    "LOCAL_WORLD_SIZE": nodes.count(node),
                    "MASTER_ADDR": host,
                    "MASTER_PORT": port,
                }
                own = {name: str(value) for name, value in place.items()}
                run = SideRun(f"rank {rank}", logs / f"rank-{rank}.log", words, own)
                machines.start(node, run, tell if not rank else _untold)
            while machines.at_work:
                for node, run, why in machines.ended():
                    if why is None or why:
                        return f"{run.name} on node {node[:8]}: {why or 'the node is lost'}"
        finally:
            machines.stop()
    return ""


def _ranks(cluster: RayCluster, nodes: Sequence[str], processes: int) -> list[str]:
    """The node of each rank: neighbours on one node."""
    resources = cluster.nodes()
    gpus = {node: int(resources[node].get("GPU", 0)) for node in nodes if node in resources}
    room = gpus if any(gpus.values()) else dict.fromkeys(nodes, -(-processes // len(nodes)))
    ranks = [node for node, count in room.items() for _ in range(count)]
    if len(ranks) < processes:
        raise RunError(
            f"--processes {processes}: the cluster has {len(ranks)} GPUs, and each process takes"
            " one: ask for fewer, or add nodes"
        )
    return ranks[:processes]


def _is_recent(lost_at: float | None) -> bool:
    return lost_at is not None and time.monotonic() - lost_at < _LOCK_PATIENCE


def _untold(name: str, line: str) -> None:
    """It stands in its log."""
