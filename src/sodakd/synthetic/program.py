"""A program: straight-line steps from one input to one output, in no language yet."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sodakd.errors import DataError
from sodakd.synthetic.operations import (
    CONSTANTS,
    FUNCTIONS,
    LETTERS,
    OPERATIONS,
    PREDICATES,
    WITH_CONSTANT,
    ArgumentKind,
    Kind,
)


@dataclass(frozen=True, slots=True)
class Term:
    """A predicate or a unary function by name, with its constant where it takes one."""

    name: str
    constant: int | None = None

    def __str__(self) -> str:
        return self.name if self.constant is None else f"{self.name} {self.constant}"


Argument = Term | int | str


@dataclass(frozen=True, slots=True)
class Step:
    """One operation and its arguments, in the order of the operation's argument kinds."""

    op: str
    arguments: tuple[Argument, ...] = ()

    def __str__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.arguments))})" if self.arguments else self.op


@dataclass(frozen=True, slots=True)
class Program:
    """A function of one parameter: the steps are done in order, the last value is returned."""

    name: str
    parameter: str
    input: Kind
    steps: tuple[Step, ...]

    def notation(self) -> str:
        """One readable line; `parse_program` reads it back."""
        steps = " | ".join(map(str, self.steps))
        return f"{self.name}({self.parameter}: {self.input}) = {steps}"


_PROGRAM = re.compile(r"(\w+)\((\w+): ([LNS])\) = (.+)")
_STEP = re.compile(r"(\w+)(?:\(([^()]+)\))?")


@lru_cache(maxsize=8192)
def parse_program(text: str) -> Program:
    """Read a program from its notation. Raises `DataError` where it is not one."""
    found = _PROGRAM.fullmatch(text)
    if found is None:
        raise DataError(f"not a program of the world: {text[:80]!r}; a line of Program.notation()")
    name, parameter, kind, body = found.groups()
    program = Program(
        name, parameter, Kind(kind), tuple(_parse_step(part) for part in body.split(" | "))
    )
    if not is_well_typed(program):
        raise DataError(f"the steps of the program do not fit together: {text[:200]!r}")
    return program


def _parse_step(text: str) -> Step:
    found = _STEP.fullmatch(text)
    operation = OPERATIONS.get(found.group(1)) if found else None
    if found is None or operation is None:
        raise DataError(f"not a step of a program of the world: {text[:80]!r}")
    parts = found.group(2).split(", ") if found.group(2) else []
    if len(parts) != len(operation.arguments):
        raise DataError(
            f"{operation.name} takes {len(operation.arguments)} arguments, found {len(parts)}"
        )
    pairs = zip(operation.arguments, parts, strict=True)
    return Step(operation.name, tuple(_parse_argument(kind, part) for kind, part in pairs))


def _parse_argument(kind: ArgumentKind, text: str) -> Argument:
    argument = _READERS[kind](text)
    if argument is None:
        raise DataError(f"not a {kind} of the world: {text[:80]!r}")
    return argument


def _read_term(text: str, names: tuple[str, ...]) -> Term | None:
    name, _, constant = text.partition(" ")
    if name not in names or (name in WITH_CONSTANT) is not bool(constant):
        return None
    if not constant:
        return None if " " in text else Term(name)
    value = _read_constant(constant)
    return None if value is None else Term(name, value)


def _read_constant(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]", text) and int(text) in CONSTANTS else None


_READERS: Mapping[ArgumentKind, Callable[[str], Argument | None]] = {
    ArgumentKind.PREDICATE: lambda text: _read_term(text, PREDICATES),
    ArgumentKind.FUNCTION: lambda text: _read_term(text, FUNCTIONS),
    ArgumentKind.CONSTANT: _read_constant,
    ArgumentKind.LETTER: lambda text: text if len(text) == 1 and text in LETTERS else None,
}


def is_well_typed(program: Program) -> bool:
    """Whether every step takes what the step before it gives."""
    kind = program.input
    for place, step in enumerate(program.steps):
        operation = OPERATIONS[step.op]
        if operation.takes is not kind or (operation.first_only and place > 0):
            return False
        kind = operation.gives
    return True


def level(program: Program) -> int:
    """How much the program does: the sum of the weights of its operations."""
    return sum(OPERATIONS[step.op].weight for step in program.steps)


def skeleton(program: Program) -> str:
    """What the program does, without names and constants: what the split goes by."""
    return " | ".join(_bones(step) for step in program.steps)


def _bones(step: Step) -> str:
    names = [argument.name for argument in step.arguments if isinstance(argument, Term)]
    return f"{step.op}({', '.join(names)})" if names else step.op
