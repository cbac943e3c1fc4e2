"""Static tools inside the box: what they read is untrusted, so they have the walls of a program."""

from collections.abc import Mapping, Sequence

from sodakd.judge.sandbox.build_run import BUILD
from sodakd.judge.sandbox.execute import memory_file
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import ENVIRONMENT, MIB, Limits, Sandbox, UnwritableError
from sodakd.judge.sandbox.task import full, text_of

_OUTPUT = 8 * MIB
"""Bytes that a tool may say of a batch, on each of its two outputs."""


def run_tool(
    box: Sandbox,
    *,
    command: Sequence[str],
    files: Mapping[str, str],
    environment: Mapping[str, str],
    good: Sequence[int],
    seconds: float,
) -> dict[str, object]:
    """What a call (`lint/tool.py`) brings: `said`, its two outputs; None where it died, took too
    long or said too much. `note` is for `worker_process.py`: why no tool can run at all.
    """
    limits = Limits(
        cpu_seconds=seconds, wall_seconds=10 * seconds + 30, memory=BUILD.memory, output=_OUTPUT,
        processes=128, reserve=False, sockets=True,
    )  # fmt: skip
    texts = {name: text.encode(errors="surrogatepass") for name, text in files.items()}
    seen = {**ENVIRONMENT, "NO_COLOR": "1", **environment}
    nothing: dict[str, object] = {"said": None, "note": ""}
    with memory_file("said") as out, memory_file("errors") as errors, Job(box, limits) as job:
        try:
            pid = job.spawn(command, (job.null, out, errors), texts, seen)
        except UnwritableError:
            return nothing
        ended = job.wait(pid)
        failed = ended.late or ended.over_memory or ended.status not in good
        if failed or full(out, _OUTPUT) or full(errors, _OUTPUT):
            return nothing
        return {"said": [text_of(out, _OUTPUT), text_of(errors, _OUTPUT)], "note": ""}
