"""The languages in which the world can write its programs: one printer each."""

from collections.abc import Callable, Mapping

from sodakd.synthetic.code_templates import LanguageTemplate, head_of, result_kind
from sodakd.synthetic.codegen_c import C, print_c
from sodakd.synthetic.codegen_cpp import CPP, print_cpp
from sodakd.synthetic.codegen_go import GO, print_go
from sodakd.synthetic.codegen_java import JAVA, print_java
from sodakd.synthetic.codegen_javascript import JAVASCRIPT, print_javascript
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.codegen_typescript import TYPESCRIPT, print_typescript
from sodakd.synthetic.operations import Kind
from sodakd.synthetic.program import Program
from sodakd.types import Language, Signature, ValueType

PRINTERS: Mapping[Language, Callable[[Program], str]] = {
    Language.PYTHON: print_python,
    Language.JAVA: print_java,
    Language.JAVASCRIPT: print_javascript,
    Language.C: print_c,
    Language.CPP: print_cpp,
    Language.GO: print_go,
    Language.TYPESCRIPT: print_typescript,
}


# Python has none: its questions are said without a language, and its functions without types.
STYLES: Mapping[Language, LanguageTemplate] = {
    Language.JAVA: JAVA,
    Language.JAVASCRIPT: JAVASCRIPT,
    Language.C: C,
    Language.CPP: CPP,
    Language.GO: GO,
    Language.TYPESCRIPT: TYPESCRIPT,
}

_VALUES: Mapping[Kind, ValueType] = {
    Kind.L: ValueType.INTS,
    Kind.N: ValueType.INT,
    Kind.S: ValueType.STR,
}


def print_program(program: Program, language: Language) -> str:
    """The program in `language`."""
    return PRINTERS[language](program)


def heading(program: Program, language: Language) -> str:
    """The head of the printed function, without a brace or a colon."""
    style = STYLES.get(language)
    if style is None:
        return f"def {program.name}({program.parameter})"
    return head_of(program, style)


def signature_of(program: Program, language: Language) -> Signature | None:
    """The types of the function; None in Python, which does without."""
    if language not in STYLES:
        return None
    return Signature(arguments=(_VALUES[program.input],), returns=_VALUES[result_kind(program)])
