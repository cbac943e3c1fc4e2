"""Programs in languages that cannot be judged here: told at the end, when the others are judged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sodakd.errors import LanguageMissing
from sodakd.judge.install_hint import combined_command
from sodakd.judge.invalid_tests import InvalidTestsError
from sodakd.judge.program import Program
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.types import Language


class MissingLanguages:
    """The programs of a stream that were left out, by language."""

    def __init__(self) -> None:
        self._ids: dict[Language, list[str]] = {}

    def without(self, programs: Iterable[Program]) -> Iterator[Program]:
        """The programs that can be judged here, or hold no code; the others are noted."""
        for program in programs:
            language = program.language
            if program.code.strip() and isinstance(toolchain(language), MissingToolchain):
                self._ids.setdefault(language, []).append(program.id)
            else:
                yield program

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise `LanguageMissing` at the end, where a program was left out.

        Where tests do not fit their programs as well, it is the cause of `InvalidTestsError`.
        """
        try:
            yield
        except InvalidTestsError as error:
            raise error from self._error()
        missing = self._error()
        if missing is not None:
            raise missing

    def _error(self) -> LanguageMissing | None:
        return missing_error(self._ids) if self._ids else None


def missing_error(skipped: Mapping[Language, Sequence[str]]) -> LanguageMissing:
    """What is said of the programs that were skipped: by language, and what installs all of it."""
    lines, commands = [], []
    for language, ids in skipped.items():
        tools = toolchain(language)
        why = "its toolchain is missing"
        if isinstance(tools, MissingToolchain):
            why = tools.reason
            commands.append(tools.command)
        some = ", ".join(ids[:5]) + (", ..." if len(ids) > 5 else "")
        lines.append(f"  {language}: {len(ids)} skipped ({some}): {why}")
    lines.append(f"install what is missing, and run the same again: {combined_command(commands)}")
    total = sum(map(len, skipped.values()))
    text = "\n".join(
        [f"{total} programs are in languages that cannot be judged here; all others were:", *lines]
    )
    return LanguageMissing(text, {one.value: tuple(ids) for one, ids in skipped.items()})
