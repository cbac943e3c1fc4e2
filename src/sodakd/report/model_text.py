"""A table of models as text: its parts for the screen and the page, and as Markdown and CSV."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

from sodakd.report.model_table import GroupResult, Measured, ModelTable, RowDifference, TableRow
from sodakd.report.text_table import TextTable
from sodakd.report.written import p_value, percent, points
from sodakd.types import Outcome

_GIGA = 1e9
_PARTIAL = "*"


def price_of(row: TableRow, measured: Mapping[str, Measured]) -> float | None:
    """US dollars of a thousand answers: by the tokens of an API, or the hours of a machine."""
    own = measured.get(row.entry.name)
    return row.price if row.price is not None or own is None else own.price


def model_tables(found: ModelTable, measured: Mapping[str, Measured]) -> list[TextTable]:
    """Return the parts of a table: what models come to, differences, how answers failed."""
    if not found.rows:
        return []
    return [
        _main(found, measured),
        *_groups(found),
        *([_differences(found)] if any(row.differences for row in found.rows) else []),
        _outcomes(found),
        *([_findings(found)] if found.settings.lint else []),
    ]


def _main(found: ModelTable, measured: Mapping[str, Measured]) -> TextTable:
    wide = [each for each in found.rows[0].groups if each.by != "language"]
    groups = wide or found.rows[0].groups
    ks = sorted({k for row in found.rows for k in row.groups[0].pass_at if k > 1})
    against = [] if found.against is None else [f"less {found.against}"]
    heads = ("model", *(each.group for each in groups), *(f"pass@{k}" for k in ks), *against,
             "tokens", "seconds", "memory, GB", "US $ a thousand")  # fmt: skip
    rows = []
    for row in found.rows:
        own = [each for each in row.groups if each.group in {group.group for group in groups}]
        first = [each for each in row.differences if each.group == row.groups[0].group]
        rows.append([
            row.entry.name,
            *map(_share, own),
            *(_at(row.groups[0], k) for k in ks),
            *([_difference(first)] if against else []),
            *_costs(row, measured),
        ])  # fmt: skip
    return TextTable(
        "pass@1, % (95 % interval), and what an answer takes",
        heads,
        rows,
        "tokens of an answer and seconds between answers: means. Memory: the most while answering,"
        " where the model answered in the process that measured; (said): as the file of models"
        f" says. Less: points, p of the difference. {_PARTIAL}: over a part of the tasks."
        " No price: it is unknown.",
    )


def _costs(row: TableRow, measured: Mapping[str, Measured]) -> list[str]:
    own = measured.get(row.entry.name)
    peak = None if own is None else own.peak_bytes
    said = "" if row.entry.memory_gb is None else f"{row.entry.memory_gb:g} (said)"
    price = price_of(row, measured)
    return [
        "" if row.completion_tokens is None else f"{row.completion_tokens:,.0f}",
        "" if own is None else f"{own.seconds:.3g}",
        said if peak is None else f"{peak / _GIGA:.1f}",
        "" if price is None else f"{price:.4g}",
    ]


def _groups(found: ModelTable) -> Iterator[TextTable]:
    """The languages, where they are not the main table's own columns."""
    groups = [each.group for each in found.rows[0].groups if each.by == "language"]
    if len(found.rows[0].groups) > 1:
        yield TextTable(
            "pass@1 by language, % (95 % interval)",
            ("model", *groups),
            [
                [row.entry.name, *(_share(each) for each in row.groups if each.by == "language")]
                for row in found.rows
            ],
        )


def _differences(found: ModelTable) -> TextTable:
    return TextTable(
        f"pass@1 less that of {found.against}, on the same tasks: points (95 % interval)",
        ("model", "group", "points", "won", "lost", "tasks", "p", "p, Holm", "test"),
        [
            [
                row.entry.name,
                each.group,
                points(each.difference, each.low, each.high),
                str(each.won),
                str(each.lost),
                str(each.questions),
                p_value(each.p),
                p_value(each.p_holm),
                each.test,
            ]
            for row in found.rows
            for each in row.differences
        ],
        "won, lost: tasks that one of the two alone solves, or more often. Holm: corrected for the"
        " number of models. mcnemar: exact; permutation: each task turned around or not.",
        names=2,
    )


