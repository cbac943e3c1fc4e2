"""Whether two programs are the same but for what does not run: comments and layout.

Both are programs that a compiler has read. Where it cannot be told they are taken to differ.
"""

import ast
import re
from collections.abc import Mapping, Sequence

from sodakd.text.languages import LANGUAGES
from sodakd.text.lexer import lexed
from sodakd.text.truncation import parsed
from sodakd.types import Language

_CODE = r"\.?\d(?:[eEpP][+-]|'\w|[\w.])*+|[\w$]++|\+\+|--|&&|\S"
_TOKENS: Mapping[str, re.Pattern[str]] = {
    name: re.compile("|".join(filter(None, [one.ended_by_line, _CODE])), re.MULTILINE)
    for name, one in LANGUAGES.items()
}


def is_same(one: str, other: str, language: Language) -> bool:
    """Whether two programs in a language have the same tokens; of Python, the same tree."""
    if one == other:
        return True
    if language is Language.PYTHON:
        return plain_python(one) == plain_python(other)
    return _tokens(one, language) == _tokens(other, language)


def _tokens(code: str, language: Language) -> tuple[Sequence[str], Sequence[str]]:
    """The strings of a program, and its other tokens."""
    read = lexed(code, language)
    return read.strings, list(map(_levelled, _TOKENS[language].findall(read.text)))


def _levelled(token: str) -> str:
    """A token; of a line of C's preprocessor, without the layout in it."""
    return " ".join(token.split()) if token.lstrip().startswith("#") else token


class _WithoutTexts(ast.NodeTransformer):
    """Takes out texts and numbers that stand alone: they do nothing."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node


def plain_python(code: str) -> str:
    """Python code in one layout, without comments and texts that stand alone; code that does not
    parse as it is.
    """
    tree = parsed(code)
    if tree is None:
        return code
    try:
        return ast.unparse(_WithoutTexts().visit(tree))
    except RecursionError:
        return code
