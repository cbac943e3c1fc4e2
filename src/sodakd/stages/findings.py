"""Findings of static tools on answers: advice beside the verdicts."""

from collections import Counter
from collections.abc import Sequence

from sodakd.judge.lint.registry import tools_for
from sodakd.judge.untested import lint_program
from sodakd.settings.stages import Lint
from sodakd.stages.context import StageContext
from sodakd.types import Finding, Question


def lint_answers(
    stage: StageContext, answers: Sequence[tuple[Question, str]], tally: Counter[str]
) -> list[tuple[Finding, ...]]:
    """Return what static tools find in each answer's program: nothing with `feedback.lint` off."""
    if stage.recipe.feedback.lint is Lint.OFF:
        return [()] * len(answers)
    stage.progress(len(answers), "static tools")(0)
    findings = stage.judge.lint([lint_program(question, code) for question, code in answers])
    tally["findings"] = sum(map(len, findings))
    tally["answers_with_findings"] = sum(bool(found) for found in findings)
    for tool in tools_for({question.language for question, _ in answers}).missing:
        tally[f"lint_missing {tool.name}"] = len(answers)
    return findings
