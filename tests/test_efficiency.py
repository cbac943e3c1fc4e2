"""What runs and evaluations use: by stage, every part of it once, also where it was killed."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sodakd.efficiency import FILE, Efficiency, run_efficiency
from sodakd.energy import EnergyMeter
from sodakd.jsonl import read_log, write_rows
from sodakd.report.page import write_report
from sodakd.report.reading import read_header
from sodakd.resource_use import WORK, ModelWork, ResourceUse, metered
from sodakd.run import EVENTS, Event, Run, StepOutput
from sodakd.types import Question
from tests.real_data import real_data
from tests.servers.running import serving
from tests.tiny import sodakd

ARMS = ("base", "soda", "sft")


def read(folder: Path) -> Efficiency:
    return Efficiency.model_validate_json((folder / FILE).read_bytes())


@pytest.mark.toolchain
def test_a_run_tells_what_each_stage_used_and_how_fast_its_models_were(finished_run: Path) -> None:
    found = read(finished_run)
    assert found == run_efficiency(finished_run, read_header(finished_run)[1])
    stages = {(row.arm, row.stage): row for row in found.stages}
    assert {stage for arm, stage in stages if arm == "soda"} == {
        "train", "pairs", "feedback", "questions", "evaluation",
    }  # fmt: skip
    seconds = {
        arm: sum(
            event.seconds or 0.0
            for event in read_log(finished_run / arm.removeprefix("base") / EVENTS, Event)
        )
        for arm in ARMS
    }
    for arm in ARMS:
        own = [row.seconds for (its, _), row in stages.items() if its == arm]
        assert sum(own) == pytest.approx(seconds[arm], abs=0.002)
        train, exam = stages[arm, "train"], stages[arm, "evaluation"]
        assert train.trained_tokens > 0 == train.answer_tokens
        assert exam.answer_tokens > 0 == exam.trained_tokens
        assert exam.child_cpu_seconds >= 0
        for row in (train, exam):
            assert row.tokens_per_second is not None
            assert row.mfu is not None
            assert 0 < row.mfu < 1
            assert 0 < row.cpu_seconds < 4 * row.seconds
            assert row.memory > 1e8
    assert found.total.seconds == pytest.approx(sum(seconds.values()), abs=0.01)
    assert found.total.parts == sum(row.parts for row in found.stages)
    student, teacher = found.models
    assert student.bytes == (finished_run / "student/model.safetensors").stat().st_size
    assert (student.answers, teacher.answers) == (20 * 4 + 12 * 2, 0)
    assert student.latency is not None
    assert student.latency > 0
    page = write_report(finished_run).read_text(encoding="utf-8")
    assert "<th>tokens a second</th>" in page
    assert "<th>latency, s</th>" in page


SLEEPER = """
import sys, time
from pathlib import Path
from sodakd.run import Run, StepOutput
from sodakd.types import Question
with Run.open(Path(sys.argv[1]), {}) as run:
    run.cached_rows("pairs", Question, lambda: time.sleep(60) or StepOutput([]))
