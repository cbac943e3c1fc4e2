"""An ask as a prompt: one Markdown file for each kind of ask, filled by name."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, meta
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sodakd.errors import TeacherError
from sodakd.teacher.requests import Evolve, Fault, Inspire, Operation, Solve, TeacherRequest
from sodakd.types import CallTests, FaultKind, Signature

PROMPTS = Path(__file__).with_name("prompts")

FAULT_DESCRIPTIONS: Mapping[FaultKind, str] = {
    FaultKind.OPERATOR: "a wrong operator, such as `<` for `<=` or `+` for `-`",
    FaultKind.CONSTANT: "a wrong number or text, such as an index or a limit that is off by one",
    FaultKind.OPERATION: "a wrong function or method that looks right",
    FaultKind.DROP: "a step, a condition or a special case is left out",
    FaultKind.SWAP: "two steps or two arguments in the wrong order",
    FaultKind.NAME: "a wrong variable, or one that does not exist",
    FaultKind.SYNTAX: "it no longer parses",
    FaultKind.NO_RETURN: "the result is computed and not returned",
}

EVOLVE_OPERATIONS: Mapping[Operation, str] = {
    Operation.CONSTRAINT: "Add one new constraint or requirement, in about ten words.",
    Operation.RARER: "Replace a common requirement by a rarer and more specific one.",
    Operation.REASONING: "If it can be solved in few steps, make it need more steps of reasoning.",
    Operation.MISDIRECTION: "Give a piece of erroneous code as a reference, to mislead.",
    Operation.COMPLEXITY: "Ask for a better bound of time or space than the plain way has.",
}

Value = str | int | None | Signature | Sequence[tuple[str, str]]


def render(ask: TeacherRequest, own: Path | None = None) -> str:
    """The prompt of an ask; with what was wrong with the form of the reply before, if it was.

    `own` is a folder whose files take the place of the shipped ones.

    Raises:
        TeacherError: a prompt of one's own cannot be filled.
    """
    try:
        text = _environment(own).get_template(f"{ask.kind}.md").render(prompt_variables(ask))
    except (TemplateError, SecurityError, ArithmeticError, TypeError, ValueError) as error:
        raise TeacherError(f"the prompt {ask.kind}.md cannot be filled: {error}") from error
    text = text.strip() + "\n"
    if ask.unreadable:
        text += (
            f"\nAn earlier reply to this could not be read: {ask.unreadable}. Keep exactly to the"
            " form above.\n"
        )
    return text


@cache
def prompt_hash(kind: str, own: Path | None = None) -> str:
    """A short hash of a prompt file: a changed prompt is asked anew."""
    file = f"{kind}.md"
    folder = own if own is not None and (own / file).is_file() else PROMPTS
    return hashlib.sha256((folder / file).read_bytes()).hexdigest()[:8]


def prompt_faults(own: Path) -> list[str]:
    """What is wrong with a folder of prompts of one's own, a line each."""
    if not own.is_dir():
        return [f"teacher.prompts is {own}, and there is no such folder"]
    known = sorted(file.name for file in PROMPTS.glob("*.md"))
    found = sorted(file.name for file in own.glob("*.md"))
    if not set(found) & set(known):
        return [f"teacher.prompts: {own} holds no prompt; known: {', '.join(known)}"]
    return [
        fault
        for name in found
        for fault in (
            _file_faults(own / name, name)
            if name in known
            else [f"{own / name} is no prompt that is used; known: {', '.join(known)}"]
        )
    ]


def _file_faults(path: Path, name: str) -> list[str]:
    environment = _environment(None)
    try:
        tree = environment.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TemplateError) as error:
        return [f"the prompt {path} cannot be read: {error}"]
    filled = meta.find_undeclared_variables(environment.parse((PROMPTS / name).read_text()))
    unknown = sorted(meta.find_undeclared_variables(tree) - filled)
    faults = [
        f"the prompt {path} names {{{{ {each} }}}}; filled in are {', '.join(sorted(filled))}"
        for each in unknown
    ]
    if any(meta.find_referenced_templates(tree)):
        faults.append(f"the prompt {path} includes another file: write it out")
    return faults


def prompt_variables(ask: TeacherRequest) -> dict[str, Value]:
    """What a prompt file is filled with: the fields of an ask and of its question."""
    filled: dict[str, Value] = {name: getattr(ask, name) for name in type(ask).model_fields}
    if isinstance(ask, Inspire):
        return filled
    own, tests = ask.question, ask.question.tests
    filled |= {"question": own.text, "language": own.language, "own_level": own.level}
    match ask:
        case Solve():
            filled["entry_point"] = tests.entry_point if tests is not None else ""
            filled["signature"] = tests.signature if isinstance(tests, CallTests) else None
        case Fault():
            filled["kinds"] = [(kind.value, FAULT_DESCRIPTIONS[kind]) for kind in ask.kinds]
        case Evolve():
            filled["operation"] = EVOLVE_OPERATIONS[ask.operation]
    return filled


@cache
def _environment(own: Path | None) -> Environment:
    return ImmutableSandboxedEnvironment(  # a prompt may come with somebody else's recipe
        loader=FileSystemLoader([PROMPTS] if own is None else [own, PROMPTS]),
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # a prompt is no HTML
    )
