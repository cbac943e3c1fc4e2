"""The client against a server of its own process that fails in every way."""

import asyncio
import pickle
import time
from collections import Counter
from pathlib import Path

import pytest

from sodakd.errors import EndpointError, TeacherError
from sodakd.inference.completions import Completion, Finish, Message, NullMeter, Request
from sodakd.inference.dispatch import Place
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.openai import Client, RetryPolicy
from sodakd.inference.remote_model import ServedModel
from sodakd.inference.run_async import run_sync
from tests.servers.running import serving
from tests.teacher.shop import HASTY, client, ledger, solves


def requests(count: int) -> list[Request]:
    return [
        Request(messages=(Message(role="user", content=f"Question {n}"),), max_tokens=64)
        for n in range(count)
    ]


def complete(opened: Client, count: int) -> list[Completion]:
    """All at once, without books."""

    async def run() -> list[Completion]:
        async with opened:
            calls = (opened.complete(request, NullMeter()) for request in requests(count))
            return await asyncio.gather(*calls)

    return run_sync(run())


FAULTS = "delay,busy,server_error,unavailable,reset,half,garbage,html,wrong_json,empty,length"


@pytest.mark.heavy
def test_with_every_fault_all_is_answered_once_and_the_books_are_the_servers(
    tmp_path: Path,
) -> None:
    with serving("--faults", FAULTS, "--share", "0.03", "--latency", "0.005") as server:
        books = ledger(tmp_path / "l.sqlite", server.url)
        replies = books.ask(solves(400), "one", Counter())
        counted, spent = server.books(), books.spent()
    answered = [reply for reply in replies if reply.finish is Finish.STOP]
    assert len(answered) > 390
    assert len({reply.text for reply in answered}) == len(answered)
    assert counted["answers"] == len(answered)
    assert counted["answered_twice"] == 0
    assert spent.money - spent.lost_money == counted["delivered_money"]
    assert spent.lost == counted["undelivered"]
    assert spent.lost_money >= counted["undelivered_money"]
    assert counted["most_in_flight"] <= 32


def test_a_server_that_hangs_costs_the_time_out_and_is_asked_again(tmp_path: Path) -> None:
    hasty = RetryPolicy(attempts=12, first_wait=0.02, longest_wait=0.1, timeout=0.3)
    with serving("--faults", "hang", "--share", "0.2") as server:
        books = ledger(tmp_path / "l.sqlite", server.url, patience=hasty)
        replies = books.ask(solves(40), "one", Counter())
        counted, spent = server.books(), books.spent()
    assert all(reply.finish is Finish.STOP for reply in replies)
    assert counted["undelivered"] == spent.lost > 0


@pytest.mark.parametrize("fault", ["revoked", "unknown_model", "no_quota", "bad_request"])
def test_what_no_retry_can_mend_stops_all_at_once_with_one_error(
    fault: str, tmp_path: Path
) -> None:
    with serving("--faults", fault, "--share", "1", "--latency", "0.01") as server:
        books = ledger(tmp_path / "l.sqlite", server.url, in_flight=8)
        with pytest.raises(EndpointError, match="all answers so far are kept") as caught:
            books.ask(solves(10_000), "one", Counter())
        # A refusal may be for one prompt alone: of these the first few have to come back.
        assert server.books()["requests"] <= (16 if fault == "bad_request" else 8)
    assert books.spent().calls == 0
    assert "secret" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_at_half_errors_over_a_window_it_stops_early_and_cleanly(tmp_path: Path) -> None:
    with serving("--faults", "server_error", "--share", "0.7", "--latency", "0.002") as server:
        books = ledger(tmp_path / "l.sqlite", server.url)
        with pytest.raises(EndpointError, match=r"of the last .* attempts failed"):
            books.ask(solves(5000), "one", Counter())
        counted, spent = server.books(), books.spent()
    assert counted["requests"] < 300
    assert spent.money == counted["delivered_money"]  # what was in flight came to its end


def test_no_server_is_a_clear_error_and_costs_nothing(tmp_path: Path) -> None:
    books = ledger(tmp_path / "l.sqlite", "http://127.0.0.1:9/v1")
    with pytest.raises(EndpointError, match="no connection to"):
        books.ask(solves(50), "one", Counter())
    assert books.spent().calls == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [("localhost:8000", "it must be like"), ("http://h:99999/v1", "no port 99999")],
)
def test_an_address_that_is_none_is_refused(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match=words):
        ledger(tmp_path / "l.sqlite", url).ask(solves(1), "one", Counter())


