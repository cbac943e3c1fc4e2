"""Clocks and memory of one training, the same for each contender."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from pair_data import in_steps, useful_tokens
from pair_task import Task
from transformers import Trainer, TrainerCallback


@dataclass(frozen=True)
class Measured:
    """What the steps of one training took: seconds and CPU-seconds of each, and bytes.

    `peak` is the greatest memory, of which `start` was there before the first step.
    """

    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    start: int
    peak: int


class _Clock(TrainerCallback):
    """The clocks after each step."""

    def __init__(self) -> None:
        self.read: list[tuple[float, float]] = []

    def on_step_end(self, *_: object, **__: object) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.read.append((time.perf_counter(), time.process_time()))


def measure(trainer: Trainer, warm_up: int) -> Measured:
    """Train, and measure what comes after so many steps, of which there is at least one."""
    clock = _Clock()
    trainer.add_callback(clock)
    start = memory_from_here()
    trainer.train()
    clocks = clock.read[warm_up - 1 :]
    walls, cpus = zip(*clocks, strict=True)
    return Measured(_differences(walls), _differences(cpus), start, peak_memory())


def _differences(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(after - before for before, after in pairwise(values))


def memory_from_here() -> int:
    """Bytes in use on the GPU, or else of this process, whose greatest number is reset."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def peak_memory() -> int:
    """The greatest number of bytes since `memory_from_here`."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else _status("VmHWM")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) << 10


def told(task: Task, warm_up: int, measured: Measured) -> dict[str, Any]:
    """What was measured, as a row: of the steps that were timed, triples and useful tokens too."""
    size = task.settings.per_device_train_batch_size
    timed = in_steps(task.examples, task.settings, 0)[warm_up * size :]
    return {
        "triples": len(timed),
        "tokens": useful_tokens(timed),
        "seconds": measured.seconds,
        "cpu_seconds": measured.cpu_seconds,
        "start": measured.start,
        "peak": measured.peak,
    }
