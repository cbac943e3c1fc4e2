"""A chat-completions server that knows tasks on lists of numbers, and is sometimes wrong.

    python -m tests.servers.lists

It solves `texts()`, and invents others of their kind. By a request's seed its third solution is
wrong, and of the tasks that add 5 all solutions differ; what adds 9 it takes for no function.
"""

import asyncio
import hashlib
import json
import re
from collections import Counter
from itertools import product

from aiohttp import web

from tests.servers.alpaca import Alpaca, serve

_KINDS = {
    "even": "x % 2 == 0", "odd": "x % 2 == 1", "positive": "x > 0", "negative": "x < 0",
    "small": "-5 < x < 5", "large": "x > 10",
}  # fmt: skip
_GIVES = {
    "the sum": "sum(found)", "the number": "len(found)", "the largest": "max(found, default=0)",
    "the smallest": "min(found, default=0)", "the spread": "max(found, default=0) - sum(found[:1])",
}  # fmt: skip
_TASK = re.compile(r"gives (the \w+) of the (\w+) numbers of a list, plus (\d)")
_LEVEL = re.compile(r"must have level (\d)")
INPUTS = [
    [[]], [[1]], [[2]], [[-3, -4]], [[0, 0, 6]], [[11, 12, 13, 14]], [[5, -5, 4, -4]], [[7, 7, 20]],
]  # fmt: skip


def text(gives: str, kind: str, added: int) -> str:
    """The text of a task."""
    return (
        f"Write a Python function that gives {gives} of the {kind} numbers of a list, plus {added}."
    )


def texts() -> list[str]:
    """The texts of all tasks that add an even number, or 5 or 9."""
    return [text(*one) for one in product(_GIVES, _KINDS, (2, 4, 5, 6, 8, 9))]


class Lists(Alpaca):
    """What was asked and answered."""

    def __init__(self) -> None:
        self.asked, self.answered = Counter[str](), Counter[str]()
        self.seed = 0

    async def complete(self, request: web.Request) -> web.Response:
        """Answer a request as OpenAI's API does, and by its seed."""
        self.seed = json.loads(await request.read()).get("seed") or 0
        return await super().complete(request)

    def answer(self, prompt: str) -> str:
        """The reply to a prompt of ours, the same each time."""
        found = _TASK.search(prompt)
        gives, kind, added = (found[1], found[2], int(found[3])) if found else ("the sum", "odd", 1)
        if prompt.startswith("Write a program"):
            return _program(gives, kind, _slip(added, self.seed))
        if prompt.startswith("Below are"):
            return f"Fault: constant\n{_program(gives, kind, added + 1)}"
        if prompt.startswith("Assess"):
            return "Fair.\n" + "".join(f"Rule {number}: 1\n" for number in range(1, 6))
        tests: dict[str, object] = {
            "entry_point": "solve",
            "signature": {"arguments": ["list[int]"], "returns": "int"},
            "inputs": INPUTS,
        }
        if prompt.startswith("Invent"):
            number = int(hashlib.sha256(prompt.encode()).hexdigest(), 16)
            every = list(product(_GIVES, _KINDS, (1, 3, 5, 7)))
            level = _LEVEL.search(prompt)
            new = text(*every[number % len(every)])
            return json.dumps({"text": new, "level": int(level[1]) if level else 1, **tests})
        return json.dumps({"entry_point": None, "reason": "no"} if added == 9 else tests)


def _slip(added: int, seed: int) -> int:
    return added + (seed if added == 5 else int(seed == 2))


def _program(gives: str, kind: str, added: int) -> str:
    return (
        f"```python\ndef solve(a):\n    found = [x for x in a if {_KINDS[kind]}]\n"
        f"    return {_GIVES[gives]} + {added}\n```\n"
    )


if __name__ == "__main__":
    asyncio.run(serve(Lists()))
