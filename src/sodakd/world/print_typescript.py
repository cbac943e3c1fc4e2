"""Programs written in TypeScript: as in JavaScript, with types in the head of the function."""

from dataclasses import replace

from sodakd.world.forms import Style, print_function
from sodakd.world.operations import Kind
from sodakd.world.print_javascript import JAVASCRIPT
from sodakd.world.program import Program

TYPESCRIPT: Style = replace(
    JAVASCRIPT,
    types={Kind.L: "number[]", Kind.N: "number", Kind.S: "string"},
    parameters={Kind.L: "{}: number[]", Kind.N: "{}: number", Kind.S: "{}: string"},
    head="function {name}({parameter}): {result}",
)


def print_typescript(program: Program) -> str:
    """The program as a TypeScript function."""
    return print_function(program, TYPESCRIPT)
