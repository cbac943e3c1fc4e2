"""The judge: untrusted code is run here and nowhere else.

`from sodakd.judge import Judge, Program, Tests` (loaded on demand: what runs inside the box imports
this package too, and must start in milliseconds).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sodakd.errors import JudgeError, LanguageMissing
    from sodakd.judge.judge import Judge
    from sodakd.judge.program import Judged, Program
    from sodakd.settings.stages import JudgeSettings
    from sodakd.types import (
        Case,
        Finding,
        Language,
        Outcome,
        Signature,
        Tests,
        TestScript,
        ValueType,
        Verdict,
    )

__all__ = [
    "Case",
    "Finding",
    "Judge",
    "JudgeError",
    "JudgeSettings",
    "Judged",
    "Language",
    "LanguageMissing",
    "Outcome",
    "Program",
    "Signature",
    "TestScript",
    "Tests",
    "ValueType",
    "Verdict",
]

_PLACES = {
    "Judge": "judge.judge",
    "JudgeError": "errors",
    "JudgeSettings": "settings.stages",
    "Judged": "judge.program",
    "LanguageMissing": "errors",
    "Program": "judge.program",
}
"""Where what is no type of `types.py` lives."""


def __getattr__(name: str) -> object:
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"sodakd.{_PLACES.get(name, 'types')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
