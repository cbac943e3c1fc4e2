"""The judge's interface: `Program` in, `Verdict` out, and the protocol of judges."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from sodakd.types import CallTests, Finding, Language, Tests, Verdict


@dataclass(frozen=True)
class Program:
    """Code and the tests it must pass. `id` is the caller's, and comes back with the verdict.

    Where no code was found in an answer, `reason` says why: it is the verdict's output. Raises
    `ValueError` for a language that is none of the seven.
    """

    code: str
    language: Language
    tests: Tests
    id: str = ""
    reason: str = "no code"

    def __post_init__(self) -> None:
        if self.language not in list(Language):
            known = ", ".join(Language)
            raise ValueError(f"language is {self.language!r}; it must be one of {known}")
        object.__setattr__(self, "language", Language(self.language))


class OpenCalls(CallTests):
    """Calls of which nothing is expected: whoever made them passes, and `Verdict.values` tells what
    they gave. `run` tells the runs of a program apart, which else is run once.
    """

    run: int = 0


@dataclass(frozen=True)
class JudgedProgram:
    """A program's id and its verdict."""

    id: str
    verdict: Verdict


class ProgramJudge(Protocol):
    """A judge of programs: `Judge` on this machine, `ClusterJudge` on the nodes of a cluster."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def judge_all(
        self, programs: Sequence[Program], progress: Callable[[int], None] | None = None
    ) -> list[Verdict]: ...
    def judge_stream(self, programs: Iterable[Program]) -> Iterator[JudgedProgram]: ...
    def lint(self, programs: Sequence[Program]) -> list[tuple[Finding, ...]]: ...
    def notes(self) -> Sequence[str]: ...
    def versions(self) -> Mapping[str, str]: ...
