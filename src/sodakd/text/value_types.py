"""Whether a value is of a type that all seven languages have.

Workers of the judge import this: nothing but the standard library is imported here.
"""

import math

_ITEMS = {"list[int]": "int", "list[float]": "float", "list[str]": "str"}


def has_64_bits(value: int) -> bool:
    """Whether a signed integer of 64 bits holds it."""
    return -(2**63) <= value < 2**63


def fits(
    kind: str, value: object, *, whole: bool = True, finite: bool = True, bounded: bool = True
) -> bool:
    """Whether a value is of a type.

    `whole`: a whole number may stand for a float. `finite`: it has to be written in a language.
    `bounded`: integers have 64 bits.
    """
    if kind in _ITEMS:
        item = _ITEMS[kind]
        return isinstance(value, list) and all(
            fits(item, one, whole=whole, finite=finite, bounded=bounded) for one in value
        )
    if kind == "str":
        return isinstance(value, str)
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and (not bounded or has_64_bits(value))
    if not isinstance(value, (int, float) if whole else float):
        return False
    try:
        return math.isfinite(value) or not finite
    except OverflowError:
        return False
