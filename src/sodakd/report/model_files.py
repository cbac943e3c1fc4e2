"""`write_model_table`: a table of models as JSON, CSV and Markdown, and on one page."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from sodakd import __version__
from sodakd.jsonl import atomic_write
from sodakd.report.model_answers import packed_answers
from sodakd.report.model_folder import AskedPart, FinishedRow
from sodakd.report.model_plots import model_figures
from sodakd.report.model_table import Measured, ModelTable
from sodakd.report.model_text import as_csv, as_markdown, model_tables
from sodakd.report.template import page_script, render_page


def write_model_table(
    found: ModelTable,
    measured: Mapping[str, Measured],
    parts: Sequence[AskedPart],
    rows: Mapping[str, FinishedRow],
    out: Path,
) -> Path:
    """Write `table.json`, `measured.json`, `table.csv`, `table.md` and `table.html` into a folder.

    Return the page's path. `rows` are those of the table, by name: their answers are on the page.
    """
    took = {name: one.model_dump() for name, one in measured.items()}
    page = render_page(
        "models.html",
        version=__version__,
        found=found,
        asked=_asked(found),
        figures=model_figures(found, measured),
        tables=model_tables(found, measured),
        answers=packed_answers(parts, [rows[row.entry.name] for row in found.rows]),
        js=page_script("models.js"),
    )
    for name, text in {
        "table.json": found.model_dump_json(indent=1),
        "measured.json": json.dumps(took, indent=1),
        "table.csv": as_csv(found, measured),
        "table.md": as_markdown(found, measured),
        "table.html": page,
    }.items():
        atomic_write(out / name, text.encode())
    return out / "table.html"


def _asked(found: ModelTable) -> str:
    asked = found.settings.asked
    drawn = "greedy" if asked.temperature == 0 else f"temperature {asked.temperature:g}"
    words = [
        ", ".join(asked.benchmarks),
        f"{asked.n} answers a task" if asked.n > 1 else "",
        drawn,
        f"at most {asked.max_new_tokens} tokens",
        "" if asked.limit is None else f"the first {asked.limit} tasks of each language",
    ]
    return " · ".join(filter(None, words))
