"""What programs say, as texts to keep."""

import contextlib
import errno
import re
from typing import TextIO

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_KEPT = 4000
"""Characters of a program's output that a verdict keeps."""
UNREAD = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What the compiler of Python raises for a text that it cannot read."""
LIMITS = ("memory_limit", "output_limit")
"""The limits that an exception may be the sign of."""
_SAID = 400


def shorten(text: str, limit: int = _KEPT) -> str:
    """A message without what differs from run to run, its middle left out where it is long."""
    text = text.replace("\0", "\\0")
    if "0x" in text:
        text = _ADDRESS.sub("0x...", text)
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]}\n... {len(text) - limit} characters ...\n{text[-limit // 2 :]}"


def format_exception(error: BaseException) -> str:
    """The kind of an exception, its text, and the line of the program where it arose."""
    try:
        text = f"{type(error).__name__}: {error}"
        line, at = 0, error.__traceback__
        while at is not None:
            if at.tb_frame.f_code.co_filename == "solution.py":
                line = at.tb_lineno
            at = at.tb_next
    except BaseException:  # a program's exception may raise while it is printed
        return shorten(type(error).__name__, _SAID)
    return shorten(f"{text} (line {line})" if line else text, _SAID)


def limit(error: BaseException) -> str:
    """The limit that an exception is the sign of, or ""."""
    if isinstance(error, MemoryError):
        return "memory_limit"
    if isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOSPC):
        return "output_limit"
    return ""


def flush(stdout: TextIO) -> None:
    """Have what a program printed seen, whoever ends it next."""
    with contextlib.suppress(OSError, ValueError):
        stdout.flush()
