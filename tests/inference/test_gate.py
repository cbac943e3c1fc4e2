"""The gate: who is made ready ahead of a place, and what undoes that."""

import asyncio

import pytest

from sodakd.errors import EndpointError
from sodakd.inference.gate import Gate
from sodakd.inference.limiter import AimdLimit

PLACES = 16
CALLS = 800


async def _begun(gate: Gate) -> None:
    assert await gate.take_place(await gate.enter(), lambda: True)


async def _steps(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def _served(steps: int) -> tuple[int, int]:
    """How many calls were at the server at most, and the steps of the loop that all of them took.

    A call takes so many steps to be made ready, and 20 on average at the server.
    """
    gate = Gate(AimdLimit(PLACES))
    sent, most, done = 0, 0, 0

    async def call(number: int) -> None:
        nonlocal sent, most, done
        left = await gate.enter()
        await _steps(steps)
        assert await gate.take_place(left, lambda: True)
        sent += 1
        most = max(most, sent)
        await _steps(10 + number * 7 % 21)
        sent, done = sent - 1, done + 1
        gate.leave()

    calls = asyncio.gather(*(call(number) for number in range(CALLS)))
    took = 0
    while done < CALLS:
        await asyncio.sleep(0)
        took += 1
    await calls
    return most, took


def test_places_do_not_wait_for_calls_to_be_made_ready() -> None:
    _, at_once = asyncio.run(_served(0))
    most, took = asyncio.run(_served(10))
    assert most == PLACES
    assert took < 1.2 * at_once  # with a place in hand it would be 1.5 times as many


def test_nobody_is_made_ready_ahead_while_no_place_came_free() -> None:
    async def entered() -> int:
        gate = Gate(AimdLimit(PLACES))
        calls = [asyncio.create_task(_begun(gate)) for _ in range(CALLS)]
        await _steps(5)
        done = sum(call.done() for call in calls)
        for call in calls:
            call.cancel()
        return done

    assert asyncio.run(entered()) == PLACES


def test_a_call_that_is_ready_is_turned_back_where_it_may_not_be_sent_any_more() -> None:
    async def turned_back() -> None:
        gate = Gate(AimdLimit(1))
        left = await gate.enter()
        assert not await gate.take_place(left, lambda: False)
        gate.close(0.01)
        assert not await gate.take_place(left, lambda: True)
        gate.give_up()
        await _begun(gate)  # the pause is over, and its place is free again
        gate.leave()
        left = await gate.enter()
        gate.stop(EndpointError("out of order"))
        assert not await gate.take_place(left, lambda: True)

    asyncio.run(turned_back())


def test_a_stop_ends_all_who_wait_and_a_place_of_a_cancelled_call_goes_to_the_next() -> None:
    async def ended() -> None:
        gate = Gate(AimdLimit(1))
        await _begun(gate)
        first, second, third = (asyncio.create_task(_begun(gate)) for _ in range(3))
        await _steps(5)
        gate.leave()  # hands the place to the first, which is cancelled before it can take it
        first.cancel()
        await _steps(5)
        assert first.cancelled()
        assert second.done()
        gate.stop(EndpointError("out of order"))
        with pytest.raises(EndpointError, match="out of order"):
            await third

    asyncio.run(ended())
