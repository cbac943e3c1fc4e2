"""The ledger's file: its tables, how it is opened, and what a transaction is."""

import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sodakd.errors import DataError, RunError

FORMAT = 3
_SQLITE = b"SQLite format 3\0"

_CALLS = """
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
  attempts integer not null default 0,
  prompt_tokens integer not null default 0,
  completion_tokens integer not null default 0,
  money integer not null default 0,
  open integer not null default 0,
  open_tokens integer not null default 0,
  open_money integer not null default 0,
  lost integer not null default 0,
  lost_tokens integer not null default 0,
  lost_money integer not null default 0,
  untold integer not null default 0,
  reused integer not null default 0,
  finish text not null default '',
  reply text,
  reply_prompt_tokens integer not null default 0,
  reply_completion_tokens integer not null default 0,
  at real not null
) strict;
create table if not exists batches (
  token text primary key,
  step text not null,
  id text not null,
  state text not null check (state in ('begun', 'ended')),
  keys text not null,
  at real not null
) strict;
create table if not exists unpriced (model text primary key) strict;
"""
# An attempt that is open in a file that nobody writes was cut off: it may have been billed. Not so
# those of a batch, which is found again.
_CUT_OFF = """
update calls set lost = lost + 1, lost_tokens = lost_tokens + open_tokens,
  lost_money = lost_money + open_money, open = 0, open_tokens = 0, open_money = 0
where open and key not in
  (select value from batches, json_each(batches.keys) where batches.state = 'begun');
"""
_BOOKS = """
drop table if exists books;
create table books (
  calls integer not null, tokens integer not null, money integer not null,
  lost integer not null, lost_money integer not null,
  reserved_calls integer not null, reserved_tokens integer not null,
  reserved_money integer not null
) strict;
insert into books select coalesce(sum(attempts - open), 0),
  coalesce(sum(prompt_tokens + completion_tokens + lost_tokens), 0),
  coalesce(sum(money + lost_money), 0), coalesce(sum(lost), 0), coalesce(sum(lost_money), 0),
  coalesce(sum(open), 0), coalesce(sum(open_tokens), 0), coalesce(sum(open_money), 0)
from calls;
"""
_FROM_FORMAT_2 = """
alter table calls drop column owner;
alter table calls add column untold integer not null default 0;
alter table calls add column reused integer not null default 0;
alter table calls add column reply_prompt_tokens integer not null default 0;
alter table calls add column reply_completion_tokens integer not null default 0;
alter table batches drop column owner;
update calls set
  reply_prompt_tokens = prompt_tokens, reply_completion_tokens = completion_tokens;
"""


_TOO_LARGE = (
    "a number is too large for it: look at the recipe's prices and the tokens that the server tells"
)
_ADVICE = {
    "SQLITE_FULL": "the disk is full: free some room, then run the same command again; what the"
    " ledger holds is kept",
    "SQLITE_IOERR": "the disk does not read or write: make sure that it is whole and has room, then"
    " run the same command again; what the ledger holds is kept",
    "SQLITE_NOTADB": "it is damaged: put a copy in its place; without one, move it away and run the"
    " same command with --new-ledger, which pays again for what the run still asks",
    "SQLITE_READONLY": "make the file and its folder writable for you, or move the run to a disk"
    " that can be written",
    "SQLITE_BUSY": "another program holds it: end that, then run the same command again",
    "SQLITE_CONSTRAINT": _TOO_LARGE,
}
_ADVICE |= {
    "SQLITE_CORRUPT": _ADVICE["SQLITE_NOTADB"],
    "SQLITE_CANTOPEN": _ADVICE["SQLITE_READONLY"],
    "SQLITE_LOCKED": _ADVICE["SQLITE_BUSY"],
    "SQLITE_TOOBIG": _TOO_LARGE,
}


def lock_ledger(path: Path) -> int:
    """A descriptor that holds the right to write a ledger until it is closed.

    Raises:
        RunError: another ledger on this file is open, here or in another process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise RunError(
            f"the ledger {path} is in use: another sodakd asks its teacher through it; wait for"
            " that one, or stop it"
        ) from None
    return descriptor


def open_ledger_file(path: Path, synchronous: str) -> sqlite3.Connection:
    """Open a ledger's file for its one writer, or make it.

    Attempts that were in flight when the last writer was killed are lost from now on.

    Raises:
        RunError: it cannot be used.
    """
    try:
        database = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        try:
            database.execute("pragma journal_mode = wal")
            database.execute(f"pragma synchronous = {synchronous}")
            _bring_up_to_date(database, path)
        except BaseException:
            database.close()
            raise
    except sqlite3.Error as error:
        raise ledger_error(path, error) from error
    return database


def is_sqlite(path: Path) -> bool:
    """Whether a file begins as SQLite's do."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A ledger's file for those who only look, also while a run writes it.

    Where the file's own folder cannot be written, or the file is of an older format, a copy is
    read: SQLite wants to write beside a file even to read it.

    Raises:
        DataError: there is no ledger.
        RunError: it cannot be read.
    """
    if not path.exists():
        raise DataError(f"there is no ledger {path}; name the folder of a run")
    try:
        with ExitStack() as stack:
            yield _to_read(path, stack)
    except sqlite3.Error as error:
        raise ledger_error(path, error) from error


def _to_read(path: Path, stack: ExitStack) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        database = sqlite3.connect(uri, uri=True, timeout=0.5, check_same_thread=False)
        stack.callback(database.close)
        if _format(database) == FORMAT:
            return database
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname not in {"SQLITE_CANTOPEN", "SQLITE_READONLY"}:
            raise
    copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sodakd-"))) / "ledger"
    for end in ("", "-wal"):
        if Path(f"{path}{end}").exists():
            shutil.copyfile(f"{path}{end}", f"{copy}{end}")
    database = sqlite3.connect(copy, isolation_level=None, check_same_thread=False)
    stack.callback(database.close)
    _bring_up_to_date(database, path)
    return database


def _format(database: sqlite3.Connection) -> int:
    return int(database.execute("pragma user_version").fetchone()[0])


def _bring_up_to_date(database: sqlite3.Connection, path: Path) -> None:
    """Make what is missing in a file, and the sums over its rows."""
    found = _format(database)
    is_new = not database.execute("select count(*) from sqlite_master").fetchone()[0]
    if found not in {2, FORMAT} and not is_new:
        raise RunError(
            f"the ledger {path} has format {found}; this sodakd reads format {FORMAT}: use the"
            " sodakd that made it, or another folder: --out DIR"
        )
    change = _FROM_FORMAT_2 if found == 2 else ""
    mark = f"pragma user_version = {FORMAT};"
    database.executescript(f"begin immediate;{change}{_CALLS}{_CUT_OFF}{_BOOKS}{mark}commit;")


@contextmanager
def transaction(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """All or nothing. Raises `RunError` where the file cannot be written."""
    try:
        database.execute("begin immediate")
        try:
            yield
        except BaseException:
            if database.in_transaction:  # a full disk has ended it already
                database.execute("rollback")
            raise
        database.execute("commit")
    except sqlite3.Error as error:
        raise ledger_error(path, error) from error
    except OverflowError as error:
        raise RunError(f"the ledger {path} cannot be used: {error}; {_TOO_LARGE}") from error


def ledger_error(path: Path, error: sqlite3.Error) -> RunError:
    """The error for a ledger that cannot be read or written, and what to do about it."""
    name = getattr(error, "sqlite_errorname", "")
    advice = next((words for start, words in _ADVICE.items() if name.startswith(start)), name)
    return RunError(f"the ledger {path} cannot be used: {error}; {advice}")
