"""An ask as a prompt: one Markdown file for each kind of ask, filled by name."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sodakd.teacher.asks import (
    Ask,
    Compare,
    Evolve,
    Fault,
    Grade,
    Inspire,
    Invent,
    Operation,
    Refine,
    Solve,
)
from sodakd.types import FaultKind, Question, Signature, Tests

PROMPTS = Path(__file__).with_name("prompts")

FAULTS: Mapping[FaultKind, str] = {
    FaultKind.OPERATOR: "a wrong operator, such as `<` for `<=` or `+` for `-`",
    FaultKind.CONSTANT: "a wrong number or text, such as an index or a limit that is off by one",
    FaultKind.OPERATION: "a wrong function or method that looks right",
    FaultKind.DROP: "a step, a condition or a special case is left out",
    FaultKind.SWAP: "two steps or two arguments in the wrong order",
    FaultKind.NAME: "a wrong variable, or one that does not exist",
    FaultKind.SYNTAX: "it no longer parses",
    FaultKind.NO_RETURN: "the result is computed and not returned",
}

OPERATIONS: Mapping[Operation, str] = {
    Operation.CONSTRAINT: "Add one new constraint or requirement, in about ten words.",
    Operation.RARER: "Replace a common requirement by a rarer and more specific one.",
    Operation.REASONING: "If it can be solved in few steps, make it need more steps of reasoning.",
    Operation.MISDIRECTION: "Give a piece of erroneous code as a reference, to mislead.",
    Operation.COMPLEXITY: "Ask for a better bound of time or space than the plain way has.",
}

Value = str | int | None | Signature | Sequence[tuple[str, str]]


def render(ask: Ask) -> str:
    """The prompt of an ask; with what was wrong with the form of the reply before, if it was."""
    text = _environment().get_template(f"{ask.kind}.md").render(values(ask)).strip() + "\n"
    if ask.unreadable:
        text += (
            f"\nAn earlier reply to this could not be read: {ask.unreadable}. Keep exactly to the"
            " form above.\n"
        )
    return text


@cache
def prompt_hash(kind: str) -> str:
    """A short hash of a prompt file: a changed prompt is asked anew."""
    return hashlib.sha256((PROMPTS / f"{kind}.md").read_bytes()).hexdigest()[:8]


def values(ask: Ask) -> dict[str, Value]:
    """What a prompt file is filled with."""
    match ask:
        case Inspire():
            return {"snippet": ask.snippet, "language": ask.language.value}
        case Solve():
            tests = ask.question.tests
            return {
                **_of(ask.question),
                "error": ask.error,
                "entry_point": tests.entry_point if tests is not None else "",
                "signature": tests.signature if isinstance(tests, Tests) else None,
            }
        case Fault():
            kinds = [(kind.value, FAULTS[kind]) for kind in ask.kinds]
            return {**_of(ask.question), "correct": ask.correct, "kinds": kinds}
        case Grade():
            return {**_of(ask.question), "answer": ask.answer}
        case Invent():
            own = ask.question.level
            return {
                **_of(ask.question), "own_level": own, "level": ask.level, "variant": ask.variant,
            }  # fmt: skip
        case Evolve():
            return {**_of(ask.question), "operation": OPERATIONS[ask.operation]}
        case Refine():
            return {**_of(ask.question), "answer": ask.answer, "error": ask.error}
        case Compare():
            return {**_of(ask.question), "answer_a": ask.answer_a, "answer_b": ask.answer_b}


def _of(question: Question) -> dict[str, Value]:
    return {"question": question.text, "language": question.language.value}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(PROMPTS),
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # a prompt is no HTML
    )
