"""Static tools inside the box: a command in a job.

What they read is untrusted, so they have the walls and limits of a program.
"""

from typing import TypedDict

from sodakd.judge.sandbox.build_run import BUILD
from sodakd.judge.sandbox.execute import MemFile
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import ENVIRONMENT, MIB, Limits, Sandbox, UnwritableError
from sodakd.judge.sandbox.task import full, text_of

_OUTPUT = 8 * MIB
"""Bytes that a tool may say of a batch, on each of its two outputs."""


class Asked(TypedDict):
    """A `Call` of `lint/tool.py`."""

    seconds: float
    files: dict[str, str]
    command: list[str]
    environment: dict[str, str]
    good: list[int]


def run_tool(box: Sandbox, asked: Asked) -> dict[str, object]:
    """What a call brings: `said`, its two outputs; None where it died, took too long or said too
    much. `note` is for `worker_process.py`, which says why no tool can run at all.
    """
    seconds = asked["seconds"]
    limits = Limits(
        cpu_seconds=seconds, wall_seconds=10 * seconds + 30, memory=BUILD.memory, output=_OUTPUT,
        processes=128, reserve=False, sockets=True,
    )  # fmt: skip
    files = {name: text.encode(errors="surrogatepass") for name, text in asked["files"].items()}
    seen = {**ENVIRONMENT, "NO_COLOR": "1", **asked["environment"]}
    with MemFile("said") as out, MemFile("errors") as errors, Job(box, limits) as job:
        try:
            pid = job.spawn(asked["command"], (job.null, out, errors), files, seen, None, _OUTPUT)
        except UnwritableError:
            return {"said": None, "note": ""}
        ended = job.wait(pid)
        failed = ended.late or ended.over_memory or ended.status not in asked["good"]
        if failed or full(out, _OUTPUT) or full(errors, _OUTPUT):
            return {"said": None, "note": ""}
        return {"said": [text_of(out, _OUTPUT), text_of(errors, _OUTPUT)], "note": ""}
