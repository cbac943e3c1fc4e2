"""EvalPlus: HumanEval and MBPP with many more tests (Liu et al. 2023, arXiv 2305.01210).

A row of its releases has inputs (`base_input`, `plus_input`) and a reference solution; one of its
datasets on the hub has a script with inputs and results. Of both this makes one script, which
compares as EvalPlus' own command does: some rows of the hub cannot be run as they stand, and three
ask nothing. An answer passes where the inputs of the original benchmark and the added ones do.
"""

import re
from collections.abc import Callable, Mapping

from sodakd.errors import DataError
from sodakd.evaluate.benchmarks.task import Row

_HARNESS = """\
import copy, math

inf, nan = math.inf, math.nan
INPUTS = {inputs}
ATOL = {atol}


{result}


def is_floats(value):
    parts = value if isinstance(value, (list, tuple)) else [value]
    return all(isinstance(one, float) for one in parts)


def is_close(out, exp, atol):
    if isinstance(exp, (list, tuple)):
        return len(out) == len(exp) and all(is_close(a, b, atol) for a, b in zip(out, exp))
    return out == exp or abs(out - exp) <= atol + 1e-7 * abs(exp)


def accepts(out, exp, given):
    same = out == exp
{rule}
    atol = 1e-6 if ATOL == 0 and is_floats(exp) else ATOL
    return bool(same) or (atol != 0 and type(out) is type(exp) and is_close(out, exp, atol))


def shown(value):
    try:
        return repr(value)[:200]
    except ValueError:  # Python writes no more than 4,300 digits
        return "an integer of very many digits"


for number, given in enumerate(INPUTS):
    exp = result(number, given)
    out = candidate(*copy.deepcopy(given))
    if not accepts(out, exp, given):
        said = f"input {{number}}, {{shown(given)}}: gave {{shown(out)}}, expected {{shown(exp)}}"
        raise AssertionError(said)
    exp = out = None  # they may be large
"""
_BY_RESULTS = """\
RESULTS = {results}


def result(number, given):
    return RESULTS[number]"""
_BY_REFERENCE = """\
reference = {{}}
exec({reference!r}, reference)


def result(number, given):
    exp = reference[{entry_point!r}](*copy.deepcopy(given))
    return {wanted}"""

_AS_SETS = "    same = set(out) == set(exp)"
_IS_SOMETHING = "    same = out == exp if isinstance(out, bool) else exp == (out is not None)"
_RULES: Mapping[str, str] = {
    "find_zero": (
        "    value = sum(each * math.pow(out, power) for power, each in enumerate(given[0]))\n"
        "    return abs(value) <= ATOL"
    ),
    "surface_Area": (
        "    base, height = given\n"
        "    whole = round(base**2 + 2 * base * math.sqrt((base / 2) ** 2 + height**2))\n"
        "    same = same or abs(out - whole) <= ATOL"
    ),
    "digit_distance_nums": (
        "    long = max(len(str(one)) for one in given)\n"
        "    pairs = zip(*(str(one).zfill(long) for one in given))\n"
        "    same = same or out == sum(abs(int(a) - int(b)) for a, b in pairs)"
    ),
    "are_equivalent": "    same = True",
    "sum_div": "    same = same or out == 0",
    **dict.fromkeys(
        ("similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly",
         "larg_nnum", "intersection_array", "find_dissimilar", "Diff"),
        _AS_SETS,
    ),
    **dict.fromkeys(("check_str", "text_match_three", "text_starta_endb"), _IS_SOMETHING),
}  # fmt: skip
"""How EvalPlus compares for these functions: several results are right, or none can be told."""

_LINE = r"(?m)^\s*{} = (.*)$"
_ATOL = re.compile(r"(?:, |<= )([0-9.e+-]+)\)?\s*\Z")
_Inputs = Callable[[list[object]], list[object]]


def script_of(row: Row, entry_point: str, reference: str, inputs: _Inputs = list) -> str:
    """The script of a row's tests; `inputs` makes Python's values of those of a release.

    It runs in a namespace of its own: a program may have any names. Raises `DataError`.
    """
    result = _BY_REFERENCE.format(
        reference=reference,
        entry_point=entry_point,
        wanted="exp is not None" if _RULES.get(entry_point) == _IS_SOMETHING else "exp",
    )
    values = row.values
    if "base_input" in values:
        given = [each for name in ("base_input", "plus_input") for each in _listed(row, name)]
        asked, atol = repr(inputs(given)), str(values.get("atol") or 0)
    else:
        test = row.text("test")
        written, results = (re.search(_LINE.format(name), test) for name in ("inputs", "results"))
        tolerance = _ATOL.search(test)
        if written is None or tolerance is None:
            raise DataError(
                f"{row.name}: no tests of EvalPlus: a row has base_input and plus_input, or a test"
                " with a line `inputs = [...]`"
            )
        asked, atol = written[1], tolerance[1]
        if results is not None:
            result = _BY_RESULTS.format(results=results[1])
    rule = _RULES.get(entry_point, "")
    tests = _HARNESS.format(inputs=asked, atol=atol, result=result, rule=rule)
    return f"exec(\n{tests!r},\n{{'candidate': {entry_point}}})\n"


def _listed(row: Row, column: str) -> list[object]:
    found = row.values.get(column) or []  # one row of MBPP+ has {} for none
    if not isinstance(found, list):
        raise DataError(f"{row.name}: column {column} is no list of inputs")
    return list(found)