def test_a_key_that_no_header_can_hold_is_one_clear_error() -> None:
    with serving() as server:
        opened = Client(Endpoint(server.url, "m", "sk-a\nb-secret"), 4, HASTY)
        with pytest.raises(EndpointError, match="the request cannot be sent") as caught:
            complete(opened, 3)
    assert "secret" not in str(caught.value)


def test_a_key_is_masked_and_no_word_for_a_short_one() -> None:
    words = "not known: sk-abcdefgh12 and sk-zyxwvuts"
    assert Endpoint("http://h", "m", "k").public(words) == "not known: *** and ***"
    assert Endpoint("http://h", "m", "abcdefgh").public("abcdefgh") == "***"


@pytest.mark.heavy
def test_a_server_that_is_away_for_a_moment_is_waited_for() -> None:
    """64 calls in flight lose their connections at once, and find the port closed for a while."""

    async def run() -> tuple[list[Completion], Counter[str]]:
        up = False
        lost: list[str] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"}]")
                if not up and len(lost) < 64:
                    lost.append("")
                    if len(lost) == 64:
                        server.close()
                        gone.set()
                    await gone.wait()
                    writer.transport.abort()
                    return
                body = b'{"choices": [{"message": {"content": "yes"}}]}'
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
                await writer.drain()
            finally:
                writer.close()

        gone = asyncio.Event()
        up = True
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        patience = RetryPolicy(attempts=4, first_wait=0.1, timeout=10)
        opened = client(f"http://127.0.0.1:{port}/v1", 64, patience)
        async with opened:
            first = await opened.complete(requests(1)[0], NullMeter())
            up = False
            calls = [
                asyncio.ensure_future(opened.complete(each, NullMeter())) for each in requests(300)
            ]
            await gone.wait()
            await asyncio.sleep(2)
            up = True
            async with await asyncio.start_server(serve, "127.0.0.1", port):
                found = await asyncio.gather(*calls)
        return [first, *found], opened.troubles

    found, troubles = run_sync(run())
    assert [each.text for each in found] == ["yes"] * 301
    assert troubles["away"] >= 56


def test_a_pause_that_the_server_asks_for_is_kept_by_all() -> None:
    with serving("--faults", "busy", "--share", "0.02", "--burst", "0", "--seed", "4") as server:
        began = time.monotonic()
        found = complete(client(server.url), 200)
        seconds = time.monotonic() - began
        busy = server.books()["busy"]
    assert all(each.finish is Finish.STOP for each in found)
    assert busy > 0
    assert seconds > 0.02 * busy / 2


def test_an_empty_answer_is_asked_for_twice_more_and_then_is_data() -> None:
    with serving("--faults", "empty", "--share", "0.4", "--seed", "1") as server:
        found = complete(client(server.url), 100)
        counted = server.books()
    failed = [each for each in found if each.finish is Finish.FAILED]
    assert 0 < len(failed) < 30
    assert all("without choices" in each.error for each in failed)
    assert counted["requests"] == 100 + counted["empty"] - len(failed)


def test_a_client_works_inside_a_running_loop() -> None:
    async def notebook(url: str) -> list[Completion]:
        return complete(client(url), 3)

    with serving() as server:
        assert len(asyncio.run(notebook(server.url))) == 3


def test_the_key_is_sent_and_shown_nowhere(tmp_path: Path) -> None:
    with serving() as server:
        books = ledger(tmp_path / "l.sqlite", server.url)
        books.ask(solves(3), "one", Counter())
        books.close()
        assert "Bearer sk-secret-of-the-test" in str(server.books()["heads"])
    assert "secret" not in repr(client("http://localhost/v1").endpoint)
    assert b"secret" not in (tmp_path / "l.sqlite").read_bytes()
    assert not issubclass(EndpointError, TeacherError)
    assert HASTY.wait(1, 0.0) < HASTY.wait(3, 0.0) <= HASTY.longest_wait


def test_a_model_behind_a_server_generates_as_one_in_this_process() -> None:
    told: list[int] = []
    with serving("--faults", "reset,server_error", "--share", "0.1") as server:
        model = ServedModel([Place.of(client(server.url))])
        texts = model.generate(
            ["one", "two", "two"],
            max_new_tokens=16,
            seed=3,
            on_generation=lambda number, _: told.append(number),
        )
        again = model.generate(["one", "two", "two"], max_new_tokens=16, seed=3)
        delivered = server.books()["delivered"]
        known = {0: texts[0], 2: texts[2]}
        assert (
            model.generate(["one", "two", "two"], max_new_tokens=16, seed=3, cached=known) == texts
        )
        assert server.books()["delivered"] == delivered + 1
    assert texts == again
    assert len(set(texts)) == 3
    assert sorted(told) == [0, 1, 2]
