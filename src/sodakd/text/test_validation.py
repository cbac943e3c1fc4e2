"""The calls of tests against their signature: what no program could be judged by is said first."""

import json
import re
from collections.abc import Sequence

from pydantic import JsonValue

from sodakd.text.languages import LANGUAGES
from sodakd.text.signatures import TYPED, declaration_hint, types_that_lack
from sodakd.text.value_types import fits, has_64_bits, inferred, leaves
from sodakd.types import CallTests, Language, Signature, StdioTests, TestCase, Tests, ValueType
from sodakd.value_type import read_type

ONE_NUMBER = frozenset(name for name, one in LANGUAGES.items() if one.one_number)
"""Languages whose integers are floats: 1 is 1.0, and beyond 2**53 they have not all of them."""
_READS = "The program reads standard input and writes its answer to standard output."
_SAID = re.compile(r"\bstandard input\b|\bstdin\b", re.IGNORECASE)


def signature_error(tests: CallTests, language: Language) -> str:
    """Why calls cannot be put to a program, and what to do about it; "" where they can.

    They have to fit their signature, and the integers of the language.
    """
    signature = tests.signature
    if signature is None and language in TYPED:
        return (
            f"calls in {language.display_name} need the types of {tests.entry_point}: add to tests"
            f' "signature": {_guessed(tests)}'
        )
    lacking = signature and types_that_lack(language, signature.arguments, signature.returns)
    if lacking:
        return (
            f"{language.display_name} has no type for {', '.join(lacking)}: change the signature of"
            f" {tests.entry_point}"
        )
    for number, case in enumerate(tests.cases, start=1):
        wrong = _beyond(case, language) if signature is None else _misfit(case, signature, language)
        if wrong:
            return f"tests.cases, number {number}: {wrong}"
    return ""


def _misfit(case: TestCase, signature: Signature, language: Language) -> str:
    """Why a call does not fit the signature, or has an integer that the language has not; or ""."""
    given, wanted = len(case.arguments), len(signature.arguments)
    if given != wanted:
        return f"{given} arguments, and the signature has {wanted}; make them as many"
    numbered = enumerate(zip(case.arguments, signature.arguments, strict=True), start=1)
    for place, (value, kind) in numbered:
        if not fits(kind, value, bounded=False):
            return (
                f"argument {place} is {_shown(value)}, and the signature says {kind};"
                " change one of them"
            )
        if lost := _lost(kind, value, language):
            return f"argument {place} is {lost}"
    returns, whole = signature.returns, language in ONE_NUMBER
    if not fits(returns, case.expected, whole=whole, finite=False, bounded=False):
        return (
            f"expected is {_shown(case.expected)}, and the signature returns {returns};"
            " no program could pass: change one of them"
        )
    lost = _lost(returns, case.expected, language)
    return f"expected is {lost}" if lost else ""


def _lost(kind: ValueType, value: JsonValue, language: Language) -> str:
    """The value, and what of it a language has not; "" where it has all."""
    text = LANGUAGES[language]
    for name, one in leaves(read_type(kind), value):
        if name == "int" and not _has(language, one):
            return _too_large(value, language)
        if name == "char" and ord(str(one)) > text.last_char:
            return _none_such(value, f"char of {language.display_name} is {one!r}")
        if name in ("str", "char") and text.zero_ends and "\0" in str(one):
            return _none_such(value, f"text of {language.display_name} holds a character 0")
    return ""


def _beyond(case: TestCase, language: Language) -> str:
    """Why a call without a signature has an argument that the language has not, or "".

    What it must give may be one of JavaScript's BigInt.
    """
    for place, value in enumerate(case.arguments, start=1):
        if not _has(language, value):
            return f"argument {place} is {_too_large(value, language)}"
    return ""


def _too_large(value: JsonValue, language: Language) -> str:
    return (
        f"{_shown(value)}, and no number of {language.display_name} is that integer;"
        " no program could pass: choose a smaller one"
    )


def _none_such(value: JsonValue, what: str) -> str:
    return f"{_shown(value)}, and no {what}; no program could pass: choose another one"


def declaration(tests: CallTests, language: Language) -> str:
    """How a program has to declare the function that the tests call; "" where it is free to."""
    signature = tests.signature
    if signature is None:
        return ""
    return declaration_hint(language, tests.entry_point, signature.arguments, signature.returns)


def with_stdin_hint(text: str, tests: Tests | None) -> str:
    """A question's text; where its program is to read standard input, it says so."""
    said = not isinstance(tests, StdioTests) or _SAID.search(text)
    return text if said else f"{text}\n\n{_READS}"


def _has(language: Language, value: object) -> bool:
    """Whether a language has every integer of a value."""
    if isinstance(value, list):
        return all(_has(language, one) for one in value)
    if isinstance(value, dict):
        return all(_has(language, one) for one in value.values())
    if not isinstance(value, int) or language is Language.PYTHON:
        return True
    if language not in ONE_NUMBER:
        return has_64_bits(value)
    try:
        return float(value) == value
    except OverflowError:
        return False


def _shown(value: JsonValue) -> str:
    try:
        text = json.dumps(value)
    except ValueError:
        text = "an integer of thousands of digits"
    return f"{text[:60]}{'...' if len(text) > 60 else ''} ({type(value).__name__})"


def _guessed(tests: CallTests) -> str:
    """A signature that the calls fit, as JSON to be pasted; ... where none does."""
    columns = zip(*(case.arguments for case in tests.cases), strict=False)
    arguments = ", ".join(_type_of(column) for column in columns)
    returns = _type_of([case.expected for case in tests.cases])
    return f'{{"arguments": [{arguments}], "returns": {returns}}}'


def _type_of(values: Sequence[JsonValue]) -> str:
    found = inferred(values)
    return json.dumps(found) if found else "..."
