"""Every answer of a table of models beside its verdict, packed for the page's browser."""

import base64
import gzip
import json
from collections.abc import Sequence

from markupsafe import Markup
from pydantic import JsonValue

from sodakd.evaluate.benchmarks.task import TaskKey
from sodakd.report.examples import shortened_text
from sodakd.report.model_folder import AskedPart, FinishedRow


def packed_answers(parts: Sequence[AskedPart], rows: Sequence[FinishedRow]) -> Markup:
    """Return the tasks and what each model said to them: JSON in gzip in base64.

    A page of sixteen models holds some ten thousand answers: packed they are a fifth.
    """
    tasks = [(at, task) for at, part in enumerate(parts) for task in part.tasks]
    whole: JsonValue = {
        "models": [row.entry.name for row in rows],
        "groups": [{"name": part.name, "language": part.language.value} for part in parts],
        "tasks": [
            [at, task.id, shortened_text(task.question.text), task.code_prompt.entry_point]
            for at, task in tasks
        ],
        "answers": [[_answers(row, task.key) for _, task in tasks] for row in rows],
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    packed = gzip.compress(text.encode("utf-8", "replace"), mtime=0)
    return Markup(base64.b64encode(packed).decode())


def _answers(row: FinishedRow, task: TaskKey) -> JsonValue:
    """Each answer to a task: text, outcome, stage, output, whether it was cut, findings."""
    found: list[JsonValue] = []
    number = 0
    while (key := (*task, number)) in row.samples:
        verdict, sample = row.judged[key].verdict, row.samples[key]
        findings = () if row.findings is None else row.findings[key].findings
        found.append([
            shortened_text(sample.text), verdict.outcome.value, verdict.stage.value,
            shortened_text(verdict.output), sample.cut, [each.as_text for each in findings],
        ])  # fmt: skip
        number += 1
    return found
