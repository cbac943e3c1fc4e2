"""The energy that a machine tells of: its processors by RAPL, its GPU by NVML. Joules.

Both count what the whole chip took, whoever used it. What the machine does not tell is left out.
"""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")
_ZONES = ("package", "dram")
"""Zones of RAPL that do not overlap: `core` and `uncore` are within the package's."""


@dataclass
class _Counter:
    """A counter of joules that begins anew at `wraps_at`, and its last value."""

    chip: str
    read: Callable[[], float]
    wraps_at: float
    last: float

    def passed(self) -> float:
        """Joules since it was last read; 0 while it cannot be."""
        try:
            now = self.read()
        except (OSError, ValueError):
            return 0.0
        found, self.last = now - self.last, now
        return found if found >= 0 else found + self.wraps_at


class EnergyMeter:
    """Joules since it was made, by chip: `cpu`, `gpu`; of those alone that can be read here."""

    def __init__(self, powercap: Path = POWERCAP) -> None:
        self._counters = [*_processors(powercap), *_gpu()]
        self._total = {counter.chip: 0.0 for counter in self._counters}

    def joules(self) -> Mapping[str, float]:
        """What was taken so far. To be asked before a counter begins anew: within minutes."""
        for counter in self._counters:
            self._total[counter.chip] += counter.passed()
        return dict(self._total)


def _processors(powercap: Path) -> Iterator[_Counter]:
    for zone in sorted(powercap.glob("*:*")):

        def read(file: Path = zone / "energy_uj") -> float:
            return int(file.read_text()) / 1e6

        try:
            if (zone / "name").read_text().startswith(_ZONES):
                wraps_at = int((zone / "max_energy_range_uj").read_text()) / 1e6
                yield _Counter("cpu", read, wraps_at, read())
        except (OSError, ValueError):  # most machines let nobody but root read it
            continue


def _gpu() -> Iterator[_Counter]:
    """The first GPU that this process sees: a student is trained on one."""
    try:
        nvml: Any = importlib.import_module("pynvml")
    except ImportError:
        return
    try:
        nvml.nvmlInit()
        first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0].strip()
        by_index, by_name = nvml.nvmlDeviceGetHandleByIndex, nvml.nvmlDeviceGetHandleByUUID
        gpu = by_index(int(first)) if first.isdecimal() else by_name(first)

        def read() -> float:
            try:
                return float(nvml.nvmlDeviceGetTotalEnergyConsumption(gpu)) / 1e3
            except nvml.NVMLError as error:
                raise OSError(f"the GPU does not tell its energy: {error}") from error

        yield _Counter("gpu", read, 0.0, read())
    except (OSError, nvml.NVMLError):
        return
