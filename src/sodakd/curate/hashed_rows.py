"""Rows as hashes: of their questions' words, and of their answers' programs."""

import hashlib
from array import array
from collections.abc import Sequence

import numpy as np

from sodakd.curate.rows import program_of
from sodakd.dedup.corpus import Corpus
from sodakd.dedup.program_form import program_forms
from sodakd.dedup.word_hashes import Hashes64
from sodakd.seeds.filter import tell_language
from sodakd.seeds.seed import Seed
from sodakd.types import Language


class HashedRows(Corpus):
    """Rows of which duplicates can be found: a corpus of questions and, by `code`, of programs."""

    def __init__(self, threshold: float, code: bool) -> None:
        super().__init__(threshold)
        self._programs = array("Q") if code else None

    def add_rows(self, seeds: Sequence[Seed]) -> None:
        """Take rows in, some at a time."""
        self.add([seed.text for seed in seeds])
        if self._programs is not None:
            self._programs.extend(map(_program_hash, seeds))

    def programs(self) -> Hashes64 | None:
        """A hash of each row's program; 0 of those without one, None where they are not asked."""
        return None if self._programs is None else np.frombuffer(self._programs, np.uint64)


def _program_hash(seed: Seed) -> int:
    """The hash of the form of a row's program; 0 without one that tells it from others."""
    program = program_of(seed)
    language = tell_language(seed, Language.PYTHON).language if program else None
    forms = program_forms(program, language) if program and language else ()
    if not forms:
        return 0
    return int.from_bytes(hashlib.sha256(f"{language} {forms[0]}".encode()).digest()[:8])
