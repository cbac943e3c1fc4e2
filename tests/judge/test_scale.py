"""Any number of programs: read no faster than judged, remembered no longer than useful."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from sodakd.judge import Judge, Program
from sodakd.judge import worker_pool as workers_module
from sodakd.judge.judge import _AHEAD
from sodakd.judge.verdict_cache import VerdictCache, digest
from sodakd.judge.worker_pool import WorkerPool
from sodakd.judge.worker_process import Worker
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, JudgeStage, Language, Outcome, TestCase, Verdict

TESTS = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=2),))
SETTINGS = JudgeSettings(cpu_seconds=0.3, calibrate=False)


def program(number: int, body: str = "x + 1") -> Program:
    return Program(
        f"def f(x):\n    return {body}  # {number}", Language.PYTHON, TESTS, id=f"{number}"
    )


@pytest.mark.toolchain
def test_programs_are_read_no_faster_than_they_are_judged() -> None:
    drawn = 0

    def source() -> Iterator[Program]:
        nonlocal drawn
        for number in range(400):
            drawn += 1
            yield program(number)

    with Judge(SETTINGS, workers=1) as judge:
        seen: list[str] = []
        for judged in judge.judge_stream(source()):
            assert drawn <= len(seen) + _AHEAD + 1
            seen.append(judged.id)
            assert judged.verdict.passed
    assert sorted(map(int, seen)) == list(range(400))


@pytest.mark.toolchain
def test_one_stream_holds_equal_programs_wrong_ones_and_many_that_run_out_of_time() -> None:
    loops = [program(number, "f(x) if [0 for _ in iter(int, 1)] else x") for number in range(3)]
    programs = [program(7), *loops, program(7), program(8, "x - 1"), program(9), *loops]
    with Judge(SETTINGS, workers=2) as judge:
        outcomes = [judged.verdict.outcome for judged in judge.judge_stream(programs)]
        assert len(outcomes) == len(programs)
        assert outcomes.count(Outcome.TIMEOUT) == 6
        assert outcomes.count(Outcome.PASSED) == 3
        assert judge.judge_all(programs)[5].outcome is Outcome.WRONG_ANSWER


def test_verdicts_are_remembered_up_to_a_number() -> None:
    known = VerdictCache(most=2)
    verdict = Verdict(outcome=Outcome.PASSED, stage=JudgeStage.RUN)
    keys = [digest(program(number)) for number in range(3)]
    known.put(keys[0], verdict)
    known.put(keys[1], verdict)
    assert known.get(keys[0]) is verdict
    known.put(keys[2], verdict)
    assert [known.get(key) is not None for key in keys] == [True, False, True]
    assert len(known) == 2


def workers(cores: int = 1) -> WorkerPool:
    return WorkerPool(lambda _: Worker(2**27, 64, ()), cores)


@pytest.mark.toolchain
def test_a_worker_is_lent_again_and_the_one_used_least_lately_is_closed() -> None:
    pool = workers()
    with pool.lease(Language.PYTHON) as first, pool.lease(Language.PYTHON) as second:
        assert first is not second
    with pool.lease(Language.PYTHON) as again:
        assert again in (first, second)
    for language in (*Language, Language.PYTHON):
        with pool.lease(language):
            pass
    assert len(pool.idle) == len(Language)
    assert pool.idle[-1] is Language.PYTHON
    pool.close()
    assert pool.idle == []


@pytest.mark.toolchain
def test_where_memory_is_short_one_idle_worker_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = workers()
    for language in Language:
        with pool.lease(language):
            pass
    monkeypatch.setattr(workers_module, "_memory_is_short", lambda: True)
    monkeypatch.setattr(workers_module, "_LOOKED_AFTER", 0.0)
    with pool.lease(Language.GO):
        pass
    assert pool.idle == [Language.GO]
    pool.close()


@pytest.mark.toolchain
@pytest.mark.alone
def test_a_program_that_waits_for_a_core_has_its_time_nevertheless() -> None:
    core = {min(os.sched_getaffinity(0))}
    all_cores = os.sched_getaffinity(0)
    work = "import time\ndef f():\n    end = time.process_time() + 0.6\n"
    work += "    while time.process_time() < end:\n        pass\n    return 1\n"
    sleep = "import time\ndef f():\n    time.sleep(60)\n    return 1\n"
    tests = CallTests(entry_point="f", cases=(TestCase(arguments=(), expected=1),))
    settings = JudgeSettings(cpu_seconds=1, calibrate=False)
    busy = [sys.executable, "-c", "while True: pass"]
    os.sched_setaffinity(0, core)
    # Each in a session of its own: the scheduler shares a core among sessions.
    hogs = [subprocess.Popen(busy, start_new_session=True) for _ in range(7)]
    try:
        with Judge(settings, workers=1) as judge:
            judged = judge.judge(Program(work, Language.PYTHON, tests))
            asleep = judge.judge(Program(sleep, Language.PYTHON, tests))
    finally:
        os.sched_setaffinity(0, all_cores)
        for hog in hogs:
            hog.kill()
            hog.wait()
    assert judged.passed, judged
    assert judged.wall_seconds > 3, "it was to wait for longer than its wall seconds"
    assert asleep.outcome is Outcome.TIMEOUT
