"""The command that judges programs."""

from pathlib import Path
from typing import Annotated

import typer

from sodakd.cli.options import (
    AllowUnsandboxed,
    AskLint,
    CpuSeconds,
    RayAddress,
    Workers,
    parse_language,
)
from sodakd.errors import DataError


def judge(
    file: Annotated[
        Path | None,
        typer.Argument(help="Programs: JSON lines; - is standard input.", metavar="FILE.jsonl"),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="The language of rows that do not say theirs.")
    ] = None,
    tests: Annotated[Path | None, typer.Option(help="Tests by id: JSON lines.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where verdicts go, and are kept; else standard output."),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Judge again what --out has verdicts on.")
    ] = False,
    cpu_seconds: CpuSeconds = 5.0,
    memory_mb: Annotated[
        int, typer.Option(min=64, max=1 << 24, help="Memory of a program, MiB.")
    ] = 512,
    workers: Workers = None,
    allow_unsandboxed: AllowUnsandboxed = False,
    calibrate: Annotated[
        bool, typer.Option(help="Give more CPU time where this machine is slow.")
    ] = True,
    probe: Annotated[
        bool, typer.Option("--probe", help="Say what this machine can judge.")
    ] = False,
    install_help: Annotated[
        bool, typer.Option("--install-help", help="Print what installs all that is missing.")
    ] = False,
    lint: AskLint = False,
    ray: RayAddress = "",
) -> None:
    """Run programs with their tests in a sandbox; a verdict a row, as they come.

    A row holds `code`, `language`, and `tests` (calls and values), or `test` (a script). The same
    command goes on where it was stopped, if it has --out.

    Examples:  sodakd judge answers.jsonl --language python --out verdicts.jsonl
    ·  sodakd judge answers.jsonl --tests tests.jsonl --lint
    ·  sodakd judge --probe
    """
    from sodakd import judge_probe as probing
    from sodakd.judging.command import JudgeFileOptions, judge_file
    from sodakd.settings.stages import JudgeSettings

    if install_help:
        typer.echo(probing.install_help())
        return
    if probe:
        found = probing.probe()
        for name, value in found.lines:
            typer.echo(f"{name:<14} {value}")
        raise typer.Exit(0 if found.sound else 1)
    if file is None:
        raise DataError("name a file of programs, or ask for --probe or --install-help")
    settings = JudgeSettings(
        cpu_seconds=cpu_seconds,
        memory_mb=memory_mb,
        calibrate=calibrate,
        allow_unsandboxed=allow_unsandboxed,
        ray=ray,
    )
    known = None if language is None else parse_language(language)
    judge_file(JudgeFileOptions(file, tests, known, out, settings, workers, lint, restart))
