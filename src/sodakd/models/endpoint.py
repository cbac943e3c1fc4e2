"""Where a model is served, without the client that speaks to it: for those who only look."""

import re
from dataclasses import dataclass, field

from pydantic import JsonValue

from sodakd.models.completions import Request
from sodakd.types import canonical

_SHORTEST_SECRET = 8
"""Letters: a shorter key is none, and would be found inside of words."""
_LOOKS_LIKE_A_KEY = re.compile(r"\b(sk|key|gsk|hf)[-_][\w*-]{6,}")


@dataclass(frozen=True)
class Endpoint:
    """Where a model is served. `key` is shown nowhere."""

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False)
    limit_field: str | None = None

    def body(self, request: Request) -> bytes:
        """The JSON of a request."""
        own = "api.openai.com" in self.base_url
        limit = self.limit_field or ("max_completion_tokens" if own else "max_tokens")
        row: dict[str, JsonValue] = {
            "model": self.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            limit: request.max_tokens,
            "temperature": request.temperature,
        }
        if request.seed is not None:
            row["seed"] = request.seed
        if request.logprobs:
            row["logprobs"] = True
        return canonical(row).encode()

    def public(self, words: str) -> str:
        """Words of a server without the key, which some servers repeat."""
        if self.key and len(self.key) >= _SHORTEST_SECRET:
            words = words.replace(self.key, "***")
        return _LOOKS_LIKE_A_KEY.sub("***", words)
