"""The canary: what a student answers to fixed prompts, kept beside its weights.

An engine that was told to load new weights may go on with the old ones, or answer garbage, and
report no error. So the trainer writes down what its model says, and every engine says the same
before its first answer, or the run stops.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from sodakd.errors import ModelError
from sodakd.jsonl import atomic_write
from sodakd.types import FrozenModel

FILE = "canary.json"
CANARY_TOKENS = 16
"""Tokens of an answer."""
TOKEN_ID = "token_id:"
"""What stands before a token's number, where a server tells that in the place of its text: half
letters have no text of their own."""

PROMPTS = (
    "Write a Python function that returns the sum of a list of numbers.",
    "Reverse a string in Java.",
    "What does `n & 1` say of an integer n?",
    "Mend this loop, which reads past the end of the array: "
    "for (int i = 0; i <= n; i++) total += a[i];",
)

_TOLERANCE = {"float32": 0.001}
_HALF = 0.25
_MEAN = 0.25
"""The mean difference is at most this share of the largest that is let pass: noise is seldom large,
while other weights differ everywhere."""


class RunnerUp(FrozenModel):
    """The second likeliest token of a place."""

    token: int
    piece: str
    logprob: float


class CanaryRow(FrozenModel):
    """A prompt, its greedy answer, and the log-probability of each token. `pieces` are their texts.

    The token that ends the answer is among them, where it came; `text` is without it.
    """

    prompt: str
    tokens: tuple[int, ...]
    pieces: tuple[str, ...]
    logprobs: tuple[float, ...]
    rivals: tuple[RunnerUp, ...]
    text: str


class Canary(FrozenModel):
    """What a model says, computed in `dtype`. `stops` are the tokens that end an answer."""

    dtype: str
    stops: tuple[int, ...]
    rows: tuple[CanaryRow, ...]

    def tolerance(self, dtype: str | None) -> float:
        """Nats that an engine which computes in `dtype` may differ by; None is the canary's own."""
        return max(_TOLERANCE.get(each, _HALF) for each in (self.dtype, dtype or self.dtype))


@dataclass(frozen=True)
class EngineOutput:
    """What an engine answered to one prompt: ids, or their texts, or the text alone."""

    text: str
    tokens: Sequence[int] | None = None
    pieces: Sequence[str] | None = None
    logprobs: Sequence[float] | None = None


@dataclass(frozen=True)
class CanaryReport:
    """A canary that was met: how many tokens were compared, and the largest difference in nats.

    `ties` answers went another way at a place where the reference itself was undecided.
    """

    tokens: int
    largest: float
    mean: float
    ties: int
    text_alone: bool

    def __str__(self) -> str:
        if self.text_alone:
            return "the canary's texts are the same (the engine tells no log-probabilities)"
        ties = f", {self.ties} near-ties" if self.ties else ""
        return f"the canary's {self.tokens} tokens are the same to {self.largest:.2g} nats{ties}"


def write_canary(canary: Canary, folder: Path) -> None:
    """Keep it beside the weights."""
    atomic_write(folder / FILE, canary.model_dump_json(indent=1).encode())


