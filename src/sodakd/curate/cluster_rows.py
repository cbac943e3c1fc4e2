"""Rows as hashes on the nodes of a Ray cluster (`pip install 'sodakd[ray]'`)."""

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import sodakd
from sodakd.curate.hashed_rows import HashedRows
from sodakd.dedup.corpus import Corpus
from sodakd.dedup.word_hashes import Hashes32, Hashes64, Places
from sodakd.errors import RunError
from sodakd.ray_cluster import RayCluster
from sodakd.seeds.seed import Seed

_IN_FLIGHT = 2
"""Batches that a process of a node has before it: one that it hashes, and the next."""


class _Part(HashedRows):
    """The actor: the rows that one core of a node hashes and holds."""

    def __init__(self, threshold: float, code: bool, version: str) -> None:
        super().__init__(threshold, code)
        if sodakd.__version__ != version:  # its hashes may be others
            raise RunError(f"it has sodakd {sodakd.__version__}, not {version}")


class LostNode(Exception):
    """A node of a cluster is lost with the rows that it held: which, and why."""

    def __init__(self, node: str, why: str) -> None:
        super().__init__(f"node {node}: {why}")
        self.node, self.why = node, why


class ClusterRows:
    """`HashedRows` that are spread: each batch is hashed and held by a process on some node.

    There is one for each core. What is asked of all rows comes together here, 8 bytes a row.
    `refused` are nodes that are not used, and why. Where one is lost, `LostNode` is raised.

    Raises:
        RunError: no node with cores is left.
    """

    def __init__(
        self, cluster: RayCluster, threshold: float, code: bool, refused: Mapping[str, str]
    ) -> None:
        self._ray = cluster.ray
        self.bands = Corpus(threshold).bands
        self._code = code
        self._nodes = [
            node
            for node, resources in cluster.nodes().items()
            if node not in refused
            for _ in range(int(resources["CPU"]))
        ]
        if not self._nodes:
            said = "; ".join(f"{node[:8]}: {why}" for node, why in refused.items())
            raise RunError(
                f"no node of the cluster is left that can hold rows ({said or 'none has cores'});"
                " mend one, then run the same command again"
            )
        self._parts = [
            cluster.put_on(node, _Part, threshold, code, sodakd.__version__, num_cpus=1)
            for node in self._nodes
        ]
        self._owners: list[int] = []  # the part that holds each batch
        self._starts = [0]  # the number of its first row, and of those that are still to come
        self._within: list[int] = []  # the same among the rows of its part
        self._sizes = [0] * len(self._parts)
        self._sent: dict[Any, int] = {}

    def close(self) -> None:
        """End the processes of all nodes."""
        for part in self._parts:
            self._ray.kill(part)

    def __len__(self) -> int:
        return self._starts[-1]

    def add_rows(self, seeds: Sequence[Seed]) -> None:
        """Send rows to where the fewest wait; waits where all have enough before them."""
        if len(self._sent) == _IN_FLIGHT * len(self._parts):
            done, _ = self._ray.wait(list(self._sent), num_returns=1)
            self._answers({self._sent.pop(one): one for one in done})
        waiting = Counter(self._sent.values())
        owner = min(range(len(self._parts)), key=lambda one: (waiting[one], self._sizes[one]))
        self._sent[self._parts[owner].add_rows.remote(list(seeds))] = owner
        self._owners.append(owner)
        self._within.append(self._sizes[owner])
        self._sizes[owner] += len(seeds)
        self._starts.append(self._starts[-1] + len(seeds))

    def band(self, number: int) -> Hashes64:
        """As `Corpus.band`."""
        column: Hashes64 = self._column("band", number)
        return column

    def whole(self) -> Hashes64:
        """As `Corpus.whole`."""
        column: Hashes64 = self._column("whole")
        return column

    def lengths(self) -> Places:
        """As `Corpus.lengths`."""
        column: Places = self._column("lengths")
        return column

    def programs(self) -> Hashes64 | None:
        """As `HashedRows.programs`."""
        return self._column("programs") if self._code else None

    def words(self, numbers: Sequence[int]) -> Sequence["array[int]"]:
        """As `Corpus.words`."""
        asked: dict[int, list[int]] = defaultdict(list)
        places: dict[int, list[int]] = defaultdict(list)
        for place, number in enumerate(numbers):
            batch = bisect_right(self._starts, number) - 1
            owner = self._owners[batch]
            asked[owner].append(self._within[batch] + number - self._starts[batch])
            places[owner].append(place)
        found = self._ask("words", {owner: (own,) for owner, own in asked.items()})
        words = {
            place: own
            for owner, every in found.items()
            for place, own in zip(places[owner], every, strict=True)
        }
        return [words[place] for place in range(len(numbers))]

    def all_words(self) -> tuple[Hashes32, Places]:
        """As `Corpus.all_words`: all of them come here."""
        lengths, owners = self.lengths(), self._owner_of_each()
        words = np.zeros(lengths.sum(), np.uint32)
        for owner, (own, _) in self._ask("all_words", dict.fromkeys(set(self._owners), ())).items():
            words[np.repeat(owners == owner, lengths)] = own
        return words, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])

    def _column(self, name: str, *arguments: object) -> Any:
        """What the parts have of each row, in the order of the rows."""
        found = self._ask(name, dict.fromkeys(sorted(set(self._owners)), arguments))
        by_part = np.concatenate(list(found.values()))
        column = np.empty_like(by_part)
        column[np.argsort(self._owner_of_each(), kind="stable")] = by_part
        return column

    def _owner_of_each(self) -> Places:
        return np.repeat(np.array(self._owners), np.diff(self._starts))

    def _ask(self, name: str, arguments: Mapping[int, tuple[object, ...]]) -> dict[int, Any]:
        """What parts say to this, once they have taken in all."""
        for sent, owner in self._sent.items():
            self._answers({owner: sent})
        self._sent.clear()
        return self._answers(
            {
                owner: getattr(self._parts[owner], name).remote(*given)
                for owner, given in arguments.items()
            }
        )

    def _answers(self, references: Mapping[int, Any]) -> dict[int, Any]:
        found = {}
        for owner, reference in references.items():
            try:
                found[owner] = self._ray.get(reference)
            except self._ray.exceptions.RayError as error:
                why = str(error).strip().splitlines()[-1].strip()
                raise LostNode(self._nodes[owner], why) from None
        return found
