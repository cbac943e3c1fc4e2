"""The inputs that programs are tried on."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from random import Random

from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.synthetic.interpret import OutOfRange, Value, run, trace
from sodakd.synthetic.operations import LETTERS, OPERATIONS, Kind
from sodakd.synthetic.program import Program, Step

RANDOM_INPUTS = 8
DISTINCT_OUTPUTS = 4

_NUMBERS = tuple(range(-12, 21))
_CHARACTERS = LETTERS + "   "
_LARGEST: Mapping[str, int] = {"upto": 20, "divisors": 60}
_EDGES: Mapping[Kind, tuple[Value, ...]] = {
    Kind.L: ([], [5], [0, 4, -3, 4, -3]),
    Kind.N: (0, 1, 10),
    Kind.S: ("", "a", "see a tree"),
}


def draw_inputs(kind: Kind, first_op: str, rng: Random) -> tuple[Value, ...]:
    """Three edge inputs and eight random ones; small numbers where `first_op` counts up to them."""
    return (*_EDGES[kind], *_draw(kind, first_op, rng))


def _draw(kind: Kind, first_op: str, rng: Random) -> list[Value]:
    if kind is Kind.N:
        largest = _LARGEST.get(first_op, 999)
        return [rng.randint(2, largest) for _ in range(RANDOM_INPUTS)]
    if kind is Kind.L:
        return [rng.choices(_NUMBERS, k=4 + int(rng.random() * 6)) for _ in range(RANDOM_INPUTS)]
    texts = [rng.choices(_CHARACTERS, k=8 + int(rng.random() * 10)) for _ in range(RANDOM_INPUTS)]
    return [" ".join("".join(text).split()) for text in texts]


@lru_cache(maxsize=64)
def _probes(kind: Kind, first_op: str) -> tuple[Value, ...]:
    # The random ones come first: they tell programs apart sooner.
    return draw_inputs(kind, first_op, Random(f"probes {kind} {first_op}"))[::-1]


def probes(program: Program) -> tuple[Value, ...]:
    """Fixed inputs, the same for all programs of an input kind."""
    first_op = program.steps[0].op if program.steps else ""
    return _probes(program.input, first_op if first_op in _LARGEST else "")


def distinct(values: list[Value]) -> int:
    """How many different values there are."""
    return len({tuple(value) if isinstance(value, list) else value for value in values})


def is_trivial(program: Program) -> bool:
    """Whether a shorter program, or hardly any, would do as well on the probes.

    So it is with fewer than 4 distinct outputs, with steps from one kind back to it whose removal
    changes nothing, with a two-part step that acts as one of its parts alone, and with values
    above 1e12.
    """
    steps = program.steps
    try:
        trails = [trace(steps, value) for value in probes(program)]
    except OutOfRange:
        return True
    if distinct([values[-1] for values in trails]) < DISTINCT_OUTPUTS:
        return True
    return any(
        _same(shorter, place, trails)
        for place in range(len(steps))
        for shorter in _shorter(steps[place:])
    )


def _shorter(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """What might do as well as `steps`: without some of the first, or with a part of the first."""
    kind = OPERATIONS[steps[0].op].takes
    for place, step in enumerate(steps, start=1):
        if OPERATIONS[step.op].gives is kind:
            yield steps[place:]
    for op, place in _PARTS.get(steps[0].op, ()):
        yield (Step(op, (steps[0].arguments[place],)), *steps[1:])


_PARTS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "filter_and": (("filter", 0), ("filter", 1)),
    "filter_or": (("filter", 0), ("filter", 1)),
    "map_if": (("map", 1),),
    "apply_if": (("apply", 1),),
}


def _same(steps: tuple[Step, ...], place: int, trails: list[list[Value]]) -> bool:
    try:
        return all(run(steps, values[place]) == values[-1] for values in trails)
    except OutOfRange:
        return False


def as_json(value: Value) -> JsonValue:
    """The value as JSON has it."""
    return [*value] if isinstance(value, list) else value


def as_value(value: JsonValue) -> Value:
    """The value that JSON holds. Raises `DataError` where the world has no such value."""
    if isinstance(value, bool) or not isinstance(value, int | str | list):
        raise DataError(f"not a value of the world: {value!r}")
    return value if not isinstance(value, list) else [_integer(item) for item in value]


def _integer(value: JsonValue) -> int:
    if not isinstance(value, int):
        raise DataError(f"not an integer in a list of the world: {value!r}")
    return value
