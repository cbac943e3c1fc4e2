"""What the judge knows of a language: one `LanguageSpec`, at the end of the language's own file.

The files of languages are read on both sides of the wall: of other packages they import nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from sodakd.judge.sandbox.sandbox import Sandbox
from sodakd.judge.sandbox.task import Result, Task


@dataclass(frozen=True)
class Toolchain:
    """What one language runs with: whole paths by name, folders the box must show, versions."""

    tools: Mapping[str, str]
    places: tuple[str, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Untested:
    """An answer to a question without tests as a program that runs to its end, with its script."""

    code: str
    script: str = "\n"


@dataclass(frozen=True)
class Reference:
    """A function `work(size)`, and the CPU seconds that it takes on the reference machine."""

    seconds: float
    size: int
    code: str


Together = Callable[[Sandbox, Sequence[Task], Callable[[], bool]], Mapping[int, Result]]


@dataclass(frozen=True)
class LanguageSpec:
    """One language.

    `toolchain` raises `JudgeError` where something is missing, and `install` is the one command
    that mends it. `run` gives a program's result inside the box; the function that it is handed
    tells whether the kernel ended a process for its memory. `run_together` gives the results, by
    their place, of those of several programs that can be run together; a worker gets at most
    `batch` programs at a time. `untested` puts around an answer what its language wants there.
    """

    suffix: str
    install: str
    toolchain: Callable[[], Toolchain]
    run: Callable[[Sandbox, Task, Callable[[], bool]], Result]
    reference: Reference
    batch: int = 1
    run_together: Together | None = None
    untested: Callable[[str], Untested] = Untested


@cache
def language_spec(name: str) -> LanguageSpec:
    """The language of this name: `LANGUAGE` of the module of the same name."""
    spec = import_module(f"sodakd.judge.languages.{name}").LANGUAGE
    assert isinstance(spec, LanguageSpec)
    return spec
