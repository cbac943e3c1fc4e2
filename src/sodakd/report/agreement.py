"""Tests by agreement: how many questions got some, why others got none, what they are worth."""

from collections import Counter
from dataclasses import dataclass

from sodakd.records import Refusal
from sodakd.report.reading import Folder
from sodakd.types import Language


@dataclass(frozen=True)
class AgreementRow:
    """A line of the table, in words: a language, or all of them."""

    language: str
    questions: str
    tested: str
    reasons: str
    mutations: str
    faults: str


def agreement_rows(folder: Folder) -> list[AgreementRow]:
    """Questions that were to get tests, by language; empty where none was."""
    total: Counter[str] = Counter()
    for step in folder.steps:
        total.update(step.tally)
    asked = [language for language in Language if _asked(total, [language])]
    rows = [_row(language.display_name, total, [language]) for language in asked]
    return [*rows, _row("all", total, asked)] if len(rows) > 1 else rows


def _row(name: str, total: Counter[str], languages: list[Language]) -> AgreementRow:
    def count(what: str) -> int:
        return sum(total[f"{what} {language}"] for language in languages)

    questions = _asked(total, languages)
    reasons = sorted(Refusal, key=lambda reason: -count(reason))
    return AgreementRow(
        language=name,
        questions=f"{questions:,}",
        tested=_share(count("tested"), questions),
        reasons=", ".join(
            f"{reason.replace('_', ' ')} {count(reason):,}" for reason in reasons if count(reason)
        ),
        mutations=_share(count("killed"), count("mutants")),
        faults=_share(count("faults_killed"), count("faults")),
    )


def _asked(total: Counter[str], languages: list[Language]) -> int:
    return sum(total[f"{what} {one}"] for what in ("tested", *Refusal) for one in languages)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % of {whole:,}" if whole else "none"
