"""A file without its duplicates: read once to find them, once more to write the rest."""

import hashlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from sodakd.curate.findings import Finding
from sodakd.curate.rows import line_of, program_of, read_both
from sodakd.dedup.corpus import BATCH, Corpus
from sodakd.dedup.near import Limits, Match, find_duplicates
from sodakd.dedup.program_form import program_forms
from sodakd.dedup.vectors import Vectors
from sodakd.dedup.word_hashes import Hashes64
from sodakd.jsonl import write_lines
from sodakd.seeds.filter import tell_language
from sodakd.seeds.seed import Row, Seed, Tell, untold
from sodakd.settings.questions import QuestionSettings
from sodakd.types import Language

Watch = Callable[[str], None]
"""Is told of every row what is done with it."""
Embed = Callable[[Sequence[str]], Vectors]
"""Gives a vector of length 1 for each text."""


def dedup(
    settings: QuestionSettings,
    limits: Limits,
    *,
    code: bool,
    out: Path | None,
    tell: Tell,
    watch: Watch,
    embed: Embed | None = None,
) -> tuple[list[Finding], int]:
    """The rows of a source that are duplicates, and how many rows it has; `out` gets the others.

    `code` has answers with the same program count as duplicates, whatever their questions say;
    `embed` gives the questions' vectors, of which `limits` has the least cosine.

    Raises:
        DataError: the source cannot be read, or holds no rows.
    """
    corpus, programs, vectors = _read(settings, limits, code, tell, watch, embed)
    matches = {one.number: one for one in find_duplicates(corpus, limits, programs, vectors)}
    rows = len(corpus)
    del corpus, programs, vectors
    found: list[Finding] = []
    kept = _kept(settings, matches, found, watch)
    if out is not None:
        write_lines(out, map(line_of, kept))
    else:
        for _ in kept:
            pass
    return found, rows


def _read(
    settings: QuestionSettings,
    limits: Limits,
    code: bool,
    tell: Tell,
    watch: Watch,
    embed: Embed | None,
) -> tuple[Corpus, Hashes64 | None, Vectors | None]:
    corpus, programs = Corpus(limits.bands), array("Q")
    vectors: list[Vectors] = []
    batch: list[str] = []

    def take_in() -> None:
        corpus.add(batch)
        if embed is not None and batch:
            vectors.append(embed(batch))

    for _, seed in read_both(settings, tell):
        watch("reading")
        batch.append(seed.text)
        programs.append(_program_hash(seed) if code else 0)
        if len(batch) == BATCH:
            take_in()
            batch = []
    take_in()
    hashes = np.frombuffer(programs, np.uint64) if code else None
    return corpus, hashes, np.concatenate(vectors) if vectors else None


def _program_hash(seed: Seed) -> int:
    """The hash of the form of a row's program; 0 without one that tells it from others."""
    program = program_of(seed)
    language = tell_language(seed, Language.PYTHON).language if program else None
    forms = program_forms(program, language) if program and language else ()
    if not forms:
        return 0
    return int.from_bytes(hashlib.sha256(f"{language} {forms[0]}".encode()).digest()[:8])


def _kept(
    settings: QuestionSettings, matches: dict[int, Match], found: list[Finding], watch: Watch
) -> Iterator[Row]:
    """The rows that stay; what is left out goes to `found`."""
    twins = {one.twin for one in matches.values()}
    texts: dict[int, tuple[str, str]] = {}
    for number, (row, seed) in enumerate(read_both(settings, untold)):
        watch("writing")
        if number in twins:
            texts[number] = (seed.origin, seed.text)
        match = matches.get(number)
        if match is None:
            yield row
            continue
        origin, text = texts[match.twin]
        score = round(match.score, 4)
        found.append(
            Finding(
                row=seed.origin, twin=origin, method=match.method, score=score, text=seed.text,
                twin_text=text,
            )
        )  # fmt: skip
