"""The tests that a row of a source brings with its question.

The shapes are those of the field: HumanEval and its translations (`prompt` is the beginning of a
program, `test` or `tests` a script), MBPP's lists of assertions, AceCode's and OpenCodeInstruct's,
KodCode's modules of pytest, and the rows that `sodakd judge` takes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from sodakd.evaluate.benchmarks.mbxp import MBXP
from sodakd.evaluate.benchmarks.multipl_e import MULTIPL_E
from sodakd.evaluate.benchmarks.task import Row as TaskRow
from sodakd.jsonl import Line
from sodakd.judging.row_tests import entry_point_of, key_of_tests, parse_tests
from sodakd.seeds.seed import Row
from sodakd.text.assemble import assemble
from sodakd.text.labels import language_of
from sodakd.text.source import Source
from sodakd.text.test_validation import with_stdin_hint
from sodakd.types import CodePrompt, Language, StdioTests, Tests, TestScript

LISTS = ("test_cases", "unit_tests", "asserts", "assertions")
"""What lists of assertions are called besides MBPP's `test_list`."""
_IMPORTED = re.compile(r"^from[ \t]+solution[ \t]+import[ \t]+(\w+)", re.MULTILINE)
"""What KodCode's tests take from the program."""
_DEFINED = re.compile(r"^def[ \t]+\w", re.MULTILINE)
_MULTIPL_E = re.compile(r"[^_]*_[^_]*_.+")
"""The name of a row of MultiPL-E, `HumanEval_1_entry_point`."""
_SHOWN = 3
"""Assertions, at most, that a question shows: they tell the function's name and its arguments."""


@dataclass(frozen=True)
class GivenTests:
    """A row's tests. `text` is the question where it is not the column's own."""

    tests: Tests
    language: Language
    text: str = ""
    code_prompt: CodePrompt | None = None
    reference: str | None = None


def given_tests(row: Row, text: str, label: str) -> GivenTests | None:
    """The tests of a row, whose question and language's name are given; None where it has none.

    Raises:
        DataError: its tests cannot be read; says what is wrong.
    """
    where = f"{row.file}, row {row.number}"
    language = _language(row.values, label)
    if language is None:
        return None
    if _begins_program(row.values, language):
        return _of_code_prompt(where, row.values, language)
    line = Line(where, row.number, _renamed(row.values))
    key = key_of_tests(line)
    if not key or not isinstance(line.values[key], str | list | dict):
        return None
    parsed = parse_tests(line, language)
    if not parsed.tested:
        return None
    tests = parsed.tests
    if isinstance(tests, TestScript) and not tests.entry_point:
        imported = _IMPORTED.search(tests.script)
        tests = tests.model_copy(update={"entry_point": imported[1]}) if imported else tests
    return GivenTests(tests, language, _with_name(text, line, key, tests, language))


def _language(values: Mapping[str, JsonValue], label: str) -> Language | None:
    """The language of a row's tests: its column's, its id's (`CPP/12`), else Python."""
    task = values.get("task_id")
    by_id = language_of(task.partition("/")[0]) if isinstance(task, str) else None
    return language_of(label) if label else by_id or Language.PYTHON


def _begins_program(values: Mapping[str, JsonValue], language: Language) -> bool:
    """Whether a row has HumanEval's columns: a prompt that begins a program, and a script."""
    prompt = values.get("prompt")
    tests = next((values[key] for key in ("test", "tests") if values.get(key)), None)
    if not isinstance(prompt, str) or not isinstance(tests, str):
        return False
    if language is Language.PYTHON:
        return _DEFINED.search(prompt) is not None
    return Source(prompt, language).depth > 0


def _of_code_prompt(where: str, values: Mapping[str, JsonValue], language: Language) -> GivenTests:
    name = values.get("name")
    translated = isinstance(name, str) and "tests" in values and _MULTIPL_E.fullmatch(name)
    if not translated and "test" not in values:
        values = {**values, "test": values["tests"]}
    benchmark = MULTIPL_E if translated else MBXP
    task = benchmark.task(TaskRow(where, {**values, "task_id": where}), language)
    question = task.question
    assert question.tests is not None
    return GivenTests(
        question.tests,
        language,
        question.text,
        question.code_prompt,
        assemble(question, task.gold) if task.gold else None,
    )


def _renamed(values: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """The row with its list of assertions under MBPP's name."""
    name = next((name for name in LISTS if values.get(name)), None)
    if name is None or values.get("test_list"):
        return values
    return {**values, "test_list": values[name]}


def _with_name(text: str, line: Line, key: str, tests: Tests, language: Language) -> str:
    """The question with what its tests call, where it does not say so itself."""
    if isinstance(tests, StdioTests):
        return with_stdin_hint(text, tests)
    entry_point = tests.entry_point or entry_point_of(line)
    if not entry_point or re.search(rf"(?<!\w){re.escape(entry_point)}(?!\w)", text):
        return text
    asserts = line.values.get("test_list")
    shown = (
        [str(one) for one in asserts[:_SHOWN]]
        if key == "test_list" and isinstance(asserts, list)
        else []
    )
    if not shown:
        return f"{text}\n\nIts tests call `{entry_point}`."
    fenced = "\n".join([f"```{language.value}", *shown, "```"])
    return f"{text}\n\nYour code must pass this:\n\n{fenced}"
