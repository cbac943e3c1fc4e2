"""The command line: parse, call one function, print."""

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, NoReturn

import typer

from sodakd import __version__
from sodakd.cli import check, compare, cost, curate, data, env, folder, judge, run, scorer, table
from sodakd.cli import eval as evaluation
from sodakd.errors import SodakdError
from sodakd.training.launch import refuse_launch

app = typer.Typer(
    name="sodakd",
    help="Distil a large code model into a small, cheap, private one, in self-paced cycles.",
    epilog="Example:  sodakd run embedded --out runs/first",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

COMMANDS: dict[str, Callable[..., None]] = {
    "run": run.run,
    "check": check.check,
    "plan": check.plan,
    "compare": compare.compare,
    "seeds": data.seeds,
    "dedup": curate.dedup,
    "decontaminate": curate.decontaminate,
    "recipes": env.recipes,
    "report": folder.report,
    "ledger": folder.ledger,
    "cost": cost.cost,
    "record": folder.record,
    "export": data.export,
    "eval": evaluation.evaluate,
    "table": table.table,
    "judge": judge.judge,
    "env": env.env,
    "schema": env.schema,
}
for _name, _command in COMMANDS.items():
    app.command(name=_name)(_command)

GROUPS: dict[str, typer.Typer] = {"scorer": scorer.app}
for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sodakd {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version
    if context.invoked_subcommand not in (None, "run"):
        refuse_launch(context.invoked_subcommand)


_OS_ERROR_ADVICE: dict[int, str] = {
    errno.ENOSPC: "the disk is full; free some room",
    errno.EDQUOT: "the disk quota is used up; free some room",
    errno.EACCES: "permission is missing; choose a place you may write: --out DIR",
    errno.EPERM: "permission is missing; choose a place you may write: --out DIR",
    errno.EROFS: "the file system is read-only; choose another place: --out DIR",
    errno.ENOENT: "there is no such place; choose another one: --out DIR",
    errno.ENAMETOOLONG: "the name is too long; choose another one: --out DIR",
    errno.ENOTDIR: "a part of the path is no folder; choose another place: --out DIR",
    errno.EEXIST: "a file stands where a folder is needed; choose another place: --out DIR",
    errno.EISDIR: "a folder stands where a file is needed; name a file: --out FILE",
}


@contextmanager
def _errors_without_traceback() -> Iterator[None]:
    """Print the project's own errors, and those of the disk, without a traceback."""
    try:
        yield
    except SodakdError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        from sodakd.requirements import install_hint

        words = install_hint(error)
        if words is None:
            raise
        typer.echo(f"error: {words}", err=True)
        sys.exit(2)
    except BrokenPipeError:  # who reads our output (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        advice = _OS_ERROR_ADVICE.get(error.errno or 0)
        if advice is None:
            raise
        place = f" ({error.filename})" if error.filename else ""
        typer.echo(
            f"error: {error.strerror}{place}: {advice}, then run the same command again:"
            " what is finished is kept",
            err=True,
        )
        sys.exit(2)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    _signals_received.append(number)
    raise KeyboardInterrupt(signal.Signals(number).name)


_signals_received: list[int] = []


def main(command: Callable[[], object] = app) -> None:
    """The `sodakd` command. SIGTERM ends it as Ctrl-C does: what it started is cleared away.

    A library in which an interrupt is raised may make another error of it: the exit status is that
    of the signal all the same, and no traceback is shown.
    """
    for number, usual in (
        (signal.SIGTERM, signal.SIG_DFL),
        (signal.SIGINT, signal.default_int_handler),
    ):
        if signal.getsignal(number) is usual:
            signal.signal(number, _interrupt)
    try:
        with _errors_without_traceback():
            command()
    finally:
        if _signals_received:
            sys.exit(128 + _signals_received[0])
