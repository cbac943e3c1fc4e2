"""HumanEval+: HumanEval with EvalPlus' tests (Liu et al. 2023, arXiv 2305.01210)."""

from dataclasses import replace

from sodakd.evaluate.benchmarks import evalplus, humaneval
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row
from sodakd.types import Language


def _task(row: Row, language: Language) -> BenchmarkTask:
    reference = row.text("prompt") + row.text("canonical_solution")
    test = evalplus.script_of(row, row.text("entry_point"), reference)
    row = replace(row, values={**row.values, "test": test})
    return humaneval.task(row, language, "humaneval-plus")


HUMANEVAL_PLUS = Benchmark(
    name="humaneval-plus",
    dataset="evalplus/humanevalplus",
    origins={
        Language.PYTHON: DatasetFile(
            "data/test-*.parquet", ("HumanEvalPlus.jsonl", "HumanEvalPlus-OriginFmt.jsonl")
        )
    },
    task=_task,
)