def read_canary(folder: Path) -> Canary | None:
    """The canary of a folder, if it has one.

    Raises:
        ModelError: the file is none.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return Canary.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ModelError(f"{path} is no canary: {error}; train this student again") from error


def compare(
    canary: Canary, heard: Sequence[EngineOutput], tolerance: float, engine: str
) -> CanaryReport:
    """Hold what an engine answered against the canary.

    Tokens must be equal and their log-probabilities within the tolerance; on average, within a
    quarter of it. Another token passes only where it is the reference's second likeliest and the
    two are within the tolerance: there the row ends.

    Raises:
        ModelError: the engine answers with other weights, or in another way.
    """
    gaps: list[float] = []
    ties = 0
    alone = any(each.logprobs is None for each in heard)
    for row, own in zip(canary.rows, heard, strict=True):
        if own.logprobs is None:
            ties += _same_text(row, own.text, tolerance, engine)
            continue
        found, tied = _gaps(row, own, tolerance, engine)
        gaps += found
        ties += tied
    mean = sum(gaps) / len(gaps) if gaps else 0.0
    if mean > tolerance * _MEAN:
        raise ModelError(
            f"{engine} answers with other weights than those trained: over the canary's"
            f" {len(gaps)} tokens its log-probabilities are {mean:.2g} nats off on average, and"
            f" {tolerance * _MEAN:.2g} may be; {_ADVICE}"
        )
    return CanaryReport(len(gaps), max(gaps, default=0.0), mean, ties, alone)


def agree(
    one: Sequence[tuple[Sequence[int], Sequence[float]]],
    other: Sequence[tuple[Sequence[int], Sequence[float]]],
) -> bool:
    """Whether two engines in half precision say the same, each its likeliest tokens.

    Log-probabilities are as near as a canary's. Another token ends a row: its probability being
    as near as that, the two were nearly tied.
    """
    gaps: list[float] = []
    for mine, others in zip(one, other, strict=True):
        for token, rival, logprob, known in zip(
            mine[0], others[0], mine[1], others[1], strict=False
        ):
            gaps.append(abs(logprob - known))
            if token != rival:
                break
    return all(gap <= _HALF for gap in gaps) and sum(gaps) <= _MEAN * _HALF * len(gaps)


def _gaps(
    row: CanaryRow, heard: EngineOutput, tolerance: float, engine: str
) -> tuple[list[float], bool]:
    """Differences of a row's log-probabilities, and whether it ended in a near-tie."""
    said, logprobs = _said(heard)
    gaps: list[float] = []
    for place, (expected, logprob) in enumerate(zip(row.tokens, row.logprobs, strict=True)):
        if place == len(said):
            if place == len(row.tokens) - 1 and place < CANARY_TOKENS - 1:
                return gaps, False  # servers leave out the token that ended the answer
            raise _mismatch(row, place, "nothing", engine)
        piece = row.pieces[place]
        if not _is(said[place], expected, piece):
            rival = row.rivals[place]
            if _is(said[place], rival.token, rival.piece) and _close(row, place, tolerance):
                return gaps, True
            raise _mismatch(row, place, _shown(said[place], logprobs[place]), engine)
        gap = abs(logprobs[place] - logprob)
        if not gap <= tolerance:  # a NaN is no answer either
            raise _mismatch(row, place, _shown(said[place], logprobs[place]), engine)
        gaps.append(gap)
    if len(said) > len(row.tokens):
        raise _mismatch(row, len(row.tokens), _shown(said[len(row.tokens)], None), engine)
    return gaps, False


def _said(heard: EngineOutput) -> tuple[Sequence[int | str], Sequence[float]]:
    assert heard.logprobs is not None
    said: Sequence[int | str] | None = heard.tokens if heard.tokens is not None else heard.pieces
    assert said is not None
    return said, heard.logprobs


def _is(said: int | str, token: int, piece: str) -> bool:
    """Whether a token was said. Texts of tokens differ between engines at spaces and half letters;
    the log-probability tells such tokens apart."""
    if isinstance(said, int):
        return said == token
    return said.strip() == piece.strip() or "\ufffd" in said or "\ufffd" in piece


def _close(row: CanaryRow, place: int, tolerance: float) -> bool:
    return row.logprobs[place] - row.rivals[place].logprob <= tolerance


def _same_text(row: CanaryRow, text: str, tolerance: float, engine: str) -> bool:
    """Whether the text went another way at a near-tie. Raises where it is another one."""
    said = _plain(row, text)
    if said == _plain(row, row.text):
        return False
    for place in range(len(row.tokens)):
        start = "".join(row.pieces[:place]) + row.rivals[place].piece
        if _close(row, place, tolerance) and said.startswith(_plain(row, start)):
            return True
    raise ModelError(
        f"{engine} answers with other weights than those trained: to the canary's prompt"
        f" {row.prompt!r} it answers {text!r}, and the trained model {row.text!r}; {_ADVICE}"
    )


def _plain(row: CanaryRow, text: str) -> str:
    """A text without the marks that the row's own text leaves out: some engines show them."""
    for piece in row.pieces:
        if piece and piece not in row.text and "\ufffd" not in piece:
            text = text.replace(piece, "")
    return text.strip()


_ADVICE = (
    "start a fresh engine on the student's folder (weights reloaded in place may be stale), then"
    " run the same command again"
)


def _mismatch(row: CanaryRow, place: int, found: str, engine: str) -> ModelError:
    expected = "the end of the answer"
    if place < len(row.tokens):
        expected = _shown(row.pieces[place], row.logprobs[place])
    return ModelError(
        f"{engine} answers with other weights than those trained: in its answer to the canary's"
        f" prompt {row.prompt!r} token {place + 1} should be {expected}, and is {found}; {_ADVICE}"
    )


def _shown(said: int | str, logprob: float | None) -> str:
    words = repr(said) if isinstance(said, str) else f"token {said}"
    return words if logprob is None else f"{words} (log-probability {logprob:.4f})"
