"""Verdicts that an earlier run of the same command wrote, and which still hold."""

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sodakd import __version__
from sodakd.errors import DataError
from sodakd.jsonl import atomic_write
from sodakd.judge.program import Program
from sodakd.judge.toolchains import versions
from sodakd.judge.verdict_cache import digest
from sodakd.settings.stages import JudgeSettings

VerdictRow = Mapping[str, JsonValue]
"""A row of verdicts as it is written."""


@dataclass(frozen=True)
class ResumedVerdicts:
    """The rows that hold by the number of their program, and how many no longer do."""

    rows: Mapping[int, VerdictRow]
    outdated: int


def key_of(program: Program, settings: JudgeSettings, lint: bool) -> str:
    """What a verdict is of: program, tests, limits, tools, and what static tools were asked."""
    parts = [
        digest(program).hex(),
        settings.model_dump_json(exclude={"ray"}),  # where they are judged changes none
        "fast" if lint else "off",
        json.dumps(versions([program.language])),
        __version__,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def load_valid(out: Path, programs: Sequence[Program], keys: Sequence[str]) -> ResumedVerdicts:
    """The verdicts in `out` that still hold; those alone stay there, and no line that was cut off.

    Verdicts on programs of the same id that were changed since are outdated. Raises `DataError`
    where the file holds anything else: it is then left as it is.
    """
    try:
        lines = out.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return ResumedVerdicts({}, 0)
    places: dict[tuple[str, str], deque[int]] = defaultdict(deque)
    for number, (program, key) in enumerate(zip(programs, keys, strict=True)):
        places[program.id, key].append(number)
    ids = {program.id for program in programs}
    rows: dict[int, VerdictRow] = {}
    whole = [line for line in lines if line.endswith(b"\n") and line.strip()]
    for at, line in enumerate(whole, start=1):
        row = _read(line, f"{out}, line {at}", ids)
        at_key = places.get((str(row["id"]), str(row.get("key"))))
        if at_key:
            rows[at_key.popleft()] = row
    if len(rows) < len(whole) or len(whole) < len(lines):
        atomic_write(out, "".join(json.dumps(row) + "\n" for row in rows.values()).encode())
    return ResumedVerdicts(rows, len(whole) - len(rows))


def _read(line: bytes, where: str, ids: set[str]) -> VerdictRow:
    advice = "choose another file with --out, or begin it afresh with --restart"
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not {"id", "outcome", "stage"} <= set(row):
        raise DataError(f"{where}: this is no verdict of sodakd judge; {advice}")
    if str(row["id"]) not in ids:
        raise DataError(
            f"{where}: a verdict on {row['id']!r}, which is none of these programs; {advice}"
        )
    return row
