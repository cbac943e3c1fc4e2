"""How much slower than the reference this machine is: limits in CPU seconds are stretched by it.

One program of each language is timed, once for a machine and its tools, and the figure is kept. A
limit is never shortened: a fast machine gives programs what the recipe says.
"""

import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

from sodakd.jsonl import atomic_write
from sodakd.judge.build_cache import cache
from sodakd.judge.program import Program
from sodakd.types import CallTests, Language, Signature, TestCase, ValueType, Verdict

REFERENCE: Mapping[Language, float] = {
    Language.PYTHON: 0.04,
    Language.JAVA: 0.21,
    Language.JAVASCRIPT: 0.15,
    Language.C: 0.10,
    Language.CPP: 0.10,
    Language.GO: 0.10,
    Language.TYPESCRIPT: 0.15,
}
"""CPU seconds that the programs below take on the reference, a core of a cloud server of 2023 that
has neighbours. `sodakd judge --probe` shows by what limits are stretched on a machine."""
_STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""What limits are multiplied by: few values, so that a machine gets the same one each time."""
_NOISE = 1.15
_TIMES = 3


class Calibration:
    """The factors of this machine, by language; measured where they are not known yet."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or cache() / f"calibration-{machine()}.json"
        self._factors: dict[Language, float] = {}

    def factor(self, language: Language) -> float:
        """What to multiply CPU seconds by; 1 where nothing was measured."""
        return self._factors.get(language, 1.0)

    def measure(self, language: Language, tools: str, judge: Callable[[], Verdict]) -> str:
        """Find the factor of a language with these tools; `judge` judges `gold(language)`.

        Gives what was not as it should be, or "".
        """
        name = f"{language.value}, {tools}"
        known = self._read()
        if name in known:
            self._factors[language] = known[name]
            return ""
        verdicts = [judge() for _ in range(_TIMES)]
        if not all(verdict.passed for verdict in verdicts):
            said = next(verdict for verdict in verdicts if not verdict.passed)
            return f"{language} is not calibrated: its program got {said.outcome} {said.output}"
        found = round_up(min(verdict.seconds for verdict in verdicts) / REFERENCE[language])
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
    return Program(_CODE[language], language, _tests(language), id="calibration")


_SMALL, _BIG = 40_000, 1_000_000
_GIVEN: Mapping[int, int] = {_SMALL: 323_365, _BIG: 11_332_210}


def _tests(language: Language) -> CallTests:
    size = _SMALL if language is Language.PYTHON else _BIG
    return CallTests(
        entry_point="work",
        cases=(TestCase(arguments=(size,), expected=_GIVEN[size]),),
        signature=Signature(arguments=(ValueType.INT,), returns=ValueType.INT),
    )


_PYTHON = """\
def work(n):
    prime, count, steps = [True] * n, 0, 0
    for i in range(2, n):
        if prime[i]:
            count += 1
            for j in range(i * i, n, i):
                prime[j] = False
    values = sorted(i * 7919 % n for i in range(n))
    for i in range(1, n // 10):
        m = i
        while m != 1:
            m = m // 2 if m % 2 == 0 else 3 * m + 1
            steps += 1
    return count + values[n // 2] + steps
"""
_JAVA = """\
import java.util.Arrays;
public class Solution {
    public static long work(long size) {
        int n = (int) size, count = 0;
        boolean[] composite = new boolean[n];
        long steps = 0;
        for (int i = 2; i < n; i++) {
            if (composite[i]) continue;
            count++;
            for (long j = (long) i * i; j < n; j += i) composite[(int) j] = true;
        }
        long[] values = new long[n];
        for (int i = 0; i < n; i++) values[i] = i * 7919L % n;
        Arrays.sort(values);
        for (int i = 1; i < n / 10; i++)
            for (long m = i; m != 1; steps++) m = m % 2 == 0 ? m / 2 : 3 * m + 1;
        return count + values[n / 2] + steps;
    }
}
"""
_JAVASCRIPT = """\
function work(nTYPE) {
  const composite = new Uint8Array(n), values = new Float64Array(n);
  let count = 0, steps = 0;
  for (let i = 2; i < n; i++) {
    if (composite[i]) continue;
    count++;
    for (let j = i * i; j < n; j += i) composite[j] = 1;
  }
  for (let i = 0; i < n; i++) values[i] = i * 7919 % n;
  values.sort();
  for (let i = 1; i < Math.floor(n / 10); i++)
    for (let m = i; m !== 1; steps++) m = m % 2 === 0 ? m / 2 : 3 * m + 1;
  return count + values[Math.floor(n / 2)] + steps;
}
"""
_C = """\
#include <stdlib.h>
static int order(const void *a, const void *b) {
    long long one = *(const long long *)a, other = *(const long long *)b;
    return (one > other) - (one < other);
}
long long work(long long n) {
    char *composite = (char *)calloc(n + 1, 1);
    long long *values = (long long *)malloc((n + 1) * sizeof *values), count = 0, steps = 0;
    for (long long i = 2; i < n; i++) {
        if (composite[i]) continue;
        count++;
        for (long long j = i * i; j < n; j += i) composite[j] = 1;
    }
    for (long long i = 0; i < n; i++) values[i] = i * 7919 % n;
    qsort(values, n, sizeof *values, order);
    for (long long i = 1; i < n / 10; i++)
        for (long long m = i; m != 1; steps++) m = m % 2 == 0 ? m / 2 : 3 * m + 1;
    return count + values[n / 2] + steps;
}
"""
_GO = """\
package main

import "sort"

func work(n int) int {
	composite, values := make([]bool, n), make([]int, n)
	count, steps := 0, 0
	for i := 2; i < n; i++ {
		if composite[i] {
			continue
		}
		count++
		for j := i * i; j < n; j += i {
			composite[j] = true
		}
	}
	for i := range values {
		values[i] = i * 7919 % n
	}
	sort.Ints(values)
	for i := 1; i < n/10; i++ {
		for m := i; m != 1; steps++ {
			if m%2 == 0 {
				m /= 2
			} else {
				m = 3*m + 1
			}
		}
	}
	return count + values[n/2] + steps
}
"""
_CODE: Mapping[Language, str] = {
    Language.PYTHON: _PYTHON,
    Language.JAVA: _JAVA,
    Language.JAVASCRIPT: _JAVASCRIPT.replace("TYPE", ""),
    Language.C: _C,
    Language.CPP: _C,
    Language.GO: _GO,
    Language.TYPESCRIPT: _JAVASCRIPT.replace("TYPE", ": number"),
}
