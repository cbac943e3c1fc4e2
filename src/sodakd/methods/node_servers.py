"""Servers of a student on the nodes of a Ray cluster, as `LocalServers` are on this machine.

The student's folder, and that of the log, lie on a disk that all nodes see.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sodakd.errors import EndpointError, SodakdError
from sodakd.methods.engines import EngineConfig, LocalServers
from sodakd.ray_cluster import RayCluster, own_address, show_gpus

_LOOK_SECONDS = 0.5


class _Host:
    """The actor: the servers of a node."""

    def __init__(self, config: EngineConfig, student: Path, words: Sequence[str]) -> None:
        show_gpus()
        if not student.is_dir():
            raise EndpointError(f"it does not see {student}: put the run on a disk of all nodes")
        self._servers = LocalServers(config, student, words, own_address())

    def wait(self) -> list[tuple[str, str]]:
        """The URL and the name of each, once all answer."""
        return [(url, name) for url, name, _ in self._servers.wait()]

    def watch(self, number: int) -> str:
        """Why a server ended, once it has."""
        while (why := self._servers.servers[number].ended()) is None:
            time.sleep(_LOOK_SECONDS)
        return why

    def stop(self) -> None:
        """End them all."""
        self._servers.stop()


class NodeServers:
    """Servers on each node of the cluster of `generation.ray`; all are being started."""

    def __init__(self, config: EngineConfig, student: Path, words: Sequence[str]) -> None:
        self._key = f"{config.section}.ray"
        self._cluster = RayCluster(config.settings.ray, self._key, EndpointError)
        self._tell = config.tell
        self._hosts: dict[str, Any] = {}
        for node, resources in self._cluster.nodes().items():
            most = config.settings.workers or max(1, int(resources.get("GPU", 0)))
            log = config.log.with_stem(f"{config.log.stem}-{node[:8]}").resolve()
            own = replace(config, log=log, tell=EngineConfig.tell)
            self._hosts[node] = self._cluster.put_on(
                node, _Host, own, student.resolve(), words,
                num_cpus=0, max_concurrency=most + 2,  # each server is watched by a thread
            )  # fmt: skip

    def wait(self) -> Iterator[tuple[str, str, Callable[[], str | None]]]:
        """As `LocalServers.wait`. A node where they do not start is told, and not asked.

        Raises:
            EndpointError: they start nowhere.
        """
        started = {node: host.wait.remote() for node, host in self._hosts.items()}
        refused = {}
        for node, answer in started.items():
            try:
                found = self._cluster.ray.get(answer)
            except (self._cluster.ray.exceptions.RayError, SodakdError) as error:
                refused[node] = str(error).strip().splitlines()[-1]
                continue
            for number, (url, name) in enumerate(found):
                watch = self._hosts[node].watch.remote(number)
                yield url, f"{name or 'the server'} of node {node[:8]}", self._ended(watch)
        if len(refused) == len(self._hosts):
            each = "\n".join(f"  {node[:8]}: {why}" for node, why in refused.items())
            raise EndpointError(f"no node of {self._key} has a server that answers:\n{each}")
        for node, why in refused.items():
            self._tell(f"node {node[:8]} does not answer: {why}")

    def stop(self) -> None:
        """End them all."""
        ray = self._cluster.ray
        for host in self._hosts.values():
            try:
                ray.get(host.stop.remote())
            except (ray.exceptions.RayError, SodakdError):  # it is lost, its servers with it
                continue
        for host in self._hosts.values():
            ray.kill(host)
        self._hosts.clear()
        self._cluster.close()

    def _ended(self, watch: Any) -> Callable[[], str | None]:
        """Whether a watch has come to its end: its server's, or that of its node."""
        ray = self._cluster.ray

        def ended() -> str | None:
            done, _ = ray.wait([watch], timeout=0)
            if not done:
                return None
            try:
                return str(ray.get(watch))
            except ray.exceptions.RayError:
                return "its node is lost"

        return ended
