"""`sodakd judge`: a file of programs in, a line a verdict out, a summary at the end."""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from sodakd.judge.judge import Judge, versions
from sodakd.judge.rows import read_programs
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language, Outcome


def judge_file(
    file: Path,
    tests: Path | None,
    language: Language | None,
    out: Path | None,
    settings: JudgeSettings,
    workers: int | None,
) -> None:
    """Judge the programs of a file. Raises `DataError` for a wrong line, `JudgeError`."""
    programs = read_programs(file, tests, language)
    languages = {program.id: program.language for program in programs}
    counts: Counter[tuple[Language, Outcome]] = Counter()
    screen = Console(stderr=True)
    with (
        Judge(settings, workers) as judge,
        out.open("w", encoding="utf-8") if out else nullcontext(sys.stdout) as file_out,
    ):
        judged = judge.many(programs)
        for one in track(
            judged, "judging", total=len(programs), console=screen, disable=not screen.is_terminal
        ):
            verdict = one.verdict
            row = {
                "id": one.id,
                "language": languages[one.id],
                **verdict.model_dump(mode="json"),
                "toolchain": versions([languages[one.id]]),
                "seconds": round(verdict.seconds, 4),
                "wall_seconds": round(verdict.wall_seconds, 4),
                "peak_memory": verdict.peak_memory,
            }
            file_out.write(json.dumps(row) + "\n")
            file_out.flush()
            counts[languages[one.id], verdict.outcome] += 1
        used, notes = judge.versions(), judge.notes()
    screen.print(_summary(counts))
    screen.print("with " + ", ".join(f"{name} {version}" for name, version in used.items()))
    for note in notes:
        screen.print(f"[yellow]note[/] {note}")


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
