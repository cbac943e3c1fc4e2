"""Programs that read standard input: built once, then run once for each text that they are to read.

Each run is a process in a job of its own, with an empty folder: nothing that another run wrote or
left running is there. What a run must write is not known here.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sodakd.judge.sandbox.execute import NEVER, BuildPlan, execute, failed, memory_file
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import Limits
from sodakd.judge.sandbox.task import Result, Task, bad_end, ended_result, full, text_of

TOGETHER = 10
"""All runs of a program together may use so many times what one may: CPU seconds, wall seconds, and
output."""
_LAST = 2000
"""Characters at the end of an output, in which a runtime may say that its memory has ended."""


def run_cases(
    task: Task,
    plan: BuildPlan,
    oom: Callable[[], bool],
    room: Callable[[Limits], Job],
) -> Result:
    """Run what was built once for each text, until a run ends badly. The plan's files lie in the
    folder of each; `room` opens a job for one."""
    assert task.stdin
    most, plan = task.limits, replace(plan, wrong=NEVER)
    cpu = wall = 0.0
    peak = written = 0
    outputs: list[str] = []
    for stdin in task.stdin:
        limits = replace(
            most,
            cpu_seconds=min(most.cpu_seconds, TOGETHER * most.cpu_seconds - cpu),
            wall_seconds=min(most.wall_seconds, TOGETHER * most.wall_seconds - wall),
        )
        one = _run(task, partial(room, limits), plan, limits, stdin, oom)
        cpu, wall = cpu + one.cpu_seconds, wall + one.wall_seconds
        peak, written = max(peak, one.peak_memory), written + len(one.outputs[0])
        outcome, why = one.outcome, one.output
        if outcome == "timeout" and limits != most:
            why = f"no end of all runs within {TOGETHER * most.cpu_seconds:g} CPU seconds together"
        elif not outcome and written > TOGETHER * most.output:
            kib = TOGETHER * most.output // 1024
            outcome, why = "output_limit", f"more than {kib} KiB written by all runs together"
        if outcome:
            break
        outputs += one.outputs
    return replace(
        one, outcome=outcome, output=why, outputs=(*outputs,),
        cpu_seconds=cpu, wall_seconds=wall, peak_memory=peak,
    )  # fmt: skip


def _run(
    task: Task,
    open_job: Callable[[], Job],
    plan: BuildPlan,
    limits: Limits,
    stdin: str,
    oom: Callable[[], bool],
) -> Result:
    """One run: its outcome, or "" where it ended well, and why; `outputs` holds what it wrote."""
    with (
        memory_file("stdin", stdin.encode(errors="surrogatepass")) as read,
        memory_file("stdout") as stdout,
        memory_file("stderr") as stderr,
        memory_file("result") as result,
    ):
        streams = (read, stdout, stderr, result)
        with open_job() as job:
            ended, over = execute(job, plan, limits, streams, "0" * 32, oom)
        # What it left running is dead: nobody writes any more.
        output = text_of(stdout, limits.output, "surrogateescape")
        said, given = plan.words(text_of(stderr)), text_of(result)
        written_out = any(full(one, limits.output) for one in streams[1:])
    outcome, why = bad_end(ended, limits, written_out=written_out, killed_for_memory=over)
    stage = "run"
    if not outcome and given.startswith("compile "):
        outcome, why, said, stage = "compile_error", given.removeprefix("compile "), "", "compile"
    elif not outcome and ended.status != 0:
        outcome, why = failed(plan, ended, f"{said}\n{output[-_LAST:]}")
    if outcome == "memory_limit":
        why = why or "its memory ended"
    if outcome:
        why = "\n".join(filter(None, (why, said.rstrip("\n"))))
    return replace(ended_result(task, outcome, stage, ended, why), outputs=(output,))
