"""SODA's five-rule rubric, from comparing the answer with the reference. Nothing is executed."""

import ast
import builtins
import warnings
from difflib import SequenceMatcher
from functools import lru_cache

from sodakd.synthetic.languages import print_program
from sodakd.synthetic.parse_lines import UNREADABLE, ParsedAnswer, read_lines
from sodakd.synthetic.program import Program
from sodakd.text.fences import blocks
from sodakd.types import Language

_LONGEST = 20_000  # characters; no answer of the world comes near
_BUILTINS = frozenset(dir(builtins))


def grade(program: Program, answer: str, language: Language) -> str:
    """An analysis of the answer, then five lines `Rule N: POINTS`."""
    reference = _reference(program, language)
    found = _read(answer, program, language)
    matcher = SequenceMatcher(None, reference.steps, found.steps, autojunk=False)
    matched = sum(block.size for block in matcher.get_matching_blocks())
    share = matched / max(len(reference.steps), len(found.steps))
    points = (
        _functionality(share, found),
        _half_or_all(share),
        _half_or_all(matched / len(reference.steps)),
        0.5 * found.parses + 0.5 * found.signature,
        0.5 * found.signature + 0.5 * found.returns,
    )
    lines = [
        f"The answer has {matched} of the {len(reference.steps)} steps asked for, in order, "
        f"among {len(found.steps)} of its own.",
        f"It {'can' if found.parses else 'cannot'} be parsed, "
        f"{'has' if found.signature else 'lacks'} the function and parameter asked for, "
        f"and {'returns' if found.returns else 'does not return'} a value.",
        *(f"Rule {number}: {value:g}" for number, value in enumerate(points, start=1)),
    ]
    return "\n".join(lines)


def _functionality(share: float, found: ParsedAnswer) -> float:
    if share == 1 and found.signature and found.returns:
        return 2
    return 1 if share >= 0.5 else 0


def _half_or_all(share: float) -> float:
    if share == 1:
        return 1
    return 0.5 if share >= 0.5 else 0


@lru_cache(maxsize=4096)
def _reference(program: Program, language: Language) -> ParsedAnswer:
    return _read(print_program(program, language), program, language)


def _read(answer: str, program: Program, language: Language) -> ParsedAnswer:
    fenced = blocks(answer)
    code = fenced[0].text if fenced else answer
    if len(code) > _LONGEST:
        return UNREADABLE
    if language is not Language.PYTHON:
        return read_lines(code, program, language)
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # an odd escape in an answer is not our warning
            tree = ast.parse(code)
        return _reading(tree, program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return UNREADABLE


def _reading(tree: ast.Module, program: Program) -> ParsedAnswer:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    named = [node for node in functions if node.name == program.name]
    if not functions:
        return ParsedAnswer(parses=True)
    function = (named or functions)[-1]
    parameters = [argument.arg for argument in function.args.args]
    last = function.body[-1]
    return ParsedAnswer(
        parses=True,
        signature=bool(named) and parameters == [program.parameter],
        returns=isinstance(last, ast.Return) and last.value is not None,
        steps=_steps(function.body, parameters[0] if parameters else ""),
    )


def _steps(body: list[ast.stmt], current: str) -> tuple[str, ...]:
    """One line a statement. The variable of the last assignment is `@`, those of loops `#N`."""
    steps: list[str] = []
    for statement in body:
        target = _target(statement)
        _level_names(statement, current)
        # The target is left out: what matters is that the next step goes on from it.
        said = statement.value if isinstance(statement, ast.Assign) else statement
        steps.append(f"{type(statement).__name__} {ast.dump(said)}")
        current = target or current
    return tuple(steps)


def _target(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def _level_names(statement: ast.stmt, current: str) -> None:
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    outer = set(map(id, statement.targets)) if isinstance(statement, ast.Assign) else set()
    bound: dict[str, str] = {}
    for name in names:
        if isinstance(name.ctx, ast.Store) and id(name) not in outer and name.id != current:
            bound.setdefault(name.id, f"#{len(bound)}")
    for name in names:
        if name.id == current and name.id not in _BUILTINS:
            name.id = "@"
        else:
            name.id = bound.get(name.id, name.id)
