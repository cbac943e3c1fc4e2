"""`ClusterJudge`: one judge on every node of a Ray cluster (`pip install 'sodakd[ray]'`).

Programs travel in chunks, a few to a node at a time, so the caller's iterable is read no faster
than it is judged. The chunks of a node that is lost are judged by others: a chunk counts when all
its verdicts are here, so no program is lost and none is judged twice in the results.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Generic, Self, TypeVar

from sodakd.errors import JudgeError
from sodakd.judge.judge import Judge
from sodakd.judge.left_out import InvalidTestsError
from sodakd.judge.program import JudgedProgram, Program, ProgramJudge
from sodakd.ray_cluster import RayCluster
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Finding, Verdict

_CHUNK = 128
"""Programs that travel together."""
_IN_FLIGHT = 2
"""Chunks that a node holds at the same time: one that it judges, and the next."""
_PATIENCE = 60.0
"""Seconds to wait for a node where none is left."""


def open_judge(settings: JudgeSettings, workers: int | None = None) -> ProgramJudge:
    """Return a judge of the cluster that `settings.ray` names, else one of this machine."""
    return ClusterJudge(settings) if settings.ray else Judge(settings, workers)


Each = TypeVar("Each")


@dataclass(frozen=True)
class _Said(Generic[Each]):
    """What a node said of a chunk: of its programs by their places, why others could not be put to
    their tests, what was not as it should be, and the versions of its tools.
    """

    each: Mapping[int, Each]
    notes: Sequence[str]
    versions: Mapping[str, str]
    unfit: Mapping[str, str] = field(default_factory=dict)


class _Node:
    """The actor: a judge with a worker for each core of its node."""

    def __init__(self, settings: JudgeSettings, workers: int) -> None:
        self._judge = Judge(settings, workers)

    def judge(self, programs: Sequence[Program]) -> _Said[Verdict]:
        """The verdicts of a chunk."""
        numbered = [replace(one, id=str(at)) for at, one in enumerate(programs)]
        found, unfit = dict[int, Verdict](), dict[str, str]()
        try:
            for one in self._judge.judge_stream(numbered):
                found[int(one.id)] = one.verdict
        except InvalidTestsError as error:
            if error.__cause__ is not None:  # a language is missing: another node may have it
                raise error.__cause__ from None
            unfit = {programs[int(at)].id: why for at, why in error.reasons.items()}
        return _Said(found, self._judge.notes(), self._judge.versions(), unfit)

    def lint(self, programs: Sequence[Program]) -> _Said[tuple[Finding, ...]]:
        """The findings of a chunk."""
        found = dict(enumerate(self._judge.lint(programs)))
        return _Said(found, self._judge.notes(), self._judge.versions())


class ClusterJudge:
    """Judges programs on all nodes of a Ray cluster; a context, as `Judge` is.

    `settings.ray` is its address (`auto` for the cluster this machine belongs to). A node that
    joins while programs are judged takes its part.

    Raises:
        JudgeError: Ray is not installed, there is no such cluster, or no node is left that can
            judge.
    """

    def __init__(self, settings: JudgeSettings, chunk: int = _CHUNK) -> None:
        self._cluster = RayCluster(settings.ray, "judge.ray", JudgeError)
        self._ray = self._cluster.ray
        self._settings = settings
        self._chunk = chunk
        self._actors: dict[str, Any] = {}
        self._refused: dict[str, str] = {}
        self._notes: set[str] = set()
        self._versions: dict[str, set[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the judges of all nodes."""
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._actors.clear()
        self._cluster.close()

    def judge_all(
        self, programs: Sequence[Program], progress: Callable[[int], None] | None = None
    ) -> list[Verdict]:
        """The verdicts on programs, in their order."""
        verdicts: dict[int, Verdict] = {}
        for judged in self.judge_stream(_numbered(programs)):
            verdicts[int(judged.id)] = judged.verdict
            if progress is not None and (len(verdicts) % 50 == 0 or len(verdicts) == len(programs)):
                progress(len(verdicts))
        return [verdicts[number] for number in range(len(programs))]

    def judge_stream(self, programs: Iterable[Program]) -> Iterator[JudgedProgram]:
        """The verdicts on programs as they come, in any order, each under its program's id."""
        spread: Iterator[tuple[Program, Verdict]] = self._spread("judge", programs)
        return (JudgedProgram(of.id, verdict) for of, verdict in spread)

    def lint(self, programs: Sequence[Program]) -> list[tuple[Finding, ...]]:
        """What static tools find in programs, in their order, as `Judge.lint` has it."""
        found: dict[int, tuple[Finding, ...]] = {
            int(of.id): findings for of, findings in self._spread("lint", _numbered(programs))
        }
        return [found[number] for number in range(len(programs))]

    def notes(self) -> Sequence[str]:
        """What was not as it should be on a node, though every verdict holds: a missing tool."""
        return sorted(self._notes)

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that judged so far, by tool, those of all nodes."""
        return {name: ", ".join(sorted(found)) for name, found in self._versions.items()}

    def _spread(self, ask: str, programs: Iterable[Program]) -> Iterator[tuple[Program, Any]]:
        """What the nodes say of each program, as it comes, where a method of theirs is asked."""
        source = iter(programs)
        again: deque[Sequence[Program]] = deque()
        held: dict[Any, tuple[str, Sequence[Program]]] = {}  # the nodes that have them
        unfit: dict[str, str] = {}
        more = True
        while more or again or held:
            self._find_nodes()
            for node, actor in self._actors.items():
                load = sum(holder == node for holder, _ in held.values())
                while (more or again) and load < _IN_FLIGHT:
                    chunk = again.popleft() if again else list(islice(source, self._chunk))
                    if not chunk:
                        more = False
                        break
                    held[getattr(actor, ask).remote(chunk)] = (node, chunk)
                    load += 1
            done, _ = self._ray.wait(list(held), num_returns=1, timeout=1.0) if held else ([], [])
            for reference in done:
                holder, asked = held.pop(reference)
                try:
                    said = self._ray.get(reference)
                except (self._ray.exceptions.RayError, JudgeError) as error:
                    again.append(asked)
                    self._lose(holder, str(error))
                    continue
                self._notes.update(said.notes)
                for name, version in said.versions.items():
                    self._versions.setdefault(name, set()).add(version)
                unfit |= said.unfit
                yield from ((asked[at], one) for at, one in said.each.items())
        if unfit:
            raise InvalidTestsError(unfit)

    def _lose(self, node: str, why: str) -> None:
        actor = self._actors.pop(node, None)
        if actor is not None:
            self._ray.kill(actor)
        self._refused[node] = why.strip().splitlines()[-1] if why.strip() else "it is lost"

    def _find_nodes(self) -> None:
        """A judge for each node that has none; waits a while where there is no node at all."""
        own = self._settings.model_copy(update={"ray": ""})
        until = time.monotonic() + _PATIENCE
        while True:
            for node, resources in self._cluster.nodes().items():
                if node not in {*self._actors, *self._refused}:
                    cores = int(resources["CPU"])
                    actor = self._cluster.put_on(node, _Node, own, cores, num_cpus=cores)
                    self._actors[node] = actor
            if self._actors:
                return
            if time.monotonic() > until:
                said = "; ".join(f"{name[:8]}: {why}" for name, why in self._refused.items())
                raise JudgeError(
                    f"no node of the cluster is left that can judge ({said or 'none has cores'});"
                    " mend one, then run the same command again"
                )
            time.sleep(0.5)


def _numbered(programs: Sequence[Program]) -> list[Program]:
    return [replace(program, id=str(number)) for number, program in enumerate(programs)]
