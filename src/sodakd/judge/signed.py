"""The calls of tests against their signature: what no program could be judged by is said first."""

import json
from collections.abc import Sequence

from pydantic import JsonValue

from sodakd.types import Language, Tests, ValueType

SIGNED = frozenset({Language.JAVA, Language.C, Language.CPP, Language.GO})
"""Languages whose calls cannot be written without types."""
_ONE_NUMBER = frozenset({Language.JAVASCRIPT, Language.TYPESCRIPT})
_MOST = 2**63
_ITEMS = {
    ValueType.INTS: ValueType.INT,
    ValueType.FLOATS: ValueType.FLOAT,
    ValueType.STRS: ValueType.STR,
}


def mistake(tests: Tests, language: Language) -> str:
    """What is wrong with the signature of calls, and what to do about it; "" where nothing is."""
    signature = tests.signature
    if signature is None:
        if language not in SIGNED:
            return ""
        return (
            f"calls in {language.written} need the types of {tests.entry_point}: add to tests"
            f' "signature": {_guessed(tests)}'
        )
    for number, case in enumerate(tests.cases, start=1):
        given, wanted = len(case.arguments), len(signature.arguments)
        if given != wanted:
            return (
                f"tests.cases, number {number}: {given} arguments, and the signature has {wanted};"
                " make them as many"
            )
        for place, (value, kind) in enumerate(
            zip(case.arguments, signature.arguments, strict=True), start=1
        ):
            if not _fits(value, kind, whole=True):
                return (
                    f"tests.cases, number {number}: argument {place} is {_shown(value)}, and the"
                    f" signature says {kind.value}; change one of them"
                )
        if not _fits(case.expected, signature.returns, whole=language in _ONE_NUMBER):
            return (
                f"tests.cases, number {number}: expected is {_shown(case.expected)}, and the"
                f" signature returns {signature.returns.value}; no program could pass: change one"
                " of them"
            )
    return ""


def _fits(value: JsonValue, kind: ValueType, *, whole: bool) -> bool:
    """Whether a value is of a type. `whole`: a whole number may stand for a float."""
    item = _ITEMS.get(kind)
    if item is not None:
        return isinstance(value, list) and all(_fits(one, item, whole=whole) for one in value)
    if kind is ValueType.STR:
        return isinstance(value, str)
    if kind is ValueType.BOOL:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind is ValueType.INT:
        return isinstance(value, int) and -_MOST <= value < _MOST
    return isinstance(value, float) or (whole and isinstance(value, int))


def _shown(value: JsonValue) -> str:
    text = json.dumps(value)
    return f"{text[:60]}{'...' if len(text) > 60 else ''} ({type(value).__name__})"


def _guessed(tests: Tests) -> str:
    """A signature that the calls fit, as JSON to be pasted; ... where none does."""
    columns = zip(*(case.arguments for case in tests.cases), strict=False)
    arguments = ", ".join(_type_of(column) for column in columns)
    returns = _type_of([case.expected for case in tests.cases])
    return f'{{"arguments": [{arguments}], "returns": {returns}}}'


def _type_of(values: Sequence[JsonValue]) -> str:
    fitting = (
        kind.value for kind in ValueType if all(_fits(one, kind, whole=False) for one in values)
    )
    found = next(fitting, None)
    return json.dumps(found) if found else "..."
