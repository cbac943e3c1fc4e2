"""Prompt templates: an ask is rendered by the Jinja file of its kind."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, meta
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sodakd.errors import TeacherError
from sodakd.teacher.requests import (
    Evolve,
    Fault,
    Inspire,
    Invent,
    Operation,
    Solve,
    TeacherRequest,
    Test,
)
from sodakd.text.test_validation import with_stdin_hint
from sodakd.types import CallTests, FaultKind, Signature, StdioTests, canonical_json
from sodakd.value_type import TYPES

PROMPTS = Path(__file__).with_name("prompts")

FAULT_DESCRIPTIONS: Mapping[FaultKind, str] = {
    FaultKind.OPERATOR: "a wrong operator, such as `<` for `<=` or `+` for `-`",
    FaultKind.CONSTANT: "a wrong number or text, such as an index or a limit that is off by one",
    FaultKind.OPERATION: "a wrong function or method that looks right",
    FaultKind.DROP: "a step, a condition or a special case is left out",
    FaultKind.SWAP: "two steps or two arguments in the wrong order",
    FaultKind.NAME: "a wrong variable, or one that does not exist",
    FaultKind.SYNTAX: "a bracket, a colon or a quote is missing, so that it no longer parses",
    FaultKind.NO_RETURN: "the result is computed and not returned",
}

_WITHOUT_RESULT = {FaultKind.NO_RETURN: "the result is computed and not written"}
"""Of programs that write what they find."""

EVOLVE_OPERATIONS: Mapping[Operation, str] = {
    Operation.CONSTRAINT: "Add one new constraint or requirement, in about ten words.",
    Operation.RARER: "Replace a common requirement by a rarer and more specific one.",
    Operation.REASONING: "If it can be solved in few steps, make it need more steps of reasoning.",
    Operation.MISDIRECTION: "Give a piece of erroneous code as a reference, to mislead.",
    Operation.COMPLEXITY: "Ask for a better bound of time or space than the plain way has.",
}

Value = str | int | None | Signature | Sequence[tuple[str, str]]


def render(ask: TeacherRequest, custom: Path | None = None) -> str:
    """Return the prompt of an ask, with the parse error of the reply before, if there is one.

    `custom` is a folder of templates that replace the shipped ones of the same name.

    Raises:
        TeacherError: a prompt of one's own cannot be filled.
    """
    try:
        text = _environment(custom).get_template(f"{ask.kind}.md").render(prompt_variables(ask))
    except (TemplateError, SecurityError, ArithmeticError, TypeError, ValueError) as error:
        raise TeacherError(f"the prompt {ask.kind}.md cannot be filled: {error}") from error
    text = text.strip() + "\n"
    if ask.unreadable:
        text += (
            f"\nAn earlier reply to this could not be used: {ask.unreadable}. Keep exactly to the"
            " form above.\n"
        )
    return text


@cache
def prompt_hash(kind: str, custom: Path | None = None) -> str:
    """A short hash of a prompt file: a changed prompt is asked anew."""
    file = f"{kind}.md"
    folder = custom if custom is not None and (custom / file).is_file() else PROMPTS
    return hashlib.sha256((folder / file).read_bytes()).hexdigest()[:8]


def prompt_mistakes(custom: Path) -> list[str]:
    """Return the mistakes of a folder of custom prompt templates, a line each."""
    if not custom.is_dir():
        return [f"teacher.prompts is {custom}, and there is no such folder"]
    known = sorted(file.name for file in PROMPTS.glob("*.md"))
    found = sorted(file.name for file in custom.glob("*.md"))
    if not set(found) & set(known):
        return [f"teacher.prompts: {custom} holds no prompt; known: {', '.join(known)}"]
    return [
        mistake
        for name in found
        for mistake in (
            _prompt_file_mistakes(custom / name, name)
            if name in known
            else [f"{custom / name} is no prompt that is used; known: {', '.join(known)}"]
        )
    ]


def _prompt_file_mistakes(path: Path, name: str) -> list[str]:
    environment = _environment(None)
    try:
        tree = environment.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TemplateError) as error:
        return [f"the prompt {path} cannot be read: {error}"]
    filled = meta.find_undeclared_variables(environment.parse((PROMPTS / name).read_text()))
    unknown = sorted(meta.find_undeclared_variables(tree) - filled)
    mistakes = [
        f"the prompt {path} names {{{{ {each} }}}}; filled in are {', '.join(sorted(filled))}"
        for each in unknown
    ]
    if any(meta.find_referenced_templates(tree)):
        mistakes.append(f"the prompt {path} includes another file: write it out")
    return mistakes


def prompt_variables(ask: TeacherRequest) -> dict[str, Value]:
    """Return the template variables of an ask: its fields and its question's."""
    filled: dict[str, Value] = {name: getattr(ask, name) for name in type(ask).model_fields}
    if isinstance(ask, Inspire):
        return filled
    question, tests = ask.question, ask.question.tests
    filled |= {
        "question": with_stdin_hint(question.text, tests),
        "language": question.language,
        "own_level": question.level,
    }
    match ask:
        case Solve():
            filled["entry_point"] = tests.entry_point if tests is not None else ""
            filled["signature"] = tests.signature if isinstance(tests, CallTests) else None
        case Fault():
            own = _WITHOUT_RESULT if isinstance(tests, StdioTests) else {}
            words = {**FAULT_DESCRIPTIONS, **own}
            filled["kinds"] = [(kind.value, words[kind]) for kind in ask.kinds]
        case Test():
            filled |= _of_tests(ask)
        case Invent():
            filled["types"] = TYPES
        case Evolve():
            filled["operation"] = EVOLVE_OPERATIONS[ask.operation]
    return filled


def _of_tests(ask: Test) -> dict[str, Value]:
    """What is known of a question's tests, where inputs are asked for once more."""
    tests, signature = ask.question.tests, ""
    if isinstance(tests, CallTests) and tests.signature is not None:
        signature = ", ".join(tests.signature.arguments)
    return {
        "types": TYPES,
        "known": "\n".join(canonical_json(list(one)) for one in ask.known),
        "entry_point": tests.entry_point if tests is not None else "",
        "signature": signature,
    }


@cache
def _environment(custom: Path | None) -> Environment:
    return ImmutableSandboxedEnvironment(  # a prompt may come with somebody else's recipe
        loader=FileSystemLoader([PROMPTS] if custom is None else [custom, PROMPTS]),
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # a prompt is no HTML
    )
