"""Sift seeds: tell the language of each, and name the reason for each that is left out."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sodakd.dedup.contamination import ContaminationIndex
from sodakd.dedup.index import DedupIndex
from sodakd.seeds.intent import lacks_its_code, wants_words
from sodakd.seeds.languages import named_languages
from sodakd.seeds.prose import fenced, guess, without_prose
from sodakd.seeds.requirements import (
    requirement_of_node,
    requirement_of_script,
    requirements_of,
)
from sodakd.seeds.seed import FilteredSeed, Reason, Seed
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.sources import shortened
from sodakd.settings.stages import UpdateSettings
from sodakd.text.labels import label_of, one_of_seven
from sodakd.text.language_id import MIN_SCORE
from sodakd.types import Language, Question, TestScript

_DATA = frozenset({"data", "regex"})
"""In a question these are what a program is to work on."""


@dataclass(frozen=True)
class LanguageHint:
    """A seed's language, or the label of another one; and where that was seen."""

    language: Language | None
    label: str
    seen_in: str


def tell_language(seed: Seed, default: Language) -> LanguageHint:
    """The language a question wants: by the source's column, its words, its answer, its own code.

    Where nothing tells it is the default, and `seen_in` says so.
    """
    if seed.label:
        label = label_of(seed.label) or seed.label.strip().casefold()
        return _told(label, f"column: {shortened(seed.label, 40)}")
    named = named_languages(seed.text)
    answer = _guess(seed.reference or "")
    if named:
        label = next(iter(named))
        if len(named) > 1 and answer in named and answer not in _DATA:
            label = answer
        elif (supported := one_of_seven(*named)) is not None:
            # "an SQL query in Python": the program is Python's, unless the answer is not one.
            label = label if one_of_seven(label) else supported.value
        return _told(label, f"named: {named[label]}")
    if answer:
        return _told(answer, "code of the answer")
    within = _guess(without_prose(seed.text))
    if within and within not in _DATA:
        return _told(within, "code of the question")
    both = _guess(f"{without_prose(seed.text)}\n{seed.reference or ''}")
    if both and both not in _DATA:
        return _told(both, "code of both")
    return LanguageHint(default, default.value, "default")


def _told(label: str, seen_in: str) -> LanguageHint:
    return LanguageHint(one_of_seven(label), label, seen_in)


def _guess(text: str) -> str:
    label, content = fenced(text)
    if label:
        return label
    found = guess(content or text)
    return found.label if found is not None and found.weight > MIN_SCORE else ""


_LETTERS_A_WORD = 40
"""At most, in a text that is no heap of letters: some scripts have no blanks between words."""
_WITHOUT_BLANKS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
"""Letters of such scripts (Chinese, Japanese, Thai, Lao, Burmese, Khmer), two of them a word."""


