"""The client and servers that are away, refuse single prompts, or take more than was asked for."""

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable, Mapping

import pytest

from sodakd.errors import EndpointError
from sodakd.inference.completions import (
    Completion,
    Finish,
    Message,
    NullMeter,
    Request,
    UsageBound,
    max_usage,
)
from sodakd.inference.dispatch import Place
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.openai import Client, RetryPolicy
from sodakd.inference.protocols import Generation
from sodakd.inference.remote_model import ServedModel
from sodakd.inference.run_async import run_sync
from sodakd.types import Usage
from tests.servers.scripted import Answer, reply, said, scripted
from tests.teacher.shop import HASTY, client

GATEWAY = b"<html><head><title>502 Bad Gateway</title></head></html>"


def request(words: str, max_tokens: int = 64) -> Request:
    return Request(messages=(Message(role="user", content=words),), max_tokens=max_tokens)


def ask(
    answer: Answer,
    asked: list[str],
    in_flight: int = 8,
    patience: RetryPolicy = HASTY,
    meter: NullMeter | None = None,
    opened: Callable[[str], Client] | None = None,
) -> list[Completion]:
    """What a client hears from a scripted server: as many askers as there are places."""

    async def run() -> list[Completion]:
        found: dict[int, Completion] = {}
        queue = iter(enumerate(asked))
        async with scripted(answer) as port:
            url = f"http://127.0.0.1:{port}/v1"
            one = opened(url) if opened else client(url, in_flight, patience)

            async def work() -> None:
                for number, words in queue:
                    found[number] = await one.complete(request(words), meter or NullMeter())

            async with one, asyncio.TaskGroup() as workers:
                for _ in range(in_flight):
                    workers.create_task(work())
        return [found[number] for number in range(len(asked))]

    try:
        return run_sync(run())
    except* EndpointError as errors:
        raise errors.exceptions[0] from None


def test_a_first_reply_whose_head_cannot_be_read_is_lost_and_asked_again() -> None:
    bad = iter([f"HTTP/1.1 200 OK\r\nx-long: {'a' * 20_000}\r\n\r\n".encode()] * 3)
    meter = CountingMeter()
    (found,) = ask(lambda *_: next(bad, None) or said("yes"), ["?"], 1, meter=meter)
    assert found.text == "yes"
    assert meter.losses == 3


class CountingMeter(NullMeter):
    """A meter that counts what may have been paid for, and what was not."""

    freed = 0
    losses = 0

    def free(self) -> None:
        self.freed += 1

    def lost(self) -> None:
        self.losses += 1


@pytest.mark.parametrize("in_flight", [1, 2, 64])
@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_whose_gateway_says_it_is_away_is_waited_for_and_nothing_is_booked(
    in_flight: int, status: int
) -> None:
    """However few attempts a call has: none of them is counted."""
    sent: list[float] = []

    def away_for_a_second(head: bytes, body: bytes) -> bytes:
        sent.append(time.monotonic())
        if len(sent) > 3 and time.monotonic() - sent[3] < 1:
            return reply(status, GATEWAY)
        return said("yes", prompt_tokens=1, completion_tokens=1)

    meter = CountingMeter()
    patience = RetryPolicy(attempts=2, first_wait=0.05, timeout=5)
    found = ask(away_for_a_second, ["Hello"] * 80, in_flight, patience, meter)
    assert [each.text for each in found] == ["yes"] * 80
    assert (meter.losses, len(meter.usages)) == (0, 80)
    assert meter.freed > 0


def test_it_is_waited_for_at_the_start_too_but_not_for_ever() -> None:
    began = time.monotonic()

    def late(head: bytes, body: bytes) -> bytes:
        return said("yes") if time.monotonic() - began > 0.7 else reply(503, GATEWAY)

    patience = RetryPolicy(attempts=2, first_wait=0.05, start=30)
    assert ask(late, ["Hello"] * 9, patience=patience)[8].text == "yes"
    with pytest.raises(EndpointError, match=r"waited for, 0.5 s: HTTP 503: an HTML page"):
        ask(
            lambda *_: reply(503, GATEWAY),
            ["Hello"] * 9,
            patience=RetryPolicy(attempts=2, first_wait=0.05, start=0.5),
        )


