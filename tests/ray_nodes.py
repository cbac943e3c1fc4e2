"""A Ray cluster on this machine: its head has no cores, and one of its two nodes may be killed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'sodakd[ray]'")
from ray.cluster_utils import Cluster  # noqa: E402


@dataclass(frozen=True)
class Nodes:
    """The two nodes of a cluster at `address`."""

    address: str
    kill_one: Callable[[], None]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster whose head has no cores; this process belongs to it."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    ray.init(address=cluster.address, include_dashboard=False, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def nodes(cluster: Cluster) -> Nodes:
    """Two nodes of it, whatever was killed before."""
    while len(cluster.worker_nodes) < 2:
        cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    one = next(iter(cluster.worker_nodes))
    return Nodes(cluster.address, lambda: cluster.remove_node(one, allow_graceful=False))
