"""What static tools find in samples: of each sample, and counted by benchmark and rule."""

from collections.abc import Mapping, Sequence

from sodakd.evaluate.benchmarks.task import BenchmarkTask
from sodakd.evaluate.samples import Numbered, Sample, program_of
from sodakd.judge.judge import Judge
from sodakd.judge.lint.counts import count
from sodakd.types import Finding, Frozen, Language, Severity


class SampleFindings(Numbered):
    """What the tools found in a sample, at the lines of its program as it is judged."""

    findings: tuple[Finding, ...]


class RuleFound(Frozen):
    """How often a rule found something in the samples of a benchmark's language."""

    benchmark: str
    language: Language
    tool: str
    rule: str
    severity: Severity
    findings: int
    programs: int
    example: str


def find_in(
    judge: Judge,
    tasks: Mapping[tuple[str, Language, str], BenchmarkTask],
    samples: Sequence[Sample],
    *,
    full: bool,
) -> list[SampleFindings]:
    """The findings of the fast tools, or of all, in the samples' order."""
    programs = [program_of(tasks[one.key[:3]], one) for one in samples]
    return [
        SampleFindings(
            benchmark=one.benchmark,
            language=one.language,
            task_id=one.task_id,
            number=one.number,
            findings=findings,
        )
        for one, findings in zip(samples, judge.lint(programs, full=full), strict=True)
    ]


def rules_found(found: Sequence[SampleFindings]) -> list[RuleFound]:
    """The rules of each benchmark and language: faults first, then the most frequent."""
    groups = dict.fromkeys((one.benchmark, one.language) for one in found)
    return [
        RuleFound(
            benchmark=benchmark,
            language=language,
            tool=rule.tool,
            rule=rule.rule,
            severity=rule.severity,
            findings=rule.findings,
            programs=rule.programs,
            example=rule.example,
        )
        for benchmark, language in groups
        for rule in count(
            one.findings for one in found if (one.benchmark, one.language) == (benchmark, language)
        )
    ]
