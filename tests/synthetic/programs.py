"""What the tests of the world share: drawn programs and inputs, and running printed Python."""

from random import Random

from hypothesis import strategies as st
from pydantic import JsonValue

from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.generate import draw_program
from sodakd.synthetic.inputs import as_json
from sodakd.synthetic.interpret import Value
from sodakd.synthetic.operations import Kind
from sodakd.synthetic.program import Program
from sodakd.synthetic.splits import Split
from sodakd.types import LEVELS, CallTests


def _program(rng_seed: int, level: int) -> Program:
    return draw_program(Random(rng_seed), level, Split.TRAIN)


programs = st.builds(_program, st.integers(0, 10**6), st.sampled_from(LEVELS))

_INPUTS: dict[Kind, st.SearchStrategy[Value]] = {
    Kind.L: st.lists(st.integers(-50, 50), max_size=10),
    Kind.N: st.integers(0, 60),
    Kind.S: st.text("abeiostxyzAE ", max_size=20),
}


def inputs_of(program: Program) -> st.SearchStrategy[Value]:
    """Inputs of the program's kind, beyond those that it was drawn on."""
    return _INPUTS[program.input]


def call(code: str, name: str, argument: JsonValue) -> JsonValue:
    """What the printed function gives. Our own printer wrote it, so it may run in this process."""
    space: dict[str, object] = {}
    exec(code, space)
    function = space[name]
    assert callable(function)
    result: JsonValue = function(argument)
    return result


def printed(program: Program, value: Value) -> JsonValue:
    """What the program gives when printed and run."""
    return call(print_python(program), program.name, as_json(value))


def passes(code: str, tests: CallTests) -> bool:
    """Whether the code gives all that is expected, in value and in type."""
    try:
        return all(
            same(call(code, tests.entry_point, case.arguments[0]), case.expected)
            for case in tests.cases
        )
    except (SyntaxError, NameError, TypeError, ValueError, IndexError, AttributeError):
        return False


def same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are equal and of one type."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other