def _reasons(
    seed: Seed, told: LanguageHint, settings: QuestionSettings
) -> Iterator[tuple[Reason, str]]:
    """The reasons to leave a seed out, in order, each with what it goes by; "" where it is none."""
    text, words, letters = seed.text, len(seed.text.split()), len(seed.text)
    least = max(words, len(_WITHOUT_BLANKS.findall(text)) // 2)
    yield Reason.NOT_TEXT, seed.unread
    yield Reason.EMPTY, "" if text else "no text"
    yield Reason.UNREADABLE_TESTS, seed.bad_tests
    yield Reason.TOO_SHORT, f"{least} words" if least < settings.min_words else ""
    yield Reason.TOO_LONG, f"{words} words" if words > settings.max_words else ""
    most = _LETTERS_A_WORD * settings.max_words
    yield Reason.TOO_LONG, f"{letters} letters" if letters > most else ""
    yield Reason.ANOTHER_LANGUAGE, "" if told.language else told.label
    yield Reason.STRANGE_START, _strange_start(text)
    if seed.tests is not None:  # then a program is wanted that can be run
        if told.language is Language.PYTHON and isinstance(seed.tests, TestScript):
            yield requirement_of_script(seed.tests.script)
        if told.language in (Language.JAVASCRIPT, Language.TYPESCRIPT):
            begun = seed.code_prompt.code if seed.code_prompt is not None else ""
            script = seed.tests.script if isinstance(seed.tests, TestScript) else ""
            yield requirement_of_node(f"{begun}\n{script}")
        yield Reason.LANGUAGE_NOT_WANTED, "" if told.language in settings.languages else told.label
        return
    named = told.seen_in.startswith(("named", "column"))
    words_wanted = wants_words(text, seed.reference, named)
    who = "the answer is words" if seed.reference is not None else "the question asks for words"
    yield Reason.NO_PROGRAM_WANTED, who if words_wanted else ""
    missing = "it speaks of code that is not there"
    yield Reason.CODE_MISSING, missing if lacks_its_code(text) else ""
    needed = None if seed.label and "```" in text else requirements_of(text, seed.reference)
    if needed is not None:
        yield needed
    yield Reason.LANGUAGE_NOT_WANTED, "" if told.language in settings.languages else told.label
    yield Reason.UNTESTED, "it brings no tests" if settings.tests == "given" else ""


def _strange_start(text: str) -> str:
    first = text[0]
    if first.isalpha() or (first.isascii() and first not in "!#%&)*+,-./:;<=>?@\\]^_|}~"):
        return ""
    return f"{first!r} ({unicodedata.name(first, 'no name')})"


def filter_seeds(
    seeds: Iterable[Seed], settings: QuestionSettings, held_out: Sequence[Question]
) -> Iterator[FilteredSeed]:
    """Every seed with its language and, where it is left out, the first reason that holds.

    Duplicates are looked for among seeds of one language; the first one stays.
    """
    pools = {language: DedupIndex((), settings.near_duplicate) for language in Language}
    update = UpdateSettings()
    named = {question.source for question in held_out}
    exam = ContaminationIndex(held_out, update.overlap_ngram, update.overlap, named)
    texts: dict[str, str] = {}
    return (_sifted(seed, settings, pools, exam, texts) for seed in seeds)


def _sifted(
    seed: Seed,
    settings: QuestionSettings,
    pools: Mapping[Language, DedupIndex],
    exam: ContaminationIndex,
    texts: dict[str, str],
) -> FilteredSeed:
    told = tell_language(seed, settings.language)

    def row(reason: Reason | None, detail: str = "", overlaps: str = "") -> FilteredSeed:
        return FilteredSeed(
            seed=seed, language=told.language, seen_in=told.seen_in, reason=reason, detail=detail,
            overlaps=overlaps,
        )  # fmt: skip

    for reason, detail in _reasons(seed, told, settings):
        if detail:
            return row(reason, detail)
    assert told.language is not None
    question = question_of(seed, told.language)
    if question.id in texts:
        return row(Reason.EXACT_DUPLICATE, texts[question.id])
    texts[question.id] = seed.origin
    pool = pools[told.language]
    if pool.rejection_reason(question):
        return row(Reason.NEAR_DUPLICATE, f"ROUGE-L {pool.nearest(question):.2f}")
    overlaps = exam.rejection_reason(question)
    if overlaps is not None:
        detail = f"{exam.overlap(question):.2f} of its n-grams"
        return row(Reason.OVERLAPS_EVALUATION, detail, overlaps)
    pool.add(question)
    return row(None)


def question_of(seed: Seed, language: Language) -> Question:
    """The question a seed becomes. Where its words do not name the language, a line is added."""
    text = "\n".join(line.rstrip(" \t") for line in seed.text.split("\n"))
    if language.value not in named_languages(text) and language.display_name not in text:
        text = f"{text}\n\nAnswer in {language.display_name}."
    return Question.new(
        text=text,
        language=language,
        tests=seed.tests,
        source=f"seed:{seed.origin}",
        level=None,
        code_prompt=seed.code_prompt,
    )
