"""OpenAI's Batch API: many requests in one file, answered within a day at half the price.

A batch is found again after a kill by the token in its metadata, so none is submitted twice.
"""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self, TypeVar

from pydantic import JsonValue

from sodakd.errors import EndpointError
from sodakd.inference.completions import Billing, Completion, ErrorKind, Failure, Request
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.http import HttpPool, HttpReply
from sodakd.inference.openai import RetryPolicy
from sodakd.inference.response_parser import parse_body, parse_response, read_value, unusable_body
from sodakd.inference.server_errors import find_error

MOST_REQUESTS = 50_000
"""In one batch, by OpenAI's rule; so are 200 MB, which so many of our prompts stay below."""

_AWAY = {ErrorKind.CONNECT, ErrorKind.UNAVAILABLE, ErrorKind.BUSY}
ENDED = {"completed", "failed", "expired", "cancelled"}
_TOO_MANY = "token_limit_exceeded"
_SHOWN = 3  # errors of a batch that are told of
_FEWEST_REFUSALS = 5

_MOST_BYTES = 8 * 2**30
"""Of the answers to a batch."""

_LINE = re.compile(rb"[^\r\n]+")

Told = TypeVar("Told")
_Row = dict[str, JsonValue]


@dataclass(frozen=True)
class Batch:
    """A batch as the server tells of it."""

    id: str
    status: str
    token: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: JsonValue = None

    @property
    def refused(self) -> bool:
        """Whether it ended as a whole, before any of its requests was begun."""
        files = self.output_file_id or self.error_file_id
        return self.status in {"failed", "cancelled"} and not files

    @property
    def over_token_limit(self) -> bool:
        """Whether it was refused for holding more tokens than the account may have waiting."""
        return self.refused and any(each.get("code") == _TOO_MANY for each in self._told())

    @property
    def message(self) -> str:
        """How it ended, and what the server says of that."""
        told = [
            ": ".join(str(each[name]) for name in ("code", "message") if each.get(name))
            for each in self._told()
        ]
        error = find_error({"error": self.errors})
        said = "; ".join(told[:_SHOWN]) or (error.words if error else "")
        return f"batch {self.id} has {self.status} as a whole" + (f": {said}" * bool(said))

    def _told(self) -> list[_Row]:
        data = self.errors.get("data") if isinstance(self.errors, dict) else None
        return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


@dataclass(frozen=True)
class BatchItem:
    """A request of a batch, under its own id."""

    id: str
    request: Request


class BatchApi:
    """The batches of one endpoint, to be used inside `async with` in one event loop."""

    def __init__(self, endpoint: Endpoint, patience: RetryPolicy, poll: float) -> None:
        self.endpoint = endpoint
        self._patience = patience
        self._poll = poll
        self._answered = False

    async def __aenter__(self) -> Self:
        self._connections = HttpPool(self.endpoint, self._patience.timeout)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._connections.close()

    async def submit(self, token: str, asked: Sequence[BatchItem]) -> str:
        """Upload the requests and begin their batch; the result is its id."""
        boundary = f"sodakd-{token}"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="batch.jsonl"'
            "\r\nContent-Type: application/jsonl\r\n\r\n"
        )
        form = f"multipart/form-data; boundary={boundary}"
        lines = (self._line(each) for each in asked)
        parts = chain([head], lines, [f"\r\n--{boundary}--\r\n"])
        content = b"".join(part.encode() for part in parts)
        file = await self._send("POST", "/files", _read_id, content, form)
        row = {
            "input_file_id": file,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {"sodakd": token},
        }
        content = json.dumps(row).encode()
        created = await self._send(
            "POST", "/batches", read_batch, content, done=lambda: self._begun(token)
        )
        return created.id

    async def find(self, token: str) -> str | None:
        """The id of the batch with this token, if it was begun. Looks at the newest hundred."""
        found = await self._begun(token)
        return found.id if found else None

    async def _begun(self, token: str) -> Batch | None:
        found = await self._send("GET", "/batches?limit=100", read_batches)
        return next((each for each in found if each.token == token), None)

    async def wait(self, batch: str) -> Batch:
        """The batch, once it has ended. It may take a day."""
        while True:
            found = await self._send("GET", f"/batches/{batch}", read_batch)
            if found.status in ENDED:
                return found
            await asyncio.sleep(self._poll)

    async def results(self, batch: Batch) -> dict[str, Completion | Failure]:
        """What came of each request, by its id. One that is not in it was never begun."""
        found: dict[str, Completion | Failure] = {}
        for file in (batch.error_file_id, batch.output_file_id):
            if file is not None:
                found |= await self._send("GET", f"/files/{file}/content", read_results)
        refused: dict[str, Completion | Failure] = {
            name: Failure(ErrorKind.REFUSED, each.error)
            for name, each in found.items()
            if isinstance(each, Completion) and each.error
        }
        # Where none was answered nobody can tell whether it was for the prompts alone.
        return found | refused if len(found) == len(refused) >= _FEWEST_REFUSALS else found

    def _line(self, asked: BatchItem) -> str:
        row: Mapping[str, JsonValue] = {
            "custom_id": asked.id,
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": json.loads(self.endpoint.body(asked.request)),
        }
        return json.dumps(row) + "\n"

    async def _send(
        self,
        method: str,
        path: str,
        read: Callable[[bytes], Told | None],
        content: bytes | None = None,
        kind: str = "application/json",
        done: Callable[[], Awaitable[Told | None]] | None = None,
    ) -> Told:
        """What a reply's body says; tried again as long as that helps.

        A server that is away is waited for, and that counts as no attempt.

        `done` looks for what an attempt that was lost may have done, before the next one.
        """
        own, attempt, began = self._patience, 0, time.monotonic()
        longest = own.stall if self._answered else own.start
        while True:
            reply = await self._connections.send(method, path, content, kind, _MOST_BYTES)
            failure = _told(reply, read)
            if not isinstance(failure, Failure):
                self._answered = True
                return failure
            away = failure.trouble in _AWAY and time.monotonic() - began < longest
            attempt += not away
            if failure.trouble in {ErrorKind.FATAL, ErrorKind.REFUSED} or attempt >= own.attempts:
                break
            wait = own.wait(4 if away else attempt, attempt % 2 / 2)
            await asyncio.sleep(failure.retry_after or wait)
            if done is not None and failure.billed is Billing.PERHAPS:
                found = await done()
                if found is not None:
                    return found
        raise EndpointError(
            f"{method} {self.endpoint.base_url}{path}: {self.endpoint.public(failure.words)}; the"
            " batch is kept in the books: mend it, then run the same command again"
        )


