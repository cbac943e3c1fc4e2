"""Whether a program ends where it should: what a reply that was cut short does not."""

import ast
import warnings

from sodakd.text.lexer import lexed
from sodakd.types import Language

LONGEST = 200_000
"""Characters of a program that is looked at: nothing longer is one, and parsing takes its time."""
_ALLOW_INCOMPLETE_INPUT = 0x4000
"""`codeop.PyCF_ALLOW_INCOMPLETE_INPUT`: the parser tells an early end from a mistake."""


def truncated_at(code: str, language: Language) -> str:
    """Why the end came too early; "" where it did not, or where it cannot be told.

    Python's own parser says it of Python; for the others the brackets, texts and comments that are
    open at the end do.
    """
    if len(code) > LONGEST:
        return ""
    if language is Language.PYTHON:
        return _python(code)
    return lexed(code, language).early


def parsed(code: str) -> ast.Module | None:
    """Python code as a tree; None where it is none, or too long to be."""
    if len(code) > LONGEST:
        return None
    with warnings.catch_warnings(action="ignore"):
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def compiles(code: str) -> bool:
    """Whether Python code is a whole module: no `return` outside of a function, for one."""
    if len(code) > LONGEST:
        return False
    with warnings.catch_warnings(action="ignore"):
        try:
            compile(code, "<answer>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _python(code: str) -> str:
    if parsed(code) is not None:
        return ""
    flags = ast.PyCF_ONLY_AST | _ALLOW_INCOMPLETE_INPUT
    with warnings.catch_warnings(action="ignore"):
        try:
            compile(code, "<answer>", "exec", flags)
        except SyntaxError as error:
            if "incomplete" in error.msg or _at_the_end(error, code):
                return "its last statement is not complete"
        except (ValueError, RecursionError, MemoryError):
            pass
    return ""


def _at_the_end(error: SyntaxError, code: str) -> bool:
    """Whether the parser stopped behind the last character, or in a text that was open there."""
    lines = code.rstrip().split("\n")
    if error.lineno is None or error.lineno < len(lines):
        return False
    behind = error.lineno > len(lines) or (error.offset or 0) > len(lines[-1])
    return behind or error.msg.startswith("unterminated string")
