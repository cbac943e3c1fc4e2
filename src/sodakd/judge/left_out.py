"""Programs of a stream that get no verdict: told at its end, when all others have theirs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sodakd.errors import JudgeError, LanguageMissing
from sodakd.install_command import combined_command
from sodakd.judge.program import Program
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.types import Language, Verdict

_NAMED = 5


class InvalidTestsError(JudgeError):
    """Tests that cannot be put to their programs: of those nothing was judged, of all others all.

    `reasons`: why, by the program's id.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(reasons)  # what it is made anew from, where it crosses machines
        self.reasons = reasons

    def __str__(self) -> str:
        said = [f"program {name!r}: {why}" for name, why in self.reasons.items()]
        more = f"; and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
        return f"{'; '.join(said[:_NAMED])}{more}"


def or_invalid(judged: Callable[[], Verdict]) -> Verdict | InvalidTestsError:
    """A verdict, or why there can be none."""
    try:
        return judged()
    except InvalidTestsError as error:
        return error


class LeftOut:
    """The programs of one stream whose language is missing, or to which their tests do not fit."""

    def __init__(self) -> None:
        self._missing: dict[Language, list[str]] = {}
        self.unfit: dict[str, str] = {}

    def without(self, programs: Iterable[Program]) -> Iterator[Program]:
        """The programs that can be judged here, or hold no code; the others are noted."""
        for program in programs:
            language = program.language
            if program.code.strip() and isinstance(toolchain(language), MissingToolchain):
                self._missing.setdefault(language, []).append(program.id)
            else:
                yield program

    def tell(self) -> None:
        """Raise what is to be told: `InvalidTestsError`, whose cause may be the other one, or
        `LanguageMissing`.
        """
        missing = missing_error(self._missing) if self._missing else None
        if self.unfit:
            raise InvalidTestsError(self.unfit) from missing
        if missing is not None:
            raise missing


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
