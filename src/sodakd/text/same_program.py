"""Whether two programs are the same but for what does not run: comments and layout.

Both are programs that a compiler has read. Where it cannot be told they are taken to differ.
"""

import ast
import re
from collections.abc import Mapping, Sequence

from sodakd.text.truncation import parsed
from sodakd.types import Language

_COMMENT = r"//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?"
_TEXT = r"\"(?:[^\"\\\n]++|\\.)*+\"?|'(?:[^'\\\n]++|\\.)*+'?"
_CODE = r"\.?\d(?:[eEpP][+-]|'\w|[\w.])*+|[\w$]++|\+\+|--|&&|\S"
_DIRECTIVE = r"^[^\S\n]*+\#[^\n/]*+(?:/(?![/*])[^\n/]*+)*+"
_RAW = (  # group 1 is the whole token
    r"(?:u8|[uUL])?R\"([^()\\\s\"]{0,16}+)\((?:[^)]++|\)(?!\2\"))*+(?:\)\2\")?"
)
_BLOCK = r"\"\"\"(?:[^\"\\]++|\\.|\"(?!\"\"))*+(?:\"\"\")?"
_SCRIPT = (
    r"`(?:[^`\\]++|\\.)*+`?"
    r"|(?:[=(,:;!&|?{}\[+~^%*<>-]|\breturn\b)\s*+"  # after these no slash divides
    r"/(?![*/])(?:[^\\/\[\n]++|\\.|\[(?:[^\]\\\n]++|\\.)*+\]?)++/?\w*+"
    r"|\b(?:return|throw|break|continue|yield)\b[^\S\n]*+\n"  # a semicolon stands at its end
)
_TOKENS: Mapping[Language, re.Pattern[str]] = {
    language: re.compile(
        f"({'|'.join([_COMMENT, own, _RAW, _TEXT, _CODE])})", re.DOTALL | re.MULTILINE
    )
    for language, own in {
        Language.C: _DIRECTIVE,
        Language.CPP: _DIRECTIVE,
        Language.JAVA: _BLOCK,
        Language.GO: "`[^`]*+`?",
        Language.JAVASCRIPT: _SCRIPT,
        Language.TYPESCRIPT: _SCRIPT,
    }.items()
}


def is_same(one: str, other: str, language: Language) -> bool:
    """Whether two programs in a language have the same tokens; of Python, the same tree."""
    if one == other:
        return True
    if language is Language.PYTHON:
        return _tree(one) == _tree(other)
    return _tokens(one, language) == _tokens(other, language)


def _tokens(code: str, language: Language) -> Sequence[str]:
    found = _TOKENS[language].findall(code)
    return [_levelled(token) for token, _ in found if token[:2] not in {"//", "/*"}]


def _levelled(token: str) -> str:
    """A token; of a line of C's preprocessor, without the layout in it."""
    return " ".join(token.split()) if token[0] == "#" or token[0].isspace() else token


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
