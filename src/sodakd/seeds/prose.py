"""Prose and code in one text, told apart line by line."""

from functools import lru_cache

from sodakd.text.fences import blocks
from sodakd.text.language_id import COMMENT, SIGNS, LanguageGuess, identify_language

_LONGEST = 6000


def start_of(text: str) -> str:
    """The part of a text that patterns look at: they meet texts from anywhere, of any length."""
    return text[:_LONGEST]


@lru_cache(maxsize=4096)
def guess(text: str) -> LanguageGuess | None:
    """The language that the marks of a text speak for; remembered, as every check asks."""
    return identify_language(start_of(text))


def fenced(text: str) -> tuple[str, str]:
    """The label and the content of the first fenced block; two empty texts without one."""
    text = start_of(text)
    found = blocks(text) if "```" in text or "~~~" in text else ()
    return (found[0].label, found[0].text) if found else ("", "")


_AROUND = "\"'`.,:;?!()*"


def is_sentence(line: str) -> bool:
    """Whether a line is one of prose.

    It has several plain words, few of code's signs, and is no comment. Stricter than what cleans a
    model's answer (`text/language_id.py`): here a loop's head must not pass for words.
    """
    words = line.split()
    if len(words) < 4 or line.startswith(("  ", "\t")) or COMMENT.search(line):
        return False
    plain = sum(word.strip(_AROUND).isalpha() for word in words)
    begun = words[0].lstrip(_AROUND)[:1].isupper() or line.rstrip().endswith((".", "?", "!", ":"))
    return begun and plain >= 0.6 * len(words) and len(SIGNS.findall(line)) <= len(words) / 6


def without_prose(text: str) -> str:
    """The lines of a text that may be code."""
    return "\n".join(line for line in text.splitlines() if not is_sentence(line))


def share_of_prose(text: str) -> float:
    """The share of a text's words that stand in sentences, 0 to 1."""
    lines = text.splitlines()
    words = sum(len(line.split()) for line in lines)
    return sum(len(line.split()) for line in lines if is_sentence(line)) / max(1, words)
