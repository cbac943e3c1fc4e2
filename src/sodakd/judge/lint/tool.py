"""What every static tool is to the judge: where it is found, how it is called, what it says.

A tool reads untrusted text, so it runs in the box like a program (`sandbox/lint_runner.py`). It is
given many programs at once, as files under names that no program can know: no program can put a
finding on another.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sodakd.judge.program import Program
from sodakd.judge.sandbox.namespaces import path_inside
from sodakd.types import Language, Severity


@dataclass(frozen=True)
class InstalledTool:
    """A tool of this machine: whole paths by name, what the box must show, its version."""

    paths: Mapping[str, str]
    places: tuple[str, ...]
    version: str

    def inside(self, name: str) -> str:
        """Where a path is found in the box."""
        return path_inside(self.paths[name])


@dataclass(frozen=True)
class Prepared:
    """A program in the form that a tool reads. `before`: lines put before those of the program."""

    text: str
    before: int = 0


@dataclass(frozen=True)
class Source:
    """A program, its form, and the name it has as a file."""

    name: str
    program: Program
    form: Prepared


@dataclass(frozen=True)
class Call:
    """The command that is run for a batch, with its files.

    `seconds` of CPU time may pass. `good` are the exit statuses of a tool that did its
    work, whatever it found.
    """

    seconds: float
    files: Mapping[str, str]
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    good: tuple[int, ...] = (0, 1)


@dataclass(frozen=True)
class ToolOutput:
    """What a command said on its two outputs."""

    out: str
    errors: str = ""


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
    `batch` is how many programs one call is given at most.
    """

    name: str
    languages: frozenset[Language]
    install: str
    find: Callable[[], InstalledTool]
    form: Callable[[Program], Prepared]
    call: Callable[[InstalledTool, Sequence[Source]], Call]
    read: Callable[[Sequence[Source], ToolOutput], Iterator[RawFinding]]
    batch: int = 128


SUFFIX: Mapping[Language, str] = {
    Language.PYTHON: "py",
    Language.JAVA: "java",
    Language.JAVASCRIPT: "js",
    Language.TYPESCRIPT: "ts",
    Language.C: "c",
    Language.CPP: "cpp",
    Language.GO: "go",
}


def as_it_is(program: Program) -> Prepared:
    """The program alone, with an end to its last line."""
    return Prepared(program.code if program.code.endswith("\n") else f"{program.code}\n")


def texts(sources: Sequence[Source]) -> dict[str, str]:
    """The files of sources."""
    return {source.name: source.form.text for source in sources}
