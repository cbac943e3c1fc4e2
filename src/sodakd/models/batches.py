"""OpenAI's Batch API: many requests in one file, answered within a day at half the price.

A batch is found again after a kill by the token in its metadata, so none is submitted twice.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from pydantic import BaseModel, JsonValue, ValidationError

from sodakd.errors import EndpointError
from sodakd.models.completions import Billed, Completion, Failure, Request, Trouble
from sodakd.models.http import Connections, HttpReply
from sodakd.models.openai import Endpoint, Patience
from sodakd.models.replies import read_reply

MOST_REQUESTS = 50_000
"""In one batch, by OpenAI's rule; so are 200 MB, which so many of our prompts stay below."""

ENDED = {"completed", "failed", "expired", "cancelled"}


class Batch(BaseModel):
    """A batch as the server tells of it."""

    id: str
    status: str
    output_file_id: str | None = None
    error_file_id: str | None = None
    metadata: dict[str, str] | None = None
    errors: JsonValue = None


class _Batches(BaseModel):
    data: list[Batch]


class _File(BaseModel):
    id: str


class _Response(BaseModel):
    status_code: int
    body: JsonValue = None


class _Line(BaseModel):
    custom_id: str
    response: _Response | None = None
    error: JsonValue = None


@dataclass(frozen=True)
class Asked:
    """A request of a batch, under its own id."""

    id: str
    request: Request


class Batches:
    """The batches of one endpoint, to be used inside `async with` in one event loop."""

    def __init__(self, endpoint: Endpoint, patience: Patience, poll: float) -> None:
        self.endpoint = endpoint
        self._patience = patience
        self._poll = poll

    async def __aenter__(self) -> Self:
        self._connections = Connections(
            self.endpoint.base_url, self.endpoint.key, self._patience.timeout
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._connections.close()

    async def submit(self, token: str, asked: Sequence[Asked]) -> str:
        """Upload the requests and begin their batch; the result is its id."""
        lines = [self._line(each) for each in asked]
        boundary = f"sodakd-{token}"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n',
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="batch.jsonl"'
            "\r\nContent-Type: application/jsonl\r\n\r\n",
            "".join(lines),
            f"\r\n--{boundary}--\r\n",
        ]
        form = f"multipart/form-data; boundary={boundary}"
        file = _File.model_validate_json(
            await self._send("POST", "/files", "".join(parts).encode(), form)
        )
        row = {
            "input_file_id": file.id,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {"sodakd": token},
        }
        created = await self._send("POST", "/batches", json.dumps(row).encode(), token=token)
        return Batch.model_validate_json(created).id

    async def find(self, token: str) -> str | None:
        """The id of the batch with this token, if it was begun. Looks at the newest hundred."""
        found = _Batches.model_validate_json(await self._send("GET", "/batches?limit=100"))
        same = [each.id for each in found.data if (each.metadata or {}).get("sodakd") == token]
        return same[0] if same else None

    async def wait(self, batch: str) -> Batch:
        """The batch, once it has ended. It may take a day."""
        while True:
            found = Batch.model_validate_json(await self._send("GET", f"/batches/{batch}"))
            if found.status in ENDED:
                return found
            await asyncio.sleep(self._poll)

    async def results(self, batch: Batch) -> dict[str, Completion | Failure]:
        """What came of each request, by its id. One that is not in it was never begun."""
        found: dict[str, Completion | Failure] = {}
        for file in (batch.error_file_id, batch.output_file_id):
            if file is None:
                continue
            content = await self._send("GET", f"/files/{file}/content")
            for line in content.splitlines():
                row = _Line.model_validate_json(line)
                found[row.custom_id] = _meaning(row)
        return found

    def _line(self, asked: Asked) -> str:
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
        content: bytes | None = None,
        kind: str = "application/json",
        token: str | None = None,
    ) -> bytes:
        """A reply's body; tried again as long as that helps.

        With a token: what may have been done by an attempt that was lost is looked for first.
        """
        words = ""
        for attempt in range(1, self._patience.attempts + 1):
            reply = await self._connections.send(method, path, content, kind)
            if isinstance(reply, HttpReply) and reply.status == 200:
                return reply.body
            failure = _failure(reply)
            words = failure.words
            if failure.trouble in {Trouble.FATAL, Trouble.REFUSED}:
                break
            await asyncio.sleep(
                failure.retry_after or self._patience.wait(attempt, attempt % 2 / 2)
            )
            if token is not None and failure.billed is Billed.PERHAPS:
                begun = await self.find(token)
                if begun is not None:
                    return Batch(id=begun, status="validating").model_dump_json().encode()
        if self.endpoint.key:
            words = words.replace(self.endpoint.key, "***")
        raise EndpointError(
            f"{method} {self.endpoint.base_url}{path}: {words}; the batch is kept in the books:"
            " mend it, then run the same command again"
        )


def _failure(reply: HttpReply | Failure) -> Failure:
    if isinstance(reply, Failure):
        return reply
    found = read_reply(reply.status, reply.headers, reply.body)
    return found if isinstance(found, Failure) else Failure(Trouble.REFUSED, found.error)


def _meaning(line: _Line) -> Completion | Failure:
    if line.response is None:
        return Failure(Trouble.SERVER, f"not begun: {json.dumps(line.error)}")
    try:
        body = json.dumps(line.response.body).encode()
        return read_reply(line.response.status_code, {}, body)
    except ValidationError as error:
        return Failure(Trouble.GARBAGE, str(error), Billed.PERHAPS)
