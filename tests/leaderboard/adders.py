"""Benchmarks whose tasks are to add a number, and models that a server plays."""

import json
from pathlib import Path

from tests.servers.solver import solves

COUNT = 6
"""Tasks of each of the two benchmarks: to add 0, 1, ..."""


def write_benchmarks(folder: Path) -> Path:
    """Files of `humaneval` and of `humaneval-x` in Python."""
    rows = [
        {
            "task_id": f"Own/{number}",
            "prompt": f'def add{number}(x):\n    """Add {number} to x."""\n',
            "entry_point": f"add{number}",
            "canonical_solution": f"    return x + {number}\n",
            "test": f"def check(candidate):\n    assert candidate(1) == {number + 1}\n",
        }
        for number in range(COUNT)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    for name in ("humaneval.jsonl", "humaneval_python.jsonl"):
        (folder / name).write_text(text)
    return folder


def write_models(path: Path, url: str, *names: str, **more: str) -> Path:
    """A file of models behind a server; `more`: YAML that is laid into a model's line, by name."""
    lines = [
        f"  - {{name: {name}, model: {name}, engine: {{backend: server, base_urls: '{url}'}}"
        f"{', ' + more[name] if name in more else ''}}}"
        for name in names
    ]
    path.write_text("\n".join(["models:", *lines, ""]))
    return path


def share(model: str) -> float:
    """The pass@1 that a model gets."""
    return sum(solves(model, number, 0) for number in range(COUNT)) / COUNT
