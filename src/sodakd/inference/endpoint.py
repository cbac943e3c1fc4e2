"""Where a model is served, without the client that speaks to it: for those who only look."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from sodakd.errors import EndpointError
from sodakd.inference.completions import Request
from sodakd.settings.secrets import shown_variable, variable_of
from sodakd.types import canonical_json

_SHORTEST_SECRET = 8
"""Letters: a shorter key is none, and would be found inside of words."""
_LOOKS_LIKE_A_KEY = re.compile(
    r"\b(?:(?:sk|key|gsk|hf|xai|pplx|nvapi|ghp|r8)[-_][\w*-]{6,}|AIza[\w-]{20,})"
)
_CREDENTIALS = {"authorization", "api-key", "x-api-key"}
"""Headers that hold a key: where one is given, no other key is sent."""


@dataclass(frozen=True)
class Endpoint:
    """Where a model is served. `key` and the values of `headers` are shown nowhere.

    `extra_body` is laid over each request's JSON, `query` stands behind each path. With `plain` the
    last message is a text that the model continues, without a chat's layout.
    """

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False)
    limit_field: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, JsonValue] = field(default_factory=dict)
    plain: bool = False

    @property
    def path(self) -> str:
        """Where answers are asked for, behind the base URL."""
        return "/completions" if self.plain else "/chat/completions"

    @property
    def request_headers(self) -> dict[str, str]:
        """The headers of every request, the key's among them."""
        if self.key and not names_a_key(self.headers):
            return {"authorization": f"Bearer {self.key}", **self.headers}
        return dict(self.headers)

    def body(self, request: Request) -> bytes:
        """The JSON of a request."""
        own = "api.openai.com" in self.base_url
        limit = self.limit_field or ("max_completion_tokens" if own else "max_tokens")
        row: dict[str, JsonValue] = {
            "model": self.model,
            **self._prompt(request),
            limit: request.max_tokens,
            "stream": False,  # some servers stream where nothing is said
        }
        if request.temperature is not None:
            row["temperature"] = request.temperature
        if request.seed is not None:
            row["seed"] = request.seed
        if request.logprobs:
            row["logprobs"] = True
        return canonical_json({**row, **self.extra_body}).encode()

    def _prompt(self, request: Request) -> dict[str, JsonValue]:
        if self.plain:
            return {"prompt": request.messages[-1].content}
        return {"messages": [{"role": m.role, "content": m.content} for m in request.messages]}

    def public(self, words: str) -> str:
        """Words of a server without the key, which some servers repeat."""
        secrets = [self.key or "", *self.headers.values()]
        for secret in sorted(secrets, key=len, reverse=True):
            for part in (secret, secret.rpartition(" ")[2]):  # of `Bearer KEY` the key alone too
                if len(part) >= _SHORTEST_SECRET:
                    words = words.replace(part, "***")
        return _LOOKS_LIKE_A_KEY.sub("***", words)


def names_a_key(headers: Mapping[str, str]) -> bool:
    """Whether one of the headers holds a key, so that no other one is needed."""
    return any(name.lower() in _CREDENTIALS for name in headers)


def unset_variables(headers: Mapping[str, str] | None) -> list[str]:
    """What keeps headers from being sent, a line each: variables that are not set."""
    named = {name: variable_of(value) for name, value in (headers or {}).items()}
    return [
        f"the header {name} is to hold the environment variable {shown_variable(variable)}, which"
        " is not set"
        for name, variable in named.items()
        if variable is not None and not os.environ.get(variable, "").strip()
    ]


def with_secrets(headers: Mapping[str, str] | None) -> dict[str, str]:
    """The headers with the values of the environment variables that they name.

    Raises:
        EndpointError: one of these is not set.
    """
    for words in unset_variables(headers):
        raise EndpointError(words)
    return {
        name: value if (variable := variable_of(value)) is None else os.environ[variable].strip()
        for name, value in (headers or {}).items()
    }
