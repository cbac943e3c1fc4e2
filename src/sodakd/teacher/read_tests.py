"""What a question can be tested by, as teachers write it: an entry point, its signature, inputs.

Small models write types in their language's words (`List[int]`, `string`, `int[]`), a lone argument
without its list, and arguments under their names: all of it is read.
"""

import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue, ValidationError

from sodakd.json_text import JsonError, parse_literal
from sodakd.settings.questions import MOST_CASES
from sodakd.text.languages import LANGUAGES
from sodakd.text.test_validation import declaration, signature_error
from sodakd.text.value_types import fits
from sodakd.types import CallTests, Language, Question, Signature, TestCase
from sodakd.value_type import TYPES, TypeTree, read_type

_MOST_LETTERS = 3000
"""Of an input's JSON."""
_NAME = re.compile(r"[A-Za-z_$][\w$]{0,99}")
_TYPE_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("integer", "long", "number", "int64", "int32", "size_t", "long long"), "int"),
    **dict.fromkeys(("double", "float64", "float32", "decimal"), "float"),
    **dict.fromkeys(("boolean", "_bool"), "bool"),
    **dict.fromkeys(("string", "text", "char *", "char*", "std::string"), "str"),
    **dict.fromkeys(("character", "rune"), "char"),
    **dict.fromkeys(("array", "vector", "std::vector", "arraylist", "sequence"), "list"),
    **dict.fromkeys(("map", "object", "hashmap", "record", "mapping"), "dict"),
}
_WORD = re.compile(r"[a-z_][\w:]*(?: long\b)?(?: ?\*)?")
_BOXED = re.compile(r"([\w ]+|[\w ]*\[[^\[\]]*\])\[\]")
_ARROW = re.compile(r"\(([^()]*)\)\s*(?:->|:)\s*([^:{]+)")


class TestReplyError(ValueError):
    """A reply names no tests that can be used; says what is wrong, for the teacher to mend."""

    __test__ = False


class NothingToTryError(TestReplyError):
    """A reply names a function that takes nothing, or gives nothing."""


def draft(question: Question, tests: CallTests) -> Question:
    """The question with calls of which nothing is expected yet; its text says what to declare."""
    calls = tests.model_copy(
        update={"cases": tuple(case.model_copy(update={"expected": None}) for case in tests.cases)}
    )
    return Question.new(
        text=with_declaration(question.text, calls, question.language),
        language=question.language,
        tests=calls,
        source=question.source,
        level=question.level,
        parent=question.parent,
        code_prompt=question.code_prompt,
    )


def is_draft(question: Question) -> bool:
    """Whether a question has calls of which nothing is expected."""
    tests = question.tests
    return isinstance(tests, CallTests) and all(case.expected is None for case in tests.cases)


def with_declaration(text: str, tests: CallTests, language: Language) -> str:
    """The text of a question that says how what its tests call is declared."""
    said = declaration(tests, language)
    name = tests.entry_point
    if not said and f"{name}(" not in text and f"`{name}`" not in text:
        said = f"Write it as the function `{name}`"
        if tests.signature is not None:
            taken = ", ".join(tests.signature.arguments)
            said += f", which takes ({taken})"
        said += "."
    return text if said in text else f"{text.rstrip()}\n\n{said}"


def read_calls(values: Mapping[str, JsonValue], language: Language, least: int) -> CallTests:
    """The calls of a reply, of which nothing is expected yet.

    Raises:
        TestReplyError: it has no entry point, no signature, or fewer than `least` inputs that fit.
    """
    name = values.get("entry_point") or values.get("function") or values.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name.strip().partition("(")[0]) is None:
        raise TestReplyError("no entry_point in the reply, the name of one function")
    name = name.strip().partition("(")[0]
    try:
        signature = read_signature(values.get("signature"))
    except NothingToTryError:
        raise
    except TestReplyError:
        if LANGUAGES[language].types:
            raise
        signature = None  # it can be called all the same
    return CallTests(
        entry_point=name,
        cases=read_inputs(values.get("inputs"), name, signature, language, least),
        signature=signature,
    )


def read_signature(value: JsonValue) -> Signature:
    """The signature that a reply gives, in whatever words. Raises `TestReplyError`."""
    if isinstance(value, str) and (found := _ARROW.search(value)) is not None:
        named = [one.partition(":")[2] or one for one in _split(found[1])]
        value = {"arguments": [*named], "returns": found[2]}
    if not isinstance(value, dict):
        raise TestReplyError('no signature in the reply: {"arguments": [...], "returns": ...}')
    given = next((value[key] for key in _ARGUMENTS if key in value), None)
    returns = next((value[key] for key in _RETURNS if key in value), None)
    if isinstance(given, dict):
        given = list(given.values())
    if not isinstance(given, list):
        raise TestReplyError("signature.arguments is no list of types")
    if isinstance(returns, dict):
        returns = returns.get("type")
    if not given or str(returns).strip().lower() in _NOTHING:
        raise NothingToTryError("a function that takes nothing or returns nothing cannot be tried")
    arguments = [one.get("type") if isinstance(one, dict) else one for one in given]
    written = [_type(one) for one in (*arguments, returns)]
    try:
        return Signature.model_validate({"arguments": written[:-1], "returns": written[-1]})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        wrong = str(first["input"])[:60]
        raise TestReplyError(f"{wrong!r} is no type of a signature: {TYPES}") from None


