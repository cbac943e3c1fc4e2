"""Static tools inside the box: their commands in a job, or messages to a compiler kept running.

What they read is untrusted, so they have the walls and limits of a program. Nothing but the
standard library is imported here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sodakd.judge.languages import java, typescript
from sodakd.judge.sandbox.build_run import BUILD, MemFile
from sodakd.judge.sandbox.compiler_server import ServerLateError
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.sandbox import MIB, BoxError, Limits, Sandbox, UnwritableError
from sodakd.judge.sandbox.task import full, text_of

_OUTPUT = 8 * MIB
"""Bytes that a tool may say of a batch, on each of its two outputs."""

_ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "NO_COLOR": "1",
}  # fmt: skip


@dataclass(frozen=True)
class _Server:
    """A compiler that is kept running: its answer to a message, and why it is not there."""

    ask: Callable[[Sandbox, Mapping[str, str], str, Limits], str]
    note: Callable[[], str]


_SERVERS: Mapping[str, _Server] = {
    "java": _Server(java.lint, java.lint_note),
    "typescript": _Server(typescript.lint, typescript.lint_note),
}


def run_tool(box: Sandbox, asked: dict[str, object]) -> dict[str, object]:
    """What a call of `lint/tool.py` brings: `said`, an entry for each command or message.

    An entry is None where the tool failed: it died, took too long, or said too much. `note` says
    why the tool does not work here at all.
    """
    seconds = asked["seconds"]
    assert isinstance(seconds, float | int)
    limits = Limits(
        cpu_seconds=seconds, wall_seconds=10 * seconds + 30, memory=BUILD.memory, output=_OUTPUT,
        processes=128, reserve=False, sockets=True,
    )  # fmt: skip
    if asked["server"]:
        return _served(box, asked, limits)
    try:
        return {"said": _commanded(box, asked, limits), "note": ""}
    except UnwritableError:
        return {"said": [None], "note": ""}


def _served(box: Sandbox, asked: dict[str, object], limits: Limits) -> dict[str, object]:
    server = _SERVERS[str(asked["server"])]
    tools, messages = asked["tools"], asked["messages"]
    assert isinstance(tools, dict)
    assert isinstance(messages, list)
    said: list[object] = []
    for message in messages:
        try:
            try:
                answer = server.ask(box, tools, message, limits)
            except ServerLateError:
                raise
            except OSError:  # what came before may have worn it out: once more, with a fresh one
                answer = server.ask(box, tools, message, limits)
            said.append([answer, ""])
        except OSError as error:
            if isinstance(error, BoxError):
                raise
            said.append(None)
    return {"said": said, "note": server.note()}


def _commanded(box: Sandbox, asked: dict[str, object], limits: Limits) -> list[object]:
    commands, files, environment = asked["commands"], asked["files"], asked["environment"]
    assert isinstance(commands, list)
    assert isinstance(files, dict)
    assert isinstance(environment, dict)
    held = {name: text.encode(errors="surrogatepass") for name, text in files.items()}
    seen = {**_ENVIRONMENT, **environment}
    good, broken = asked["good"], asked["broken"]
    assert isinstance(good, list)
    said: list[object] = []
    with Job(box, limits) as job:
        for number, command in enumerate(commands):
            one = _run(job, command, held if number == 0 else None, seen, good)
            if one is None or (broken and re.search(str(broken), one[1], re.MULTILINE)):
                return [*said, None]  # the job may be dead
            said.append(one)
    return said


def _run(
    job: Job,
    command: Sequence[str],
    files: Mapping[str, bytes] | None,
    environment: Mapping[str, str],
    good: Sequence[int],
) -> list[str] | None:
    with MemFile("said") as out, MemFile("errors") as errors:
        pid = job.spawn(command, (job.null, out, errors), files, environment, None, _OUTPUT)
        ended = job.wait(pid)
        failed = ended.late or ended.over_memory or ended.status not in good
        if failed or full(out, _OUTPUT) or full(errors, _OUTPUT):
            return None
        return [text_of(out, _OUTPUT), text_of(errors, _OUTPUT)]
