"""Hostile programs: none gets out, none passes, the next good program passes, nobody survives."""

import fnmatch
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from sodakd.judge import Judge
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language
from tests.judge.programs import (
    BOMBS,
    CALLS,
    HOSTILE,
    SURVIVOR,
    Found,
    good,
    passed_unsaid,
    programs,
)
from tests.judge.test_programs import skip_where_missing

QUICK = {Language.PYTHON, Language.C, Language.CPP, Language.GO}
"""Languages whose hostile programs are tried at each run of the tests; the others are `slow`."""
ONLY_COMPILED = {"constexpr_bomb", "include_loop", "macro_bomb", "template_bomb"}
"""They do not come to run, so that it is all one by what they would be tried."""


def _marks(found: Found) -> list[pytest.MarkDecorator]:
    slow = [] if found.language in QUICK else [pytest.mark.slow]
    return [*slow, pytest.mark.alone] if found.name in BOMBS else slow


ALL = [
    pytest.param(found, marks=_marks(found), id=f"{language}-{found.name}")
    for language in Language
    for found in programs(HOSTILE, language)
]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SODAKD_CANARY", "secret")
        with Judge(JudgeSettings(cpu_seconds=0.5, memory_mb=256), workers=1) as judge:
            yield judge


@pytest.mark.toolchain
@pytest.mark.parametrize("found", ALL)
def test_a_hostile_program_is_held_and_does_not_pass(judge: Judge, found: Found) -> None:
    skip_where_missing(found.language)
    tried = [found.by_calls()] + ([] if found.name in ONLY_COMPILED else [found.by_script()])
    for number, program in enumerate(tried):
        assert not passed_unsaid(found, judge.judge(program))
        assert judge.judge(good(found.language).marked(f"{found.name} {number}").by_calls()).passed
    assert not [one for one in psutil.process_iter(["name"]) if one.info["name"] == SURVIVOR]
    for place in ("/etc", "/usr", "/root", "/"):
        assert not Path(place, "sodakd-was-here").exists()


@dataclass(frozen=True)
class Held:
    """What the judge's processes hold: each number may fall, and none may grow."""

    descriptors: int
    mounts: int
    processes: int
    groups: int
    zombies: int


def _held() -> Held:
    """Of this process and all below it, whatever their namespaces."""
    own = [psutil.Process(), *psutil.Process().children(recursive=True)]
    folders = [Path(f"/proc/{one.pid}") for one in own]
    groups = [*Path("/sys/fs/cgroup").rglob(f"sodakd-{os.getpid()}-*")]
    return Held(
        descriptors=sum(len([*(folder / "fd").iterdir()]) for folder in folders),
        mounts=sum((folder / "mountinfo").read_text().count("\n") for folder in folders),
        processes=len(own),
        groups=len(groups),
        zombies=sum(one.status() == psutil.STATUS_ZOMBIE for one in own),
    )


@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("language", "count"),
    [
        (Language.PYTHON, 300),
        *(
            pytest.param(language, 5000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])
            for language in Language
            if language not in {Language.CPP, Language.TYPESCRIPT}
        ),
    ],
)
def test_nothing_grows_however_many_programs_run(
    judge: Judge, language: Language, count: int
) -> None:
    skip_where_missing(language)

    def run(numbers: range) -> None:
        """All different, else they would not run: in blocks, as compilers get them in batches."""
        for start in range(numbers.start, numbers.stop, 50):
            block = range(start, min(start + 50, numbers.stop))
            found = [good(language).marked(number) for number in block]
            assert all(one.passed for one in judge.judge_all([each.by_calls() for each in found]))

    run(range(100))  # what is kept warm is started, and has its size
    before, memory = _held(), _memory()
    run(range(100, 100 + count))
    after = _held()
    for name in ("descriptors", "mounts", "processes", "groups", "zombies"):
        assert getattr(after, name) <= getattr(before, name), (name, before, after)
    # A runtime with a heap of its own breathes; a leak of 20 KiB a program would still be seen.
    assert _memory() < memory + (8 if language is Language.PYTHON else 96) * 2**20


def _memory() -> int:
    return sum(one.memory_info().rss for one in psutil.Process().children(recursive=True))


def test_the_table_of_hostile_programs_names_what_is_there() -> None:
    there = {f"{path.parent.name}/{path.stem}" for path in HOSTILE.glob("*/*.*")}
    last = ""
    for line in (HOSTILE / "README.md").read_text().splitlines():
        for name in re.findall(r"`([^`]+)`", line if line.startswith("| ") else ""):
            if name.startswith(("..", "test_")):
                continue
            folder, slash, stem = name.rpartition("/")
            last = folder if slash else last
            assert fnmatch.filter(there, f"{last}/{stem}"), name


@pytest.mark.toolchain
def test_no_program_outlives_a_judge_that_is_killed(tmp_path: Path) -> None:
    script = (
        "from sodakd.judge import Judge, Program\n"
        "from sodakd.settings.stages import JudgeSettings\n"
        "from tests.judge.programs import Found, CALLS\n"
        "from sodakd.types import Language\n"
        "code = 'import time\\ndef double_it(n):\\n    time.sleep(60)'\n"
        "judge = Judge(JudgeSettings(cpu_seconds=50), workers=1)\n"
        "print('begins', flush=True)\n"
        "judge.judge(Program(code, Language.PYTHON, CALLS))\n"
    )
    root = Path(__file__).parent.parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begins\n"
    deadline = time.monotonic() + 30
    below: list[psutil.Process] = []
    while len(below) < 4 and time.monotonic() < deadline:
        time.sleep(0.1)
        below = psutil.Process(process.pid).children(recursive=True)
    assert len(below) >= 4  # two of the wall, number 1 of the job, the program
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    _, alive = psutil.wait_procs(below, timeout=10)
    assert not alive


def test_the_question_of_all_programs_has_more_than_one_call() -> None:
    assert len(CALLS.cases) == 5