def test_a_server_that_never_has_room_is_left_with_its_words() -> None:
    patience = RetryPolicy(first_wait=0.05, longest_wait=0.2, start=30)
    limit = {"error_code": 18, "error_msg": "Open api qps request limit reached"}
    with pytest.raises(EndpointError, match=r"nothing but refusals .* qps request limit"):
        ask(lambda *_: reply(200, limit), ["Hello"] * 9, patience=patience)


def test_one_call_that_a_gateway_always_fails_ends_while_others_are_answered() -> None:
    def poisoned(head: bytes, body: bytes) -> bytes:
        return reply(504, GATEWAY) if b"poison" in body else said("yes")

    asked = ["poison", *(f"Hello {number}" for number in range(3000))]
    patience = RetryPolicy(attempts=3, first_wait=0.01, longest_wait=0.02)
    found = ask(poisoned, asked, 4, patience)
    assert found[0].finish is Finish.FAILED
    assert "HTTP 504" in found[0].error
    assert all(each.text == "yes" for each in found[1:])


RISK = {"error": {"message": "Content Exists Risk", "code": "invalid_request_error"}}
OWN_WORDS = {"error": {"message": "Our guardian does not like it", "code": "guard"}}


@pytest.mark.parametrize("refusal", [RISK, OWN_WORDS])
def test_single_prompts_that_are_refused_never_stop_the_others_nor_a_later_round(
    refusal: Mapping[str, object],
) -> None:
    def guarded(head: bytes, body: bytes) -> bytes:
        return reply(400, refusal) if b"risky" in body else said("yes")

    async def rounds() -> tuple[list[Completion], list[Completion]]:
        async with scripted(guarded) as port:
            one = client(f"http://127.0.0.1:{port}/v1", 8)
            asked = [request(f"Hello {number}") for number in range(20)]
            asked += [request(f"risky {number}") for number in range(7)]
            async with one:
                first = await asyncio.gather(*(one.complete(each, NullMeter()) for each in asked))
            async with one:
                again = [await one.complete(each, NullMeter()) for each in asked[20:]]
        return first, again

    first, again = run_sync(rounds())
    assert [each.text for each in first[:20]] == ["yes"] * 20
    for each in (*first[20:], *again):
        assert not each.is_answer
        assert str(refusal["error"]).split("'")[3] in each.error
    known = refusal is RISK
    assert {each.finish for each in again} == {Finish.FILTERED if known else Finish.FAILED}


def test_refusals_that_come_before_the_first_slow_answer_do_not_stop_the_run() -> None:
    """One that is refused comes back at once, one that is answered after its generation."""

    async def slowly() -> bytes:
        await asyncio.sleep(0.5)
        return said("yes")

    def guarded(head: bytes, body: bytes) -> bytes | Awaitable[bytes]:
        return reply(400, RISK) if b"risky" in body else slowly()

    found = ask(guarded, [*(["Hello"] * 54), *(["risky"] * 9)], 64)
    assert [each.is_answer for each in found] == [True] * 54 + [False] * 9


@pytest.mark.parametrize("in_flight", [1, 8, 64])
def test_where_every_prompt_is_refused_the_request_is_wrong_and_nothing_is_stored(
    in_flight: int,
) -> None:
    sent: list[bytes] = []

    def refuses(head: bytes, body: bytes) -> bytes:
        sent.append(body)
        return reply(400, {"error": {"message": "maximum context length is 512 tokens"}})

    with pytest.raises(EndpointError, match=r"context length .*the request is wrong"):
        ask(refuses, ["Hello"] * 1000, in_flight)
    assert len(sent) <= 4 * max(in_flight, 2)


def test_a_server_that_answered_in_an_earlier_session_may_refuse_the_first_prompts() -> None:
    def opened(url: str) -> Client:
        return Client(Endpoint(url, "m"), 1, HASTY, answered_before=True)

    found = ask(lambda *_: reply(400, RISK), ["risky"] * 20, 1, opened=opened)
    assert {each.finish for each in found} == {Finish.FILTERED}


