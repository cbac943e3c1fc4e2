"""Synthetic questions for the training tests: an English sentence and straight-line Python."""

import random
from collections.abc import Callable

from sodakd.training.schedule import Example

Op = Callable[[random.Random], tuple[str, str, str]]


def _keep(rng: random.Random) -> tuple[str, str, str]:
    k = rng.randint(2, 9)
    return (
        f"keep only the numbers that are divisible by {k}",
        f"xs = [x for x in xs if x % {k} == 0]",
        f"xs = [x for x in xs if x % {k} != 0]",
    )


def _drop(rng: random.Random) -> tuple[str, str, str]:
    k = rng.randint(2, 9)
    return f"drop the first {k} elements", f"xs = xs[{k}:]", f"xs = xs[:{k}]"


def _add(rng: random.Random) -> tuple[str, str, str]:
    k = rng.randint(2, 9)
    return (
        f"add {k} to every number in the list",
        f"xs = [x + {k} for x in xs]",
        f"xs = [x - {k} for x in xs]",
    )


def _reverse(rng: random.Random) -> tuple[str, str, str]:
    return "reverse the order of the list", "xs = xs[::-1]", "xs = sorted(xs)"


def _order(rng: random.Random) -> tuple[str, str, str]:
    return (
        "sort the numbers from the largest to the smallest",
        "xs = sorted(xs, reverse=True)",
        "xs = sorted(xs)",
    )


OPS: tuple[Op, ...] = (_keep, _drop, _add, _reverse, _order)


def synthetic(count: int, seed: int = 0) -> list[Example]:
    """Questions with a correct and a faulty answer, about 60 + 40 tokens."""
    rng = random.Random(seed)
    examples = []
    for _ in range(count):
        name = rng.choice(["solve", "compute", "process", "transform"])
        steps = [rng.choice(OPS)(rng) for _ in range(rng.randint(1, 4))]
        text = (
            f"Write a Python function {name}(xs) that takes a list of integers. It should "
            + ", then ".join(step[0] for step in steps)
            + ", and return the result."
        )
        wrong = rng.randrange(len(steps))
        good = [step[1] for step in steps]
        bad = [*good[:wrong], steps[wrong][2], *good[wrong + 1 :]]
        examples.append(Example(text, _program(name, good), _program(name, bad)))
    return examples


def _program(name: str, lines: list[str]) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"def {name}(xs):\n{body}    return xs\n"
