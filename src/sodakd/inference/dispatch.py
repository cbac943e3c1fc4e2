"""Requests dealt out to several servers, the least busy first; a lost one's go to the others."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self

from sodakd.errors import EndpointError, GivenUpError
from sodakd.inference.completions import Completion, NullMeter, Request
from sodakd.inference.openai import Client

LOST_AFTER = 10.0
"""Seconds in which a server gives no reply at all, until others that do get its requests."""
_LOOK_SECONDS = 0.5


def _unknown() -> None:
    """Nobody can tell whether the process of somebody else's server has ended."""


@dataclass(frozen=True, eq=False)
class Place:
    """A server that answers. `ended` says why its process is gone, where it is one of ours."""

    client: Client
    name: str
    ended: Callable[[], str | None] = _unknown

    @classmethod
    def of(cls, client: Client) -> Self:
        """A server that somebody else runs."""
        return cls(client, f"{client.endpoint.model} at {client.endpoint.base_url}")

    @property
    def is_silent(self) -> bool:
        """Whether it has given no reply for a while, though it was asked."""
        return self.client.silent_seconds >= LOST_AFTER


class Dispatcher:
    """Several servers of one model as one. What is lost of them is told, by its name.

    A server is lost that refuses all requests, whose process has ended, or that is silent while
    another one is not. Where all are silent they are waited for, as one alone is.
    """

    def __init__(self, places: Sequence[Place], tell: Callable[[str], None]) -> None:
        self._places = list(places)
        self._lost: dict[str, str] = {}
        self._tell = tell

    @property
    def places(self) -> Sequence[Place]:
        """The servers that are not lost."""
        return tuple(self._places)

    def lose(self, lost: Mapping[Place, str]) -> None:
        """Ask these no more, each for a reason.

        Raises:
            EndpointError: no other one is left.
        """
        for place, why in lost.items():
            self._places.remove(place)
            self._lost[place.name] = why
        self._require_places()
        left = "the other one" if len(self._places) == 1 else f"{len(self._places)} others"
        for place, why in lost.items():
            self._tell(f"{place.name} is lost, and what it was asked goes to {left}: {why}")

    async def complete(
        self,
        requests: Sequence[Request],
        on_completion: Callable[[int, Completion], None] | None = None,
    ) -> list[Completion]:
        """Completions in the order of the requests; each is told with its index as it comes.

        Raises:
            EndpointError: all servers are lost.
        """
        self._require_places()
        found: dict[int, Completion] = {}
        waiting = deque(range(len(requests)))
        in_flight: dict[asyncio.Task[Completion], tuple[Place, int]] = {}
        async with AsyncExitStack() as stack:
            for place in self._places:
                await stack.enter_async_context(place.client)
            try:
                while waiting or in_flight:
                    self._send(requests, waiting, in_flight)
                    done, _ = await asyncio.wait(
                        in_flight, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
                    lost = self._look()
                    for task in done:
                        place, number = in_flight[task]
                        try:
                            found[number] = task.result()
                        except GivenUpError as error:
                            lost.setdefault(place, error.why)
                            continue
                        del in_flight[task]
                        if on_completion is not None:
                            on_completion(number, found[number])
                    if lost:
                        waiting.extendleft(sorted(await _take_back(in_flight, lost), reverse=True))
                        self.lose(lost)
            finally:
                await _cancel(in_flight)
        return [found[number] for number in range(len(requests))]

    def _send(
        self,
        requests: Sequence[Request],
        waiting: "deque[int]",
        in_flight: "dict[asyncio.Task[Completion], tuple[Place, int]]",
    ) -> None:
        """Give requests to the servers as far as these have room, to the least busy one first."""
        busy = Counter(place for place, _ in in_flight.values())
        while waiting:
            free = [each for each in self._places if busy[each] < each.client.places]
            if not free:
                return
            place = min(free, key=lambda each: (each.client.silent_seconds > 0, busy[each]))
            busy[place] += 1
            number = waiting.popleft()
            asked = place.client.complete(requests[number], NullMeter())
            in_flight[asyncio.ensure_future(asked)] = place, number

    def _look(self) -> dict[Place, str]:
        """The servers that are lost by now, and why."""
        lost = {place: why for place in self._places if (why := place.ended()) is not None}
        answering = any(place.client.silent_seconds == 0 for place in self._places)
        for place in self._places if answering else ():
            if place.is_silent and place not in lost:
                lost[place] = f"no reply for {place.client.silent_seconds:.0f} s"
        return lost

    def _require_places(self) -> None:
        if self._places:
            return
        if len(self._lost) == 1:
            raise GivenUpError(*next(iter(self._lost.items())))
        each = "\n".join(f"  {name}: {why}" for name, why in self._lost.items())
        raise EndpointError(
            f"none of the {len(self._lost)} servers of the student is left; all answers so far are"
            f" kept: mend them, then run the same command again\n{each}"
        )


async def _take_back(
    in_flight: "dict[asyncio.Task[Completion], tuple[Place, int]]", lost: Mapping[Place, str]
) -> list[int]:
    """End what the lost servers were asked. Returns the numbers of these requests."""
    tasks = {task: number for task, (place, number) in in_flight.items() if place in lost}
    await _cancel(tasks)
    for task in tasks:
        del in_flight[task]
    return list(tasks.values())


async def _cancel(tasks: "Mapping[asyncio.Task[Completion], object]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
