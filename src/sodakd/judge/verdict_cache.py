"""Verdicts by what was judged, the ones used last: equal programs are run once."""

import hashlib
import marshal
from collections import OrderedDict

from sodakd.judge.program import Program
from sodakd.types import Verdict

MOST = 20_000
"""Verdicts that are kept: a hundred megabytes at the very most, as outputs are cut."""


class VerdictCache:
    """A bounded memory of verdicts."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._verdicts: OrderedDict[bytes, Verdict] = OrderedDict()

    def __len__(self) -> int:
        return len(self._verdicts)

    def get(self, key: bytes) -> Verdict | None:
        """The verdict under a key, which is now the one used last."""
        verdict = self._verdicts.get(key)
        if verdict is not None:
            self._verdicts.move_to_end(key)
        return verdict

    def put(self, key: bytes, verdict: Verdict) -> None:
        """Keep a verdict; the one used least lately goes where there are too many."""
        self._verdicts[key] = verdict
        self._verdicts.move_to_end(key)
        if len(self._verdicts) > self._most:
            self._verdicts.popitem(last=False)


def digest(program: Program) -> bytes:
    """What tells programs apart: language, tests, code."""
    # Not JSON: a test may hold half a character, or an integer of very many digits.
    tests = marshal.dumps(program.tests.model_dump(mode="json"), 2)
    text = f"{program.language}\n{program.code}"
    if not program.code.strip():
        text += program.reason
    return hashlib.sha256(tests + text.encode(errors="surrogatepass")).digest()
