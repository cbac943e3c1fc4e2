"""The table of models: quality by language with intervals, differences, tokens and faults.

`ModelTable` holds what the answers alone decide: the same answers give the same bytes on every
machine. Seconds and memory are `Measured`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from sodakd.errors import DataError
from sodakd.evaluate.aggregate import LanguageResult, notes, result_of
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.groups import ExamGroup
from sodakd.evaluate.over_seeds import holm
from sodakd.evaluate.paired import Rates, paired_difference
from sodakd.evaluate.passk import mean_of_languages
from sodakd.records import PairedDifference
from sodakd.report.model_folder import AskedPart, FinishedRow, TableEntry, TableSettings
from sodakd.resource_use import ResourceUse
from sodakd.types import FrozenModel, Severity

AVERAGE = "average"
_THOUSAND_OF_MILLIONTHS = 1000 / 1e6


class GroupResult(FrozenModel):
    """pass@k of a model: in a language of a benchmark, or on average over several of these.

    `low` and `high`: pass@1's 95 % interval. `partial`: over a part of a benchmark's tasks.
    """

    group: str
    by: Literal["", "benchmark", "language"]
    tasks: int
    partial: bool
    pass_at: dict[int, float]
    low: float
    high: float


class RowDifference(PairedDifference):
    """A model less the one it is held against; `p_holm` is corrected for the number of models."""

    p_holm: float


class FindingCount(FrozenModel):
    """Programs in which static tools found a fault, a remark at most, or nothing."""

    fault: int
    remark: int
    nothing: int


class TableRow(FrozenModel):
    """A model's row. Tokens are means over answers whose engine told them: none, where none did.

    `price` is of a thousand answers in US dollars, by the tokens of an API; of other models it
    hangs on their seconds. `unjudged` answers are in no pass rate: their tests cannot run here.
    """

    entry: TableEntry
    groups: tuple[GroupResult, ...]
    answers: int
    prompt_tokens: float | None
    completion_tokens: float | None
    price: float | None
    outcomes: dict[str, int]
    cut: int
    empty: int
    unjudged: int
    findings: FindingCount | None
    differences: tuple[RowDifference, ...]


class ModelTable(FrozenModel):
    """The table: best first by the first group. `missing`: why rows are not there, by name."""

    settings: TableSettings
    against: str | None
    rows: tuple[TableRow, ...]
    missing: dict[str, str]
    remarks: tuple[str, ...]


class Measured(FrozenModel):
    """What a row's answers took on the machine that gave them: it never repeats exactly."""

    answers: int
    seconds: float
    peak_bytes: int | None
    price: float | None


@dataclass(frozen=True)
class _Column:
    """A group, and the parts that it is the mean of, by their places."""

    group: str
    by: Literal["", "benchmark", "language"]
    parts: Sequence[int]


def model_table(
    settings: TableSettings,
    parts: Sequence[AskedPart],
    finished: Sequence[FinishedRow],
    missing: Mapping[str, str],
    against: str | None = None,
) -> ModelTable:
    """Return the table of the rows that are finished, all differences against one of them.

    Raises:
        DataError: that one is none of the table's.
        JudgeError: nothing can be said of any answer of a row.
    """
    names = [row.name for row in settings.rows]
    if against is not None and against not in names:
        raise DataError(f"--against {against!r} is no row; the rows are {', '.join(names)}")
    columns = _columns(parts)
    results = {row.entry.name: _results(parts, row) for row in finished}
    rates = {row.entry.name: _rates(parts, row) for row in finished}
    differences = _differences(parts, columns, rates, against)
    rows = [
        _row(row, columns, results[row.entry.name], differences.get(row.entry.name, ()))
        for row in finished
    ]
    return ModelTable(
        settings=settings,
        against=against,
        rows=tuple(sorted(rows, key=lambda row: -row.groups[0].pass_at[1])),
        missing={name: missing[name] for name in names if name in missing},
        remarks=tuple(
            f"{name}: {words}"
            for name, groups in results.items()
            for words in notes(groups, BENCHMARKS)
        ),
    )


def measured_rows(finished: Sequence[FinishedRow]) -> dict[str, Measured]:
    """Return what rows took, by name; none of those of which nothing was measured."""
    found = {}
    for row in finished:
        work = [use.models["student"] for use in row.answering if "student" in use.models]
        answers = sum(each.answers for each in work)
        if answers:
            seconds = sum(each.seconds for each in work) / answers
            hour = row.entry.price.hour if row.entry.price else None
            found[row.entry.name] = Measured(
                answers=answers,
                seconds=seconds,
                peak_bytes=max(map(_peak_bytes, row.answering)) or None,
                price=None if hour is None else 1000 * seconds * hour / 3600,
            )
    return found


def _peak_bytes(use: ResourceUse) -> int:
    """The memory that a model of this process took; 0 where none answered in it."""
    here = use.gpu_memory or any(work.flops for work in use.models.values())
    return (use.gpu_memory or use.memory) if here else 0


