"""Findings counted by tool and rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sodakd.types import Finding, Severity


@dataclass(frozen=True)
class RuleCount:
    """How often a rule of a tool found something, in how many programs, and what it said first."""

    tool: str
    rule: str
    severity: Severity
    findings: int
    programs: int
    example: str


def count(programs: Iterable[Sequence[Finding]]) -> list[RuleCount]:
    """The rules that found something: faults first, then the most frequent."""
    found: dict[tuple[str, str, Severity], list[list[Finding]]] = {}
    for findings in programs:
        own: dict[tuple[str, str, Severity], list[Finding]] = {}
        for one in findings:
            own.setdefault((one.tool, one.rule, one.severity), []).append(one)
        for key, group in own.items():
            found.setdefault(key, []).append(group)
    counts = [
        RuleCount(*key, sum(map(len, groups)), len(groups), groups[0][0].message)
        for key, groups in found.items()
    ]
    return sorted(
        counts,
        key=lambda one: (one.severity is not Severity.ERROR, -one.findings, one.tool, one.rule),
    )
