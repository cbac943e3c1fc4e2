"""The calls of tests against their signature: what no program could be judged by is said first."""

import json
from collections.abc import Sequence

from pydantic import JsonValue

from sodakd.answers.declared import declared
from sodakd.answers.fits import fits
from sodakd.types import Language, Tests, ValueType

SIGNED = frozenset({Language.JAVA, Language.C, Language.CPP, Language.GO})
"""Languages whose calls cannot be written without types."""
_ONE_NUMBER = frozenset({Language.JAVASCRIPT, Language.TYPESCRIPT})


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
            if not fits(kind, value):
                return (
                    f"tests.cases, number {number}: argument {place} is {_shown(value)}, and the"
                    f" signature says {kind.value}; change one of them"
                )
        if not fits(signature.returns, case.expected, whole=language in _ONE_NUMBER, finite=False):
            return (
                f"tests.cases, number {number}: expected is {_shown(case.expected)}, and the"
                f" signature returns {signature.returns.value}; no program could pass: change one"
                " of them"
            )
    return ""


def declaration(tests: Tests, language: Language) -> str:
    """How a program has to declare the function that the tests call; "" where it is free to."""
    signature = tests.signature
    if signature is None:
        return ""
    return declared(language, tests.entry_point, signature.arguments, signature.returns)


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
        kind.value
        for kind in ValueType
        if all(fits(kind, one, whole=False, finite=False) for one in values)
    )
    found = next(fitting, None)
    return json.dumps(found) if found else "..."
