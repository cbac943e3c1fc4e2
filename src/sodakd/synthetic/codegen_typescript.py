"""Programs written in TypeScript: as in JavaScript, with types in the head of the function."""

from dataclasses import replace

from sodakd.synthetic.code_templates import LanguageTemplate, print_function
from sodakd.synthetic.codegen_javascript import JAVASCRIPT
from sodakd.synthetic.operations import Kind
from sodakd.synthetic.program import Program

TYPESCRIPT: LanguageTemplate = replace(
    JAVASCRIPT,
    types={Kind.L: "number[]", Kind.N: "number", Kind.S: "string"},
    parameters={Kind.L: "{}: number[]", Kind.N: "{}: number", Kind.S: "{}: string"},
    head="function {name}({parameter}): {result}",
)


def print_typescript(program: Program) -> str:
    """The program as a TypeScript function."""
    return print_function(program, TYPESCRIPT)
