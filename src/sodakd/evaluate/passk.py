"""pass@k, and the intervals of pass@1."""

from collections.abc import Sequence
from math import prod, sqrt

_Z = 1.959964  # two-sided 95 %


def wilson(passed: float, total: float) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share."""
    share, z2 = passed / total, _Z * _Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z / (1 + z2 / total) * sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """The chance that one of `k` samples passes, from `samples` of which `passed` did: unbiased.

    Chen et al. 2021 (arXiv 2107.03374), equation 1: 1 - C(n - c, k) / C(n, k). Raises ValueError
    where there are fewer samples than `k`.
    """
    if samples < k:
        raise ValueError(f"pass@{k} needs at least {k} samples of each task, not {samples}")
    return 1.0 - prod(1.0 - k / at for at in range(samples - passed + 1, samples + 1))


def interval(rates: Sequence[float], samples: int) -> tuple[float, float]:
    """The 95 % interval of pass@1, from each task's pass rate over `samples` samples in all.

    Samples of one task are not independent: Wilson's interval is taken of as many tries as would
    vary like the tasks' rates do, at least one a task and at most all samples. With one sample a
    task it is Wilson's own.
    """
    tasks, mean = len(rates), sum(rates) / len(rates)
    spread = sum((rate - mean) ** 2 for rate in rates) / tasks
    tries = float(tasks)
    if 0 < mean < 1:
        tries = min(samples, tasks * mean * (1 - mean) / spread) if spread else samples
    return wilson(mean * tries, tries)


def mean_of_languages(parts: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """The mean of independent shares, each with its interval, and the mean's (Zou, Donner 2008)."""
    count = len(parts)
    mean = sum(share for share, _, _ in parts) / count
    below = sqrt(sum((share - low) ** 2 for share, low, _ in parts)) / count
    above = sqrt(sum((high - share) ** 2 for share, _, high in parts)) / count
    return mean, mean - below, mean + above
