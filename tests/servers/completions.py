"""A chat-completions server of its own process that fails as real ones do, and keeps its books.

    python -m tests.servers.completions --latency 0.2 --share 0.05 --faults reset,garbage

The first line of its output is its base URL. `GET /books` tells what it did: money of the replies
that it delivered whole (nano-dollars), and how many it could not deliver. A request's fault is
drawn from the seed and the request's number, so a run can be repeated.
"""

import argparse
import asyncio
import hashlib
import json
import random
import re
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

PROMPT_PRICE, COMPLETION_PRICE = 150, 600
"""Nano-dollars a token."""

HTML = b"<!doctype html><html><head><title>502</title></head><body>Bad gateway</body></html>"


_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Shop:
    """What the server is told to do, and what it did."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.faults: list[str] = [name for name in options.faults.split(",") if name]
        self.random = random.Random(options.seed)
        self.counts: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.burst = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.heads: deque[bytes] = deque(maxlen=10)

    def draw(self) -> str:
        """The next request's fault, or `ok`."""
        if self.burst:
            self.burst -= 1
            return "busy"
        place = self.random.random()
        for fault in self.faults:
            if place < self.options.share:
                self.burst = self.options.burst if fault == "busy" else 0
                return fault
            place -= self.options.share
        return "ok"

    def bill(self, words: str, usage: dict[str, int]) -> None:
        """Count tokens and money of a reply under `words`."""
        prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
        self.counts[f"{words}_tokens"] += prompt + completion
        self.counts[f"{words}_money"] += prompt * PROMPT_PRICE + completion * COMPLETION_PRICE

    def books(self) -> dict[str, object]:
        return {
            **self.counts,
            "answers": len(self.answers),
            "answered_twice": sum(count > 1 for count in self.answers.values()),
            "most_in_flight": self.most_in_flight,
            "heads": [head.decode() for head in self.heads],
        }


