"""Whether two programs are the same but for what does not run: comments and layout.

Both are programs that a compiler has read. Where it cannot be told they are taken to differ.
"""

import ast
import re
from collections.abc import Mapping, Sequence

from sodakd.text.lexer import lexed
from sodakd.text.truncation import parsed
from sodakd.types import Language

_CODE = r"\.?\d(?:[eEpP][+-]|'\w|[\w.])*+|[\w$]++|\+\+|--|&&|\S"
_DIRECTIVE = r"^[^\S\n]*+\#(?:\\\n|[^\n])*+"
_ENDED_BY_LINE = r"\b(?:return|throw|break|continue|yield)\b[^\S\n]*+\n"
"""In scripts a semicolon stands where such a line ends."""
_TOKENS: Mapping[Language, re.Pattern[str]] = {
    language: re.compile("|".join([*own, _CODE]), re.MULTILINE)
    for language, own in {
        Language.C: [_DIRECTIVE],
        Language.CPP: [_DIRECTIVE],
        Language.JAVA: [],
        Language.GO: [],
        Language.JAVASCRIPT: [_ENDED_BY_LINE],
        Language.TYPESCRIPT: [_ENDED_BY_LINE],
    }.items()
}


def is_same(one: str, other: str, language: Language) -> bool:
    """Whether two programs in a language have the same tokens; of Python, the same tree."""
    if one == other:
        return True
    if language is Language.PYTHON:
        return _tree(one) == _tree(other)
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


def _tree(code: str) -> str:
    tree = parsed(code)
    if tree is None:
        return code
    try:
        return ast.dump(_WithoutTexts().visit(tree))
    except RecursionError:
        return code
