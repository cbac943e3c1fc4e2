"""Hostile programs: none gets out, none passes, the next good program passes, nobody survives."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sodakd.judge import Judge
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language
from tests.judge.programs import CALLS, ROOT, Found, good, programs
from tests.judge.test_programs import skip_where_missing

HOSTILE = ROOT / "hostile"
QUICK = {Language.PYTHON, Language.C, Language.CPP, Language.GO}
"""Languages whose hostile programs are tried at each run of the tests; the others are `slow`."""

ALL = [
    pytest.param(
        found,
        marks=[] if language in QUICK else pytest.mark.slow,
        id=f"{language}-{found.name}",
    )
    for language in Language
    for found in programs(HOSTILE, language)
]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SODAKD_CANARY", "secret")
        with Judge(JudgeSettings(cpu_seconds=1, memory_mb=256), workers=1) as judge:
            yield judge


@pytest.mark.parametrize("found", ALL)
def test_a_hostile_program_is_held_and_does_not_pass(judge: Judge, found: Found) -> None:
    skip_where_missing(found.language)
    for program in (found.by_calls(), found.by_script()):
        assert not judge.one(program).passed
        assert judge.one(good(found.language).by_calls()).passed
    below = psutil.Process().children(recursive=True)
    assert not [one for one in below if one.is_running() and "sodakd-surv" in one.name()]
    for place in ("/etc", "/usr", "/root", "/"):
        assert not Path(place, "sodakd-was-here").exists()


def _judges_own() -> tuple[int, int, int]:
    own = psutil.Process()
    mounts = Path("/proc/self/mountinfo").read_text().count("\n")
    return len(list(Path("/proc/self/fd").iterdir())), mounts, len(own.children(recursive=True))


@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=pytest.mark.slow)])
def test_nothing_grows_however_many_programs_run(judge: Judge, count: int) -> None:
    judge.one(good(Language.PYTHON).by_calls())
    before = _judges_own()
    memory = _workers_memory()
    sources = [f"def double_it(n):\n    return n + n + {i} - {i}" for i in range(count)]
    ends = [judge.one(Found(Language.PYTHON, "", source).by_calls()).passed for source in sources]
    assert all(ends)
    assert all(now <= then for now, then in zip(_judges_own(), before, strict=True))
    assert _workers_memory() < memory + 8 * 2**20
    children = psutil.Process().children(recursive=True)
    assert not [one for one in children if one.status() == psutil.STATUS_ZOMBIE]


def _workers_memory() -> int:
    return sum(one.memory_info().rss for one in psutil.Process().children(recursive=True))


def test_no_program_outlives_a_judge_that_is_killed(tmp_path: Path) -> None:
    script = (
        "from sodakd.judge import Judge, Program\n"
        "from sodakd.settings.stages import JudgeSettings\n"
        "from tests.judge.programs import Found, CALLS\n"
        "from sodakd.types import Language\n"
        "code = 'import time\\ndef double_it(n):\\n    time.sleep(60)'\n"
        "judge = Judge(JudgeSettings(cpu_seconds=50), workers=1)\n"
        "print('begins', flush=True)\n"
        "judge.one(Program(code, Language.PYTHON, CALLS))\n"
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
