"""SODA without feedback: the same cycles, whose new questions come from evenly drawn parents."""

from collections.abc import Sequence
from pathlib import Path

from sodakd.methods.context import Context
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import Method, placeholder_feedback
from sodakd.methods.soda import run_cycles
from sodakd.records import Feedback
from sodakd.types import PreferencePair, Question


def uniform(context: Context, inputs: RunInputs) -> Path:
    """Run SODA's cycles without feedback; return the final student."""
    return run_cycles(context, inputs, _no_feedback)


def _no_feedback(
    _cycle: str, _student: Path, probes: Sequence[Question], _pairs: Sequence[PreferencePair]
) -> Sequence[Feedback]:
    return [placeholder_feedback(question) for question in probes]


METHOD = Method(
    uniform,
    title="SODA without its feedback: what the gain of feedback is told apart from",
    how="As SODA, but the student answers no probes, and every question is as likely a parent of"
    " new\nones; the levels are those of the parents, and a share over all levels evenly.",
)
