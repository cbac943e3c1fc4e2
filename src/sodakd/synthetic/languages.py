"""The languages in which the world can write its programs: one table each."""

from collections.abc import Mapping

from sodakd.synthetic.code_templates import (
    VALUES,
    LanguageTemplate,
    head_of,
    print_function,
    result_kind,
)
from sodakd.synthetic.codegen_c import C
from sodakd.synthetic.codegen_cpp import CPP
from sodakd.synthetic.codegen_go import GO
from sodakd.synthetic.codegen_java import JAVA
from sodakd.synthetic.codegen_javascript import JAVASCRIPT, TYPESCRIPT
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.program import Program
from sodakd.types import Language, Signature

# Python has none: its questions are said without a language, and its functions without types.
STYLES: Mapping[Language, LanguageTemplate] = {
    Language.JAVA: JAVA,
    Language.JAVASCRIPT: JAVASCRIPT,
    Language.C: C,
    Language.CPP: CPP,
    Language.GO: GO,
    Language.TYPESCRIPT: TYPESCRIPT,
}


def print_program(program: Program, language: Language) -> str:
    """The program in `language`."""
    style = STYLES.get(language)
    return print_python(program) if style is None else print_function(program, style)


def heading(program: Program, language: Language) -> str:
    """The head of the printed function, without a brace; of a language that has a style."""
    return head_of(program, STYLES[language])


def signature_of(program: Program, language: Language) -> Signature | None:
    """The types of the function; None in Python, which does without."""
    if language not in STYLES:
        return None
    return Signature(arguments=(VALUES[program.input],), returns=VALUES[result_kind(program)])
