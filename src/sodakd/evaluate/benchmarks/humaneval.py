"""HumanEval: 164 Python functions (Chen et al. 2021, arXiv 2107.03374)."""

import re

from sodakd.assertions import as_calls
from sodakd.evaluate.benchmarks import task_prompt
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row
from sodakd.types import CodePrompt, Language, Question, TestScript

_ENTRY = re.compile(r"^def[ \t]+(\w+)", re.MULTILINE)


def task(row: Row, language: Language, source: str = "humaneval") -> BenchmarkTask:
    """A task of HumanEval's columns; `entry_point` may be missing, as in its translations."""
    prompt, test = row.text("prompt"), row.text("test", "tests")
    entry = row.optional("entry_point") or _ENTRY.findall(prompt)[-1]
    if "def check(" in test and not re.search(r"^check\(", test, re.MULTILINE):
        test = f"{test}\n\ncheck({entry})\n"
    script = TestScript(entry_point=entry, script=test)
    return BenchmarkTask(
        id=row.text("task_id", "name"),
        question=Question.new(
            text=task_prompt.complete(language, prompt),
            language=language,
            tests=as_calls(script) if language is Language.PYTHON else script,
            source=source,
            level=None,
            code_prompt=CodePrompt(
                code=prompt if prompt.endswith("\n") else f"{prompt}\n", entry_point=entry
            ),
        ),
        gold=row.optional("canonical_solution") or None,
    )


HUMANEVAL = Benchmark(
    name="humaneval",
    dataset="openai/openai_humaneval",
    origins={
        Language.PYTHON: DatasetFile(
            "openai_humaneval/test-00000-of-00001.parquet", ("HumanEval.jsonl", "humaneval.jsonl")
        )
    },
    task=task,
)
