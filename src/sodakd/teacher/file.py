"""The ledger's file: its tables, how it is opened, and what a transaction is."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sodakd.errors import RunError

FORMAT = 2

_SCHEMA = f"""
create table if not exists calls (
  key text primary key,
  ask_key text not null,
  teacher text not null,
  model text not null,
  kind text not null,
  step text not null,
  question text not null,
  ask text,
  state text not null check (state in ('asked', 'answered', 'failed')),
  attempts integer not null,
  prompt_tokens integer not null,
  completion_tokens integer not null,
  money integer not null,
  open integer not null,
  open_tokens integer not null,
  open_money integer not null,
  owner text not null,
  lost integer not null,
  lost_tokens integer not null,
  lost_money integer not null,
  finish text not null,
  reply text,
  at real not null
) strict;
create table if not exists books (
  one integer primary key check (one = 1),
  calls integer not null, tokens integer not null, money integer not null,
  lost integer not null, lost_money integer not null
) strict;
insert or ignore into books values (1, 0, 0, 0, 0, 0);
create table if not exists batches (
  token text primary key,
  step text not null,
  id text not null,
  state text not null check (state in ('begun', 'ended')),
  keys text not null,
  owner text not null,
  at real not null
) strict;
create table if not exists unpriced (model text primary key) strict;
pragma user_version = {FORMAT};
"""


def open_ledger_file(path: Path, synchronous: str) -> sqlite3.Connection:
    """Open a ledger's file, or make it. Raises `RunError` where it cannot be used."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        database = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        database.execute("pragma journal_mode = wal")
        database.execute(f"pragma synchronous = {synchronous}")
        found = database.execute("pragma user_version").fetchone()[0]
        tables = database.execute("select count(*) from sqlite_master").fetchone()[0]
        if found != FORMAT and tables:
            database.close()
            raise RunError(
                f"the ledger {path} has format {found}; this sodakd reads format {FORMAT}: use the"
                " sodakd that made it, or another folder: --out DIR"
            )
        database.executescript(_SCHEMA)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return database


@contextmanager
def transaction(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """All or nothing. Raises `RunError` where the file cannot be written."""
    try:
        database.execute("begin immediate")
        try:
            yield
        except BaseException:
            database.execute("rollback")
            raise
        database.execute("commit")
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def note_unpriced(database: sqlite3.Connection, model: str) -> None:
    """Remember that nobody knows a model's price: its calls are booked as if they cost nothing."""
    database.execute("insert or ignore into unpriced values (?)", (model,))


def unusable(path: Path, error: sqlite3.Error) -> RunError:
    """The error for a ledger that cannot be read or written."""
    return RunError(
        f"the ledger {path} cannot be used: {error}; make sure that the disk has room and that"
        " the file may be written, then run the same command again: nothing is lost"
    )
