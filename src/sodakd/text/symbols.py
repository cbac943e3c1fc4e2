"""What a block of code defines, and which names it uses: which blocks belong together."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sodakd.text.languages import LANGUAGES
from sodakd.text.lexer import lexed
from sodakd.text.truncation import LONGEST, parsed
from sodakd.types import Language

_WORD = re.compile(r"(?<![\w$])[A-Za-z_$][\w$]*+")
_FUNCTION = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]*+)\s*+(?:<[\w\s,]*+>\s*+)?\(\)[^(){};=]*+\{")
_VALUE = re.compile(
    r"(?<![\w$.])([A-Za-z_$][\w$]*+)\s*+(?::[\w\s<>|,\[\]]*+)?[=:]\s*+(?:async\s++)?"
    r"(?:function\b|(?:\(\)|[A-Za-z_$][\w$]*+)(?:\s*+:[\w\s<>|,\[\]]*+)?\s*+=>)"
)
_TYPE = re.compile(
    r"\b(?:class|struct|enum|union|interface|record|namespace|type|trait|#define)\s++([A-Za-z_$][\w$]*+)"
)
_BOUND = re.compile(
    r"\b(?:const|let|var)\s++([A-Za-z_$][\w$]*+)|(?<![\w$.])([A-Za-z_$][\w$]*+)\s*+:?=(?![=>])"
)
_NO_NAME = frozenset({
    "if", "for", "while", "switch", "catch", "else", "do", "try", "return", "synchronized", "using",
    "function", "func", "select",
})  # fmt: skip
_PREAMBLE = re.compile(r"\s*+(?:#\s*+(?:include|define|pragma)|import|using|package|from|\"use)\b")
_LINES_OF_PYTHON = re.compile(
    r"^(?:(?:async[ \t]++)?(?:def|class)[ \t]++(\w++)"
    r"|(\w++)[ \t]*+(?::[^=\n]*+)?=[ \t]*+lambda\b)",
    re.MULTILINE,
)
_BOUND_IN_PYTHON = re.compile(r"^(\w++)[ \t]*+=(?!=)", re.MULTILINE)


@dataclass(frozen=True)
class Symbols:
    """The names of a block.

    `defined`: its functions and types at the outermost level; `within`: those of all levels;
    `bound`: all that the block gives a value at the outermost level; `used`: every name in it.
    `preamble`: it holds nothing but imports.
    """

    defined: frozenset[str]
    within: frozenset[str]
    bound: frozenset[str]
    used: frozenset[str]
    preamble: bool


def symbols_of(code: str, language: Language) -> Symbols:
    """The names of a block; of a very long one, none."""
    if len(code) > LONGEST:
        code = ""
    preamble = all(_PREAMBLE.match(line) for line in code.split("\n") if line.strip())
    return (
        _python(code, preamble)
        if language is Language.PYTHON
        else _braces(code, language, preamble)
    )


def _braces(code: str, language: Language, preamble: bool) -> Symbols:
    masked = lexed(code, language)
    defined = frozenset(_definitions(masked.shallow, language))
    bound = {name for pair in _BOUND.findall(masked.shallow) for name in pair if name}
    return Symbols(
        defined=defined,
        within=frozenset(_definitions(masked.flat, language)),
        bound=defined | bound,
        used=frozenset(_WORD.findall(masked.text)),
        preamble=preamble,
    )


def _definitions(text: str, language: Language) -> Iterator[str]:
    if told := LANGUAGES[language].functions:
        yield from re.findall(told, text, re.MULTILINE)
    else:
        for pattern in (_FUNCTION, _VALUE):
            yield from (name for name in pattern.findall(text) if name not in _NO_NAME)
    yield from _TYPE.findall(text)


def _python(code: str, preamble: bool) -> Symbols:
    tree = parsed(code)
    used = frozenset(_WORD.findall(code))
    if tree is None:
        found = _LINES_OF_PYTHON.findall(code)
        defined = frozenset(name for pair in found for name in pair if name)
        bound = defined | frozenset(_BOUND_IN_PYTHON.findall(code))
        return Symbols(defined, defined, bound, used, preamble)
    defined = frozenset(_defined_in(tree.body))
    return Symbols(
        defined=defined,
        within=frozenset(_defined_in(ast.walk(tree))),
        bound=defined.union(*(_bound_by(statement) for statement in tree.body)),
        used=used,
        preamble=preamble,
    )


def _defined_in(nodes: "Iterator[ast.AST] | list[ast.stmt]") -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets, value=ast.Lambda()):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Lambda()):
                yield name


def _bound_by(statement: ast.stmt) -> set[str]:
    """The names that a statement outside of functions gives a value."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    if isinstance(statement, kinds):
        return {statement.name}
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found
