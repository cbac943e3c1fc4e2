"""What goes to whom over HTTP: keys, proxies, TLS; and what comes back that is no answer."""

import asyncio
import shutil
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sodakd.errors import EndpointError
from sodakd.inference.completions import Billing, ErrorKind, Failure
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.http import HttpPool, HttpReply, find_proxy, is_healthy
from sodakd.inference.run_async import run_sync
from tests.servers.scripted import reply, said, scripted

KEY = "sk-secret-of-the-test"
ENDPOINT = Endpoint(
    "http://h", "m", KEY, headers={"x-team": "secret-team"}, query={"api-version": "1"}
)


async def send(base_url: str, timeout: float = 5.0) -> HttpReply | Failure:
    opened = HttpPool(replace(ENDPOINT, base_url=base_url), timeout)
    try:
        return await opened.send("POST", "/chat/completions", b"{}")
    finally:
        await opened.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("variable", ["{scheme}_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("user", ["", "http://", "http://me:mine@"])
def test_a_proxy_of_the_environment_is_used_and_hears_no_key(
    scheme: str, variable: str, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[bytes] = []

    def proxy(head: bytes, body: bytes) -> bytes:
        heads.append(head)
        return reply(502, b"")

    async def run() -> HttpReply | Failure:
        async with scripted(proxy) as port:
            name = variable.format(scheme=scheme)
            monkeypatch.setenv(name, f"{user}127.0.0.1:{port}")
            return await send(f"{scheme}://teacher.example/v1")

    found = run_sync(run())
    status = found.status if isinstance(found, HttpReply) else found.trouble
    assert status in {502, ErrorKind.UNAVAILABLE}
    (head,) = heads
    lines = head.decode().lower().splitlines()
    told = [line for line in lines if line.startswith("proxy-authorization")]
    assert told == (["proxy-authorization: basic bwu6bwluzq=="] if "me:" in user else [])
    if scheme == "https":
        assert lines[0].startswith("connect teacher.example:443")
        assert "secret" not in head.decode()
    else:
        assert lines[0].startswith("post http://teacher.example/v1/chat/completions?api-version=1")
        assert head.decode().count(KEY) == 1  # to the server, which this proxy speaks for


def test_a_proxy_that_cannot_be_used_is_said_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("all_proxy", "socks5://me:mine@h:1080")
    with pytest.raises(EndpointError, match=r"all_proxy names 'socks5://\*\*\*@h:1080'"):
        find_proxy("https", "teacher.example")
    monkeypatch.setenv("no_proxy", "example")
    assert find_proxy("https", "teacher.example") is None
    assert find_proxy("https", "localhost") is None


def test_a_server_on_loopback_is_looked_at_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def run() -> bool:
        async with scripted(lambda *_: reply(200, b"", "connection: close")) as port:
            return await asyncio.to_thread(is_healthy, f"http://127.0.0.1:{port}/health")

    assert run_sync(run())


def test_a_server_that_moved_gets_no_second_request() -> None:
    heads: list[bytes] = []

    def moved(head: bytes, body: bytes) -> bytes:
        heads.append(head)
        return reply(307, b"", "location: /elsewhere")

    async def run() -> HttpReply | Failure:
        async with scripted(moved) as port:
            return await send(f"http://127.0.0.1:{port}/v1")

    found = run_sync(run())
    assert isinstance(found, HttpReply)
    assert found.status == 307
    assert len(heads) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 in one file, which nobody signed."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", f"{path}.crt"]
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes a certificate, is not installed")
    subprocess.run(["openssl", *words, *more], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def serve_tls(certificate: Path, scheme: str) -> HttpReply | Failure:
    """What a request of one scheme comes to at a server that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def run() -> HttpReply | Failure:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of the server's side
        async with scripted(lambda *_: said("yes"), context) as port:
            return await send(f"{scheme}://127.0.0.1:{port}/v1")

    return run_sync(run())


def test_a_certificate_that_nobody_trusts_is_one_error_and_its_file_mends_it(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = serve_tls(certificate, "https")
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (ErrorKind.FATAL, Billing.NO)
    assert "SSL_CERT_FILE" in found.words


def test_plain_http_to_a_server_that_speaks_tls_is_booked_as_nothing(certificate: Path) -> None:
    found = serve_tls(certificate, "http")
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (ErrorKind.FATAL, Billing.NO)
    assert "https://" in found.words


def test_a_silent_server_behind_https_may_speak_plain_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sodakd.inference.http.CONNECT_SECONDS", 0.2)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def run() -> HttpReply | Failure:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            return await send(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")

    found = run_sync(run())
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (ErrorKind.CONNECT, Billing.NO)
    assert "begins with http://" in found.words


@pytest.mark.parametrize(
    "head",
    [
        "content-encoding: br",
        f"x-long: {'a' * 20_000}",
        "no colon",
        "content-length: -4",
        "content-length: 4\r\ncontent-length: 7",
    ],
    ids=lambda head: head[:20],
)
def test_a_head_that_cannot_be_read_loses_one_attempt(head: str) -> None:
    bad = f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + b"\x8b\x02"

    async def run() -> HttpReply | Failure:
        async with scripted(lambda *_: bad) as port:
            return await send(f"http://127.0.0.1:{port}/v1")

    found = run_sync(run())
    assert isinstance(found, Failure)
    assert found.billed is Billing.PERHAPS
    # Where brotli is installed its body is what cannot be read.
    assert found.trouble in {ErrorKind.GARBAGE, ErrorKind.RESET}, found.words
    assert "no HTTP" not in found.words


@pytest.mark.parametrize(
    "said", [b"\x15\x03\x03\x00\x02\x02\x50", b"SSH-2.0-x\r\n", b"220 mail\r\n"]
)
def test_an_answer_without_a_status_line_is_no_http(said: bytes) -> None:
    async def run() -> HttpReply | Failure:
        async with scripted(lambda *_: said) as port:
            return await send(f"http://127.0.0.1:{port}/v1")

    found = run_sync(run())
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (ErrorKind.FATAL, Billing.NO), found.words
    assert "no HTTP" in found.words


def test_tls_to_a_server_that_speaks_plain_http_is_one_error() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply(400, b"no HTTP"))
        writer.close()

    async def run() -> HttpReply | Failure:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            return await send(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")

    found = run_sync(run())
    assert isinstance(found, Failure)
    assert (found.trouble, found.billed) == (ErrorKind.FATAL, Billing.NO)
    assert "http://" in found.words
