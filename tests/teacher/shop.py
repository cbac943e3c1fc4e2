"""Asks and chat teachers for tests that talk to a server on loopback."""

from collections.abc import Sequence
from pathlib import Path

from sodakd.inference.endpoint import Endpoint
from sodakd.inference.openai import Client, RetryPolicy
from sodakd.settings.teacher import Budget
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.llm_teacher import LLMTeacher, Sampling
from sodakd.teacher.requests import Solve, TeacherRequest
from sodakd.types import Language, Question
from tests.servers.completions import COMPLETION_PRICE, PROMPT_PRICE

PRICES = Prices(PROMPT_PRICE / 1000, COMPLETION_PRICE / 1000)
HASTY = RetryPolicy(attempts=12, first_wait=0.02, longest_wait=0.2, timeout=3.0, start=1.0)


def question(text: str) -> Question:
    """A question without tests."""
    return Question.new(text=text, language=Language.PYTHON, tests=None, source="test", level=None)


def solves(count: int, first: int = 0) -> Sequence[TeacherRequest]:
    """So many asks, all different."""
    return [Solve(question=question(f"Question {first + number}")) for number in range(count)]


def client(url: str, in_flight: int = 32, patience: RetryPolicy = HASTY) -> Client:
    """A client of a server of the tests."""
    return Client(Endpoint(url, "test-model", "sk-secret-of-the-test"), in_flight, patience)


def ledger(
    path: Path, url: str, budget: Budget | None = None, in_flight: int = 32,
    patience: RetryPolicy = HASTY,
) -> Ledger:  # fmt: skip
    """A chat teacher behind its books."""
    opened = client(url, in_flight, patience)
    teacher = LLMTeacher("test-model", lambda: opened, Sampling(0.0, 512), in_flight)
    return Ledger(path, teacher, PRICES, budget or Budget())
