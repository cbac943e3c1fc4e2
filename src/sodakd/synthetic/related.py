"""From a program to a related one: similar, harder or easier."""

from dataclasses import replace
from random import Random

from sodakd.synthetic.edits import in_place_of, kinds_of, with_steps
from sodakd.synthetic.generate import draw_argument, draw_names, draw_step, operations_from
from sodakd.synthetic.inputs import is_trivial
from sodakd.synthetic.operations import OPERATIONS, Operation
from sodakd.synthetic.program import Program, Step, is_well_typed
from sodakd.synthetic.program import level as level_of
from sodakd.synthetic.splits import Split, may_be_in

_TRIES = 40
_EDITS = 12


def at_level(program: Program, level: int, rng: Random) -> Program | None:
    """A related program of `level`: similar at its own level, else with steps inserted or removed.

    It is never trivial and may always be trained on; its names are drawn anew. None where chance
    finds no such program.
    """
    for _ in range(_TRIES):
        moved = _similar(program, rng) if level_of(program) == level else program
        moved = _to_level(moved, level, rng)
        fits = level_of(moved) == level and moved.steps != program.steps
        if fits and may_be_in(moved, Split.TRAIN) and not is_trivial(moved):
            return draw_names(moved.input, moved.steps, rng)
    return None


def _to_level(program: Program, level: int, rng: Random) -> Program:
    for _ in range(_EDITS):
        gap = level - level_of(program)
        if gap == 0:
            return program
        program = _harder(program, gap, rng) if gap > 0 else _easier(program, rng)
    return program


def _similar(program: Program, rng: Random) -> Program:
    """New arguments everywhere or, as often, another operation of the same kinds and weight."""
    if rng.random() < 0.5 and any(step.arguments for step in program.steps):
        drawn = [_redrawn(step, rng) for step in program.steps]
        return with_steps(program, drawn)
    place = rng.randrange(len(program.steps))
    step = program.steps[place]
    others = _twins(OPERATIONS[step.op], place)
    if not others:
        return program
    steps = [*program.steps]
    steps[place] = in_place_of(step, rng.choice(others), rng)
    return with_steps(program, steps)


def _redrawn(step: Step, rng: Random) -> Step:
    if not step.arguments:
        return step
    operation = OPERATIONS[step.op]
    if rng.random() < 0.5:
        return draw_step(operation, rng)
    place = rng.randrange(len(step.arguments))
    argument = draw_argument(operation.arguments[place], rng)
    arguments = (*step.arguments[:place], argument, *step.arguments[place + 1 :])
    return step if len(set(arguments)) < len(arguments) else Step(step.op, arguments)


def _twins(operation: Operation, place: int) -> list[Operation]:
    return [
        other
        for other in operations_from(operation.takes, operation.weight, place == 0)
        if other.gives is operation.gives
        and other.weight == operation.weight
        and other is not operation
    ]


def _harder(program: Program, gap: int, rng: Random) -> Program:
    """One step more, of a weight of at most `gap`, wherever one fits."""
    place = rng.randrange(len(program.steps) + 1)
    kind = kinds_of(program)[place]
    at_end = place == len(program.steps)
    choices = [
        operation
        for operation in operations_from(kind, gap, place == 0)
        if at_end or operation.gives is kind
    ]
    if not choices:
        return program
    step = draw_step(rng.choice(choices), rng)
    inserted = replace(program, steps=(*program.steps[:place], step, *program.steps[place:]))
    return inserted if is_well_typed(inserted) else program


def _easier(program: Program, rng: Random) -> Program:
    """One step less, or a heavy step replaced by a light one where it is the only one."""
    place = rng.randrange(len(program.steps))
    fewer = with_steps(program, program.steps[:place] + program.steps[place + 1 :])
    if fewer.steps and is_well_typed(fewer):
        return fewer
    step = program.steps[place]
    operation = OPERATIONS[step.op]
    lighter = [
        other
        for other in operations_from(operation.takes, operation.weight - 1, place == 0)
        if other.gives is operation.gives
    ]
    if not lighter:
        return program
    light = in_place_of(step, rng.choice(lighter), rng)
    return with_steps(program, (*program.steps[:place], light, *program.steps[place + 1 :]))