def test_what_takes_more_than_was_asked_for_is_set_aside_from_then_on() -> None:
    bound, small = UsageBound(), request("Hello", 100)
    assert bound.at_most(small) == max_usage(small)
    bound.learn(small, Usage(prompt_tokens=5000, completion_tokens=2000))
    bound.learn(small, Usage(prompt_tokens=1, completion_tokens=1))
    larger = request("Hello", 200)
    assert bound.at_most(larger).completion_tokens == 2100
    assert bound.at_most(larger).prompt_tokens == 5000

    class Reserving(CountingMeter):
        most: list[int]

        async def reserve(self, most: Usage) -> None:
            self.most.append(most.completion_tokens)

    meter = Reserving()
    meter.most = []
    took = said("yes", prompt_tokens=1, completion_tokens=50_000)
    ask(lambda *_: took, ["Hello"] * 3, 1, meter=meter)
    assert meter.most == [64, 50_000, 50_000]


def test_what_was_set_aside_by_less_than_is_known_by_then_is_not_sent_so() -> None:
    class Slow(CountingMeter):
        def __init__(self) -> None:
            super().__init__()
            self.most: list[int] = []
            self.answered = asyncio.Event()

        async def reserve(self, most: Usage) -> None:
            self.most.append(most.completion_tokens)
            if len(self.most) == 2:
                await self.answered.wait()

        def paid(self, usage: Usage | None) -> None:
            self.answered.set()

    meter = Slow()
    took = said("yes", prompt_tokens=1, completion_tokens=50_000)
    ask(lambda *_: took, ["Hello"] * 2, 2, meter=meter)
    assert meter.most == [64, 64, 50_000]
    assert meter.freed == 1


def test_what_is_set_aside_when_the_round_ends_is_given_back_and_not_sent() -> None:
    class Ended(CountingMeter):
        async def reserve(self, most: Usage) -> None:
            if self.is_ended:
                raise EndpointError("the round has ended")
            self.is_ended = True

    sent: list[bytes] = []

    def answer(head: bytes, body: bytes) -> bytes:
        sent.append(body)
        return said("yes")

    meter = Ended()
    with pytest.raises(EndpointError, match="the round has ended"):
        ask(answer, ["Hello"], 1, meter=meter)
    assert (sent, meter.freed) == ([], 1)


def test_an_endless_body_is_not_read_to_its_end() -> None:
    packed = gzip.compress(b" " * 64 * 2**20)

    def bomb(head: bytes, body: bytes) -> bytes:
        return reply(200, packed, "content-encoding: gzip")

    patience = RetryPolicy(attempts=2, first_wait=0.01)
    with pytest.raises(EndpointError, match="a body of more than 33554432 bytes"):
        ask(bomb, ["Hello"], patience=patience)


def test_a_stream_that_nobody_asked_for_is_refused_by_name() -> None:
    seen: list[bytes] = []

    def streams(head: bytes, body: bytes) -> bytes:
        seen.append(body)
        return reply(200, b"data: {}\n\ndata: [DONE]\n\n", "content-type: text/event-stream")

    with pytest.raises(EndpointError, match="a stream of events"):
        ask(streams, ["Hello"], patience=RetryPolicy(attempts=2, first_wait=0.01))
    assert all(b'"stream":false' in body for body in seen)


def test_a_student_whose_server_gives_no_answer_is_no_student_that_says_nothing() -> None:
    def guarded(head: bytes, body: bytes) -> bytes:
        return reply(400, RISK) if b"risky" in body else said("")

    async def run() -> list[Generation]:
        async with scripted(guarded) as port:
            at = Endpoint(f"http://127.0.0.1:{port}/v1", "m")
            model = ServedModel([Place.of(Client(at, 1, HASTY, empty_is_said=True))])
            (empty,) = await asyncio.to_thread(model.generate, ["Hello"], max_new_tokens=8)
            assert empty.text == ""
            return await asyncio.to_thread(model.generate, ["Hello", "risky"], max_new_tokens=8)

    with pytest.raises(EndpointError, match="1 of 2 prompts, the first because: HTTP 400: Content"):
        run_sync(run())
