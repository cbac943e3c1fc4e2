"""What is kept running to save its start: self-test, use, after an error self-test again."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What can be ended."""

    def close(self) -> None: ...


Tool = TypeVar("Tool", bound=Closable)


class UnavailableError(OSError):
    """There is no such tool here: the slower way is taken."""


class Accelerator(Generic[Tool]):
    """A tool that is trusted while its self-test passes.

    A test raises `ValueError` or `OSError` where the tool is wrong. One that fails it is started
    anew; where the new one fails it too, it is given up for good and `note` says why.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._tool: Tool | None = None
        self._key: object = None
        self._doubted = False
        self.note = ""

    def of(self, key: object, start: Callable[[], Tool], test: Callable[[Tool], None]) -> Tool:
        """The tool of a command (`key`); another command ends the last one's. Raises
        `UnavailableError` where there is none."""
        if self.note:
            raise UnavailableError(self.note)
        if key != self._key:
            self.close()
        if self._tool is not None and self._doubted:
            try:
                test(self._tool)
            except (OSError, ValueError):
                self.close()
        if self._tool is None:
            self._tool, self._key = self._started(start, test), key
        self._doubted = False
        return self._tool

    def _started(self, start: Callable[[], Tool], test: Callable[[Tool], None]) -> Tool:
        tool = None
        try:
            tool = start()
            test(tool)
        except (OSError, ValueError) as error:
            if tool is not None:
                tool.close()
            why = str(error) or type(error).__name__
            self.note = (
                f"{self._name} cannot be kept running here, each program starts its own: {why}"
            )
            raise UnavailableError(self.note) from error
        return tool

    def doubt(self) -> None:
        """It ended a request with an error: it is tested before its next use."""
        self._doubted = True

    def close(self) -> None:
        """End it: the next use starts another."""
        if self._tool is not None:
            self._tool.close()
            self._tool = None
