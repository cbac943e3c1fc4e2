"""A server on loopback, in the test's own loop, that answers as a function says."""

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answer = Callable[[bytes, bytes], bytes | Awaitable[bytes] | None]
"""The bytes of a reply to the head and the body of a request; None breaks the connection."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@asynccontextmanager
async def scripted(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server that is up as long as the context lasts."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                told = _LENGTH.search(head)
                body = await reader.readexactly(int(told[1])) if told else b""
                found = answer(head, body)
                if found is None:
                    writer.transport.abort()
                    return
                writer.write(found if isinstance(found, bytes) else await found)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def reply(status: int, body: object, *headers: str) -> bytes:
    """A whole HTTP reply: of JSON, or of the bytes given."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def said(text: str, finish: str = "stop", **usage: int) -> bytes:
    """A reply that answers with this text."""
    choice = {"message": {"content": text}, "finish_reason": finish}
    return reply(200, {"choices": [choice], "usage": usage or None})
