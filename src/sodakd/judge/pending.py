"""What is open in a stream of programs."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

from sodakd.judge.invalid_tests import InvalidTestsError
from sodakd.judge.program import Program
from sodakd.types import Language, Verdict


@dataclass
class Pending:
    """What a stream has read and not yet given a verdict on."""

    source: Iterator[tuple[int, Program]]
    places: dict[bytes, list[int]] = field(default_factory=dict)
    asked: dict[bytes, Program] = field(default_factory=dict)
    waiting: dict[Future[list[Verdict | InvalidTestsError]], list[bytes]] = field(
        default_factory=dict
    )
    batches: dict[Language | None, list[bytes]] = field(default_factory=dict)
    late: list[bytes] = field(default_factory=list)
    more: bool = True
    started: int = 0
    unfit: dict[str, str] = field(default_factory=dict)
