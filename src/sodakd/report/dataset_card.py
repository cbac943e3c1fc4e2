"""`dataset_card`: what a file of a run's pairs holds, and how it was made."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from pydantic import JsonValue

from sodakd.report import run_facts
from sodakd.report.card import environment, shared_facts, yaml_header
from sodakd.report.reading import Folder

_MEANINGS: Mapping[str, str] = {
    "prompt": "the question",
    "instruction": "the question",
    "input": "empty",
    "conversations": "the question",
    "messages": "the question and its correct answer",
    "chosen": "a correct answer of the teacher",
    "rejected": "the same with a fault",
    "question_id": "a hash of the question's text and language",
    "language": "the programming language asked for",
    "source": "where the question is from",
    "level": "its level of difficulty, 1 to 5, where it has one",
    "student": "the student that learnt from it",
    "fault": "the kind of fault",
}
_LOADERS: Mapping[str, str] = {".parquet": "parquet"}
_SIZES = (("n<1K", 1_000), ("1K<n<10K", 10_000), ("10K<n<100K", 100_000), ("100K<n<1M", 1_000_000))


def dataset_card(
    folder: Folder,
    file: str,
    form: str,
    words: str,
    rows: Sequence[Mapping[str, JsonValue]],
    licence: str | None,
) -> str:
    """The card of a file of rows that was written from a run, in Markdown with a YAML head."""
    tallies = [step.tally for step in folder.steps if step.step.endswith("/pairs")]
    unverified = sum(tally.get("fault_unverified", 0) for tally in tallies)
    size = next((name for name, most in _SIZES if len(rows) < most), "n>1M")
    header: dict[str, object] = {
        "license": licence or "unknown",
        "task_categories": ["text-generation"],
        "tags": ["code", "sodakd", *(["dpo"] if "rejected" in rows[0] else []), form],
        "size_categories": [size],
        "configs": [{"config_name": "default", "data_files": file}],
    }
    return environment().get_template("dataset.md").render(
        shared_facts(folder),
        header=yaml_header(header),
        title=run_facts.public(f"{folder.recipe.get('name') or 'sodakd'} {form}"),
        rows=len(rows),
        words=words,
        loader=json.dumps(_LOADERS.get(PurePath(file).suffix, "json")),
        file=json.dumps(file, ensure_ascii=False),
        columns=[(name, _MEANINGS.get(name, "")) for name in rows[0]],
        students=[
            (row.name, len(row.pairs), len({pair.question.id for pair in row.pairs}))
            for row in folder.own
            if row.pairs
        ],
        unverified=f"{unverified:,}" if unverified else "",
    )  # fmt: skip
