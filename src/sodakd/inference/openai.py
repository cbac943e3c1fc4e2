"""A client of any OpenAI-compatible server: as many calls at once as it bears, each to its end.

An attempt that went wrong on its way is made again, later and later, a bounded number of times. A
server that refuses all (a revoked key, an unknown model) or fails half of the time stops every call
at once, with one error.
"""

import random
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import Self

from sodakd.errors import GivenUpError
from sodakd.inference.completions import (
    Billing,
    Completion,
    ErrorKind,
    Failure,
    Finish,
    Request,
    UsageBound,
    UsageMeter,
    settle,
)
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.gate import Gate
from sodakd.inference.http import HttpPool
from sodakd.inference.limiter import AimdLimit, CircuitBreaker, OutageDetector
from sodakd.inference.response_parser import parse_response
from sodakd.resource_use import WORK, Role
from sodakd.types import Usage

_EMPTY_ANSWERS = 3
"""An empty answer is paid for, and mostly comes again: it is asked for twice more, no oftener."""
_FEWEST_REFUSALS, _MOST_REFUSALS = 5, 100
"""So many refused prompts and no answer: the request may be wrong, whatever the prompt.

The second where the server answered in an earlier round: a round may be of refused prompts alone.
"""
_BEGUN = {ErrorKind.RESET: True, ErrorKind.CONNECT: False, ErrorKind.UNAVAILABLE: False}
"""Troubles of a server that may be away, and whether it may have begun with the request."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long a client tries. Seconds.

    A server that is away, or has no room, is waited for as long as `stall`. One that never answered
    is waited for as long as `start`, or twice the longest wait where it only has no room.
    """

    attempts: int = 8
    first_wait: float = 0.5
    longest_wait: float = 60.0
    timeout: float = 600.0
    stall: float = 900.0
    start: float = 10.0

    def wait(self, failures: int, drawn: float) -> float:
        """The pause after so many failures; `drawn` in [0, 1) spreads callers over its half."""
        longest = min(self.longest_wait, self.first_wait * 2.0 ** (failures - 1))
        return longest * (0.5 + 0.5 * drawn)


