"""The languages in which the world can write its programs: one printer each."""

from collections.abc import Callable, Mapping

from sodakd.errors import DataError
from sodakd.types import Language
from sodakd.world.print_python import print_python
from sodakd.world.program import Program

PRINTERS: Mapping[Language, Callable[[Program], str]] = {Language.PYTHON: print_python}


def print_program(program: Program, language: Language) -> str:
    """The program in `language`. Raises `DataError` where the world does not write it."""
    printer = PRINTERS.get(language)
    if printer is None:
        known = ", ".join(PRINTERS)
        raise DataError(f"the embedded world writes {known}, not {language}: ask for one of these")
    return printer(program)
