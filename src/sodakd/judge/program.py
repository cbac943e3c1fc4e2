"""A program as it is given to the judge."""

import hashlib
from dataclasses import dataclass

from sodakd.types import Language, Tests, TestScript


@dataclass(frozen=True)
class Program:
    """Code and the tests it must pass. `id` is the caller's, and comes back with the verdict.

    Where no code was found in an answer, `reason` says why: it is the verdict's output.
    """

    code: str
    language: Language
    tests: Tests | TestScript
    id: str = ""
    reason: str = "no code"


def digest(program: Program) -> bytes:
    """What is equal for programs that get the same verdict."""
    text = f"{program.language}\n{program.tests.model_dump_json()}\n{program.code}"
    if not program.code.strip():
        text += program.reason
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
