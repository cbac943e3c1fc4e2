"""A proxy in a process of its own that counts what a real server is asked and what it delivered.

    python -m tests.servers.counting http://127.0.0.1:8000

The first line of its output is its base URL. `GET /counts` tells, by a hash of the request's body,
how often it was asked and how often a whole answer went out. `POST /hold` lets no answer out until
`POST /go`: between the two a client can be killed with calls in flight, and none of them delivered.
"""

import argparse
import asyncio
import hashlib
from collections import Counter

import aiohttp
from aiohttp import web


class Counting:
    """The proxy's handler and its counts."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.asked: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.in_flight = 0
        self.open = asyncio.Event()
        self.open.set()

    async def counts(self, request: web.Request) -> web.Response:
        """What was counted so far."""
        return web.json_response(
            {
                "asked": self.asked,
                "delivered": self.delivered,
                "statuses": self.statuses,
                "in_flight": self.in_flight,
            }
        )

    async def hold(self, request: web.Request) -> web.Response:
        """Let no answer out."""
        self.open.clear()
        return web.Response()

    async def go(self, request: web.Request) -> web.Response:
        """Let answers out again."""
        self.open.set()
        return web.Response()

    async def forward(self, request: web.Request) -> web.Response:
        """Ask the server, and count."""
        body = await request.read()
        key = hashlib.sha256(body).hexdigest()[:16]
        self.asked[key] += 1
        self.in_flight += 1
        try:
            async with self.session.request(
                request.method,
                self.target + request.path,
                data=body,
                headers={"content-type": "application/json"},
            ) as reply:
                content = await reply.read()
            await self.open.wait()
            response = web.Response(
                status=reply.status, body=content, content_type=reply.content_type
            )
            await response.prepare(request)
            await response.write_eof()
        finally:
            self.in_flight -= 1
        self.statuses[reply.status] += 1
        if reply.status == 200:
            self.delivered[key] += 1
        return response

    async def serve(self) -> None:
        """Serve until the process is ended."""
        application = web.Application(client_max_size=2**24)
        application.router.add_get("/counts", self.counts)
        application.router.add_post("/hold", self.hold)
        application.router.add_post("/go", self.go)
        application.router.add_route("*", "/v1/{tail:.*}", self.forward)
        timeout = aiohttp.ClientTimeout(total=600)
        async with aiohttp.ClientSession(timeout=timeout) as self.session:
            runner = web.AppRunner(application, access_log=None, handler_cancellation=True)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
            await asyncio.Event().wait()


async def _serve(target: str) -> None:
    await Counting(target).serve()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="the server's address, without /v1")
    asyncio.run(_serve(parser.parse_args().target))


if __name__ == "__main__":
    main()
