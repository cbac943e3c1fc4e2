"""Commands of a run's folder: `report`, `ledger`, `record`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sodakd.cli.options import AsJson, RunFolder


def report(
    folder: RunFolder,
    out: Annotated[
        Path | None, typer.Option(help="Another folder for report.html than the run's.")
    ] = None,
) -> None:
    """Write report.html from a run's folder, finished or not.

    Examples:  sodakd report runs/embedded-0
    ·  sodakd report /archive/embedded-0 --out .
    """
    from sodakd.report.page import write_report

    typer.echo(str(write_report(folder, out)))


class _By(StrEnum):
    RUN = "run"
    ARM = "arm"
    CYCLE = "cycle"
    STAGE = "stage"
    STEP = "step"
    ASK = "ask"
    MODEL = "model"


def ledger(
    folder: RunFolder,
    by: Annotated[_By, typer.Option(help="What a row stands for.")] = _By.STEP,
    as_json: AsJson = False,
) -> None:
    """Show what a run spent on its teacher: asks, calls, tokens, money, and what was lost.

    Examples:  sodakd ledger runs/embedded-0
    ·  sodakd ledger runs/embedded-0 --by ask --json
    """
    from sodakd.console import show_ledger
    from sodakd.teacher.spend_report import ledger_in, spend_by

    entries = spend_by(ledger_in(folder), by.value)
    if as_json:
        typer.echo(json.dumps([entry.model_dump() for entry in entries], indent=1))
    else:
        show_ledger(entries, by.value)


def record(
    folder: RunFolder,
    out: Annotated[
        Path,
        typer.Option(help="JSON lines, to which new answers are added; compressed if named .gz."),
    ],
) -> None:
    """Add a run's answers, also while it runs, to a file for --reuse and teacher.kind=replay.

    Examples:  sodakd record runs/embedded-0 --out answers.jsonl
    ·  sodakd record runs/embedded-0 --out answers.jsonl.gz
    """
    from sodakd.teacher.recorded import export_replies
    from sodakd.teacher.spend_report import ledger_in

    typer.echo(f"{export_replies(ledger_in(folder), out):,} answers in {out}")
