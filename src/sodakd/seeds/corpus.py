"""Snippets of a code corpus, for OSS-Instruct (Magicoder, arXiv 2312.02120)."""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.errors import DataError
from sodakd.json_text import valid_unicode
from sodakd.records import Snippet
from sodakd.seeds.read import read_rows_of
from sodakd.seeds.seed import Row, Tell, untold
from sodakd.seeds.snippets import SUFFIXES, draw_snippet, source_files
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.sources import exists
from sodakd.text.labels import language_of
from sodakd.types import Language

_CODE = ("content", "code", "text")
_LANGUAGE = ("language", "lang", "programming_language")
_PASSES = 20
"""Times that a corpus is read at most, where it has fewer files than snippets are wanted."""


@dataclass(frozen=True)
class Document:
    """A file of a corpus."""

    name: str
    language: Language
    text: str


def require_corpus(source: str | None, code: Sequence[str]) -> None:
    """Raise `DataError` where there is neither a source of snippets nor `code` in its place."""
    if source is None and not code:
        raise DataError(
            "OSS-Instruct needs source code to take snippets of, and none is there (a student from"
            " scratch brings what it was made from): name a folder of programs or a dataset of"
            " files in oss_instruct.source"
        )


def read_documents(
    source: str | None, code: Sequence[str], settings: QuestionSettings, tell: Tell = untold
) -> Iterator[Document]:
    """The files of a corpus: the programs of a folder, or a dataset's rows; else `code`.

    Of rows the column is `content`, `code` or `text`; one that names no language is of the
    questions' own. Files of other languages than `questions.languages` are passed over.

    Raises:
        DataError: the source cannot be read, or holds no code.
    """
    for one in _documents(source, code, settings.language, tell):
        if one.language in settings.languages:
            yield one


def draw_snippets(
    documents: Callable[[], Iterable[Document]], count: int, seed: int
) -> list[Snippet]:
    """Return different snippets, drawn evenly: one a document, or more where these are too few.

    Fewer than `count` where the corpus has no others.
    """
    rng = random.Random(f"snippets {seed}")
    kept: list[Snippet] = []
    seen: set[Snippet] = set()
    for again in range(_PASSES):
        before = len(seen)
        for one in documents():
            _, text = draw_snippet(one.text, random.Random(f"snippet {seed} {again} {one.name}"))
            snippet = Snippet(text=text, language=one.language)
            if snippet in seen or not re.search(r"\w", text):
                continue
            seen.add(snippet)
            if len(kept) < count:
                kept.append(snippet)
            elif (place := rng.randrange(len(seen))) < count:
                kept[place] = snippet
        if len(kept) == count or len(seen) == before:
            break
    return kept


def _documents(
    source: str | None, code: Sequence[str], language: Language, tell: Tell
) -> Iterator[Document]:
    if source is None:
        require_corpus(source, code)
        for number, text in enumerate(code):
            yield Document(str(number), language, text)
        return
    folder = Path(source)
    files = source_files(folder) if exists(folder) and folder.is_dir() else []
    for path in files:
        yield _of_file(folder, path)
    if not files:
        yield from _of_rows(read_rows_of(source, tell), source, language)


def _of_file(folder: Path, path: Path) -> Document:
    content = path.read_bytes()
    text = "" if b"\0" in content else content.decode("utf-8", "replace")
    name = valid_unicode(path.relative_to(folder).as_posix())
    return Document(name, SUFFIXES[path.suffix], text)


def _of_rows(rows: Iterable[Row], source: str, language: Language) -> Iterator[Document]:
    found = False
    for row in rows:
        text = next((row.values[name] for name in _CODE if name in row.values), None)
        if not isinstance(text, str):
            continue
        found = True
        label = next((row.values[name] for name in _LANGUAGE if name in row.values), None)
        named = language_of(label) if isinstance(label, str) else language
        if named is not None:
            yield Document(f"{row.file} {row.number}", named, text)
    if not found:
        raise DataError(
            f"{source} (oss_instruct.source) holds no source code: a folder of programs, or rows"
            f" whose code is in the column {', '.join(_CODE)}"
        )
