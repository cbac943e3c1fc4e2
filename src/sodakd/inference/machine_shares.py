"""What each of several processes that answer side by side has of this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Unit = TypeVar("Unit", str, int)


@dataclass(frozen=True)
class MachineShare:
    """GPUs of its own for a process, or cores; `sharers` of them have the same memory."""

    name: str
    environment: Mapping[str, str]
    cores: Sequence[int]
    sharers: int


def machine_shares(count: int, gpus: Sequence[str], cores: Sequence[int]) -> Sequence[MachineShare]:
    """Shares for so many processes: of the GPUs, as CUDA names them, or of the cores if none."""
    if gpus:
        return [
            MachineShare(
                f"GPU {own}", {"CUDA_VISIBLE_DEVICES": own}, (), max(1, -(-count // len(gpus)))
            )
            for own in (",".join(group) for group in _groups(gpus, count))
        ]
    return [
        MachineShare(f"core{'s' * (len(own) > 1)} {_shown(own)}", {}, own, count)
        for own in _groups(cores, count)
    ]


def _groups(units: Sequence[Unit], count: int) -> list[Sequence[Unit]]:
    """So many groups of neighbours, the sizes as even as can be; of too few, one unit each."""
    if count > len(units):
        return [[units[number % len(units)]] for number in range(count)]
    ends = [len(units) * number // count for number in range(count + 1)]
    return [units[ends[number] : ends[number + 1]] for number in range(count)]


def _shown(cores: Sequence[int]) -> str:
    """Numbers of cores for people: neighbours as a range."""
    if len(cores) > 2 and cores[-1] - cores[0] == len(cores) - 1:
        return f"{cores[0]}-{cores[-1]}"
    return ", ".join(map(str, cores))
