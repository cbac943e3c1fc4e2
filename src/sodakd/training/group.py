"""The processes that train a student together: rank 0 runs the recipe, the others follow it.

Rank 0 alone asks the teacher, judges, evaluates and writes. The others wait for its orders, train
with it, and end with it.
"""

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

import psutil
import torch
import torch.distributed as dist
from torch import Tensor

from sodakd.errors import SodakdError, TrainingError
from sodakd.inference.devices import free_memory
from sodakd.training.launch import Launch

_STEP = timedelta(minutes=30)
"""The longest that a process may take for its share of a step, or rank 0 for a checkpoint."""
_RUN = timedelta(days=365)
"""The longest that the others wait for rank 0 to train again: it may ask a teacher for days."""
_POLL = 0.05
_PLACE = (
    "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "GROUP_WORLD_SIZE",
    "ROLE_RANK", "ROLE_WORLD_SIZE", "ROLE_NAME", "MASTER_ADDR", "MASTER_PORT",
)  # fmt: skip
"""The variables by which a launcher tells a process its place."""
_ACCELERATE = ("ACCELERATE_", "FSDP_")
_TORCHRUN = "TORCHELASTIC_"
"""How the names of its other variables begin."""

Decided = TypeVar("Decided")


@dataclass(frozen=True)
class Member:
    """A process of the group."""

    host: str
    process: int


@dataclass(frozen=True)
class TrainingGroup:
    """The processes that train together, and this one's place; `words` carries objects.

    `variables`: what the launcher had set in this one's environment.
    """

    launch: Launch
    members: Sequence[Member]
    variables: Mapping[str, str]
    words: dist.ProcessGroup | None = None

    @property
    def rank(self) -> int:
        return self.launch.rank

    @property
    def size(self) -> int:
        return self.launch.size

    @property
    def leads(self) -> bool:
        """Whether this process is the one that runs the recipe, and writes."""
        return self.rank == 0

    @property
    def name(self) -> str:
        """This process, for people."""
        return f"rank {self.rank} of {self.size} on {self.members[self.rank].host}"

    def agree(self, decide: Callable[[], Decided]) -> Decided:
        """What rank 0 decides, on every rank."""
        if self.size == 1:
            return decide()
        said: list[Any] = [decide() if self.leads else None]
        with self.watched():
            dist.broadcast_object_list(said, 0, self.words)
        return cast("Decided", said[0])

    def add_up(self, table: Tensor) -> Tensor:
        """The sum of every rank's table, which is on the CPU."""
        if self.size > 1:
            dist.all_reduce(table, group=self.words)
        return table

    def meet(self) -> None:
        """Wait until every rank is here."""
        if self.size > 1:
            dist.barrier(self.words)

    def send(self, order: object) -> None:
        """Have the others, who wait for it, do something: they get it from `wait`."""
        if self.size > 1 and self.leads:
            with self.watched():
                dist.broadcast(torch.zeros(1), 0, self.words)
            self.agree(lambda: order)

    def wait(self) -> object:
        """What rank 0 sends next, however long that takes. A signal is heard meanwhile."""
        with self.watched():
            woken = dist.broadcast(torch.zeros(1), 0, self.words, async_op=True)
            while not woken.is_completed():
                time.sleep(_POLL)
            woken.wait()
        return self.agree(lambda: None)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Have the launcher's variables set, by which accelerate knows what was launched.

        Its own config is left out: weights are spread by `sharding`, and the recipe says the rest.
        """
        if self.size == 1:
            yield
            return
        # Without the number of threads accelerate would set one of its own.
        variables = {"OMP_NUM_THREADS": str(torch.get_num_threads())} | {
            name: value
            for name, value in self.variables.items()
            if not name.startswith(_ACCELERATE)
        }
        before = dict(os.environ)
        os.environ.update(variables)
        try:
            with self.watched():
                yield
        finally:
            for name in variables:
                os.environ.pop(name)
            os.environ.update(before)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Say which process has ended where the others wait for it in vain."""
        try:
            yield
        except RuntimeError as error:
            if self.size == 1 or not _is_of_the_group(error):
                raise
            first = str(error).strip().splitlines()[0]
            raise TrainingError(
                f"{self.name} has lost {self._lost()} ({first}); what that one says, or the"
                " launcher, tells why. Run the same command again: it goes on from the newest"
                " checkpoint"
            ) from error

    def _lost(self) -> str:
        """The ranks whose processes are gone, as far as can be seen from here."""
        time.sleep(1)  # a connection is closed before its process has ended
        here = self.members[self.rank].host
        gone = [
            f"rank {rank} (process {member.process} on {member.host})"
            for rank, member in enumerate(self.members)
            if member.host == here and not _runs(member.process)
        ]
        return " and ".join(gone) or "another rank"


ALONE = TrainingGroup(Launch(0, 1, 0, 1), (), {})
_joined = [ALONE]


def training_group() -> TrainingGroup:
    """The group that this process has joined; `ALONE` if none."""
    return _joined[-1]


@contextmanager
def join_group(launch: Launch) -> Iterator[TrainingGroup]:
    """Meet the other processes of a launch. They end when rank 0 leaves without an error."""
    others = (_TORCHRUN, *_ACCELERATE)
    names = [name for name in os.environ if name in _PLACE or name.startswith(others)]
    variables = {name: os.environ[name] for name in names}
    words = None
    members: list[Any] = [Member(platform.node(), os.getpid())]
    if launch.size > 1:
        backend = "gloo"
        if torch.cuda.is_available():
            torch.cuda.set_device(launch.local_rank)
            backend = "cpu:gloo,cuda:nccl"
        dist.init_process_group(backend, timeout=_STEP)
        words = dist.new_group(backend="gloo", timeout=_RUN)
        members *= launch.size
        dist.all_gather_object(members, members[0], words)
    for name in names:  # programs that a run starts are not the launcher's
        del os.environ[name]
    group = TrainingGroup(launch, members, variables, words)
    _joined.append(group)
    try:
        yield group
        group.send(None)
        if words is not None:
            dist.destroy_process_group()
    finally:
        _joined.remove(group)
        os.environ.update(variables)


def follow(group: TrainingGroup) -> None:
    """Do what rank 0 orders until it ends.

    Raises:
        TrainingError: an order could not be carried out, or rank 0 has ended with an error. The
            message names this process.
    """
    while True:
        order = group.wait()
        if order is None:
            return
        try:
            cast("Callable[[], object]", order)()
        except SodakdError as error:
            if group.name in str(error):
                raise
            raise TrainingError(f"{group.name}: {error}") from error
        free_memory()  # an engine of rank 0's may take it


def _is_of_the_group(error: RuntimeError) -> bool:
    """Whether an error is that of a collective operation, and not of what is computed."""
    return isinstance(error, dist.DistError) or "gloo" in str(error).lower()


def _runs(process: int) -> bool:
    try:
        return bool(psutil.Process(process).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
