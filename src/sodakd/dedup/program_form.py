"""Programs in one form, in which renamed, re-laid and commented copies are equal.

Names that a program gives are numbered as they come; those that it only uses (`max`, `.append`)
stay. Comments, layout, imports, texts that stand alone and, of Python, annotations are left out.
"""

import ast
import re
from collections.abc import Iterator

from sodakd.text.lexer import lexed
from sodakd.text.symbols import symbols_of
from sodakd.text.truncation import parsed
from sodakd.types import Language

LEAST_TOKENS = 20
"""Of a program that tells one exercise from others; `def add(a, b): return a + b` has 12."""
_TOKEN = re.compile(r"\.?\d(?:[eEpP][+-]|'\w|[\w.])*+|[A-Za-z_$][\w$]*+|\S")
_NAME = re.compile(r"[a-z_$][\w$]*")
_KEYWORDS = frozenset({
    "abstract", "any", "async", "auto", "await", "bool", "boolean", "break", "byte", "case",
    "catch", "char", "chan", "class", "const", "continue", "default", "defer", "delete", "do",
    "double", "else", "enum", "error", "extends", "extern", "false", "final", "finally", "float",
    "float64", "for", "func", "function", "goto", "if", "in", "instanceof", "int", "int64",
    "interface", "let",
    "long", "map", "namespace", "new", "nil", "null", "number", "of", "private", "protected",
    "public", "range", "return", "rune", "short", "signed", "size_t", "static", "std", "string",
    "struct", "super", "switch", "template", "this", "throw", "throws", "true", "try", "type",
    "typedef", "typename", "typeof", "undefined", "unsigned", "using", "var", "vector", "virtual",
    "void", "while", "yield",
})  # fmt: skip
"""Of the languages that are read by their tokens: words, types and namespaces."""


def program_forms(code: str, language: Language) -> tuple[str, ...]:
    """The form of a program, and of Python that of each function at its margin.

    Without those that are too short to tell one exercise from others.
    """
    found = _python(code) if language is Language.PYTHON else iter([_lexical(code, language)])
    long = (form for form in found if len(_TOKEN.findall(form)) >= LEAST_TOKENS)
    return tuple(dict.fromkeys(long))


def _lexical(code: str, language: Language) -> str:
    read = lexed(code, language)
    own = symbols_of(code, language).within
    tokens = _TOKEN.findall(re.sub(r"(?m)^\s*(?:#|import\b|package\b|using\b).*$", "", read.text))
    numbers: dict[str, str] = {}
    form = []
    for at, token in enumerate(tokens):
        called = tokens[at + 1 : at + 2] == ["("] and token not in own
        member = at > 0 and tokens[at - 1] in {".", "->"}
        named = _NAME.fullmatch(token) and token not in _KEYWORDS and not called and not member
        form.append(numbers.setdefault(token, f"v{len(numbers)}") if named else token)
    return " ".join([*form, *read.strings])


def _python(code: str) -> Iterator[str]:
    tree = parsed(code)
    if tree is None:
        return
    try:
        yield _python_form(tree.body)
        functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
        for function in functions if len(tree.body) > 1 else ():
            yield _python_form([function])
    except RecursionError:
        return


def _python_form(body: list[ast.stmt]) -> str:
    own = [one for one in body if not isinstance(one, ast.Import | ast.ImportFrom)]
    module = ast.parse(ast.unparse(ast.Module(own, [])))  # a copy, which may be changed
    bound = set(_bound(module))
    return ast.unparse(ast.fix_missing_locations(_Numbered(bound).visit(module)))


def _bound(tree: ast.AST) -> Iterator[str]:
    """The names to which a program gives a value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


class _Numbered(ast.NodeTransformer):
    """Numbers bound names as they come, and takes out what does not run."""

    def __init__(self, bound: set[str]) -> None:
        self._bound = bound
        self._numbers: dict[str, str] = {}

    def _name(self, name: str) -> str:
        if name not in self._bound:
            return name
        return self._numbers.setdefault(name, f"v{len(self._numbers)}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._name(node.name), None
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self._name(node.name)
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg, node.annotation = self._name(node.arg), None
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        node.arg = self._name(node.arg) if node.arg else None
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._name(node.id)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign([node.target], node.value, lineno=node.lineno))

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)
