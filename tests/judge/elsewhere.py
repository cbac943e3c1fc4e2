"""Judges hostile programs as another user, or where namespaces are forbidden.

    python -m tests.judge.elsewhere '{"folder": ..., "user": ..., "forbid": ..., "programs": ...}'

Started by root, who may give its rights up first. Prints a line for each thing that is not as it
must be, then what stood around the programs and how many were tried. `folder` is an empty folder
for the judge's cache; `programs` are names by language; of the languages in `stdio` those are tried
that read standard input.
"""

import ctypes
import json
import os
import struct
import sys
from pathlib import Path
from unittest.mock import patch

import psutil

from sodakd.judge import Judge, Program
from sodakd.judge.toolchains import interpreter
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language
from tests.judge import stdio_cases
from tests.judge.programs import HOSTILE, SURVIVOR, good, passed_unsaid, programs

NOBODY = 65534
_UNSHARE, _SETNS, _MOUNT, _CLONE = 272, 308, 165, 56
_LOAD, _EQUAL, _ANY, _RETURN = 0x20, 0x15, 0x45, 0x06
_NAMESPACES = 0x7E020000
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001


def forbid_namespaces() -> None:
    """No process of ours can make a namespace from here on, root's neither."""
    code = [(_LOAD, 0, 0, 0)]
    code += [
        line
        for number in (_UNSHARE, _SETNS, _MOUNT)
        for line in ((_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE))
    ]
    code += [(_EQUAL, 0, 3, _CLONE), (_LOAD, 0, 0, 16), (_ANY, 0, 1, _NAMESPACES)]
    code += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    held = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in code))
    filters = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(held)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)
    if libc.prctl(22, 2, filters, 0, 0):
        raise OSError(ctypes.get_errno(), "no filter")


def become(user: str, folder: Path) -> None:
    """A user whose files lie in `folder`, with a Python that everybody may run."""
    folder.chmod(0o755)
    os.environ.update(HOME=str(folder), SODAKD_CACHE=str(folder / "cache"))
    if user == "nobody":
        os.chown(folder, NOBODY, NOBODY)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    patch("sodakd.judge.worker_process.interpreter", Path("/usr/bin/python3").resolve).start()


def main(asked: dict[str, object]) -> None:
    """Judge them all."""
    interpreter()  # what is imported later could not be read any more
    become(str(asked["user"]), Path(str(asked["folder"])))
    if asked["forbid"]:
        forbid_namespaces()
    chosen, tried, walls = asked["programs"], 0, set()
    stdio = asked.get("stdio", [])
    assert isinstance(chosen, dict)
    assert isinstance(stdio, list)
    settings = JudgeSettings(cpu_seconds=1, memory_mb=256, calibrate=False)
    with Judge(settings, workers=1) as judge:
        for language in map(Language, chosen):
            for found in programs(HOSTILE, language):
                if found.name not in chosen[language]:
                    continue
                for program in (found.by_calls(), found.by_script()):
                    tried += 1
                    verdict = judge.judge(program)
                    walls.add(verdict.walls.value)
                    if passed_unsaid(found, verdict):
                        print(f"{language} {found.name} passed")
                    if not judge.judge(good(language).marked(tried).by_calls()).passed:
                        print(f"{language} {found.name} harmed the next")
                    if any(one.info["name"] == SURVIVOR for one in psutil.process_iter(["name"])):
                        print(f"{language} {found.name} left a process behind")
        for language in map(Language, stdio):
            for found in stdio_cases.hostile(language):
                tried += 1
                verdict = judge.judge(Program(found.code, language, stdio_cases.TESTS))
                walls.add(verdict.walls.value)
                if verdict.outcome.value != found.name.partition(".")[0]:
                    print(f"{language} {found.name}: {verdict.outcome} {verdict.output!r}")
                right = f"{stdio_cases.plain(language)}\n" + "\n" * tried
                if not judge.judge(Program(right, language, stdio_cases.TESTS)).passed:
                    print(f"{language} {found.name} harmed the next")
    print(" ".join(sorted(walls)))
    print(f"tried {tried}")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