class Client:
    """Calls to one endpoint, to be used inside `async with` in one event loop.

    An answer without text is asked for again, but where `empty_is_said`: a student may have nothing
    to say. `answered_before`: the request is right, for the server answered ones like it.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        max_in_flight: int,
        patience: RetryPolicy,
        *,
        empty_is_said: bool = False,
        answered_before: bool = False,
        role: Role = "teacher",
    ) -> None:
        self._empty_is_said = empty_is_said
        self._role = role
        self.endpoint = endpoint
        self.patience = patience
        self.max_in_flight = max_in_flight
        self.troubles: Counter[str] = Counter()
        self._limit = AimdLimit(max_in_flight)
        self._breaker = CircuitBreaker()
        self._outage = OutageDetector()
        self._ever = answered_before
        self._bound = UsageBound()
        self._jitter = random.Random()

    @property
    def places(self) -> int:
        """Calls that the server bears at the same time, as far as is known by now."""
        return self._limit.places

    @property
    def silent_seconds(self) -> float:
        """How long all attempts have failed without a reply; 0 from the next reply on."""
        return self._outage.lasts(time.monotonic())

    async def __aenter__(self) -> Self:
        self._connections = HttpPool(self.endpoint, self.patience.timeout)
        self._limit.round += 1
        self._gate = Gate(self._limit)
        self._last_success = time.monotonic()
        self._breaker = CircuitBreaker()
        self._outage = OutageDetector()
        self._given_up = 0
        self._sent = 0
        self._refused = 0
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._connections.close()

    async def complete(self, request: Request, meter: UsageMeter) -> Completion:
        """An answer, or after the last attempt a `failed` one that says why.

        Every attempt goes through the meter: reserved before, settled after. The last one, where it
        was answered, is reported as paid with the answer.

        Raises:
            EndpointError: the server refuses all calls or is out of order: nothing more is sent.
        """
        body = self.endpoint.body(request)
        failures = empties = waits = 0
        while True:
            self._gate.raise_if_stopped()
            found = await self._attempt(request, body, meter)
            if found.usage is not None:
                self._bound.learn(request, found.usage)
            settle(found, meter)
            if isinstance(found, Completion):
                if not found.error:
                    return found
                # Until one was answered nobody can tell whether it was for the prompt alone.
                refused = self._failed(found.error)
                return replace(refused, finish=found.finish) if self._ever else refused
            if found.trouble is ErrorKind.REFUSED:
                return self._failed(found.words)
            away = found.trouble is ErrorKind.AWAY
            if found.trouble is ErrorKind.BUSY or (away and found.billed is Billing.NO):
                waits = min(4, waits + 1) if away else 1
                await self._gate.pause(self.patience.wait(waits, self._jitter.random()))
                continue
            failures += 1
            empties += found.trouble is ErrorKind.EMPTY
            if failures >= self.patience.attempts or empties >= _EMPTY_ANSWERS:
                return self._gave_up(found)
            wait = self.patience.wait(failures, self._jitter.random())
            await self._gate.pause(max(wait, found.retry_after or 0.0))

    async def _attempt(
        self, request: Request, body: bytes, meter: UsageMeter
    ) -> Completion | Failure:
        await self._begin(request, meter)
        try:
            round_sent, began = self._limit.round, time.monotonic()
            replies = self._outage.replies
            self._sent += 1
            try:
                with WORK.busy(self._role):
                    reply = await self._connections.send("POST", self.endpoint.path, body)
            except BaseException:
                meter.lost()
                raise
        finally:
            self._gate.leave()
        found = (
            reply
            if isinstance(reply, Failure)
            else parse_response(
                reply.status, reply.headers, reply.body, empty_is_said=self._empty_is_said
            )
        )
        found = self._waited_for(found, replies)
        seconds = time.monotonic() - began
        if isinstance(found, Completion) and found.is_answer:
            self._count(found.usage, seconds)
        self._learn(found, round_sent, seconds)
        self._gate.let_in()
        return found

    def _count(self, usage: Usage | None, seconds: float) -> None:
        """Count an answer as the work of the model behind the server."""
        WORK.add(
            self._role,
            prompt_tokens=0 if usage is None else usage.prompt_tokens,
            answer_tokens=0 if usage is None else usage.completion_tokens,
            answers=1,
            waited=seconds,
        )

    async def _begin(self, request: Request, meter: UsageMeter) -> None:
        """Have the most that an attempt can take set aside, and then a place at the server."""
        begun = False
        while not begun:
            left = await self._gate.enter()
            try:
                begun = await self._reserve(request, meter, left)
            finally:
                if not begun:
                    self._gate.give_up()

    async def _reserve(self, request: Request, meter: UsageMeter, left: int) -> bool:
        """Reserve, and whether that led to a place. What changed meanwhile gives it back.

        So nothing is held through a pause, nothing sent after the round has ended, and each attempt
        reserved by all that was seen.
        """
        most = self._bound.at_most(request)
        await meter.reserve(most)
        begun = False
        try:
            begun = await self._gate.take_place(
                left, lambda: not meter.is_ended and most == self._bound.at_most(request)
            )
        finally:
            if not begun:
                meter.free()
        return begun

    @property
    def _longest(self) -> float:
        """Seconds for which the server is waited for while it is away."""
        return self.patience.stall if self._ever else self.patience.start

    def _waited_for(self, found: Completion | Failure, replies: int) -> Completion | Failure:
        """A failure as one of a server that is away for a while, if it is so.

        No attempt of a call is counted for it, but where it may have been paid for. `replies` had
        come when it was sent.
        """
        if isinstance(found, Completion) or found.trouble not in {*_BEGUN, ErrorKind.TIMEOUT}:
            self._outage.answered()
            return found
        if found.trouble is ErrorKind.TIMEOUT:
            return found
        begun = _BEGUN[found.trouble] or found.billed is not Billing.NO
        now, own = time.monotonic(), self.patience
        silent = self._outage.failed(now, replies, begun=begun)
        if silent and (self._ever or not begun) and self._outage.lasts(now) < self._longest:
            if self._outage.is_long:
                self._gate.close(own.wait(3, 1.0))
            return replace(found, trouble=ErrorKind.AWAY)
        return found

    def _learn(self, found: Completion | Failure, round_sent: int, seconds: float) -> None:
        now = time.monotonic()
        if isinstance(found, Completion) and found.error:
            self._refuse(found.error)
            return
        if isinstance(found, Completion):
            self._breaker.count(failed=False)
            self._ever = True
            self._limit.answered(round_sent, seconds)
            self._last_success = now
            return
        self.troubles[found.trouble] += 1
        if found.trouble is ErrorKind.AWAY:
            return
        if found.trouble is ErrorKind.BUSY:
            self._limit.refused(round_sent)
            wait = found.retry_after
            self._gate.close(self.patience.first_wait if wait is None else wait)
            own, silent = self.patience, now - self._last_success
            if silent > (own.stall if self._ever else 2 * own.longest_wait):
                self._halt(f"nothing but refusals for {silent:.0f} s: {found.words}")
            return
        if found.trouble is ErrorKind.FATAL:
            self._halt(found.words)
            return
        if found.trouble is ErrorKind.REFUSED:
            self._refuse(found.words)
            return
        if self._outage.lasts(now) >= self._longest:
            self._halt(f"it was waited for, {self._longest:g} s: {found.words}")
            return
        if found.trouble in {ErrorKind.SERVER, ErrorKind.TIMEOUT, ErrorKind.UNAVAILABLE}:
            self._limit.failed(round_sent)
        self._breaker.count(failed=True)
        if self._breaker.tripped:
            self._halt(
                f"{self._breaker.errors} of the last {self._breaker.attempts} attempts failed,"
                f" the last one so: {found.words}"
            )

    def _refuse(self, words: str) -> None:
        """A prompt was refused. Where most are, and none was answered, the request is wrong."""
        self._refused += 1
        few = _MOST_REFUSALS if self._ever else _FEWEST_REFUSALS
        if not self._breaker.succeeded and self._refused >= max(few, self._sent / 2):
            self._halt(
                f"{words}: {self._refused} of {self._sent} calls were refused and none was"
                " answered: the request is wrong for this server"
            )

    def _gave_up(self, found: Failure) -> Completion:
        self._given_up += 1
        if not self._breaker.succeeded and (not self._ever or self._given_up >= 3):
            self._halt(f"no call succeeded, the last one failed so: {found.words}")
        return self._failed(found.words)

    def _failed(self, words: str) -> Completion:
        """The end of a call without an answer: data, where the others go on."""
        self._gate.raise_if_stopped()
        return Completion("", Finish.FAILED, None, self.endpoint.public(words))

    def _halt(self, words: str) -> None:
        self._gate.stop(
            GivenUpError(
                f"{self.endpoint.model} at {self.endpoint.base_url}", self.endpoint.public(words)
            )
        )
