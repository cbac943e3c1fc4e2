"""The one place that speaks HTTP: whole replies over connections that are kept for the next call.

aiohttp, because a client has to keep 256 calls in flight on one core: httpx took over 5 ms of
processor time a call at 64 in flight where aiohttp takes 0.15 (`benchmarks/teacher.py`).
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlencode, urlsplit
from urllib.request import ProxyHandler, build_opener, getproxies, proxy_bypass

import aiohttp
from aiohttp.http_exceptions import BadStatusLine

from sodakd.errors import EndpointError
from sodakd.inference.completions import Billing, ErrorKind, Failure
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.server_errors import one_line
from sodakd.settings.urls import address_fault, public_address

CONNECT_SECONDS = 15.0
"""For a connection; with the name's look-up, a proxy and TLS twice as long."""
MOST_BYTES = 32 * 2**20
"""Of a reply, unpacked. No answer comes near it; a server that sends more is not read on."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class HttpReply:
    """A reply that came whole. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpPool:
    """Connections to one server, through the proxy that the environment names for it.

    The headers, a key among them, go to that server alone: a proxy is not told them.
    """

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        base_url = endpoint.base_url
        fault = address_fault(base_url)
        if fault is not None:
            raise EndpointError(f"the base URL is {public_address(base_url)!r}; {fault}")
        self._base = base_url.rstrip("/")
        self._timeout = timeout
        self._query = urlencode(endpoint.query)
        self._headers = {
            "accept": "application/json", "user-agent": "sodakd", **endpoint.request_headers,
        }  # fmt: skip
        self._answered = False
        parts = urlsplit(base_url)
        host = parts.hostname or ""
        proxy = find_proxy(parts.scheme, host)
        self._tls = parts.scheme == "https"
        self._plain = None if proxy or self._tls else (host, parts.port or 80)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=15),
            timeout=aiohttp.ClientTimeout(
                total=timeout, connect=2 * CONNECT_SECONDS, sock_connect=CONNECT_SECONDS
            ),
            # aiohttp sends a session's own headers to a proxy too: these belong to each request.
            proxy=proxy,
        )

    async def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        kind: str = "application/json",
        most: int = MOST_BYTES,
    ) -> HttpReply | Failure:
        """One call, whole or not at all; `Failure` says what is known of it."""
        try:
            async with self._session.request(
                method,
                self._address(path),
                data=content,
                headers={**self._headers, "content-type": kind},
                allow_redirects=False,  # a redirected POST would become a GET
            ) as reply:
                body = bytearray()
                async for chunk in reply.content.iter_any():
                    body += chunk
                    if len(body) > most:
                        words = f"a body of more than {most} bytes: no answer is so long"
                        return Failure(ErrorKind.GARBAGE, words, Billing.PERHAPS)
        except aiohttp.ClientSSLError as error:
            return self._no_tls(error)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            words = f"no connection to {self._base}: {error}"
            if self._tls and not self._answered and isinstance(error, TimeoutError):
                words += "; if the server speaks no TLS, its address begins with http://"
            return Failure(ErrorKind.CONNECT, words)
        except TimeoutError:
            words = f"no whole answer within {self._timeout:g} s"
            return Failure(ErrorKind.TIMEOUT, words, Billing.PERHAPS)
        except aiohttp.ClientHttpProxyError as error:
            words = f"the proxy of the environment refuses: HTTP {error.status} {error.message}"
            gone = error.status >= 500
            return Failure(ErrorKind.UNAVAILABLE if gone else ErrorKind.FATAL, words)
        except ValueError as error:  # a key or an address of letters that none can have
            return Failure(ErrorKind.FATAL, f"the request cannot be sent: {error}")
        except aiohttp.ClientResponseError as error:
            if not self._answered and not _has_status(error):
                return self._no_http()
            words = f"a reply whose head cannot be read: {error.message}"
            return Failure(ErrorKind.GARBAGE, one_line(words), Billing.PERHAPS)
        except (aiohttp.ClientError, OSError) as error:
            if not self._answered and await self._speaks_tls():
                return self._no_http()
            words = f"the connection ended before the answer did: {str(error) or 'closed'}"
            return Failure(ErrorKind.RESET, words, Billing.PERHAPS)
        self._answered = True
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return HttpReply(reply.status, headers, bytes(body))

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    def _address(self, path: str) -> str:
        if not self._query:
            return self._base + path
        return f"{self._base}{path}{'&' if '?' in path else '?'}{self._query}"

    def _no_tls(self, error: aiohttp.ClientSSLError) -> Failure:
        """Nothing was sent. It comes again at every call, but where the server spoke before."""
        words = f"no safe connection to {self._base}: {error}"
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            words += (
                "; the certificate is not trusted here: name the file of its authority in the"
                " environment variable SSL_CERT_FILE"
            )
        elif not self._answered:
            words += (
                "; a server that speaks no TLS has an address with http:// in the place of https://"
            )
        return Failure(ErrorKind.CONNECT if self._answered else ErrorKind.FATAL, words)

    def _no_http(self) -> Failure:
        """What answers speaks no HTTP, so that no request was begun."""
        return Failure(
            ErrorKind.FATAL,
            f"what answers at {self._base} speaks no HTTP; the address of a server that speaks TLS"
            " begins with https://",
        )

    async def _speaks_tls(self) -> bool:
        """Whether a server that breaks off plain HTTP would speak TLS instead."""
        if self._plain is None:
            return False
        anyone = ssl.create_default_context()
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE  # nothing is sent
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(*self._plain, ssl=anyone)
            writer.close()
            return True
        return False


def _has_status(error: BaseException | None) -> bool:
    """Whether a reply whose head could not be read began with a status line: it is HTTP."""
    while error is not None:
        if isinstance(error, BadStatusLine):
            return False
        error = error.__cause__
    return True


def find_proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a host, looked up once; None for none.

    `HTTPS_PROXY` or `HTTP_PROXY`, else `ALL_PROXY`, but for hosts of `NO_PROXY`. aiohttp's own
    look-up reads the environment and ~/.netrc at every call, in a thread.

    Raises:
        EndpointError: it is none that can be used.
    """
    if host in _LOOPBACK or proxy_bypass(host):
        return None
    named = getproxies()
    name = scheme if named.get(scheme) else "all"
    found = named.get(name, "").strip()
    if not found:
        return None
    proxy = found if "://" in found else f"http://{found}"
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # no port, or half an IPv6 address
        usable = False
    if not usable:
        raise EndpointError(
            f"the environment variable {name}_proxy names {public_address(proxy)!r}, and only HTTP"
            " proxies are known here (http://HOST:PORT): set another one, or name the server's host"
            " in no_proxy"
        )
    return proxy


def is_healthy(url: str) -> bool:
    """Whether a server on loopback answers this address with 200. No proxy is asked."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=2) as reply:
            return int(reply.status) == 200
    except (OSError, HTTPException):
        return False
