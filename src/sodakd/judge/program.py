"""What a judge is given, and what it gives back."""

from dataclasses import dataclass

from sodakd.types import CallTests, Language, TestScript, Verdict


@dataclass(frozen=True)
class Program:
    """Code and the tests it must pass. `id` is the caller's, and comes back with the verdict.

    Where no code was found in an answer, `reason` says why: it is the verdict's output. Raises
    `ValueError` for a language that is none of the seven.
    """

    code: str
    language: Language
    tests: CallTests | TestScript
    id: str = ""
    reason: str = "no code"

    def __post_init__(self) -> None:
        if self.language not in list(Language):
            known = ", ".join(Language)
            raise ValueError(f"language is {self.language!r}; it must be one of {known}")
        object.__setattr__(self, "language", Language(self.language))


@dataclass(frozen=True)
class JudgedProgram:
    """A program's id and its verdict."""

    id: str
    verdict: Verdict
