"""`sodakd judge`: a file of programs in, a line a verdict out, a summary at the end."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from sodakd.judge.judge import Judge, versions
from sodakd.judge.lint.counts import count
from sodakd.judge.rows import read_programs
from sodakd.settings.stages import JudgeSettings, Lint
from sodakd.types import Finding, Language, Outcome


def judge_file(
    file: Path,
    tests: Path | None,
    language: Language | None,
    out: Path | None,
    settings: JudgeSettings,
    workers: int | None,
    lint: Lint,
) -> None:
    """Judge the programs of a file. Raises `DataError` for a wrong line, `JudgeError`."""
    given = read_programs(file, tests, language)
    # Rows may have one id twice: the judge gets numbers.
    programs = [replace(program, id=str(number)) for number, program in enumerate(given)]
    counts: Counter[tuple[Language, Outcome]] = Counter()
    screen = Console(stderr=True)
    with (
        Judge(settings, workers) as judge,
        out.open("w", encoding="utf-8") if out else nullcontext(sys.stdout) as file_out,
    ):
        findings: Sequence[tuple[Finding, ...]] = [()] * len(programs)
        if lint is not Lint.OFF:
            screen.print("static tools read the programs")
            findings = judge.lint(programs, full=lint is Lint.FULL)
        judged = judge.many(programs)
        for one in track(
            judged, "judging", total=len(programs), console=screen, disable=not screen.is_terminal
        ):
            verdict, number = one.verdict, int(one.id)
            own = given[number].language
            found = [finding.model_dump(mode="json") for finding in findings[number]]
            row = {
                "id": given[number].id,
                "language": own,
                **verdict.model_dump(mode="json"),
                **({} if lint is Lint.OFF else {"findings": found}),
                "toolchain": versions([own]),
                "seconds": round(verdict.seconds, 4),
                "wall_seconds": round(verdict.wall_seconds, 4),
                "peak_memory": verdict.peak_memory,
            }
            file_out.write(json.dumps(row) + "\n")
            file_out.flush()
            counts[own, verdict.outcome] += 1
        used, notes = judge.versions(), judge.notes()
    screen.print(_summary(counts))
    if lint is not Lint.OFF:
        screen.print(rules_table(findings))
    screen.print("with " + ", ".join(f"{name} {version}" for name, version in used.items()))
    for note in notes:
        screen.print(f"[yellow]note[/] {note}")


def rules_table(findings: Iterable[Sequence[Finding]]) -> Table:
    """Every rule that found something in programs, and how often."""
    table = Table("tool", "rule", "", "findings", "programs", "for example")
    for rule in count(findings):
        numbers = str(rule.findings), str(rule.programs)
        table.add_row(rule.tool, rule.rule, rule.severity.value, *numbers, escape(rule.example))
    return table


def _summary(counts: Mapping[tuple[Language, Outcome], int]) -> Table:
    outcomes = [outcome for outcome in Outcome if any(key[1] is outcome for key in counts)]
    table = Table("language", *(outcome.value for outcome in outcomes), "pass share")
    for language in Language:
        row = [counts.get((language, outcome), 0) for outcome in outcomes]
        total = sum(row)
        if total:
            share = f"{100 * counts.get((language, Outcome.PASSED), 0) / total:.1f} %"
            table.add_row(language.value, *map(str, row), share)
    return table
