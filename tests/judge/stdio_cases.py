"""Programs of tests/programs/stdio, which read numbers and write their sum, in many ways."""

from pathlib import Path

from sodakd.types import Language, StdioCase, StdioTests
from tests.judge.programs import ROOT, Found, programs

STDIO = ROOT / "stdio"
ROWS: tuple[list[int], ...] = ([1], [], [2, -3, 40], [5, 5])
TESTS = StdioTests(
    cases=tuple(
        StdioCase(stdin=f"{len(row)}\n{' '.join(map(str, row))}\n", stdout=f"{sum(row)}\n")
        for row in ROWS
    )
)


def plain(language: Language) -> str:
    """A program that is right; with `+ 1` in the place of `+ 0` it is wrong."""
    (path,) = Path(STDIO / language.value).glob("plain.*")
    return path.read_text()


def ways(language: Language) -> list[Found]:
    """Programs that are right, each of which reads or writes in another way."""
    return [found for found in programs(STDIO, language) if found.name != "plain"]


def hostile(language: Language) -> list[Found]:
    """Programs that attack, each of which begins its name with the outcome that it must get."""
    return programs(ROOT / "stdio_hostile", language)
