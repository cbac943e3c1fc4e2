"""MultiPL-E: HumanEval translated by compilers of tests (Cassano et al. 2022, arXiv 2208.08227).

Its tests close the function that its prompt opens; here a program is closed before them, so that a
whole answer and a continuation are judged alike. Python is HumanEval itself, by its own
columns or by those of a translation. There are no gold
solutions but Python's.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from sodakd.evaluate.benchmarks import humaneval, task_prompt
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row, files_of
from sodakd.types import CodePrompt, Language, Question, TestScript


def _java_script(tests: str) -> str:
    """`main` in a class of its own, which inherits what it calls."""
    return f"class SodakdTests extends Problem {{\n{tests.strip().removeprefix('}')}"


_SCRIPT: Mapping[Language, Callable[[str], str]] = {
    Language.CPP: lambda tests: tests.removeprefix("}").lstrip("\n"),
    Language.JAVA: _java_script,
}


def _task(row: Row, language: Language) -> BenchmarkTask:
    if language is Language.PYTHON:
        if row.optional("tests"):  # without the call of `check`, which is put there
            test = row.text("tests").partition("\ndef test_check():")[0]
            row = replace(row, values={**row.values, "test": test})
        return humaneval.task(row, language, "multipl-e")
    prompt, tests = row.text("prompt"), row.text("tests")
    entry = row.text("name").split("_", 2)[2]
    return BenchmarkTask(
        id=row.text("name"),
        question=Question.new(
            text=task_prompt.complete(language, prompt),
            language=language,
            tests=TestScript(entry_point=entry, script=_SCRIPT.get(language, str)(tests)),
            source="multipl-e",
            level=None,
            code_prompt=CodePrompt(
                code=prompt,
                entry_point=entry,
                java_class="Problem" if language is Language.JAVA else "",
            ),
        ),
        gold=None,
    )


def _origin(short: str) -> DatasetFile:
    return DatasetFile(
        f"humaneval-{short}/test-00000-of-00001.parquet", (f"humaneval-{short}.jsonl",)
    )


MULTIPL_E = Benchmark(
    name="multipl-e",
    dataset="nuprl/MultiPL-E",
    origins={
        Language.PYTHON: DatasetFile(
            "openai_humaneval/test-00000-of-00001.parquet",
            ("humaneval-python.jsonl", "humaneval-py.jsonl"),
            "openai/openai_humaneval",
        ),
        **files_of("java js cpp go ts", _origin),
    },
    task=_task,
)