"""


@pytest.mark.heavy
def test_a_part_that_was_killed_counts_once(tmp_path: Path) -> None:
    for _ in range(2):
        before = len(read_log(tmp_path / EVENTS, Event))
        with subprocess.Popen([sys.executable, "-c", SLEEPER, str(tmp_path)]) as process:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                if len(read_log(tmp_path / EVENTS, Event)) >= before + 3:
                    break
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
    with Run.open(tmp_path, {}) as run:
        run.cached_rows("pairs", Question, lambda: StepOutput([]))
    events = read_log(tmp_path / EVENTS, Event)
    assert [event.event for event in events] == [*["start", "going", "going"] * 2, "start", "done"]
    found = run_efficiency(tmp_path, {})
    assert found is not None
    uses = [events[at].use for at in (2, 5, 7)]
    assert found.total.parts == 3
    whole = sum(use.seconds for use in uses if use is not None)
    assert found.total.seconds == pytest.approx(whole, abs=0.001)
    assert whole > 3.9


def test_uses_of_an_arm_add_up_by_stage(tmp_path: Path) -> None:
    work = ModelWork(prompt_tokens=30, answer_tokens=10, answers=2, waited=3.0, seconds=2.0,
                     flops=5.0, capacity=50.0)  # fmt: skip
    use = ResourceUse(seconds=4.0, cpu_seconds=3.0, child_cpu_seconds=1.0, memory=7,
                      energy={"cpu": 9.0}, models={"teacher": work})  # fmt: skip
    events = [
        Event(at="", step=step, event=kind, use=use if kind != "start" else None)
        for step in ("cycle-1/pairs", "cycle-2/pairs", "cycle-1/feedback")
        for kind in ("start", "going", "done")
    ]
    write_rows(tmp_path / "soda" / EVENTS, events)
    recipe = {"arms": ["soda"], "teacher": {"model": "large"}}
    found = run_efficiency(tmp_path, recipe)  # type: ignore[arg-type]
    assert found is not None
    pairs, feedback = found.stages
    assert (pairs.arm, pairs.stage, pairs.parts, pairs.seconds) == ("soda", "pairs", 2, 8.0)
    assert (pairs.tokens_per_second, pairs.mfu, pairs.energy) == (20.0, 0.1, {"cpu": 18.0})
    assert (feedback.stage, feedback.memory) == ("feedback", 7)
    teacher = found.models[1]
    assert (teacher.name, teacher.answers, teacher.latency) == ("large", 6, 1.5)


def test_a_run_begun_before_uses_were_told_has_none(tmp_path: Path) -> None:
    write_rows(tmp_path / EVENTS, [Event(at="", step="pairs", event="done", seconds=1.0)])
    assert run_efficiency(tmp_path, {}) is None


def test_cpu_seconds_of_a_child_count_while_it_lives_and_after() -> None:
    told: list[ResourceUse] = []
    burn = "import sys\nfor i in range(6_000_000): pass\nprint(flush=True)\nsys.stdin.read()"
    with (
        metered(lambda use, _: told.append(use)),
        subprocess.Popen(
            [sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child,
    ):
        assert child.stdout is not None
        child.stdout.readline()
        with metered(lambda use, _: told.append(use)):
            pass
    within, whole = told[-2:]
    assert within.child_cpu_seconds < 0.1 < whole.child_cpu_seconds
    assert whole.cpu_seconds < whole.child_cpu_seconds


def test_work_of_many_at_once_takes_the_time_of_one() -> None:
    told: list[ResourceUse] = []
    with metered(lambda use, _: told.append(use)):
        with WORK.busy("student", peak=10.0), WORK.busy("student", peak=10.0):
            time.sleep(0.2)
        time.sleep(0.2)
    work = told[-1].models["student"]
    assert 0.2 <= work.seconds < told[-1].seconds - 0.15
    assert work.capacity == pytest.approx(10 * work.seconds, abs=0.02)


def test_a_machine_that_tells_energy_is_heard_and_its_counters_wrap(tmp_path: Path) -> None:
    for name, kind in (("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "core")):
        zone = tmp_path / name
        zone.mkdir()
        (zone / "name").write_text(f"{kind}\n")
        (zone / "max_energy_range_uj").write_text("10000000\n")
        (zone / "energy_uj").write_text("9000000\n")
    meter = EnergyMeter(tmp_path)
    file = tmp_path / "intel-rapl:0" / "energy_uj"
    file.write_text("9500000\n")
    assert meter.joules()["cpu"] == 0.5
    file.write_text("1000000\n")  # it began anew
    assert meter.joules()["cpu"] == 2.0
    assert "cpu" not in EnergyMeter(tmp_path / "none").joules()


@pytest.mark.toolchain
def test_an_evaluation_tells_its_efficiency(finished_run: Path, tmp_path: Path) -> None:
    out, exam = tmp_path / "out", ("--data", str(real_data("humaneval")), "--limit", "3")
    student = finished_run / "student"
    words = ("eval", str(student), *exam, "--max-new-tokens", "8", "--out", str(out))
    done = sodakd(*words, "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "tokens a second" in done.stdout
    found = read(out)
    assert [row.stage for row in found.stages] == ["answer", "judge"]
    answer = found.stages[0]
    assert 3 <= answer.answer_tokens <= 24
    assert answer.mfu is not None
    (model,) = found.models
    assert model.parameters is not None
    assert (model.name, model.answers) == (str(student), 3)
    sodakd(*words, "--workers", "1")
    assert read(out) == found  # nothing was left to do


@pytest.mark.toolchain
def test_a_served_model_is_waited_for_and_its_flops_are_not_known(tmp_path: Path) -> None:
    exam = ("--data", str(real_data("humaneval")), "--limit", "3")
    with serving("--latency", "0.3") as server:
        done = sodakd("eval", "m", "--base-url", server.url, *exam, "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    found = read(tmp_path / "out")
    (model,), answer = found.models, found.stages[0]
    assert model.answers == 3
    assert model.latency is not None
    assert model.latency >= 0.3
    assert (answer.flops, answer.mfu) == (0.0, None)
    assert json.loads((tmp_path / "out" / FILE).read_text())["total"]["answer_tokens"] > 0