class Connection(asyncio.Protocol):
    """One client: HTTP/1.1, kept alive, no pipelining."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.buffer = b""
        self.waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self.waiting is not None:
            self.shop.in_flight -= 1
            self.waiting.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        told = _LENGTH.search(head)
        length = int(told[1]) if told else 0
        if len(body) >= length:
            self.shop.heads.append(head)
            self.buffer = body[length:]
            self.answer(head.split(b" ", 2), body[:length])

    def answer(self, line: list[bytes], body: bytes) -> None:
        shop = self.shop
        if line[1] == b"/books":
            self.send(200, json.dumps(shop.books()).encode())
        elif line[1] == b"/health":
            self.send(200, b"{}")
        elif not line[1].endswith(b"/chat/completions"):
            self.fail(404, "not_found", "no such path")
        else:
            shop.in_flight += 1
            shop.most_in_flight = max(shop.most_in_flight, shop.in_flight)
            shop.counts["requests"] += 1
            fault = shop.draw()
            shop.counts[fault] += 1
            seconds = shop.options.latency
            if fault == "delay":
                seconds += shop.random.uniform(0.2, 0.6)
            loop = asyncio.get_running_loop()
            self.waiting = loop.call_later(seconds, self.reply, fault, body)

    def reply(self, fault: str, body: bytes) -> None:
        self.waiting = None
        self.shop.in_flight -= 1
        FAULTS[fault](self, body)

    def send(
        self, status: int, content: bytes, kind: str = "application/json", **more: str
    ) -> None:
        lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(content)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + content)

    def fail(self, status: int, code: str, message: str, **more: str) -> None:
        body = {"error": {"message": message, "type": code, "code": code}}
        self.send(status, json.dumps(body).encode(), **more)


def _written(body: bytes) -> tuple[str, dict[str, int]]:
    """What is answered to a request's body, always the same, and its tokens."""
    digest = _digest(body)
    text = f"```python\nanswer = 0x{digest[:12]}\n```\n"
    return text, {"prompt_tokens": len(body) // 4, "completion_tokens": 20 + int(digest[:2], 16)}


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _completion(text: str, usage: dict[str, int], finish: str = "stop") -> bytes:
    prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    return (
        '{"id":"c","object":"chat.completion","created":0,"model":"m","choices":[{"index":0,'
        f'"message":{{"role":"assistant","content":{json.dumps(text)}}},"finish_reason":"{finish}"'
        f'}}],"usage":{{"prompt_tokens":{prompt},"completion_tokens":{completion},'
        f'"total_tokens":{prompt + completion}}}}}'
    ).encode()


def ok(connection: Connection, body: bytes) -> None:
    text, usage = _written(body)
    connection.shop.bill("delivered", usage)
    connection.shop.counts["delivered"] += 1
    connection.shop.answers[text] += 1
    connection.send(200, _completion(text, usage))


def finished(reason: str) -> Callable[[Connection, bytes], None]:
    """A whole reply, paid for, that ended for another reason than `stop`."""

    def send(connection: Connection, body: bytes) -> None:
        text, usage = _written(body)
        connection.shop.bill("delivered", usage)
        connection.shop.counts["delivered"] += 1
        connection.send(200, _completion(text[:10], usage, reason))

    return send


def empty(connection: Connection, body: bytes) -> None:
    _, usage = _written(body)
    connection.shop.bill("delivered", usage)
    connection.shop.counts["delivered"] += 1
    content = {"choices": [], "usage": {**usage, "total_tokens": sum(usage.values())}}
    connection.send(200, json.dumps(content).encode())


def lost(send: Callable[[Connection, bytes], None]) -> Callable[[Connection, bytes], None]:
    """A reply that was generated, and that the client cannot know the price of."""

    def lose(connection: Connection, body: bytes) -> None:
        _, usage = _written(body)
        connection.shop.bill("undelivered", usage)
        connection.shop.counts["undelivered"] += 1
        send(connection, body)

    return lose


def _half(connection: Connection, body: bytes) -> None:
    text, usage = _written(body)
    content = _completion(text, usage)
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(content)}\r\n\r\n".encode()
    connection.transport.write(head + content[: len(content) // 2])
    connection.transport.close()


def busy(connection: Connection, body: bytes) -> None:
    when = connection.shop.random.choices(("seconds", "date", "none"), (9, 2, 9))[0]
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    after = {"seconds": {"retry_after": "0.05"}, "date": {"retry_after": later}, "none": {}}
    connection.fail(429, "rate_limit_exceeded", "slow down", **after[when])


FAULTS: dict[str, Callable[[Connection, bytes], None]] = {
    "ok": ok,
    "delay": ok,
    "busy": busy,
    "server_error": lambda c, _: c.fail(500, "server_error", "boom"),
    "unavailable": lambda c, _: c.send(503, HTML, "text/html"),
    "reset": lost(lambda c, _: c.transport.abort()),
    "half": lost(_half),
    "garbage": lost(lambda c, _: c.send(200, b"\x00\xff{{{not json")),
    "html": lost(lambda c, _: c.send(200, HTML, "text/html")),
    "wrong_json": lost(lambda c, _: c.send(200, b'{"choices": {"text": 3}}')),
    "hang": lost(lambda *_: None),
    "empty": empty,
    "length": finished("length"),
    "filter": finished("content_filter"),
    "revoked": lambda c, _: c.fail(401, "invalid_api_key", "Incorrect API key provided"),
    "unknown_model": lambda c, _: c.fail(404, "model_not_found", "The model does not exist"),
    "no_quota": lambda c, _: c.fail(429, "insufficient_quota", "You exceeded your quota"),
    "bad_request": lambda c, _: c.fail(400, "invalid_request_error", "temperature too high"),
}


async def _serve(options: argparse.Namespace) -> None:
    shop = Shop(options)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(shop), "127.0.0.1", options.port, backlog=4096
    )
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/v1", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--faults", default="", help=f"of {', '.join(FAULTS)}")
    parser.add_argument("--share", type=float, default=0.05, help="of requests, for each fault")
    parser.add_argument("--burst", type=int, default=3, help="further 429 after one")
    parser.add_argument("--seed", type=int, default=0)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
