"""Whatever a teacher replies, a reader gives a value that can be written, or says what is wrong."""

import random

import pytest

from sodakd.teacher.parsers import UnreadableReply
from sodakd.types import FrozenModel
from tests.teacher.readers import REPLIES, read_whole
from tests.test_hostile_text import PIECES

PARTS = [
    "Fault: constant\n", "**Kind:** name\n", "Rule 1: 2\n", "Rule 2 - 0.5/1\n", "**Rule 3:** 1\n",
    "Rule 4: 1\nRule 5: ", "Score A: 7\n", "Score B: 6.5\n", "[Problem Description]\n",
    "## Solution:\n", "```python\ndef f(x):\n    return x + 1\n```\n", "```json\n", "```\n",
    '{"text": "Double it.", "level": 2, "tests": ', '{"entry_point": "f", "cases": [',
    '{"arguments": [1], "expected": ', "9" * 400, "9" * 5000, "1e400", "NaN", "-Infinity", "}]}}",
    "null", "2}", "[" * 150, '{"a":' * 150, '"\\ud83d"', '"signature": {"arguments": ["int"],',
]  # fmt: skip


def check_random_replies(count: int) -> None:
    rng = random.Random("replies")
    for _ in range(count):
        text = "".join(rng.choices([*PARTS, *PARTS, *PIECES], k=rng.randrange(1, 24)))
        for read in REPLIES.values():
            try:
                found = read(read_whole(text))
            except UnreadableReply:
                continue
            written = found.model_dump_json() if isinstance(found, FrozenModel) else repr(found)
            assert written.encode()


@pytest.mark.heavy
def test_a_reply_is_read_and_can_be_written_or_is_unreadable() -> None:
    check_random_replies(500)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_replies_are_read_or_are_unreadable() -> None:
    check_random_replies(10_000)
