"""`ClusterJudge`: one judge on every node of a Ray cluster (`pip install 'sodakd[ray]'`).

Programs travel in chunks, a few to a node at a time, so the caller's iterable is read no faster
than it is judged. The chunks of a node that is lost are judged by others: a chunk counts when all
its verdicts are here, so no program is lost and none is judged twice in the results.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar, cast

from sodakd.errors import JudgeError
from sodakd.judge.invalid_tests import InvalidTestsError
from sodakd.judge.judge import Judge, JudgedProgram
from sodakd.judge.program import Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Finding, Verdict

if TYPE_CHECKING:
    from ray import ObjectRef

_IN_FLIGHT = 2
"""Chunks that a node holds at the same time: one that it judges, and the next."""
_PATIENCE = 60.0
"""Seconds to wait for a node where none is left."""


Each = TypeVar("Each")


@dataclass(frozen=True)
class _Said(Generic[Each]):
    """What a node said of a chunk: of each program, and what was not as it should be."""

    each: Sequence[Each]
    notes: Sequence[str]


class _Node:
    """The actor: a judge with a worker for each core of its node."""

    def __init__(self, settings: JudgeSettings, workers: int) -> None:
        self._judge = Judge(settings, workers)

    def judge(self, programs: Sequence[Program]) -> _Said[Verdict]:
        """The verdicts of a chunk. Raises `InvalidTestsError` with programs by their place."""
        numbered = [replace(one, id=str(at)) for at, one in enumerate(programs)]
        return _Said(self._judge.all(numbered), self._judge.notes())

    def lint(self, programs: Sequence[Program]) -> _Said[tuple[Finding, ...]]:
        """The findings of a chunk."""
        return _Said(self._judge.lint(programs), self._judge.notes())


class _Judging(Protocol):
    def remote(self, programs: Sequence[Program]) -> "ObjectRef[_Said[Verdict]]": ...


class _Linting(Protocol):
    def remote(self, programs: Sequence[Program]) -> "ObjectRef[_Said[tuple[Finding, ...]]]": ...


class _Actor(Protocol):
    judge: _Judging
    lint: _Linting


@dataclass(frozen=True)
class _Chunk:
    """Programs of one message, and the node that has them."""

    node: str
    programs: Sequence[Program]


def _load(node: str, chunks: Iterable[_Chunk]) -> int:
    return sum(chunk.node == node for chunk in chunks)


class ClusterJudge:
    """Judges programs on all nodes of a Ray cluster; a context, as `Judge` is.

    `address` is the cluster's (`auto` for the one this machine belongs to; None starts one of this
    machine alone). `chunk` is how many programs travel together. A node that joins while programs
    are judged takes its part.

    Raises:
        JudgeError: Ray is not installed, or no node is left that can judge.
    """

    def __init__(
        self, settings: JudgeSettings, address: str | None = None, chunk: int = 128
    ) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
        try:
            import ray
        except ImportError:
            raise JudgeError("Ray is not installed: pip install 'sodakd[ray]'") from None
        self._ray = ray
        self._settings = settings
        self._chunk = chunk
        self._own = not ray.is_initialized()
        if self._own:
            ray.init(address=address, include_dashboard=False, log_to_driver=False)
        self._actors: dict[str, _Actor] = {}
        self._refused: dict[str, str] = {}
        self._notes: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the judges of all nodes."""
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._actors.clear()
        if self._own:
            self._ray.shutdown()

    def all(self, programs: Sequence[Program]) -> list[Verdict]:
        """The verdicts on programs, in their order."""
        numbered = [replace(program, id=str(number)) for number, program in enumerate(programs)]
        verdicts = {int(judged.id): judged.verdict for judged in self.many(numbered)}
        return [verdicts[number] for number in range(len(programs))]

    def many(self, programs: Iterable[Program]) -> Iterator[JudgedProgram]:
        """The verdicts on programs as they come, in any order, each under its program's id."""

        def ask(actor: _Actor, chunk: Sequence[Program]) -> "ObjectRef[_Said[Verdict]]":
            return actor.judge.remote(chunk)

        spread: Iterator[tuple[Program, Verdict]] = self._spread(programs, ask)
        return (JudgedProgram(of.id, verdict) for of, verdict in spread)

    def lint(self, programs: Sequence[Program]) -> list[tuple[Finding, ...]]:
        """What static tools find in programs, in their order, as `Judge.lint` has it."""
        numbered = [replace(program, id=str(number)) for number, program in enumerate(programs)]

        def ask(actor: _Actor, chunk: Sequence[Program]) -> "ObjectRef[_Said[tuple[Finding, ...]]]":
            return actor.lint.remote(chunk)

        spread: Iterator[tuple[Program, tuple[Finding, ...]]] = self._spread(numbered, ask)
        found = {int(of.id): findings for of, findings in spread}
        return [found[number] for number in range(len(programs))]

    def notes(self) -> Sequence[str]:
        """What was not as it should be on a node, though every verdict holds: a missing tool."""
        return sorted(self._notes)

    def _spread(
        self,
        programs: Iterable[Program],
        ask: "Callable[[_Actor, Sequence[Program]], ObjectRef[_Said[Each]]]",
    ) -> Iterator[tuple[Program, Each]]:
        """What the nodes say of each program, as it comes."""
        source = iter(programs)
        again: deque[Sequence[Program]] = deque()
        held: dict[ObjectRef[_Said[Each]], _Chunk] = {}
        more = True
        unfit: dict[str, str] = {}
        while True:
            self._find_nodes()
            for node in [*self._actors]:
                while (more or again) and _load(node, held.values()) < _IN_FLIGHT:
                    chunk = again.popleft() if again else list(islice(source, self._chunk))
                    if not chunk:
                        more = False
                        break
                    held[ask(self._actors[node], chunk)] = _Chunk(node, chunk)
            if not held:
                if not more and not again:
                    break
                continue
            done, _ = self._ray.wait(list(held), num_returns=1, timeout=1.0)
            for reference in done:
                chunk_of = held.pop(reference)
                try:
                    said = self._ray.get(reference)
                except (
                    InvalidTestsError
                ) as error:  # the others again: their node remembers their verdicts
                    why = {
                        int(at): text for at, text in getattr(error, "cause", error).reasons.items()
                    }
                    numbered = list(enumerate(chunk_of.programs))
                    unfit |= {one.id: why[at] for at, one in numbered if at in why}
                    if fit := [one for at, one in numbered if at not in why]:
                        again.append(fit)
                    continue
                except (self._ray.exceptions.RayError, JudgeError) as error:
                    again.append(chunk_of.programs)
                    self._lose(chunk_of.node, str(error))
                    continue
                self._notes.update(said.notes)
                yield from zip(chunk_of.programs, said.each, strict=True)
        if unfit:
            raise InvalidTestsError(unfit)

    def _lose(self, node: str, why: str) -> None:
        actor = self._actors.pop(node, None)
        if actor is not None:
            self._ray.kill(actor)
        self._refused[node] = why.strip().splitlines()[-1] if why.strip() else "it is lost"

    def _find_nodes(self) -> None:
        """A judge for each node that has none; waits a while where there is no node at all."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        until = time.monotonic() + _PATIENCE
        while True:
            for node in self._ray.nodes():
                name, cores = node["NodeID"], int(node["Resources"].get("CPU", 0))
                if not node["Alive"] or not cores or name in {*self._actors, *self._refused}:
                    continue
                remote = self._ray.remote(num_cpus=cores, max_restarts=0)(_Node)
                place = NodeAffinitySchedulingStrategy(node_id=name, soft=False)
                actor = remote.options(scheduling_strategy=place).remote(self._settings, cores)
                self._actors[name] = cast("_Actor", actor)
            if self._actors:
                return
            if time.monotonic() > until:
                said = "; ".join(f"{name[:8]}: {why}" for name, why in self._refused.items())
                raise JudgeError(
                    f"no node of the cluster is left that can judge ({said or 'none has cores'});"
                    " mend one, then run the same command again"
                )
            time.sleep(0.5)
