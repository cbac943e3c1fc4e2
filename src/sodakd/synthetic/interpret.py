"""What a program means: the truth that printed programs are held against."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from math import prod

from sodakd.synthetic.program import Argument, Step, Term

Value = list[int] | int | str
Semantics = Callable[[Value], Value]

LIMIT = 10**12


class OutOfRange(ValueError):
    """A value above 1e12: the program would mean something else in a language of machine words."""


def run(steps: Sequence[Step], value: Value) -> Value:
    """What the steps give for `value`, done in order. Raises as `trace`."""
    return trace(steps, value)[-1]


def trace(steps: Sequence[Step], value: Value) -> list[Value]:
    """`value` and what each step makes of it: one more value than there are steps.

    Raises `OutOfRange` where any of them is.
    """
    values = [value]
    for step in steps:
        value = meaning(step)(value)
        _check(value)
        values.append(value)
    return values


def _check(value: Value) -> None:
    if isinstance(value, int):
        if not -LIMIT <= value <= LIMIT:
            raise OutOfRange(f"a value of {value}, above {LIMIT}")
    elif value and not isinstance(value, str) and (max(value) > LIMIT or min(value) < -LIMIT):
        raise OutOfRange(f"a value of {max(value, key=abs)}, above {LIMIT}")


@lru_cache(maxsize=16384)
def meaning(step: Step) -> Semantics:
    """The step as a function of the value it works on."""
    return MEANINGS[step.op](*map(_bound, step.arguments))


_Bound = Callable[[int], int] | Callable[[int], bool] | int | str


def _bound(argument: Argument) -> _Bound:
    if not isinstance(argument, Term):
        return argument
    if argument.constant is None:
        return _PLAIN[argument.name]
    return _WITH_CONSTANT[argument.name](argument.constant)


_PLAIN: Mapping[str, Callable[[int], int]] = {
    "even": lambda x: x % 2 == 0,
    "odd": lambda x: x % 2 != 0,
    "positive": lambda x: x > 0,
    "negative": lambda x: x < 0,
    "square": lambda x: x * x,
    "negate": lambda x: -x,
    "absolute": abs,
}

_WITH_CONSTANT: Mapping[str, Callable[[int], Callable[[int], int]]] = {
    "over": lambda k: lambda x: x > k,
    "under": lambda k: lambda x: x < k,
    "multiple": lambda k: lambda x: x % k == 0,
    "unlike": lambda k: lambda x: x % k != 0,
    "within": lambda k: lambda x: -k < x < k,
    "beyond": lambda k: lambda x: x < -k or x > k,
    "add": lambda k: lambda x: x + k,
    "subtract": lambda k: lambda x: x - k,
    "multiply": lambda k: lambda x: x * k,
    "from": lambda k: lambda x: k - x,
    "cap": lambda k: lambda x: min(x, k),
}


# From an operation's arguments to its meaning. The arguments differ by operation, which a table's
# one type cannot say; the tests run every entry.
MEANINGS: Mapping[str, Callable[..., Callable[..., Value]]] = {
    "filter": lambda p: lambda xs: [x for x in xs if p(x)],
    "reject": lambda p: lambda xs: [x for x in xs if not p(x)],
    "map": lambda f: lambda xs: [f(x) for x in xs],
    "map_if": lambda p, f: lambda xs: [f(x) if p(x) else x for x in xs],
    "filter_and": lambda p, q: lambda xs: [x for x in xs if p(x) and q(x)],
    "filter_or": lambda p, q: lambda xs: [x for x in xs if p(x) or q(x)],
    "take": lambda k: lambda xs: xs[:k],
    "drop": lambda k: lambda xs: xs[k:],
    "last": lambda k: lambda xs: xs[max(0, len(xs) - k) :],
    "but_last": lambda k: lambda xs: xs[: max(0, len(xs) - k)],
    "every": lambda k: lambda xs: xs[::k],
    "sort": lambda: sorted,
    "sort_down": lambda: lambda xs: sorted(xs, reverse=True),
    "reverse": lambda: lambda xs: xs[::-1],
    "unique": lambda: lambda xs: list(dict.fromkeys(xs)),
    "running_sum": lambda: lambda xs: list(accumulate(xs)),
    "running_max": lambda: lambda xs: list(accumulate(xs, max)),
    "differences": lambda: lambda xs: [b - a for a, b in pairwise(xs)],
    "pair_sums": lambda: lambda xs: [a + b for a, b in pairwise(xs)],
    "where": lambda p: lambda xs: [i for i, x in enumerate(xs) if p(x)],
    "sum": lambda: sum,
    "max": lambda: lambda xs: max(xs, default=0),
    "min": lambda: lambda xs: min(xs, default=0),
    "count": lambda p: lambda xs: len([x for x in xs if p(x)]),
    "length": lambda: len,
    "distinct": lambda: lambda xs: len(set(xs)),
    "first": lambda: lambda xs: xs[0] if xs else 0,
    "product": lambda: prod,
    "span": lambda: lambda xs: max(xs) - min(xs) if xs else 0,
    "rises": lambda: lambda xs: len([a for a, b in pairwise(xs) if b > a]),
    "join": lambda: lambda xs: ",".join(map(str, xs)),
    "apply": lambda f: f,
    "apply_if": lambda p, f: lambda n: f(n) if p(n) else n,
    "digit_sum": lambda: lambda n: sum(map(int, str(abs(n)))),
    "digit_count": lambda: lambda n: len(str(abs(n))),
    "reverse_digits": lambda: lambda n: int(str(abs(n))[::-1]),
    "digits": lambda: lambda n: list(map(int, str(abs(n)))),
    "upto": lambda: lambda n: list(range(1, n + 1)),
    "divisors": lambda: lambda n: [d for d in range(1, n + 1) if n % d == 0],
    "upper": lambda: str.upper,
    "reverse_text": lambda: lambda s: s[::-1],
    "head": lambda k: lambda s: s[:k],
    "tail": lambda k: lambda s: s[k:],
    "without": lambda a: lambda s: s.replace(a, ""),
    "replace": lambda a, b: lambda s: s.replace(a, b),
    "vowels": lambda: lambda s: "".join([c for c in s if c in "aeiou"]),
    "sort_text": lambda: lambda s: "".join(sorted(s)),
    "reverse_words": lambda: lambda s: " ".join(reversed(s.split())),
    "flip_words": lambda: lambda s: " ".join([word[::-1] for word in s.split()]),
    "text_length": lambda: len,
    "count_letter": lambda a: lambda s: s.count(a),
    "count_words": lambda: lambda s: len(s.split()),
    "longest_word": lambda: lambda s: max(map(len, s.split()), default=0),
    "word_lengths": lambda: lambda s: list(map(len, s.split())),
}
