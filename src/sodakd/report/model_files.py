"""`write_model_table`: a table of models as JSON, CSV and Markdown, and on a page."""

import json
from collections.abc import Mapping
from pathlib import Path

from sodakd.jsonl import atomic_write
from sodakd.report.model_table import Measured, ModelTable
from sodakd.report.model_text import as_csv, as_markdown


def write_model_table(found: ModelTable, measured: Mapping[str, Measured], out: Path) -> None:
    """Write `table.json`, `measured.json`, `table.csv` and `table.md` into a table's folder."""
    took = {name: one.model_dump() for name, one in measured.items()}
    atomic_write(out / "table.json", found.model_dump_json(indent=1).encode())
    atomic_write(out / "measured.json", json.dumps(took, indent=1).encode())
    atomic_write(out / "table.csv", as_csv(found, measured).encode())
    atomic_write(out / "table.md", as_markdown(found, measured).encode())
