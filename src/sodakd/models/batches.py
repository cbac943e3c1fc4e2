"""OpenAI's Batch API: many requests in one file, answered within a day at half the price.

A batch is found again after a kill by the token in its metadata, so none is submitted twice.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from sodakd.errors import EndpointError
from sodakd.models.completions import Billed, Completion, Failure, Request, Trouble
from sodakd.models.endpoint import Endpoint
from sodakd.models.http import Connections, HttpReply
from sodakd.models.openai import Patience
from sodakd.models.replies import no_answer, read_reply

MOST_REQUESTS = 50_000
"""In one batch, by OpenAI's rule; so are 200 MB, which so many of our prompts stay below."""

ENDED = {"completed", "failed", "expired", "cancelled"}
_TOO_MANY = "token_limit_exceeded"
_SHOWN = 3  # errors of a batch that are told of

Told = TypeVar("Told")


class _Error(BaseModel):
    code: str | None = None
    message: str | None = None


class _Errors(BaseModel):
    data: list[_Error]


class Batch(BaseModel):
    """A batch as the server tells of it."""

    id: str
    status: str
    output_file_id: str | None = None
    error_file_id: str | None = None
    metadata: dict[str, str] | None = None
    errors: JsonValue = None

    @property
    def refused(self) -> bool:
        """Whether it ended as a whole, before any of its requests was begun."""
        files = self.output_file_id or self.error_file_id
        return self.status in {"failed", "cancelled"} and not files

    @property
    def too_many(self) -> bool:
        """Whether it was refused for holding more tokens than the account may have waiting."""
        return self.refused and any(each.code == _TOO_MANY for each in self._told())

    @property
    def words(self) -> str:
        """How it ended, and what the server says of that."""
        told = [": ".join(filter(None, (each.code, each.message))) for each in self._told()]
        said = "; ".join(told[:_SHOWN]) or json.dumps(self.errors)
        return f"batch {self.id} has {self.status} as a whole" + (f": {said}" * bool(self.errors))

    def _told(self) -> list[_Error]:
        try:
            return _Errors.model_validate(self.errors).data
        except ValidationError:
            return []


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
        content = "".join(parts).encode()
        file = await self._send("POST", "/files", _File.model_validate_json, content, form)
        row = {
            "input_file_id": file.id,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {"sodakd": token},
        }
        content = json.dumps(row).encode()
        created = await self._send(
            "POST", "/batches", _batch, content, done=lambda: self._begun(token)
        )
        return created.id

    async def find(self, token: str) -> str | None:
        """The id of the batch with this token, if it was begun. Looks at the newest hundred."""
        found = await self._begun(token)
        return found.id if found else None

    async def _begun(self, token: str) -> Batch | None:
        found = await self._send("GET", "/batches?limit=100", _Batches.model_validate_json)
        same = [each for each in found.data if (each.metadata or {}).get("sodakd") == token]
        return same[0] if same else None

    async def wait(self, batch: str) -> Batch:
        """The batch, once it has ended. It may take a day."""
        while True:
            found = await self._send("GET", f"/batches/{batch}", _batch)
            if found.status in ENDED:
                return found
            await asyncio.sleep(self._poll)

    async def results(self, batch: Batch) -> dict[str, Completion | Failure]:
        """What came of each request, by its id. One that is not in it was never begun."""
        found: dict[str, Completion | Failure] = {}
        for file in (batch.error_file_id, batch.output_file_id):
            if file is not None:
                rows = await self._send("GET", f"/files/{file}/content", _lines)
                found |= {row.custom_id: _meaning(row) for row in rows}
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
        read: Callable[[bytes], Told],
        content: bytes | None = None,
        kind: str = "application/json",
        done: Callable[[], Awaitable[Told | None]] | None = None,
    ) -> Told:
        """What a reply's body says; tried again as long as that helps.

        `done` looks for what an attempt that was lost may have done, before the next one.
        """
        words = ""
        for attempt in range(1, self._patience.attempts + 1):
            failure = _told(await self._connections.send(method, path, content, kind), read)
            if not isinstance(failure, Failure):
                return failure
            words = failure.words
            if failure.trouble in {Trouble.FATAL, Trouble.REFUSED}:
                break
            await asyncio.sleep(
                failure.retry_after or self._patience.wait(attempt, attempt % 2 / 2)
            )
            if done is not None and failure.billed is Billed.PERHAPS:
                found = await done()
                if found is not None:
                    return found
        raise EndpointError(
            f"{method} {self.endpoint.base_url}{path}: {self.endpoint.public(words)}; the batch is"
            " kept in the books: mend it, then run the same command again"
        )


_batch = Batch.model_validate_json


def _lines(content: bytes) -> list[_Line]:
    return [_Line.model_validate_json(line) for line in content.splitlines() if line.strip()]


def _told(reply: HttpReply | Failure, read: Callable[[bytes], Told]) -> Told | Failure:
    """What a reply holds, or why it does not."""
    if isinstance(reply, Failure):
        return reply
    if reply.status == 200:
        try:
            return read(reply.body)
        except ValidationError:
            return no_answer(reply.body, "JSON of another form than the Batch API's")
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
