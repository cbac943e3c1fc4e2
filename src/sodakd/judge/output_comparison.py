"""What runs of a program wrote, compared with what they must write. Nothing of it runs here.

An output is bytes, whatever a program wrote: what is no UTF-8 stands in a text as `surrogateescape`
has it. All of it takes time linear in the outputs.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import zip_longest

from sodakd.judge.compare import Rule, equal
from sodakd.judge.sandbox.stdio_run import TOGETHER
from sodakd.types import Outcome, OutputComparison, StdioCase, StdioTests

_KEPT = 300
"""Bytes that are told of an input, and of an output around its first difference."""
_BEFORE = 60
"""Of these, bytes before the difference."""
_NAMED = 60
"""Bytes that are told of what differs."""
_TOKEN = re.compile(rb"[^ \t\n\v\f\r]+")
_PARTS = re.compile(rb"[ \t\v\f\r]+|[^ \t\v\f\r]+")
_NUMBER = re.compile(
    rb"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)", re.IGNORECASE
)
_DIGITS = 400
"""What is longer is no number, but a text."""

Place = tuple[bytes, int]
"""A part of an output that is compared, and where it begins."""
_FIRST: Place = (b"", 0)


def compare_outputs(
    outputs: Sequence[str], tests: StdioTests, outcome: str, why: str
) -> tuple[Outcome, str]:
    """Return the outcome of the runs that wrote these outputs, and why it is no pass.

    `outcome` and `why` are those of the run after them, which did not end well; "" where all did.
    The first case that fails decides.
    """
    count = len(tests.cases)
    if len(outputs) != count and not outcome:
        return Outcome.NO_VERDICT, f"{len(outputs)} outputs for {count} cases"
    for number, (case, output) in enumerate(zip(tests.cases, outputs, strict=False), start=1):
        if wrong := difference(output, case, tests):
            return Outcome.WRONG_ANSWER, f"case {number} of {count}: {wrong}"
    if not outcome:
        return Outcome.PASSED, ""
    number = len(outputs) + 1
    asked = _cut(_bytes(tests.cases[number - 1].stdin), _FIRST)
    return Outcome(outcome), f"case {number} of {count}: {why}\ninput:\n{asked}"


def difference(output: str, case: StdioCase, tests: StdioTests) -> str:
    """How an output differs from what a case expects, with the case's input, or ""."""
    found, expected = _bytes(output), _bytes(case.stdout)
    what, split, places = _COMPARED[tests.comparison]
    if split(found) == split(expected):
        return ""
    pairs = zip_longest(places(found), places(expected), fillvalue=None)
    for number, (one, other) in enumerate(pairs, start=1):
        if one is None or other is None or not _same(one[0], other[0], tests):
            return "\n".join(
                (
                    f"{what} {number} is {_named(one)}, expected {_named(other)}",
                    f"input:\n{_cut(_bytes(case.stdin), _FIRST)}",
                    f"expected:\n{_cut(expected, other)}",
                    f"found:\n{_cut(found, one)}",
                )
            )
    return ""


def beyond_limit(tests: StdioTests, limit: int) -> str:
    """Why no program may write what is expected, where it may write so many bytes; or ""."""
    sizes = [len(b" ".join(_bytes(case.stdout).split())) for case in tests.cases]
    for number, size in enumerate(sizes, start=1):
        if size >= limit:
            return _more(f"case {number} expects", size, limit)
    if sum(sizes) > TOGETHER * limit:
        return _more("all cases together expect", sum(sizes), TOGETHER * limit)
    return ""


def _more(what: str, size: int, limit: int) -> str:
    return (
        f"{what} {size} bytes of output, and a program may write {limit}: raise judge.output_kb,"
        " or leave such cases out"
    )


def _bytes(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half a character that no byte stands for
        return text.encode(errors="surrogatepass")


def _lines(text: bytes) -> list[bytes]:
    """The lines of an output, without blanks at their ends and empty lines at its end."""
    return b"\n".join(line.rstrip() for line in text.split(b"\n")).rstrip(b"\n").split(b"\n")


def _line_places(text: bytes) -> Iterator[Place]:
    at = 0
    lines = _lines(text)
    for line, whole in zip(lines, text.split(b"\n"), strict=False):
        yield line, at
        at += len(whole) + 1


def _bare_lines(text: bytes) -> list[bytes]:
    """The lines of an output, without the blanks around it and around each of them."""
    return [line.strip() for line in text.strip().split(b"\n")]


def _bare_line_places(text: bytes) -> Iterator[Place]:
    at = len(text) - len(text.lstrip())
    for line in text.strip().split(b"\n"):
        yield line.strip(), at
        at += len(line) + 1


def _token_places(text: bytes) -> Iterator[Place]:
    return ((found[0], found.start()) for found in _TOKEN.finditer(text))


_COMPARED: Mapping[
    OutputComparison,
    tuple[str, Callable[[bytes], list[bytes]], Callable[[bytes], Iterator[Place]]],
] = {
    OutputComparison.TOKENS: ("token", bytes.split, _token_places),
    OutputComparison.EXACT: ("line", _lines, _line_places),
    OutputComparison.LINES: ("line", _bare_lines, _bare_line_places),
}
"""What is compared: its name, the parts of an output, and these with their places."""


def _same(found: bytes, expected: bytes, tests: StdioTests) -> bool:
    if found == expected:
        return True
    if tests.comparison is OutputComparison.LINES and _are_same_numbers(found, expected):
        return True
    tolerance = tests.tolerance
    if tolerance is None:
        return False
    ours, theirs = _PARTS.findall(found), _PARTS.findall(expected)
    return len(ours) == len(theirs) and all(
        one == other or _near(one, other, tolerance)
        for one, other in zip(ours, theirs, strict=True)
    )


def _are_same_numbers(found: bytes, expected: bytes) -> bool:
    """Whether two lines are numbers of the same values, to the last digit."""
    try:
        ours, theirs = (
            [Decimal(each.decode()) for each in line.split()] for line in (found, expected)
        )
        return ours == theirs
    except (InvalidOperation, UnicodeDecodeError):
        return False


def _near(found: bytes, expected: bytes, tolerance: float) -> bool:
    """Whether two texts are numbers within the tolerance, relative or absolute."""
    if not all(len(one) <= _DIGITS and _NUMBER.fullmatch(one) for one in (found, expected)):
        return False
    return equal(
        float(found), float(expected), Rule(strict=False, relative=tolerance, absolute=tolerance)
    )


def _named(place: Place | None) -> str:
    if place is None:
        return "missing"
    text = place[0][:_NAMED].decode(errors="replace")
    return repr(f"{text}..." if len(place[0]) > _NAMED else text)


def _cut(text: bytes, place: Place | None) -> str:
    """A text, where it is long the part around a place of it; None is its end."""
    text = text.rstrip()
    if len(text) <= _KEPT:
        return text.decode(errors="replace")
    start = min(max(0, (place[1] if place else len(text)) - _BEFORE), len(text) - _KEPT)
    end = start + _KEPT
    shown = text[start:end].decode(errors="replace")
    before = f"... {start} bytes ...\n" if start else ""
    after = f"\n... {len(text) - end} bytes ..." if end < len(text) else ""
    return f"{before}{shown}{after}"