def _columns(parts: Sequence[AskedPart]) -> list[_Column]:
    """The groups: the mean of all, of each benchmark, and each language of a benchmark."""
    own = [_Column(part.name, "language", [at]) for at, part in enumerate(parts)]
    names = dict.fromkeys(part.benchmark.name for part in parts)
    places = {
        name: [at for at, part in enumerate(parts) if part.benchmark.name == name] for name in names
    }
    means = [_Column(name, "benchmark", at) for name, at in places.items() if len(at) > 1]
    whole = [_Column(AVERAGE, "", range(len(parts)))] if len(parts) > 1 else []
    return [*whole, *(means if len(names) > 1 else ()), *own]


def _results(parts: Sequence[AskedPart], row: FinishedRow) -> list[LanguageResult]:
    found = [
        result_of(part.benchmark, part.whole, row.samples.values(), row.judged.values())
        for part in parts
    ]
    return [each for each in found if each is not None]


def _rates(parts: Sequence[AskedPart], row: FinishedRow) -> Rates:
    """The share of each task's answers that passed, part by part."""
    passed: dict[tuple[str, ...], list[bool]] = {}
    gold = {task.key: task.gold or "" for part in parts for task in part.tasks}
    for key, one in row.judged.items():
        own = passed.setdefault(key[:3], [])
        if not one.verdict.blames_tests(gold[key[:3]]):
            own.append(one.verdict.passed)
    every = [passed[task.key] for part in parts for task in part.tasks]
    return [mean(each) if each else None for each in every]


def _differences(
    parts: Sequence[AskedPart],
    columns: Sequence[_Column],
    rates: Mapping[str, Rates],
    against: str | None,
) -> dict[str, list[RowDifference]]:
    if against is None or against not in rates:
        return {}
    others = [name for name in rates if name != against]
    found: dict[str, list[RowDifference]] = {name: [] for name in others}
    ends = [sum(len(part.tasks) for part in parts[:at]) for at in range(len(parts) + 1)]
    for column in columns:
        group = ExamGroup(column.group, [range(ends[at], ends[at + 1]) for at in column.parts])
        own = {
            name: paired_difference(group, rates[name], rates[against], against)
            for name in others
            if _have_all(group, rates[name], rates[against])
        }
        corrected = holm([each.p for each in own.values()])
        for (name, each), p in zip(own.items(), corrected, strict=True):
            found[name].append(RowDifference(**each.model_dump(), p_holm=p))
    return found


def _have_all(group: ExamGroup, mine: Rates, theirs: Rates) -> bool:
    """Whether something is said of both in every column."""
    return all(
        any(mine[at] is not None and theirs[at] is not None for at in column)
        for column in group.columns
    )


def _row(
    row: FinishedRow,
    columns: Sequence[_Column],
    results: Sequence[LanguageResult],
    differences: Sequence[RowDifference],
) -> TableRow:
    usage = [one.usage for one in row.samples.values() if one.usage is not None]
    prompt = mean(one.prompt_tokens for one in usage) if usage else None
    completion = mean(one.completion_tokens for one in usage) if usage else None
    price = row.entry.price
    paid = None
    if price is not None and price.prompt is not None and price.completion is not None and usage:
        assert prompt is not None
        assert completion is not None
        paid = (prompt * price.prompt + completion * price.completion) * _THOUSAND_OF_MILLIONTHS
    return TableRow(
        entry=row.entry,
        groups=tuple(_group(each, results) for each in columns),
        answers=len(row.samples),
        prompt_tokens=prompt,
        completion_tokens=completion,
        price=paid,
        outcomes=dict(sum((Counter(each.outcomes) for each in results), Counter())),
        cut=sum(each.cut for each in results),
        empty=sum(each.empty for each in results),
        unjudged=sum(sum(each.unjudged.values()) for each in results),
        findings=_findings(row),
        differences=tuple(differences),
    )


def _group(column: _Column, results: Sequence[LanguageResult]) -> GroupResult:
    own = [results[at] for at in column.parts]
    shared = sorted(set.intersection(*({*each.pass_at} for each in own)))
    _, low, high = mean_of_languages([(each.pass_at[1], each.low, each.high) for each in own])
    if len(own) == 1:
        low, high = own[0].low, own[0].high
    return GroupResult(
        group=column.group,
        by=column.by,
        tasks=sum(each.tasks for each in own),
        partial=any(each.partial for each in own),
        pass_at={k: sum(each.pass_at[k] for each in own) / len(own) for k in shared},
        low=low,
        high=high,
    )


def _findings(row: FinishedRow) -> FindingCount | None:
    if row.findings is None:
        return None
    kinds = Counter(
        "nothing"
        if not one.findings
        else "fault"
        if any(each.severity is Severity.ERROR for each in one.findings)
        else "remark"
        for one in row.findings.values()
    )
    return FindingCount(fault=kinds["fault"], remark=kinds["remark"], nothing=kinds["nothing"])
