"""`sodakd judge`: a file of programs in, a line a verdict out, a summary at the end."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from pydantic import JsonValue
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from sodakd.errors import JudgeError, LanguageMissing
from sodakd.judge.left_out import InvalidTestsError, missing_error
from sodakd.judge.program import JudgedProgram
from sodakd.judge.toolchains import versions
from sodakd.judging.rows import Row, read_programs
from sodakd.judging.verdict_file import ResumedVerdicts, VerdictRow, key_of, load_valid
from sodakd.outputs import check_unread
from sodakd.ray_judge import open_judge
from sodakd.rule_counts import count
from sodakd.screen import make_console
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Finding, JudgeStage, Language, Outcome


@dataclass(frozen=True)
class JudgeFileOptions:
    """What is judged: a file of programs (`-`: standard input), one of tests, and how.

    `out` is where verdicts go (None: standard output); those that it holds of the same programs,
    tests and limits are kept, but with `restart`.
    """

    file: Path
    tests: Path | None
    language: Language | None
    out: Path | None
    settings: JudgeSettings
    workers: int | None
    lint: bool
    restart: bool = False


def judge_file(asked: JudgeFileOptions) -> None:
    """Judge the programs of a file.

    Raises:
        DataError: rows are wrong, each named; or `out` holds something else.
        LanguageMissing: some were skipped; all others have their verdicts.
        InvalidTestsError: tests cannot be put to their programs; all others have their verdicts.
        JudgeError: the judge itself failed.
    """
    given = read_programs(asked.file, asked.tests, asked.language)
    keys = [key_of(row.program, asked.settings, asked.lint) for row in given.rows]
    kept = _kept(asked, given.rows, keys)
    open_ = [number for number in range(len(given.rows)) if number not in kept.rows]
    # Rows may have one id twice: the judge gets numbers.
    programs = [replace(given.rows[number].program, id=str(number)) for number in open_]
    counts = Counter(
        (given.rows[number].program.language, Outcome(str(row["outcome"])))
        for number, row in kept.rows.items()
    )
    findings = {number: _findings(row) for number, row in kept.rows.items()}
    screen = make_console(stderr=True)
    left: list[JudgeError] = []
    with open_judge(asked.settings, asked.workers) as judge, _written(asked.out) as file_out:
        if asked.lint:
            screen.print("static tools read the programs")
            found = judge.lint(programs)
            findings |= dict(zip(open_, found, strict=True))
        bar = track(
            judge.judge_stream(programs),
            "judging",
            total=len(programs),
            console=screen,
            disable=not screen.is_terminal,
        )
        try:
            for one in bar:
                number = int(one.id)
                row = given.rows[number]
                told = _told(one, row, keys[number])
                if asked.lint:
                    told["findings"] = [own.model_dump(mode="json") for own in findings[number]]
                file_out.write(json.dumps(told) + "\n")
                file_out.flush()
                counts[row.program.language, one.verdict.outcome] += 1
        except (LanguageMissing, InvalidTestsError) as error:
            left = [*_left_out(error, given.rows)]
        used, notes = judge.versions(), judge.notes()
    screen.print(summary(counts))
    if asked.lint:
        screen.print(rules_table(findings.values()))
    if used:
        screen.print("with " + ", ".join(f"{name} {version}" for name, version in used.items()))
    for note in (*_remarks(asked, given.rows, kept), *given.notes, *notes):
        screen.print(f"[yellow]note[/] {escape(note)}")
    for other in left[1:]:
        screen.print(escape(str(other)))
    if left:
        raise left[0]


def _left_out(error: BaseException | None, rows: Sequence[Row]) -> Iterator[JudgeError]:
    """What is told of programs without a verdict, by the ids of their rows."""
    if isinstance(error, InvalidTestsError):
        yield InvalidTestsError(
            {rows[int(one)].program.id: why for one, why in error.reasons.items()}
        )
        yield from _left_out(error.__cause__, rows)
    elif isinstance(error, LanguageMissing):
        yield missing_error(
            {
                Language(language): [rows[int(one)].program.id for one in numbers]
                for language, numbers in error.skipped.items()
            }
        )


def _kept(asked: JudgeFileOptions, rows: Sequence[Row], keys: Sequence[str]) -> ResumedVerdicts:
    if asked.out is None:
        return ResumedVerdicts({}, 0)
    check_unread(asked.out, filter(None, (asked.file, asked.tests)))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    if asked.out.exists() and not (asked.out.is_file() or asked.out.is_dir()):
        return ResumedVerdicts({}, 0)  # a device or a pipe keeps nothing
    if asked.restart:
        asked.out.unlink(missing_ok=True)
    return load_valid(asked.out, [row.program for row in rows], keys)


@contextmanager
def _written(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    with out.open("a", encoding="utf-8") as file:
        yield file


def _told(judged: JudgedProgram, row: Row, key: str) -> dict[str, JsonValue]:
    """A verdict as it is written. Where no test ran there was nothing to be isolated from."""
    verdict, language = judged.verdict, row.program.language
    ran = row.tested and verdict.stage is not JudgeStage.EXTRACT
    return {
        "id": row.program.id,
        "language": language,
        "tested": row.tested,
        **({"unread_tests": [*row.unread]} if row.unread else {}),
        **verdict.model_dump(mode="json"),
        **({} if ran else {"isolation": ""}),
        "toolchain": {**versions([language])},
        "seconds": round(verdict.seconds, 4),
        "wall_seconds": round(verdict.wall_seconds, 4),
        "peak_memory": verdict.peak_memory,
        "key": key,
    }


def _findings(row: VerdictRow) -> tuple[Finding, ...]:
    found = row.get("findings")
    return tuple(map(Finding.model_validate, found)) if isinstance(found, list) else ()


def _remarks(asked: JudgeFileOptions, rows: Sequence[Row], kept: ResumedVerdicts) -> Iterator[str]:
    untested = [row.program.id for row in rows if not row.tested]
    if untested:
        some = ", ".join(untested[:5]) + (", ..." if len(untested) > 5 else "")
        yield (
            f"{len(untested)} of {len(rows)} rows have no test ({some}): they are run as files,"
            " and passed says that they come to their end"
        )
    if kept.rows:
        yield f"{len(kept.rows)} verdicts in {asked.out} were kept (--restart judges all again)"
    if kept.outdated:
        yield (
            f"{kept.outdated} verdicts in {asked.out} were of other code, tests, limits or tools:"
            " judged again"
        )


def rules_table(findings: Iterable[Sequence[Finding]]) -> Table:
    """Every rule that found something in programs, and how often."""
    table = Table("tool", "rule", "", "findings", "programs", "for example")
    for rule in count(findings):
        numbers = str(rule.findings), str(rule.programs)
        table.add_row(rule.tool, rule.rule, rule.severity.value, *numbers, escape(rule.example))
    return table


def summary(counts: Mapping[tuple[Language, Outcome], int]) -> Table:
    """How many programs of each language came to what."""
    outcomes = [outcome for outcome in Outcome if any(key[1] is outcome for key in counts)]
    table = Table("language", *(outcome.value for outcome in outcomes), "pass share")
    for language in Language:
        row = [counts.get((language, outcome), 0) for outcome in outcomes]
        total = sum(row)
        if total:
            share = f"{100 * counts.get((language, Outcome.PASSED), 0) / total:.1f} %"
            table.add_row(language.value, *map(str, row), share)
    return table
