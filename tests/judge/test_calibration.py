"""A slow machine stretches limits; none shortens them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sodakd.judge import Judge, Program, calibration
from sodakd.judge.calibration import Calibration, calibration_program, round_up
from sodakd.judge.languages.spec import language_spec
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, JudgeStage, Language, Outcome, TestCase, Verdict

TESTS = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=2),))
BUSY = (
    "import time\ndef f(x):\n    until = time.process_time() + 0.6\n"
    "    while time.process_time() < until:\n        pass\n    return x + 1\n"
)


@pytest.mark.parametrize(
    ("ratio", "factor"), [(0.2, 1.0), (1.1, 1.0), (1.3, 1.25), (1.9, 2.0), (99.0, 10.0)]
)
def test_a_limit_is_stretched_in_steps_and_never_shortened(ratio: float, factor: float) -> None:
    assert round_up(ratio) == factor


@pytest.mark.toolchain
@pytest.mark.parametrize("language", Language)
def test_every_language_has_a_program_to_be_timed_by(language: Language) -> None:
    if isinstance(toolchain(language), MissingToolchain):
        pytest.skip(f"{language} is not installed")
    with Judge(JudgeSettings(cpu_seconds=10, calibrate=False), workers=1) as judge:
        assert judge.judge(calibration_program(language)).passed


def test_it_is_timed_once_for_a_machine_and_its_tools(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    asked = 0

    def slow() -> Verdict:
        nonlocal asked
        asked += 1
        seconds = 4 * language_spec(Language.PYTHON).reference.seconds
        return Verdict(outcome=Outcome.PASSED, stage=JudgeStage.RUN, seconds=seconds)

    for tools, count in (("python 3.11", 3), ("python 3.11", 3), ("python 3.12", 6)):
        found = Calibration(path)
        assert not found.measure(Language.PYTHON, tools, slow)
        assert (found.factor(Language.PYTHON), asked) == (4.0, count)
    assert set(json.loads(path.read_text())) == {"python, python 3.11", "python, python 3.12"}
    assert Calibration(path).factor(Language.GO) == 1.0


def test_a_program_that_is_not_passed_calibrates_nothing_and_says_so(tmp_path: Path) -> None:
    found = Calibration(tmp_path / "calibration.json")
    wrong = Verdict(outcome=Outcome.WRONG_ANSWER, stage=JudgeStage.RUN, output="why")
    assert "wrong_answer why" in found.measure(Language.C, "gcc", lambda: wrong)
    assert found.factor(Language.C) == 1.0


@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("calibrate", "outcome"), [(True, Outcome.PASSED), (False, Outcome.TIMEOUT)]
)
def test_what_a_slow_machine_needs_longer_for_still_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calibrate: bool, outcome: Outcome
) -> None:
    monkeypatch.setattr(calibration, "cache", lambda: tmp_path)
    spec = language_spec(Language.PYTHON)
    faster = replace(spec, reference=replace(spec.reference, seconds=0.001))
    monkeypatch.setattr(calibration, "language_spec", lambda _: faster)
    settings = JudgeSettings(cpu_seconds=0.3, calibrate=calibrate)
    with Judge(settings, workers=1) as judge:
        assert judge.judge(Program(BUSY, Language.PYTHON, TESTS)).outcome is outcome