def _outcomes(found: ModelTable) -> TextTable:
    kinds = [each.value for each in Outcome if any(each in row.outcomes for row in found.rows)]
    return TextTable(
        "answers by outcome",
        ("model", "answers", *(kind.replace("_", " ") for kind in kinds), "cut", "empty",
         "not judged"),
        [
            [
                row.entry.name,
                str(row.answers),
                *(str(row.outcomes.get(kind, 0)) for kind in kinds),
                *map(str, (row.cut, row.empty, row.unjudged)),
            ]
            for row in found.rows
        ],
        "cut: at the most new tokens. Not judged: the tests cannot run here; in no pass rate.",
    )  # fmt: skip


def _findings(found: ModelTable) -> TextTable:
    return TextTable(
        "programs by what static tools found",
        ("model", "a fault", "remarks", "nothing"),
        [
            [row.entry.name, *map(str, (own.fault, own.remark, own.nothing))]
            for row in found.rows
            if (own := row.findings) is not None
        ],
    )


def _share(group: GroupResult) -> str:
    mark = _PARTIAL if group.partial else ""
    return f"{percent(group.pass_at[1], group.low, group.high)}{mark}"


def _at(group: GroupResult, k: int) -> str:
    return f"{100 * group.pass_at[k]:.1f}" if k in group.pass_at else ""


def _difference(own: Sequence[RowDifference]) -> str:
    return f"{points(own[0].difference, None, None)}, p {p_value(own[0].p_holm)}" if own else ""


def as_markdown(found: ModelTable, measured: Mapping[str, Measured]) -> str:
    """Return the table as Markdown: a part for each table, then what is missing, and remarks."""
    lines: list[str] = []
    for table in model_tables(found, measured):
        lines += [f"### {table.title}", "", _line(table.heads)]
        lines += [_line(["---", *["---:"] * (len(table.heads) - 1)])]
        lines += [_line(row) for row in table.rows]
        lines += ["", *([table.words, ""] if table.words else [])]
    if found.missing:
        lines += ["### Rows that are missing", ""]
        lines += [f"- {name}: {_plain(why)}" for name, why in found.missing.items()] + [""]
    if found.remarks:
        lines += ["### Remarks", "", *(f"- {_plain(words)}" for words in found.remarks), ""]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    text = " ".join(text.split()).replace("\\", "\\\\").replace("<", "&lt;")
    return "".join(f"\\{each}" if each in "|*_`[]" else each for each in text)


def as_csv(found: ModelTable, measured: Mapping[str, Measured]) -> str:
    """Return the table as CSV: a row for each model, shares from 0 to 1, and nothing rounded."""
    file = StringIO()
    rows = [_flat(row, measured) for row in found.rows]
    heads = dict.fromkeys(head for row in rows for head in row)
    writer = csv.DictWriter(file, list(heads), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _flat(row: TableRow, measured: Mapping[str, Measured]) -> dict[str, str | float | None]:
    own = measured.get(row.entry.name)
    entry = row.entry
    found: dict[str, str | float | None] = {
        "name": entry.name,
        "model": entry.model,
        "engine": entry.engine,
        "prompt": entry.prompt,
        "licence": entry.licence,
    }
    for group in row.groups:
        found |= {f"{group.group} pass@{k}": share for k, share in group.pass_at.items()}
        found |= {f"{group.group} low": group.low, f"{group.group} high": group.high}
    for each in row.differences:
        found |= {
            f"{each.group} less {each.other}": each.difference,
            f"{each.group} p": each.p,
            f"{each.group} p_holm": each.p_holm,
        }
    return found | {
        "answers": row.answers,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "seconds": None if own is None else own.seconds,
        "peak_bytes": None if own is None else own.peak_bytes,
        "dollars_a_thousand": price_of(row, measured),
        **{f"outcome {name}": count for name, count in row.outcomes.items()},
        "cut": row.cut,
        "empty": row.empty,
        "unjudged": row.unjudged,
    }