def read_batch(body: bytes) -> Batch | None:
    """The batch that a body tells of; None where it tells of none."""
    return _batch(_row(body))


def read_batches(body: bytes) -> list[Batch] | None:
    """The batches of a list; None for a body that is no list of them."""
    data = _row(body).get("data")
    if not isinstance(data, list):
        return None
    found = (_batch(each) for each in data if isinstance(each, dict))
    return [each for each in found if each is not None]


def read_results(body: bytes) -> dict[str, Completion | Failure]:
    """What came of the requests in a file of results, by their ids. Other lines say nothing."""
    found: dict[str, Completion | Failure] = {}
    for match in _LINE.finditer(body):  # one at a time: a list of them takes as much as the file
        row = _row(match[0]) if b"custom_id" in match[0] else {}
        name = row.get("custom_id")
        if isinstance(name, str):
            found[name] = _meaning(row)
    return found


def _read_id(body: bytes) -> str | None:
    return _text(_row(body).get("id"))


def _batch(row: _Row) -> Batch | None:
    name, status, metadata = _text(row.get("id")), _text(row.get("status")), row.get("metadata")
    if name is None or status is None:
        return None
    return Batch(
        id=name,
        status=status,
        token=_text(metadata.get("sodakd")) if isinstance(metadata, dict) else None,
        output_file_id=_text(row.get("output_file_id")),
        error_file_id=_text(row.get("error_file_id")),
        errors=row.get("errors"),
    )


def _row(body: bytes) -> _Row:
    """The object in a body; an empty one where it holds none."""
    value = parse_body(body)
    return value if isinstance(value, dict) else {}


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None


def _told(reply: HttpReply | Failure, read: Callable[[bytes], Told | None]) -> Told | Failure:
    """What a reply holds, or why it does not."""
    if isinstance(reply, Failure):
        return reply
    if 200 <= reply.status < 300:
        found = read(reply.body)
        if found is not None:
            return found
        return unusable_body(reply.headers, reply.body, "JSON of another form than the Batch API's")
    refused = parse_response(reply.status, reply.headers, reply.body)
    return refused if isinstance(refused, Failure) else Failure(ErrorKind.REFUSED, refused.error)


def _meaning(row: _Row) -> Completion | Failure:
    """What came of one request: as of a reply of its own."""
    response = row.get("response")
    if not isinstance(response, dict):
        error = find_error(row)
        return Failure(ErrorKind.SERVER, f"not begun: {error.words if error else 'no reason told'}")
    status = response.get("status_code")
    return read_value(status if isinstance(status, int) else 200, response.get("body"))
