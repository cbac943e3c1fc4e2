"""The judge: untrusted code is run here and nowhere else. Its door is `README.md`.

`from sodakd.judge import Judge, Program, CallTests` (loaded on demand: what runs inside the
box imports this package too, and must start in milliseconds).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sodakd.errors import JudgeError, LanguageMissing
    from sodakd.judge.judge import Judge
    from sodakd.judge.program import JudgedProgram, Program
    from sodakd.settings.stages import JudgeSettings
    from sodakd.types import (
        CallTests,
        Finding,
        Language,
        Outcome,
        OutputComparison,
        Signature,
        StdioCase,
        StdioTests,
        TestCase,
        TestScript,
        ValueType,
        Verdict,
    )  # fmt: skip

__all__ = [
    "CallTests", "Finding", "Judge", "JudgeError", "JudgeSettings", "JudgedProgram", "Language",
    "LanguageMissing", "Outcome", "OutputComparison", "Program", "Signature", "StdioCase",
    "StdioTests", "TestCase", "TestScript", "ValueType", "Verdict",
]  # fmt: skip
_PLACES = {
    "Judge": "judge.judge", "JudgeError": "errors", "JudgeSettings": "settings.stages",
    "JudgedProgram": "judge.program", "LanguageMissing": "errors", "Program": "judge.program",
}  # fmt: skip
"""Where what is no type of `types.py` lives."""


def __getattr__(name: str) -> object:
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"sodakd.{_PLACES.get(name, 'types')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
