"""The books of batches: which were begun, and what they hold.

Each function is one operation inside a transaction that the caller holds.
"""

import json
import sqlite3
import time

from sodakd.teacher.ledger_db import refund


def insert_batch(database: sqlite3.Connection, token: str, step: str, keys: str) -> None:
    """Remember a batch before it is submitted: its token and the keys of its calls, as JSON."""
    database.execute(
        "insert into batches values (?, ?, '', 'begun', ?, ?)", (token, step, keys, time.time())
    )


def set_batch_id(database: sqlite3.Connection, token: str, batch: str) -> None:
    """Remember the id that the server gave to a batch."""
    database.execute("update batches set id = ? where token = ?", (batch, token))


def open_batches(database: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Token, id and keys of the batches that did not come to their end."""
    return database.execute(
        "select token, id, keys from batches where state = 'begun' order by at"
    ).fetchall()


def close_batch(database: sqlite3.Connection, token: str) -> None:
    """Say that a batch is settled."""
    database.execute("update batches set state = 'ended' where token = ?", (token,))


def discard_batch(database: sqlite3.Connection, token: str) -> None:
    """Give back what was set aside for a batch that was never submitted."""
    found = database.execute("select keys from batches where token = ?", (token,)).fetchone()
    for key in json.loads(found[0]):
        refund(database, key)
    close_batch(database, token)
