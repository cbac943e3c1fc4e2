"""The operations that programs are made of, and the predicates and functions they take.

This table says what exists and how it fits together. What an operation means stands in
`interpret`, how it is said in `wording`, how it is written in a `codegen` file per language; each
of those is a table with the same names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is: a list of integers, an integer, or a string."""

    L = "L"
    N = "N"
    S = "S"


class ArgumentKind(StrEnum):
    """What an operation takes besides the value it works on."""

    PREDICATE = "predicate"
    FUNCTION = "function"
    CONSTANT = "constant"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: from a value of kind `takes` to one of kind `gives`.

    `weight` is what it adds to a program's level. `first_only`: it makes as many values as its
    input says, so it may stand only where the input is known to be small.
    """

    name: str
    takes: Kind
    gives: Kind
    weight: int = 1
    arguments: tuple[ArgumentKind, ...] = ()
    first_only: bool = False


L, N, S = Kind.L, Kind.N, Kind.S
_P, _F = ArgumentKind.PREDICATE, ArgumentKind.FUNCTION
_C, _A = ArgumentKind.CONSTANT, ArgumentKind.LETTER

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation("filter", L, L, 1, (_P,)),
        Operation("reject", L, L, 1, (_P,)),
        Operation("map", L, L, 1, (_F,)),
        Operation("map_if", L, L, 2, (_P, _F)),
        Operation("filter_and", L, L, 2, (_P, _P)),
        Operation("filter_or", L, L, 2, (_P, _P)),
        Operation("take", L, L, 1, (_C,)),
        Operation("drop", L, L, 1, (_C,)),
        Operation("last", L, L, 1, (_C,)),
        Operation("but_last", L, L, 1, (_C,)),
        Operation("every", L, L, 1, (_C,)),
        Operation("sort", L, L),
        Operation("sort_down", L, L),
        Operation("reverse", L, L),
        Operation("unique", L, L),
        Operation("running_sum", L, L, 2),
        Operation("running_max", L, L, 2),
        Operation("differences", L, L, 2),
        Operation("pair_sums", L, L, 2),
        Operation("where", L, L, 2, (_P,)),
        Operation("sum", L, N),
        Operation("max", L, N),
        Operation("min", L, N),
        Operation("count", L, N, 1, (_P,)),
        Operation("length", L, N),
        Operation("distinct", L, N),
        Operation("first", L, N),
        Operation("product", L, N, 2),
        Operation("span", L, N, 2),
        Operation("rises", L, N, 2),
        Operation("join", L, S),
        Operation("apply", N, N, 1, (_F,)),
        Operation("apply_if", N, N, 2, (_P, _F)),
        Operation("digit_sum", N, N),
        Operation("digit_count", N, N),
        Operation("reverse_digits", N, N),
        Operation("digits", N, L),
        Operation("upto", N, L, 1, (), first_only=True),
        Operation("divisors", N, L, 2, (), first_only=True),
        Operation("upper", S, S),
        Operation("reverse_text", S, S),
        Operation("head", S, S, 1, (_C,)),
        Operation("tail", S, S, 1, (_C,)),
        Operation("without", S, S, 1, (_A,)),
        Operation("replace", S, S, 1, (_A, _A)),
        Operation("vowels", S, S),
        Operation("sort_text", S, S),
        Operation("reverse_words", S, S, 2),
        Operation("flip_words", S, S, 2),
        Operation("text_length", S, N),
        Operation("count_letter", S, N, 1, (_A,)),
        Operation("count_words", S, N),
        Operation("longest_word", S, N, 2),
        Operation("word_lengths", S, L),
    )
}

PLAIN_PREDICATES = ("even", "odd", "positive", "negative")
CONSTANT_PREDICATES = ("over", "under", "multiple", "unlike", "within", "beyond")
PREDICATES = PLAIN_PREDICATES + CONSTANT_PREDICATES

PLAIN_FUNCTIONS = ("square", "negate", "absolute")
CONSTANT_FUNCTIONS = ("add", "subtract", "multiply", "from", "cap")
FUNCTIONS = PLAIN_FUNCTIONS + CONSTANT_FUNCTIONS

WITH_CONSTANT = frozenset(CONSTANT_PREDICATES + CONSTANT_FUNCTIONS)

CONSTANTS = tuple(range(2, 10))
LETTERS = "aeionrst"
