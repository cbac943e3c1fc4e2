"""What a worker is asked, and what it says."""

import errno
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sodakd.judge.sandbox.sandbox import ExitInfo, Limits
from sodakd.judge.sandbox.text import shorten
from sodakd.text.json_values import Json


@dataclass(frozen=True)
class Task:
    """One program and how it is to be tried: by calls whose values are wanted, by a script, or by
    what it reads from standard input (`stdin`, one text a run; its script is empty then).

    `arguments` are those of each call (of Python's as `plain.encode` writes them); what they must
    give is not known here, nor what runs must write. `warm`: what is kept running between programs
    may be used.
    """

    language: str
    code: str
    entry_point: str
    arguments: Sequence[Sequence[Json]]
    argument_types: Sequence[str]
    result_type: str
    script: str | None
    as_main: bool
    limits: Limits
    tools: Mapping[str, str]
    warm: bool = True
    stdin: Sequence[str] | None = None

    @property
    def isolation(self) -> str:
        """Whether what judges the program is apart from it."""
        return "split" if self.script is None or self.stdin is not None else "in_process"


@dataclass(frozen=True)
class Result:
    """How it ended. `values` are lines of JSON, one a call, where the outcome is still open;
    `outputs` is what the runs wrote that ended well, from the first to the one that did not.
    """

    outcome: str
    stage: str
    output: str = ""
    values: str | None = None
    outputs: tuple[str, ...] = ()
    isolation: str = ""
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_memory: int = 0
    notes: tuple[str, ...] = field(default=())


def ended_result(
    task: Task, outcome: str, stage: str, ended: ExitInfo, said: str, values: str | None = None
) -> Result:
    """The result of a task whose process ended so and said this."""
    return Result(
        outcome=outcome,
        stage=stage,
        output=shorten(said),
        values=values,
        isolation=task.isolation,
        cpu_seconds=ended.cpu_seconds,
        wall_seconds=ended.wall_seconds,
        peak_memory=ended.peak_memory,
    )


def text_of(descriptor: int, most: int = 65536, errors: str = "replace") -> str:
    """What was written to a memory file, at most so many bytes, whatever they are; never through
    its position.
    """
    try:
        return os.pread(descriptor, most, 0).decode(errors=errors)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return ""
        raise


def full(descriptor: int, limit: int) -> bool:
    """Whether a memory file has reached its limit."""
    return os.fstat(descriptor).st_size >= limit


def bad_end(
    ended: ExitInfo, limits: Limits, *, written_out: bool, killed_for_memory: bool
) -> tuple[str, str]:
    """The outcome of a process that a limit or the wall ended, and why; "" where none did."""
    if ended.late and not written_out:
        seconds = limits.cpu_seconds
        return "timeout", f"no end within {seconds:g} CPU seconds ({limits.wall_seconds:g} of wall)"
    if ended.signal == signal.SIGSYS:
        return "sandbox_violation", "a system call that the sandbox forbids"
    if killed_for_memory or ended.over_memory:
        return "memory_limit", f"more than {limits.memory // 2**20} MiB"
    if ended.signal == signal.SIGXFSZ or written_out or ended.over_disk:
        return "output_limit", f"more than {limits.output // 1024} KiB written"
    if ended.signal == signal.SIGKILL:
        return "runtime_error", "killed"
    return "", ""
