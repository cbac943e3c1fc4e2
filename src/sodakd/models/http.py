"""The one place that speaks HTTP: a pool of single connections, each for one call at a time.

httpcore, which is httpx without its conveniences: one pool for hundreds of calls in flight searches
all of its connections at every call, which alone would hold 256 calls to a few hundred a second.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from sodakd.errors import EndpointError
from sodakd.models.completions import Billed, Failure, Trouble


@dataclass(frozen=True)
class HttpReply:
    """A reply that came whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """Connections to one server, opened as needed and kept for the next call."""

    def __init__(self, base_url: str, key: str | None, timeout: float) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise EndpointError(
                f"the base URL is {base_url!r}; it must be like http://localhost:8000/v1"
            )
        self._base = base_url.rstrip("/")
        self._proxy = _proxy(parts.scheme, parts.hostname)
        self._timeout = timeout
        self._headers = [
            (b"host", parts.netloc.rpartition("@")[2].encode()),
            (b"accept", b"application/json"),
            (b"user-agent", b"sodakd"),
        ]
        if key:
            self._headers.append((b"authorization", f"Bearer {key}".encode()))
        self._ssl = _trusted() if parts.scheme == "https" else None
        self._free: list[httpcore.AsyncConnectionPool] = []
        self._all: set[httpcore.AsyncConnectionPool] = set()

    async def send(
        self, method: str, path: str, content: bytes = b"", kind: str = "application/json"
    ) -> HttpReply | Failure:
        """One call, whole or not at all; `Failure` says what is known of it."""
        pool = self._free.pop() if self._free else self._open()
        headers = [
            *self._headers,
            (b"content-type", kind.encode()),
            (b"content-length", str(len(content)).encode()),
        ]
        limits = {"connect": 15.0, "read": self._timeout, "write": self._timeout}
        whole = False
        try:
            async with asyncio.timeout(self._timeout):
                reply = await pool.request(
                    method,
                    self._base + path,
                    headers=headers,
                    content=content,
                    extensions={"timeout": limits},
                )
            whole = True
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError) as error:
            return Failure(Trouble.CONNECT, f"no connection to {self._base}: {error}")
        except (TimeoutError, httpcore.TimeoutException):
            words = f"no whole answer within {self._timeout:g} s"
            return Failure(Trouble.TIMEOUT, words, Billed.PERHAPS)
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            words = f"the connection ended before the answer did: {error or 'closed'}"
            return Failure(Trouble.RESET, words, Billed.PERHAPS)
        finally:
            if whole:
                self._free.append(pool)
            else:
                self._all.discard(pool)
                await pool.aclose()
        found = {name.decode("latin-1").lower(): v.decode("latin-1") for name, v in reply.headers}
        return HttpReply(reply.status, found, reply.content)

    async def close(self) -> None:
        """Close all connections."""
        for pool in self._all:
            await pool.aclose()
        self._all.clear()
        self._free.clear()

    def _open(self) -> httpcore.AsyncConnectionPool:
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._ssl,
            proxy=httpcore.Proxy(self._proxy) if self._proxy else None,
            max_connections=1,
            keepalive_expiry=15.0,
        )
        self._all.add(pool)
        return pool


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a host (`HTTPS_PROXY`, `NO_PROXY`), as curl does."""
    if host in {"localhost", "127.0.0.1", "::1"} or proxy_bypass(host):
        return None
    return getproxies().get(scheme)


def _trusted() -> ssl.SSLContext:
    """Certificates of `SSL_CERT_FILE` where it is set, else those that httpx trusts."""
    import certifi

    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
