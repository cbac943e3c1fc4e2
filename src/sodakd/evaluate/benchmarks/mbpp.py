"""MBPP: short Python problems with three asserts each (Austin et al. 2021, arXiv 2108.07732)."""

import ast
import warnings

from sodakd.assertions import as_calls
from sodakd.errors import DataError
from sodakd.evaluate.benchmarks import task_prompt
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row
from sodakd.types import CodePrompt, Language, Question, TestScript

_TEST_SPLIT = range(11, 511)


def _number(row: Row) -> int:
    value = row.values.get("task_id")
    if not isinstance(value, int):
        raise DataError(f"{row.name}: task_id is no number: {value!r}")
    return value


def _task(row: Row, language: Language) -> BenchmarkTask:
    asserts = tuple(line.replace("\r\n", "\n").strip() for line in row.texts("test_list"))
    setup = row.optional("test_setup_code").replace("\r\n", "\n")
    gold = row.text("code").replace("\r\n", "\n")
    text, shown = row.text("text", "prompt"), "\n".join(asserts)
    entry = entry_point(gold, asserts)
    return BenchmarkTask(
        id=f"MBPP/{_number(row)}",
        question=Question.new(
            text=task_prompt.write(language, text, shown),
            language=language,
            tests=as_calls(TestScript(entry_point=entry, script=f"{setup}\n{shown}\n")),
            source="mbpp",
            level=None,
            code_prompt=CodePrompt(code=f'"""\n{text.strip()}\n{shown}\n"""\n', entry_point=entry),
        ),
        gold=gold,
    )


def entry_point(gold: str, asserts: tuple[str, ...]) -> str:
    """Return the function of the gold solution that the first assert calls."""
    with warnings.catch_warnings(action="ignore"):  # of what the gold solutions write
        tree = ast.parse(gold)
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(ast.parse(asserts[0])):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in defined
        ):
            return node.func.id
    return next(iter(sorted(defined)), "")


MBPP = Benchmark(
    name="mbpp",
    dataset="google-research-datasets/mbpp",
    origins={Language.PYTHON: DatasetFile("full/test-00000-of-00001.parquet", ("mbpp.jsonl",))},
    task=_task,
    include_row=lambda row: _number(row) in _TEST_SPLIT,
)