_ARGUMENTS = ("arguments", "args", "parameters", "params", "inputs", "takes")
_NOTHING = {"void", "none", "null", "undefined", "nil", "nothing", "unit"}
_RETURNS = ("returns", "return", "return_type", "output", "result")


def _type(value: JsonValue) -> str:
    """A type in this project's words: `List<Integer>` and `int[]` are `list[int]`."""
    if not isinstance(value, str) or len(value) > 200:
        raise TestReplyError("a type in the signature is no text")
    text = value.strip().lower().removeprefix("typing.")
    text = text.translate(str.maketrans("<>", "[]")).removesuffix("?")
    text = _WORD.sub(lambda found: _TYPE_NAMES.get(found[0], found[0]), text)
    if (found := re.fullmatch(r"(.+?) *\| *(?:none|null|undefined)", text)) is not None:
        text = f"optional[{found[1]}]"
    while (boxed := _BOXED.fullmatch(text)) is not None:
        text = f"list[{boxed[1]}]"
    return re.sub(r"\s*,\s*", ", ", text).replace(" [", "[")


def _split(text: str) -> list[str]:
    """Parts between the commas that stand outside of brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "[<(") - (sign in "]>)")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def read_inputs(
    value: JsonValue, name: str, signature: Signature | None, language: Language, least: int
) -> tuple[TestCase, ...]:
    """The inputs of a reply that fit a signature, where there is one; each once, and no results.

    Raises:
        TestReplyError: fewer than `least` of them fit.
    """
    if not isinstance(value, list):
        raise TestReplyError("no inputs in the reply: a list of lists of arguments")
    cases: dict[str, TestCase] = {}
    wrong = ""
    for one in value:
        case = TestCase(arguments=_arguments(one, signature), expected=None)
        written = case.model_dump_json()
        tests = CallTests(entry_point=name, cases=(case,), signature=signature)
        if len(written) > _MOST_LETTERS:
            wrong = wrong or f"an input is longer than {_MOST_LETTERS} letters"
        elif misfit := _misfit(tests, language):
            wrong = wrong or misfit
        else:
            cases[written] = case
    if len(cases) < least:
        said = f"; {wrong}" if wrong else ""
        raise TestReplyError(f"{len(cases)} inputs that fit the signature, not {least}{said}")
    return tuple(cases.values())[:MOST_CASES]


def _arguments(value: JsonValue, signature: Signature | None) -> tuple[JsonValue, ...]:
    """The arguments of one call: a lone one may stand without its list, or each under its name."""
    given = _as_list(value, () if signature is None else signature.arguments)
    if signature is None or len(given) != len(signature.arguments):
        return given
    kinds = map(read_type, signature.arguments)
    return tuple(_unquoted(kind, one) for kind, one in zip(kinds, given, strict=True))


def _unquoted(kind: TypeTree, value: JsonValue) -> JsonValue:
    """A value whose numbers, or the whole list, may stand in quotes."""
    if isinstance(value, str) and kind.name in {"int", "float", "list"}:
        found = _literal(f"[{value}]", [value])
        value = found[0] if isinstance(found, list) and len(found) == 1 else value
    if isinstance(value, list) and kind.name == "list":
        return [_unquoted(kind.items[0], one) for one in value]
    return value


def _as_list(value: JsonValue, wanted: Sequence[str]) -> tuple[JsonValue, ...]:
    if isinstance(value, dict):
        inner = next((value[key] for key in ("arguments", "args", "input") if key in value), None)
        value = inner if inner is not None else list(value.values())
    if isinstance(value, str) and len(wanted) != 1:
        value = _literal(f"[{value}]", value)
    if len(wanted) == 1:
        kind = str(wanted[0])
        whole = isinstance(value, list) and len(value) == 1 and fits(kind, value[0], bounded=False)
        if not whole and fits(kind, value, bounded=False):
            return (value,)
    if not isinstance(value, list):
        return (value,)
    return tuple(value[: len(wanted) or None])  # more than are taken are often the results


def _literal(text: str, other: JsonValue) -> JsonValue:
    """The list that a text is in Python's words, where JSON has all that is in it."""
    try:
        found = parse_literal(text)
    except JsonError:
        return other
    return found if isinstance(found, list) else other


def _misfit(tests: CallTests, language: Language) -> str:
    """Why a call does not fit its signature: what it gives is not known, and so not looked at."""
    wrong = signature_error(tests, language)
    where, _, why = wrong.partition(": ")
    if not where.startswith("tests.cases"):
        return wrong
    return "" if why.startswith("expected is ") else why
