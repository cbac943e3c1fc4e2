"""What a part of a run uses: time, processors, memory, energy, and the work of its models.

Models tell their work to `WORK`, which counts for the whole process as the kernel counts its CPU
seconds: what happened in between is the difference of two readings.
"""

import resource
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal

import psutil
from pydantic import Field

from sodakd.energy import EnergyMeter
from sodakd.types import FrozenModel

Role = Literal["student", "teacher", "scorer"]
"""What a model is there for."""
SHORTEST, LONGEST, SHARE = 1.0, 30.0, 0.1
"""Use is told so often, in seconds and as a share of what has passed: a kill loses no more."""


class ModelWork(FrozenModel):
    """The work of a model: tokens that went through it, its answers, seconds, FLOPs.

    `waited`: seconds from when its answers were begun to their ends, of all together. `seconds`: in
    which it was at work. `flops` are those that the model needs (`ModelShape`), `capacity` those
    that the hardware could have done meanwhile; both 0 for a model behind a server.
    """

    trained_tokens: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    answers: int = 0
    waited: float = 0.0
    seconds: float = 0.0
    gpu_seconds: float = 0.0
    flops: float = 0.0
    capacity: float = 0.0


class ResourceUse(FrozenModel):
    """What was used: by this process, by those that it started (the judge's programs), by models.

    Memory is the most at any time since the process began, in bytes; of a GPU, what torch had of
    it. `energy`: joules by chip (`cpu`, `gpu`), all that the chip took; of those that tell.
    """

    seconds: float
    cpu_seconds: float
    child_cpu_seconds: float
    memory: int
    gpu_memory: int = 0
    energy: dict[str, float] = Field(default_factory=dict)
    models: dict[Role, ModelWork] = Field(default_factory=dict)


@dataclass(frozen=True)
class _Worker:
    role: Role
    peak: float
    on_gpu: bool


class WorkMeter:
    """The work of all models of this process. Thread-safe."""

    def __init__(self) -> None:
        self.gpu_memory = 0
        self._lock = threading.Lock()
        self._counts: dict[Role, defaultdict[str, float]] = {}
        self._at_work: Counter[_Worker] = Counter()
        self._since = time.monotonic()

    @contextmanager
    def busy(self, role: Role, peak: float = 0.0, *, on_gpu: bool = False) -> Iterator[None]:
        """Have a model at work, on hardware of so many FLOPs a second; many at once are one."""
        worker = _Worker(role, peak, on_gpu)
        with self._lock:
            self._lap()
            self._at_work[worker] += 1
        try:
            yield
        finally:
            with self._lock:
                self._lap()
                self._at_work[worker] -= 1

    def add(self, role: Role, **counts: float) -> None:
        """Count work, by the names of `ModelWork`."""
        with self._lock:
            self._add(role, counts)

    def read(self) -> dict[Role, dict[str, float]]:
        """All work so far, by role and name."""
        with self._lock:
            self._lap()
            return {role: dict(counts) for role, counts in self._counts.items()}

    def _add(self, role: Role, counts: Mapping[str, float]) -> None:
        own = self._counts.setdefault(role, defaultdict(float))
        for name, count in counts.items():
            own[name] += count

    def _lap(self) -> None:
        now = time.monotonic()
        passed, self._since = now - self._since, now
        for each in (worker for worker, count in self._at_work.items() if count):
            capacity, gpu_seconds = passed * each.peak, passed * each.on_gpu
            self._add(
                each.role, {"seconds": passed, "gpu_seconds": gpu_seconds, "capacity": capacity}
            )


WORK = WorkMeter()
"""The work of the models of this process."""


@contextmanager
def metered(tell: Callable[[ResourceUse, bool], None]) -> Iterator[None]:
    """Tell what the block has used so far: now and then, and at its end, with whether it is done.

    It is told from a thread of its own, so that what a killed process used is known but for the
    last of it.
    """
    meter, ended, done = _Meter(), threading.Event(), False

    def watch() -> None:
        while not ended.wait(min(LONGEST, max(SHORTEST, SHARE * meter.seconds))):
            with suppress(OSError):  # a full disk is the block's to tell
                tell(meter.use(), False)

    thread = threading.Thread(target=watch, name="resource use", daemon=True)
    thread.start()
    try:
        yield
        done = True
    finally:
        ended.set()
        thread.join()
        if not done:
            with suppress(OSError):
                tell(meter.use(), False)
    tell(meter.use(), True)


class _Meter:
    """What was used since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._cpu, self._child_cpu = _cpu_seconds()
        self._energy = _energy().joules()
        self._work = WORK.read()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def use(self) -> ResourceUse:
        seconds = self.seconds
        cpu, child_cpu = _cpu_seconds()
        models = {}
        for role, counts in WORK.read().items():
            before = self._work.get(role, {})
            passed = {name: count - before.get(name, 0) for name, count in counts.items()}
            if any(passed.values()):
                models[role] = ModelWork.model_validate(_rounded(passed))
        return ResourceUse(
            seconds=round(seconds, 3),
            cpu_seconds=round(cpu - self._cpu, 3),
            # What a child took is lost where nobody waits for it.
            child_cpu_seconds=round(max(0.0, child_cpu - self._child_cpu), 3),
            memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            gpu_memory=WORK.gpu_memory,
            energy=_rounded(
                {chip: now - self._energy[chip] for chip, now in _energy().joules().items()}
            ),
            models=models,
        )


def _cpu_seconds() -> tuple[float, float]:
    """CPU seconds of this process, and of all those that it started, ended or not."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    child_seconds = children.ru_utime + children.ru_stime
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            times = child.cpu_times()
            child_seconds += times.user + times.system + times.children_user + times.children_system
    return own.ru_utime + own.ru_stime, child_seconds


@cache
def _energy() -> EnergyMeter:
    return EnergyMeter()


def _rounded(counts: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in counts.items()}
