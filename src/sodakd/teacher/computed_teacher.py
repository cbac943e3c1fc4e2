"""A teacher that computes its answers: at once, for no money, the same each time."""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager, nullcontext

from sodakd.inference.completions import Completion
from sodakd.teacher.call_meter import CallMeter
from sodakd.teacher.requests import TeacherRequest
from sodakd.types import Usage


class ComputedTeacher(ABC):
    """A `Teacher` of which only the answer has to be written. Two of one `name` share answers."""

    name: str
    max_in_flight = 250  # answers that are booked together
    is_costly = False

    def version(self, ask: TeacherRequest) -> str:
        """The name alone: nothing else changes an answer."""
        del ask
        return self.name

    def session(self) -> AbstractAsyncContextManager[None]:
        """Nothing has to be open."""
        return nullcontext()

    async def answer(self, ask: TeacherRequest, meter: CallMeter) -> Completion:
        """Answer one ask."""
        reply = self.reply(ask)
        meter.made(self.at_most(ask))
        return reply

    @abstractmethod
    def reply(self, ask: TeacherRequest) -> Completion:
        """Compute one answer. Raises `TeacherError` when none can be had."""

    @abstractmethod
    def at_most(self, ask: TeacherRequest) -> Usage:
        """The most tokens the answer can take: what the budget reserves before the call."""
