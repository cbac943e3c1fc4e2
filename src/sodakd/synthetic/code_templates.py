"""What printers share: forms of operations and terms, and functions in languages with braces."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sodakd.synthetic.operations import OPERATIONS, Kind
from sodakd.synthetic.program import Argument, Program, Step, Term
from sodakd.text.languages import LANGUAGES
from sodakd.types import Language, ValueType


@dataclass(frozen=True, slots=True)
class OpTemplate:
    """How an operation is written: an expression over `{v}`, after lines that it may need.

    `{a}` and `{b}` stand for the arguments, `{r}` for the variable that gets the result where the
    lines make it, `{t}` for one more. The terms of an operation on a list speak of `element`.
    """

    expression: str
    before: tuple[str, ...] = ()
    element: str = "x"


Form = OpTemplate | str
"""A text is the form of an operation that needs no line but its expression."""


def made(*lines: str, element: str = "x") -> OpTemplate:
    """The form of an operation whose lines make the result."""
    return OpTemplate("{r}", lines, element)


@dataclass(frozen=True, slots=True)
class LanguageTemplate:
    """A language with braces: its tables, and how functions and variables are declared in it.

    `opening` stands at the top; below it those `extras`, helpers or imports by the name that asks
    for one, that the code uses. `frame` is what stands around the function, `indent` what every
    line of its body begins with. `unchanged` says how a parameter is returned as it is, where that
    takes more than its name.
    """

    forms: Mapping[str, Form]
    terms: Mapping[str, str]
    types: Mapping[Kind, str]
    parameters: Mapping[Kind, str]
    head: str
    declaration: str = "{type} {r} = {e}"
    end: str = ";"
    opening: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)
    between: str = "\n"
    frame: tuple[str, str] = ("", "")
    indent: str = "    "
    unchanged: Mapping[Kind, str] = field(default_factory=dict)


VALUES: Mapping[Kind, ValueType] = {
    Kind.L: ValueType.INTS,
    Kind.N: ValueType.INT,
    Kind.S: ValueType.STR,
}


def types_of(language: Language) -> dict[Kind, str]:
    """The types of the world's values, as a language writes them."""
    return {kind: LANGUAGES[language].type_name(value) for kind, value in VALUES.items()}


def terms_of_c(absolute: str, cap: str, equal: str = "==", unequal: str = "!=") -> dict[str, str]:
    """Predicates and functions with the operators of C; the rest differs by language."""
    return {
        "even": f"{{x}} % 2 {equal} 0",
        "odd": f"{{x}} % 2 {unequal} 0",
        "positive": "{x} > 0",
        "negative": "{x} < 0",
        "over": "{x} > {k}",
        "under": "{x} < {k}",
        "multiple": f"{{x}} % {{k}} {equal} 0",
        "unlike": f"{{x}} % {{k}} {unequal} 0",
        "within": f"{absolute} < {{k}}",
        "beyond": f"{absolute} > {{k}}",
        "square": "{x} * {x}",
        "negate": "-{x}",
        "absolute": absolute,
        "add": "{x} + {k}",
        "subtract": "{x} - {k}",
        "multiply": "{x} * {k}",
        "from": "{k} - {x}",
        "cap": cap,
    }


def written(
    step: Step,
    forms: Mapping[str, Form],
    terms: Mapping[str, str],
    v: str,
    number: int = 0,
) -> OpTemplate:
    """The form of a step with everything filled in; its number makes its variables' names."""
    form = forms[step.op]
    if isinstance(form, str):
        form = OpTemplate(form)
    # The terms of an operation on a number speak of the number, those on a list of each element.
    x = v if OPERATIONS[step.op].takes is Kind.N else form.element.format(v=v)
    said = [_argument(argument, terms, x) for argument in step.arguments]
    a, b = (*said, "", "")[:2]
    names = {"v": v, "a": a, "b": b, "r": f"r{number}", "t": f"t{number}"}
    lines = [line.format(**names) for line in (*form.before, form.expression)]
    return OpTemplate(expression=lines[-1], before=tuple(lines[:-1]))


def _argument(argument: Argument, terms: Mapping[str, str], x: str) -> str:
    if isinstance(argument, Term):
        return terms[argument.name].format(x=x, k=argument.constant)
    return str(argument)


def result_kind(program: Program) -> Kind:
    """What the program gives."""
    return OPERATIONS[program.steps[-1].op].gives if program.steps else program.input


def head_of(program: Program, style: LanguageTemplate) -> str:
    """The first line of the function, without its brace."""
    return style.head.format(
        name=program.name,
        parameter=style.parameters[program.input].format(program.parameter),
        result=style.types[result_kind(program)],
    )


def print_function(program: Program, style: LanguageTemplate) -> str:
    """The program as a function: every step makes a variable of its own, the last is returned."""
    v = program.parameter
    lines: list[str] = []
    for number, step in enumerate(program.steps, start=1):
        r = f"r{number}"
        done = written(step, style.forms, style.terms, v, number)
        lines += done.before
        expression, v = done.expression, r
        if number < len(program.steps) and expression != r:
            kind = OPERATIONS[step.op].gives
            lines.append(
                style.declaration.format(type=style.types[kind], r=r, e=expression) + style.end
            )
    if not program.steps:
        expression = style.unchanged.get(program.input, "{v}").format(v=v)
    lines.append(f"return {expression}{style.end}")
    body = "".join([f"{style.indent}{line}\n" for line in lines])
    opening, closing = style.frame
    outer = style.indent[:-4]
    code = f"{opening}{outer}{head_of(program, style)} {{\n{body}{outer}}}{closing}"
    extras = style.between.join(_used(code, style.extras))
    return "\n\n".join(filter(None, (style.opening, extras, code)))


def _used(code: str, extras: Mapping[str, str]) -> list[str]:
    """The texts of those extras whose name stands in the code or in an extra before it in use.

    An extra may need only those that stand before it in the table.
    """
    found: list[str] = []
    for name, text in reversed([*extras.items()]):
        if re.search(rf"\b{name}\b", "\n".join([code, *found])):
            found.insert(0, text)
    return found
