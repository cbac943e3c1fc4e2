"""What every static tool is to the judge: where it is found, how it is called, what it says.

A tool reads untrusted text, so it runs in the box like a program (`sandbox/lint_runner.py`). It is
given many programs at once, as files under names that no program can know: no program can put a
finding on another.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sodakd.judge.languages.spec import Toolchain
from sodakd.types import Language, Severity


@dataclass(frozen=True)
class ToolOutput:
    """What a tool said of programs, on its two outputs; `texts` are the programs by file name."""

    out: str
    errors: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class RawFinding:
    """One remark as a tool makes it: on a line of a file."""

    file: str
    line: int
    rule: str
    message: str
    severity: Severity = Severity.WARNING


@dataclass(frozen=True)
class Tool:
    """One static tool, which takes a few milliseconds a program in a batch.

    `install` is the one command that brings it. `find` raises `JudgeError` where it is missing.
    `command` is made of its paths in the box, and followed by the names of programs, of which one
    call is given `batch` at most; `files` lie beside them. `form` is a program as the tool reads
    it, lines in their places. `seconds` of CPU time may pass, and some more for each program.
    `good` are the exit statuses of a tool that did its work, whatever it found.
    """

    name: str
    languages: frozenset[Language]
    install: str
    find: Callable[[], Toolchain]
    command: Callable[[Mapping[str, str]], Sequence[str]]
    read: Callable[[ToolOutput], Iterator[RawFinding]]
    form: Callable[[str], str] = str
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    good: tuple[int, ...] = (0, 1)
    seconds: float = 3.0
    batch: int = 256

    def __hash__(self) -> int:
        return hash(self.name)
