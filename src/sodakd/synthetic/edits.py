"""Programs that differ from a given one by a single edit: what faults and moves are made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from random import Random

from sodakd.synthetic.generate import draw_argument, operations_from
from sodakd.synthetic.operations import (
    CONSTANTS,
    FUNCTIONS,
    LETTERS,
    OPERATIONS,
    PREDICATES,
    WITH_CONSTANT,
    Kind,
    Operation,
)
from sodakd.synthetic.program import Argument, Program, Step, Term, is_well_typed

_LISTED = 10  # in an operation's place, this many of its rivals are tried


_PAIRS = (
    ("differences", "pair_sums"),
    ("filter_and", "filter_or"),
    ("filter", "reject"),
    ("sort", "sort_down"),
    ("max", "min"),
    ("take", "drop"),
    ("last", "but_last"),
    ("head", "tail"),
)
OPPOSITES: Mapping[str, str] = {**dict(_PAIRS), **{other: one for one, other in _PAIRS}}


def with_steps(program: Program, steps: Sequence[Step]) -> Program:
    """The program with other steps; its input kind follows the first of them."""
    kind = OPERATIONS[steps[0].op].takes if steps else program.input
    return Program(program.name, program.parameter, kind, tuple(steps))


def _with_step(program: Program, place: int, step: Step) -> Program:
    steps = program.steps
    return replace(program, steps=(*steps[:place], step, *steps[place + 1 :]))


def _with_argument(step: Step, place: int, argument: Argument) -> Step:
    arguments = step.arguments
    return Step(step.op, (*arguments[:place], argument, *arguments[place + 1 :]))


def _places(program: Program) -> list[tuple[int, int]]:
    """Where the program has an argument: the step, and the place in it."""
    steps = enumerate(program.steps)
    return [(row, column) for row, step in steps for column in range(len(step.arguments))]


def operator_edits(program: Program, rng: Random) -> Iterator[Program]:
    """Another predicate or function, or the opposite operation, in the place of one."""
    edits = [*_opposites(program), *_other_terms(program, rng)]
    rng.shuffle(edits)
    yield from edits


def _opposites(program: Program) -> Iterator[Program]:
    for row, step in enumerate(program.steps):
        opposite = OPPOSITES.get(step.op)
        if opposite is not None:
            yield _with_step(program, row, Step(opposite, step.arguments))


def _other_terms(program: Program, rng: Random) -> Iterator[Program]:
    for row, column in _places(program):
        step = program.steps[row]
        term = step.arguments[column]
        if isinstance(term, Term):
            for name in _rivals(term, rng):
                edited = _with_argument(step, column, Term(name, term.constant))
                yield _with_step(program, row, edited)


def _rivals(term: Term, rng: Random) -> list[str]:
    names = PREDICATES if term.name in PREDICATES else FUNCTIONS
    with_constant = term.name in WITH_CONSTANT
    return [
        name
        for name in rng.sample(names, len(names))
        if name != term.name and (name in WITH_CONSTANT) is with_constant
    ]


def constant_edits(program: Program, rng: Random) -> Iterator[Program]:
    """Another constant, a near one first, or another letter in the place of one."""
    places = _places(program)
    rng.shuffle(places)
    for row, column in places:
        step = program.steps[row]
        for argument in _neighbours(step.arguments[column], rng):
            yield _with_step(program, row, _with_argument(step, column, argument))


def _neighbours(argument: Argument, rng: Random) -> list[Argument]:
    if isinstance(argument, str):
        return [letter for letter in rng.sample(LETTERS, len(LETTERS)) if letter != argument]
    if isinstance(argument, Term):
        constants = _near(argument.constant, rng)
        return [Term(argument.name, constant) for constant in constants]
    return [*_near(argument, rng)]


def _near(constant: int | None, rng: Random) -> list[int]:
    if constant is None:
        return []
    others = [k for k in rng.sample(CONSTANTS, len(CONSTANTS)) if k != constant]
    return sorted(others, key=lambda k: abs(k - constant))


def operation_edits(program: Program, rng: Random) -> Iterator[Program]:
    """Another operation between the same kinds in the place of one, fitting arguments kept."""
    rows = list(range(len(program.steps)))
    rng.shuffle(rows)
    for row in rows:
        step = program.steps[row]
        operation = OPERATIONS[step.op]
        others = [
            other
            for other in operations_from(operation.takes, 2, row == 0)
            if other.gives is operation.gives and other is not operation
        ]
        for other in rng.sample(others, min(_LISTED, len(others))):
            yield _with_step(program, row, in_place_of(step, other, rng))


def in_place_of(step: Step, operation: Operation, rng: Random) -> Step:
    """The operation with those arguments of the step that fit, and drawn ones for the rest."""
    kept = zip(OPERATIONS[step.op].arguments, step.arguments, strict=True)
    left = [*kept]
    arguments: list[Argument] = []
    for kind in operation.arguments:
        fitting = [pair for pair in left if pair[0] is kind]
        if fitting:
            left.remove(fitting[0])
        argument = fitting[0][1] if fitting else draw_argument(kind, rng)
        while argument in arguments:
            argument = draw_argument(kind, rng)
        arguments.append(argument)
    return Step(operation.name, tuple(arguments))


def drop_edits(program: Program, rng: Random) -> Iterator[Program]:
    """One step less."""
    rows = list(range(len(program.steps)))
    rng.shuffle(rows)
    for row in rows:
        edited = replace(program, steps=program.steps[:row] + program.steps[row + 1 :])
        if is_well_typed(edited):
            yield edited


def swap_edits(program: Program, rng: Random) -> Iterator[Program]:
    """Two steps in each other's place, or two like arguments, or the operands of a difference."""
    edits = [*_swapped_steps(program), *_swapped_arguments(program), *_swapped_operands(program)]
    rng.shuffle(edits)
    yield from edits


def _swapped_steps(program: Program) -> Iterator[Program]:
    for first, second in combinations(range(len(program.steps)), 2):
        steps = [*program.steps]
        steps[first], steps[second] = steps[second], steps[first]
        edited = replace(program, steps=tuple(steps))
        if edited != program and is_well_typed(edited):
            yield edited


def _swapped_arguments(program: Program) -> Iterator[Program]:
    steps = program.steps
    for (row, column), (other_row, other_column) in combinations(_places(program), 2):
        kind = OPERATIONS[steps[row].op].arguments[column]
        other_kind = OPERATIONS[steps[other_row].op].arguments[other_column]
        one, other = steps[row].arguments[column], steps[other_row].arguments[other_column]
        if kind is other_kind and one != other:
            half = _with_step(program, row, _with_argument(steps[row], column, other))
            edited = _with_argument(half.steps[other_row], other_column, one)
            yield _with_step(half, other_row, edited)


_REVERSED = {"subtract": "from", "from": "subtract"}


def _swapped_operands(program: Program) -> Iterator[Program]:
    for row, column in _places(program):
        step = program.steps[row]
        term = step.arguments[column]
        if isinstance(term, Term) and term.name in _REVERSED:
            reversed_term = Term(_REVERSED[term.name], term.constant)
            yield _with_step(program, row, _with_argument(step, column, reversed_term))


def kinds_of(program: Program) -> tuple[Kind, ...]:
    """The kinds of the input and of what each step gives."""
    return (program.input, *(OPERATIONS[step.op].gives for step in program.steps))
