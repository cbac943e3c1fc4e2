"""A Ray cluster (`pip install 'sodakd[ray]'`): joined by its address, actors put on its nodes."""

import logging
import os
import socket
from collections.abc import Mapping
from typing import Any, Self

from sodakd.errors import SodakdError

_CONNECT_SECONDS = 10.0


class RayCluster:
    """A cluster of Ray, as long as this is open; a context.

    `address` is `auto` for the cluster that this machine belongs to, or `HOST:PORT`; `key`
    is what the user calls it by, in errors, which are of the class `error`.

    Raises:
        SodakdError: Ray is not installed, or there is no such cluster.
    """

    _open = 0
    _ours = False

    def __init__(self, address: str, key: str, error: type[SodakdError]) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
        try:
            import ray
        except ImportError:
            raise error("Ray is not installed: pip install 'sodakd[ray]'") from None
        self.ray = ray
        self._closed = False
        if not ray.is_initialized():
            if address != "auto":
                _require_listener(address, key, error)
            try:
                ray.init(
                    address=address,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.WARNING,
                )
            except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as failure:
                raise error(
                    f"there is no Ray cluster at {address} ({key}): {str(failure).rstrip('. ')};"
                    f" start one (ray start --head) or leave {key} out"
                ) from failure
            RayCluster._ours = True
        RayCluster._open += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster with the last that is open, unless this process was in it before."""
        if self._closed:
            return
        self._closed = True
        RayCluster._open -= 1
        if RayCluster._ours and not RayCluster._open:
            RayCluster._ours = False
            self.ray.shutdown()

    @property
    def address(self) -> str:
        """HOST:PORT of the cluster: `auto` may be another one for who asks later."""
        return str(self.ray.get_runtime_context().gcs_address)

    def nodes(self) -> Mapping[str, Mapping[str, float]]:
        """What the nodes that live and have cores have of each resource, by their ids."""
        return {
            node["NodeID"]: node["Resources"]
            for node in self.ray.nodes()
            if node["Alive"] and int(node["Resources"].get("CPU", 0))
        }

    def put_on(self, node: str, actor: type, *arguments: object, **options: object) -> Any:
        """An actor on a node. `options` are Ray's; one that dies stays dead."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        place = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
        remote = self.ray.remote(max_restarts=0, scheduling_strategy=place, **options)(actor)
        return remote.remote(*arguments)


def _require_listener(address: str, key: str, error: type[SodakdError]) -> None:
    """Raise where nobody listens at an address: Ray itself tries for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
    except (OSError, ValueError) as failure:
        raise error(
            f"there is no Ray cluster at {address} ({key}): {failure}; write HOST:PORT as `ray"
            f" start` tells it, such as 10.0.0.1:6379, or leave {key} out"
        ) from failure


def show_gpus() -> None:
    """Undo that Ray hides its GPUs from an actor that asks it for none. To be called by one."""
    if not os.environ.get("CUDA_VISIBLE_DEVICES"):
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)


def own_address() -> str:
    """The address that other nodes reach this one by."""
    import ray.util

    return str(ray.util.get_node_ip_address())
