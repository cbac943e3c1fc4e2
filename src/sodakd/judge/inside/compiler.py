"""gcc's and g++'s compilers, kept running with their headers read: each program gets a fork.

Most of what they take for a small program is to start and to read headers, precompiled or not. A
fork begins where the program is opened (`cc1.c`). Nothing but the standard library is imported
here.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import replace

from sodakd.judge.inside.box import Box, BoxError, Limits
from sodakd.judge.inside.job import Job
from sodakd.judge.inside.native import BUILD, Built, Memory, job_of
from sodakd.judge.inside.task import text_of
from sodakd.judge.inside.zygote import Zygote

_LIMITS = replace(BUILD, sockets=False)
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}
_MOST = 4
"""Compilers that are kept, each with other headers."""
_MAIN = "sodakd-main"
_FROM_MAIN = re.compile(r"^In file included from sodakd-main\.\w+:1:\n", re.MULTILINE)
_AND_MAIN = re.compile(r",\n +from sodakd-main\.\w+:1:")
_AT_END = re.compile(r"^sodakd-main(\.\w+):\d+:", re.MULTILINE)
"""Where the text that includes the program shows: it is ours, and says where that one ends."""


class Compilers:
    """The warm compilers of this worker, by command; each tested before it is trusted."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], Zygote] = {}
        self.note = ""

    def compile(
        self, box: Box, job: Job, command: Sequence[str], shim: str, source: bytes, assembly: int
    ) -> Built | None:
        """Compile a program in a job; None where there is no warm compiler for it.

        `command` is the cold compiler's, which reads `program.c` and writes `program.s`.
        """
        if self.note:
            return None
        zygote = self._of(box, tuple(command), shim)
        try:
            return _compile(zygote, job, source, assembly) if zygote is not None else None
        except BoxError as error:
            self._lose(f"it was lost: {error}")
            return None

    def _of(self, box: Box, command: tuple[str, ...], shim: str) -> Zygote | None:
        if command in self._kept:
            return self._kept[command]
        if len(self._kept) >= _MOST:
            self._kept.pop(next(iter(self._kept))).close()
        try:
            zygote = Zygote(box, _warm(command), {**_ENVIRONMENT, "LD_PRELOAD": shim})
            self._kept[command] = zygote
            why = _tried(box, zygote)
        except OSError as error:
            why = str(error)
        if why:
            self._lose(why)
            return None
        return zygote

    def _lose(self, why: str) -> None:
        for zygote in self._kept.values():
            zygote.close()
        self._kept = {}
        self.note = f"gcc cannot be kept running here, each program starts its own: {why}"


def _warm(command: Sequence[str]) -> tuple[str, ...]:
    """The command with a text of ours for the program, and its output to descriptor 1."""
    known = {"program.s": "-", "program.c": f"{_MAIN}.c", "program.cpp": f"{_MAIN}.cpp"}
    return tuple(known.get(part, part) for part in command)


def _compile(zygote: Zygote, job: Job, source: bytes, assembly: int) -> Built:
    with Memory("messages") as messages, Memory("source") as text:
        left = memoryview(source)
        while left:
            left = left[os.write(text, left) :]
        os.lseek(text, 0, os.SEEK_SET)
        pid = zygote.fork(job, (job.null, assembly, messages, text), _LIMITS, BUILD.disk)
        ended = job.wait(pid, BUILD)
        said = _AND_MAIN.sub(":", _FROM_MAIN.sub("", text_of(messages)))
        return Built(ended, _AT_END.sub(r"program\1:", said))


_GOOD, _BAD = b"int sodakd_trial(void) { return 1; }\n", b"int sodakd_trial(void) { return x; }\n"


def _tried(box: Box, zygote: Zygote) -> str:
    """What is wrong with a warm compiler, or "": it takes a program and refuses another."""
    for source, status in ((_GOOD, 0), (_BAD, 1)):
        with Memory("assembly") as assembly, job_of(box, Limits()) as job:
            built = _compile(zygote, job, source, assembly)
            named = "sodakd_trial" in text_of(assembly)
        if built.ended.status != status or (status == 0 and not named):
            return f"self-test: {built.ended.status} {built.said[:200]}"
        if status and "program.c" not in built.said:
            return f"self-test: it said {built.said[:200]}"
    return ""


COMPILERS = Compilers()
