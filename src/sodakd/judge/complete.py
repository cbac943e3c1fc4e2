"""Whether a program ends where it should: what a reply that was cut short does not."""

import ast
import re
import warnings

from sodakd.types import Language

_EARLY = re.compile(
    r"was never closed|unexpected EOF|unterminated triple-quoted|EOF in multi-line"
    r"|expected an indented block|expected 'except' or 'finally'"
)
_OPEN, _CLOSE = "([{", ")]}"
_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*(?:\"|(?=\n)|\Z)|'(?:\\.|[^'\\\n])*(?:'|(?=\n)|\Z)"
    r"|[(\[{)\]}`]",
    re.DOTALL,
)
_TICKED = re.compile(r"`(?:\\.|[^`\\])*(`|\Z)", re.DOTALL)
_RAW = re.compile(r"`[^`]*(`|\Z)")


def unexpected_end(code: str, language: Language) -> str:
    """Why the end came too early; "" where it did not, or where it cannot be told."""
    if language is Language.PYTHON:
        return _python(code)
    return _braces(code, language)


def _python(code: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        at_end = error.lineno is None or error.lineno >= code.rstrip().count("\n") + 1
        never_closed = "never closed" in error.msg or "unterminated triple" in error.msg
        if _EARLY.search(error.msg) and (at_end or never_closed):
            return error.msg
    except (ValueError, RecursionError, MemoryError):
        pass
    return ""


def _braces(code: str, language: Language) -> str:
    """Counts brackets outside of text and comments. One that closes too much tells nothing."""
    stack: list[str] = []
    at = 0
    while (found := _TOKEN.search(code, at)) is not None:
        token, at = found.group(), found.end()
        if token == "`":
            pattern = _RAW if language is Language.GO else _TICKED
            ticked = pattern.match(code, found.start())
            if ticked is None or not ticked.group(1):
                return "a text in backticks does not end"
            at = ticked.end()
        elif token.startswith("/*") and not token.endswith("*/"):
            return "a comment does not end"
        elif token in _OPEN:
            stack.append(token)
        elif token in _CLOSE and (not stack or _OPEN.index(stack.pop()) != _CLOSE.index(token)):
            return ""
    return f"{len(stack)} brackets are open at the end" if stack else ""
