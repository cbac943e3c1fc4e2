"""What static tools find in samples: of each sample, and counted by benchmark and rule."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from pydantic import JsonValue

from sodakd.evaluate.benchmarks.task import BenchmarkTask, TaskKey
from sodakd.evaluate.samples import Sample, SampleKey, program_of
from sodakd.judge.program import ProgramJudge
from sodakd.rule_counts import count
from sodakd.types import Finding, Language


class SampleFindings(SampleKey):
    """What the tools found in a sample, at the lines of its program as it is judged."""

    findings: tuple[Finding, ...]


def lint_samples(
    judge: ProgramJudge,
    tasks: Mapping[TaskKey, BenchmarkTask],
    samples: Sequence[Sample],
) -> list[SampleFindings]:
    """The findings of static tools in the samples' order."""
    programs = [program_of(tasks[one.key[:3]], one.text) for one in samples]
    return [
        SampleFindings(
            benchmark=one.benchmark,
            language=one.language,
            task_id=one.task_id,
            number=one.number,
            findings=findings,
        )
        for one, findings in zip(samples, judge.lint(programs), strict=True)
    ]


def count_rules(found: Sequence[SampleFindings]) -> list[dict[str, JsonValue]]:
    """The rules of each benchmark and language: faults first, then the most frequent."""
    groups: dict[tuple[str, Language], list[Sequence[Finding]]] = {}
    for one in found:
        groups.setdefault((one.benchmark, one.language), []).append(one.findings)
    return [
        {"benchmark": benchmark, "language": language, **asdict(rule)}
        for (benchmark, language), programs in groups.items()
        for rule in count(programs)
    ]
