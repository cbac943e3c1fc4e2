"""How much slower than the reference this machine is: limits in CPU seconds are stretched by it.

One program of each language is timed, once for a machine and its tools, and the figure is kept. A
limit is never shortened: a fast machine gives programs what the recipe says. The reference is a
core of a cloud server of 2023 that has neighbours; `sodakd judge --probe` shows by what limits are
stretched on a machine.
"""

import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

from sodakd.jsonl import atomic_write
from sodakd.judge.build_cache import cache
from sodakd.judge.languages.spec import language_spec
from sodakd.judge.program import Program
from sodakd.types import CallTests, Language, Signature, TestCase, ValueType, Verdict

_STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""What limits are multiplied by: few values, so that a machine gets the same one each time."""
_NOISE = 1.15


class Calibration:
    """The factors of this machine, by language; measured where they are not known yet."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or cache() / f"calibration-{machine()}.json"
        self._factors: dict[Language, float] = {}

    def factor(self, language: Language) -> float:
        """What to multiply CPU seconds by; 1 where nothing was measured."""
        return self._factors.get(language, 1.0)

    def measure(self, language: Language, tools: str, judge: Callable[[], Verdict]) -> str:
        """Find the factor of a language with these tools; `judge` gives a verdict on its program.
        Gives what was not as it should be, or ""."""
        name = f"{language.value}, {tools}"
        known = self._read()
        if name in known:
            self._factors[language] = known[name]
            return ""
        verdicts = [judge() for _ in range(3)]
        if not all(verdict.passed for verdict in verdicts):
            said = next(verdict for verdict in verdicts if not verdict.passed)
            return f"{language} is not calibrated: its program got {said.outcome} {said.output}"
        found = round_up(
            min(verdict.seconds for verdict in verdicts) / language_spec(language).reference.seconds
        )
        self._factors[language] = found
        self._path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(self._path, json.dumps({**self._read(), name: found}, indent=1).encode())
        return ""

    def _read(self) -> dict[str, float]:
        try:
            held = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(name): max(1.0, min(_STEPS[-1], float(one))) for name, one in held.items()}


def round_up(ratio: float) -> float:
    """The factor for a machine that takes so many times the reference's seconds."""
    return next((one for one in _STEPS if ratio <= one * _NOISE), _STEPS[-1])


def machine() -> str:
    """What tells machines apart: processor, cores, kernel, and the system's own id."""
    parts = [platform.release(), str(os.cpu_count())]
    for path in ("/proc/cpuinfo", "/etc/machine-id"):
        try:
            text = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        parts += [line for line in text.splitlines() if "model name" in line or ":" not in line]
    return hashlib.sha256("\n".join(dict.fromkeys(parts)).encode()).hexdigest()[:16]


def calibration_program(language: Language) -> Program:
    """The program that is timed: what solutions do most: a sieve, a sort, arithmetic in a loop."""
    reference = language_spec(language).reference
    tests = CallTests(
        entry_point="work",
        cases=(TestCase(arguments=(reference.size,), expected=_GIVEN[reference.size]),),
        signature=Signature(arguments=(ValueType.INT,), returns=ValueType.INT),
    )
    return Program(reference.code, language, tests, id="calibration")


_GIVEN: Mapping[int, int] = {40_000: 323_365, 1_000_000: 11_332_210}
