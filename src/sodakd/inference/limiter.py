"""How many calls are made at once (AIMD), and when a failing server is left alone.

Both are plain arithmetic without a clock or a loop: what happens is told to them.
"""

from collections import deque
from dataclasses import dataclass
from statistics import median


@dataclass
class AimdLimit:
    """The number of calls in flight: additive increase, multiplicative decrease.

    It doubles each round until the first cut (slow start), then grows by a thirty-second of `most`
    a round, one at least. A refusal halves it. A tenth is taken by a round in which one call in ten
    ended in an error, and by one whose median latency is `slow` times the best. Calls that were
    sent before the last cut cannot cut again: they saw the old limit.
    """

    most: int
    now: float = 128.0
    slow: float = 4.0
    round: int = 0
    _steep: float = float("inf")
    _best: float = float("inf")

    def __post_init__(self) -> None:
        self.now = min(self.now, float(self.most))
        self._latencies: list[float] = []
        self._errors = 0

    @property
    def places(self) -> int:
        """Calls that may be in flight."""
        return max(1, int(self.now))

    def answered(self, round_sent: int, seconds: float) -> None:
        """A call was answered after so many seconds."""
        self._latencies.append(seconds)
        if len(self._latencies) >= max(8, self.places):
            middle = median(self._latencies)
            self._latencies.clear()
            self._errors = 0
            if middle > self.slow * self._best:
                self._cut(round_sent, 0.9)
                return
            self._best = min(self._best * 1.05, middle)  # old ones fade: a server may change
        step = 1.0 if self.now < self._steep else max(1.0, self.most / 32) / self.now
        self.now = min(float(self.most), self.now + step)

    def refused(self, round_sent: int) -> None:
        """A call was refused for being one too many (429)."""
        self._cut(round_sent, 0.5)

    def failed(self, round_sent: int) -> None:
        """A call ended in a server's error or in a time-out."""
        self._errors += 1
        if self._errors >= max(3, self.places / 10):
            self._errors = 0
            self._cut(round_sent, 0.9)

    def _cut(self, round_sent: int, share: float) -> None:
        if round_sent < self.round:
            return
        self.round += 1
        self.now = max(1.0, self.now * share)
        self._steep = self.now


@dataclass
class OutageDetector:
    """Whether a server is away for a while, all of it: then it is waited for.

    With many calls in flight a restart of a few seconds breaks all of their connections at once,
    and refuses as many new ones, or a gateway says for it that it is not there: they are one fault,
    not a hundred. While no reply comes, what was certainly not begun counts for nothing; a broken
    connection does so only among more than `least` of them, for they break one by one as well.
    """

    least: int = 8
    replies: int = 0
    _run: int = 0
    _since: float = 0.0

    def answered(self) -> None:
        """A whole reply came, whatever it says."""
        self._run = 0
        self.replies += 1

    @property
    def is_long(self) -> bool:
        """Whether so many attempts failed on end that no single call can be the cause."""
        return self._run > self.least

    def lasts(self, now: float) -> float:
        """Seconds since the first of the failures."""
        return now - self._since if self._run else 0.0

    def failed(self, now: float, seen: int, *, begun: bool) -> bool:
        """An attempt failed: whether all of the server is silent, not that call alone.

        It was sent when `seen` replies had come, and may have been `begun` by the server.
        """
        if self._run == 0:
            self._since = now
        self._run += 1
        return self.is_long or (not begun and self.replies == seen)


@dataclass
class CircuitBreaker:
    """Whether a server fails so often that asking on is senseless.

    It trips when half of the last `window` attempts failed (once `least` were made), and sooner
    where the first `first` attempts failed all. Refusals (429) are no failures: the limit heeds
    them.
    """

    window: int = 200
    least: int = 100
    first: int = 20
    share: float = 0.5
    succeeded: int = 0

    def __post_init__(self) -> None:
        self._newest: deque[bool] = deque(maxlen=self.window)

    def count(self, *, failed: bool) -> None:
        """Take note of an attempt."""
        self._newest.append(failed)
        self.succeeded += not failed

    @property
    def errors(self) -> int:
        """Failures among the newest attempts."""
        return sum(self._newest)

    @property
    def attempts(self) -> int:
        """The newest attempts, `window` at most."""
        return len(self._newest)

    @property
    def tripped(self) -> bool:
        """Whether to stop."""
        if not self.succeeded and self.errors >= self.first:
            return True
        return self.attempts >= self.least and self.errors >= self.share * self.attempts
