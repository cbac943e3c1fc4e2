"""Snippets of source files as seeds: OSS-Instruct's inspiration (Magicoder, arXiv 2312.02120).

From each file 1 to 15 consecutive lines are drawn at a random place. What is asked is a whole
program around them; to have a teacher write a problem first is a method of its own.
"""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from sodakd.json_text import valid_unicode
from sodakd.seeds.seed import Seed
from sodakd.text.languages import LANGUAGES
from sodakd.types import Language

SUFFIXES: Mapping[str, Language] = {
    suffix: Language(name) for name, one in LANGUAGES.items() for suffix in one.suffixes.split()
}
MOST_LINES = 15
_MOST_BYTES = 1_000_000


def source_files(folder: Path) -> list[Path]:
    """The programs below a folder, in order; hidden folders are passed over."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.stat().st_size <= _MOST_BYTES
    )


def read_snippets(folder: Path, seed: int) -> Iterator[Seed]:
    """A seed from each source file of a folder; one without a line of code gives an empty one, and
    so does one that is no text (a film's name may end in `.ts` as well).

    The same seed draws the same lines of a file, whatever other files there are.
    """
    for path in source_files(folder):
        name = valid_unicode(path.relative_to(folder).as_posix())
        language = SUFFIXES[path.suffix]
        content = path.read_bytes()
        text = "" if b"\0" in content else content.decode("utf-8", "replace")
        start, snippet = draw_snippet(text, random.Random(f"snippet {seed} {name}"))
        asked = snippet_prompt(snippet, language) if snippet else ""
        yield Seed(text=asked, label=language.value, file=name, row=start)


def draw_snippet(text: str, rng: random.Random) -> tuple[int, str]:
    """A line's number, from 1, and 1 to 15 lines from there on that are not all blank; 0 and "" in
    an empty file."""
    lines = text.splitlines()
    places = [number for number, line in enumerate(lines) if line.strip()]
    if not places:
        return 0, ""
    start = rng.choice(places)
    chosen = lines[start : start + rng.randint(1, MOST_LINES)]
    return start + 1, "\n".join(line.rstrip() for line in chosen).rstrip()


def snippet_prompt(snippet: str, language: Language) -> str:
    """The question that a snippet becomes."""
    title = language.display_name
    return (
        f"These lines are taken from a {title} file:\n\n```{language}\n{snippet}\n```\n\n"
        "Think of a small, complete task that a program with lines like these could do. State the"
        f" task in a comment, then solve it in {title}, in one file that needs nothing else."
    )
