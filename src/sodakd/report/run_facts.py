"""What a card says of a run: names of its parts, tables of its figures. From its files alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sodakd.dedup.contamination import OVERLAPS, ContaminationIndex
from sodakd.evaluate.groups import HELD_OUT
from sodakd.records import PairedDifference, PassRate, StudentResult
from sodakd.report.reading import Folder
from sodakd.seeds.seed import Reason
from sodakd.types import Question

_HUB = re.compile(r"[\w.-]+/[\w.-]+")
_FILES = (".jsonl", ".ndjson", ".json", ".parquet", ".csv")
_LEAST = 0.001
_FREE = ("world", "transformers", "vllm")


@dataclass(frozen=True)
class GroupRow:
    """pass@1 of each student on a group of the exam's questions."""

    group: str
    total: int
    shares: Sequence[str]


@dataclass(frozen=True)
class Refusals:
    """What a step that took in questions kept and refused, by reason."""

    step: str
    kept: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Overlap:
    """What the questions of the pairs have in common with a part of the exam."""

    name: str
    questions: int
    exam: int
    equal: int
    over: int
    ngram: int
    limit: float


def section(recipe: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    """A section of a written recipe; an empty one where it has none."""
    found = recipe.get(name)
    return found if isinstance(found, dict) else {}


def hub_id(name: object) -> str | None:
    """The name, where it is an id of the hub: `owner/name`, and nothing on this disk."""
    if not isinstance(name, str) or name.endswith(_FILES) or Path(name).exists():
        return None
    plain = name.partition("@")[0]
    return plain if _HUB.fullmatch(plain) and not plain.startswith(".") else None


def public(name: object) -> str:
    """A name that may be published: a hub's id whole, of a path on somebody's disk the last part.

    Characters that Markdown would read are left out.
    """
    shown = hub_id(name) or Path(str(name)).name
    return re.sub(r"[`|\[\]<>\n\r*]", "", shown)


def base_of(recipe: Mapping[str, JsonValue]) -> str | None:
    """The pretrained model that a run began with; None where it made its own from scratch."""
    for name in ("student", "base"):
        found = section(recipe, name).get("model_name_or_path")
        if isinstance(found, str) and found:
            return found
    return None


def data_of(recipe: Mapping[str, JsonValue]) -> str:
    """Where the questions came from: `world`, or a source."""
    return str(section(recipe, "questions").get("source") or "world")


def teacher_of(recipe: Mapping[str, JsonValue]) -> str:
    """The teacher's name, as it may be published."""
    teacher = section(recipe, "teacher")
    named = teacher.get("model") or teacher.get("model_name_or_path")
    kind = teacher.get("kind") or "world"
    if named:
        return public(named)
    return "the procedural teacher of the embedded world" if kind == "world" else str(kind)


def measure(folder: Folder) -> str:
    """Return what is measured on the exam: pass@1, or less where questions have no tests."""
    untested = sum(question.tests is None for question in folder.exam)
    if not untested:
        return "pass@1"
    if untested == len(folder.exam):
        return "runs to its end (no tests)"
    return f"pass@1 ({untested} of {len(folder.exam)} without tests: run to their end)"


def about(folder: Folder) -> list[tuple[str, str]]:
    """Return what a reader asks first: teacher, student, data, exam, cost, time, machine."""
    recipe = folder.recipe
    base = base_of(recipe)
    seconds = sum(event.seconds or 0 for event in folder.events)
    calls = sum(row.calls for row in folder.spend)
    money = sum(row.money for row in folder.spend)
    spent = f"US $ {money:.2f}" if price_is_known(folder) else "price unknown"
    results = folder.results
    rows = [
        ("teacher", teacher_of(recipe)),
        ("student", public(base) if base else "made from scratch for this run"),
        (
            "questions",
            f"{public(data_of(recipe))}, {section(recipe, 'questions').get('seeds')} seeds",
        ),
        ("exam", _exam(folder)),
        ("cost", f"{calls:,} calls, {spent}" if folder.spend else ""),
        ("time in steps", f"{seconds / 60:.1f} minutes" if seconds else ""),
        ("machine", results.machine if results else ""),
        ("versions", _versions(folder)),
    ]
    return [(term, words) for term, words in rows if words]


def _exam(folder: Folder) -> str:
    """What the exam is of: how many questions, and of which benchmarks."""
    parts = exam_parts(folder)
    total = f"{len(folder.exam):,} questions" if folder.exam else ""
    if list(parts) in ([], [HELD_OUT]):
        return total
    return f"{total}: {', '.join(f'{name} {len(own):,}' for name, own in parts.items())}"


def exam_parts(folder: Folder) -> dict[str, list[Question]]:
    """The exam's questions by benchmark, and those that the source of the questions held out."""
    benchmarks = section(folder.recipe, "evaluation").get("benchmarks")
    named = benchmarks if isinstance(benchmarks, list) else []
    names = {one.get("name") for one in named if isinstance(one, dict)}
    found: dict[str, list[Question]] = {}
    for question in folder.exam:
        name = question.source if question.source in names else HELD_OUT
        found.setdefault(name, []).append(question)
    return found


def _versions(folder: Folder) -> str:
    frameworks = folder.results.frameworks if folder.results else {}
    return ", ".join(f"{name} {version}" for name, version in sorted(frameworks.items()))


def price_is_known(folder: Folder) -> bool:
    """Whether the money in the books says what was paid.

    An unknown price is booked as nothing: tokens without money then mean that nobody knows.
    """
    tokens = sum(row.prompt_tokens + row.completion_tokens for row in folder.spend)
    return money_is_known(folder.recipe, tokens, sum(row.money for row in folder.spend))


def money_is_known(recipe: Mapping[str, JsonValue], tokens: int, money: float) -> bool:
    """Whether what was booked for so many tokens of a recipe's teacher is what was paid."""
    teacher = section(recipe, "teacher")
    priced = teacher.get("prompt_price") is not None
    return priced or not tokens or money > 0 or (teacher.get("kind") or "world") in _FREE


def group_rows(standings: Sequence[StudentResult], by: str) -> list[GroupRow]:
    """pass@1 of students on the groups that are told apart by something, with its interval."""
    groups = [group for group in standings[0].groups if group.by == by] if standings else []
    return [
        GroupRow(
            group.group, group.total, [written_share(row.group(group.group)) for row in standings]
        )
        for group in groups
    ]


def written_share(found: PassRate | None) -> str:
    """`35.0 % (22.1-50.5)`: a share in percent, with its interval; "" where there is none."""
    if found is None:
        return ""
    return f"{100 * found.share:.1f} % ({100 * found.low:.1f}-{100 * found.high:.1f})"


def written_difference(found: PairedDifference) -> str:
    """`+3.1 points (95 %: -0.4 to +6.6, paired; p 0.08)`: a difference, in points."""
    points = [100 * each for each in (found.difference, found.low, found.high)]
    p = f"p {found.p:.2g}" if found.p >= _LEAST else f"p < {_LEAST}"
    return f"{points[0]:+.1f} points (95 %: {points[1]:+.1f} to {points[2]:+.1f}, paired; {p})"


def refusals(folder: Folder) -> list[Refusals]:
    """Each step that took in questions, with what it refused by reason."""
    return [
        Refusals(
            step.step,
            step.tally["kept"],
            {
                reason.replace("_", " "): count
                for reason, count in sorted(step.tally.items(), key=lambda item: -item[1])
                if count and (reason in _REASONS or reason.startswith(OVERLAPS))
            },
        )
        for step in folder.steps
        if "kept" in step.tally and _STEP_OF_QUESTIONS.search(step.step)
    ]


_STEP_OF_QUESTIONS = re.compile(r"/(?:sifted|questions(?:-\d+)?)\Z")
_REASONS = frozenset({
    *Reason, "another_level", "invent_dropped", "no_tests", "copies_prompt", "evolve_unreadable",
    "inspire_unreadable",
})  # fmt: skip


def overlaps(folder: Folder) -> list[Overlap]:
    """Measure the questions of all pairs against each part of the exam.

    It is the measure that refuses new questions. None where there is no exam, or no pair.
    """
    asked = trained_questions(folder)
    update = section(folder.recipe, "update")
    ngram, limit = update.get("overlap_ngram"), update.get("overlap")
    size = ngram if isinstance(ngram, int) else 8
    most = float(limit) if isinstance(limit, int | float) else 0.5
    found = []
    for name, part in exam_parts(folder).items() if asked else ():
        exam, ids = ContaminationIndex(part, size, most, [name]), {each.id for each in part}
        found.append(
            Overlap(
                name=name,
                questions=len(asked),
                exam=len(part),
                equal=sum(question.id in ids for question in asked),
                over=sum(exam.overlap(question) >= most for question in asked),
                ngram=size,
                limit=most,
            )
        )
    return found


def trained_questions(folder: Folder) -> list[Question]:
    """The questions of all pairs, each once."""
    found = {pair.question.id: pair.question for row in folder.own for pair in row.pairs}
    return list(found.values())
