"""The one place that speaks HTTP: whole replies over connections that are kept for the next call.

aiohttp, because a client has to keep 256 calls in flight on one core: httpx took over 5 ms of
processor time a call at 64 in flight where aiohttp takes 0.15 (`benchmarks/teacher.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass, urlopen

import aiohttp

from sodakd.errors import EndpointError
from sodakd.models.completions import Billed, Failure, Trouble
from sodakd.settings.addresses import address_fault

CONNECT_SECONDS = 15.0


@dataclass(frozen=True)
class HttpReply:
    """A reply that came whole. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """Connections to one server. Proxies are those of the environment (`HTTPS_PROXY`, ...)."""

    def __init__(self, base_url: str, key: str | None, timeout: float) -> None:
        fault = address_fault(base_url)
        if fault is not None:
            raise EndpointError(f"the base URL is {base_url!r}; {fault}")
        parts = urlsplit(base_url)
        self._base = base_url.rstrip("/")
        self._timeout = timeout
        headers = {"accept": "application/json", "user-agent": "sodakd"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=15),
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_SECONDS),
            headers=headers,
            proxy=_proxy(parts.scheme, parts.hostname or ""),
        )

    async def send(
        self, method: str, path: str, content: bytes | None = None, kind: str = "application/json"
    ) -> HttpReply | Failure:
        """One call, whole or not at all; `Failure` says what is known of it."""
        try:
            async with self._session.request(
                method,
                self._base + path,
                data=content,
                headers={"content-type": kind},
                allow_redirects=False,  # a redirected POST would become a GET
            ) as reply:
                body = await reply.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Failure(Trouble.CONNECT, f"no connection to {self._base}: {error}")
        except TimeoutError:
            words = f"no whole answer within {self._timeout:g} s"
            return Failure(Trouble.TIMEOUT, words, Billed.PERHAPS)
        except ValueError as error:  # a key or an address of letters that none can have
            return Failure(Trouble.FATAL, f"the request cannot be sent: {error}")
        except (aiohttp.ClientError, OSError) as error:
            words = f"the connection ended before the answer did: {str(error) or 'closed'}"
            return Failure(Trouble.RESET, words, Billed.PERHAPS)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return HttpReply(reply.status, headers, body)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a host (`HTTPS_PROXY`, `NO_PROXY`), looked up once.

    aiohttp's own look-up reads the environment and ~/.netrc at every call, in a thread.
    """
    if host in {"localhost", "127.0.0.1", "::1"} or proxy_bypass(host):
        return None
    return getproxies().get(scheme)


def healthy(url: str) -> bool:
    """Whether a server on loopback answers this address with 200."""
    try:
        with urlopen(url, timeout=2) as reply:
            return int(reply.status) == 200
    except (OSError, HTTPException):
        return False
