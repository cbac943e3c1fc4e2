"""The tests that a row of a source brings with its question.

The shapes are those of the field: HumanEval and its translations (`prompt` is the beginning of a
program, `test` or `tests` a script), MBPP's lists of assertions, AceCode's and OpenCodeInstruct's,
KodCode's modules of pytest, the inputs and outputs of APPS and its kin (`given_io.py`), and the
rows that `sodakd judge` takes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from sodakd.evaluate.benchmarks.mbxp import MBXP
from sodakd.evaluate.benchmarks.multipl_e import MULTIPL_E
from sodakd.evaluate.benchmarks.task import Row as TaskRow
from sodakd.jsonl import Line
from sodakd.judging.row_tests import KEYS, entry_point_of, key_of_tests, parse_tests
from sodakd.seeds.given_io import COLUMNS, io_tests, is_io, solution_of, starter_code
from sodakd.seeds.seed import Row
from sodakd.settings.questions import ColumnSettings
from sodakd.text.assemble import assemble
from sodakd.text.labels import language_of
from sodakd.text.source import Source
from sodakd.text.test_validation import with_stdin_hint
from sodakd.text.truncation import LONGEST, parsed
from sodakd.types import CallTests, CodePrompt, Language, StdioTests, Tests, TestScript

LISTS = ("test_cases", "unit_tests", "asserts", "assertions")
"""What lists of assertions are called besides MBPP's `test_list`."""
_IMPORTED = re.compile(r"^from[ \t]+solution[ \t]+import[ \t]+(\w+)", re.MULTILINE)
"""What KodCode's tests take from the program."""
_DEFINED = re.compile(r"^def[ \t]+\w", re.MULTILINE)
_WORD = re.compile(r"[A-Z]?[a-z]+")
"""A name that any text might hold as a word."""
_MULTIPL_E = re.compile(r"[^_]*_[^_]*_.+")
"""The name of a row of MultiPL-E, `HumanEval_1_entry_point`."""
_BY_SHAPE = ColumnSettings()
_SHOWN = 3
"""Assertions, at most, that a question shows: they tell the function's name and its arguments."""


@dataclass(frozen=True)
class GivenTests:
    """A row's tests. `text` is the question where it is not the column's own; without a `language`
    the tests are those of any.
    """

    tests: Tests
    language: Language | None
    text: str = ""
    code_prompt: CodePrompt | None = None
    reference: str | None = None


def given_tests(
    row: Row, text: str, label: str, columns: ColumnSettings = _BY_SHAPE
) -> GivenTests | None:
    """The tests of a row, whose question and language's name are given; None where it has none.

    Raises:
        DataError: its tests cannot be read; says what is wrong.
    """
    line = _named(Line(f"{row.file}, row {row.number}", row.number, row.values), columns)
    language = _language(line.values, label)
    if language is None:
        return None
    if _begins_program(line.values, language):
        return _of_code_prompt(line.where, line.values, language)
    if not text:  # what is added to a question is none
        return None
    line = _renamed(line)
    if any(line.values.get(name) for name in COLUMNS):
        return _of_io(line, text, language if label else None)
    key = key_of_tests(line)
    if not key or isinstance(line.values[key], bool):  # that says which part of a dataset it is
        return None
    read = parse_tests(line, language)
    if not read.tested:
        return None
    tests = read.tests
    if isinstance(tests, TestScript) and not tests.entry_point:
        imported = _IMPORTED.search(tests.script)
        tests = tests.model_copy(update={"entry_point": imported[1]}) if imported else tests
    if isinstance(tests, TestScript) and language is Language.PYTHON and not _is_python(tests):
        raise line.error(
            f"{line.column(key)} is no Python that can be read: mend it, or leave it out"
        )
    return GivenTests(tests, language, _with_name(text, line, key, tests, language))


def _is_python(tests: TestScript) -> bool:
    return len(tests.script) > LONGEST or parsed(tests.script) is not None


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


def _of_io(line: Line, text: str, language: Language | None) -> GivenTests | None:
    values = line.values
    solution = solution_of(values, language)
    own = language or (solution[1] if solution else None)
    tests = io_tests(line, own)
    if tests is None:
        return None
    if isinstance(tests, CallTests):
        own = own or Language.PYTHON
        starter = starter_code(values)
        fenced = f"{text}\n\n```{own.value}\n{starter}\n```"
        text = fenced if starter else _naming(text, tests.entry_point)
    return GivenTests(tests, own, text, reference=solution[0] if solution else None)


def _named(line: Line, columns: ColumnSettings) -> Line:
    """The row with the columns that the recipe names under the names that are known."""
    if columns.entry_point:
        line = _under("entry_point", columns.entry_point, line)
    if columns.tests:
        line = _under("tests", columns.tests, line)
        others = {*KEYS, *LISTS, *COLUMNS} - {"tests"}
        kept = {name: value for name, value in line.values.items() if name not in others}
        line = replace(line, values=kept)
    return line


def _renamed(line: Line) -> Line:
    """The row with inputs and outputs under APPS's name, a list of assertions under MBPP's."""
    values = line.values
    held = next((name for name in (*KEYS, *LISTS) if is_io(values.get(name))), None)
    if held is not None:
        return _under("input_output", held, line)
    name = next((name for name in LISTS if values.get(name)), None)
    return line if name is None or values.get("test_list") else _under("test_list", name, line)


def _under(key: str, column: str, line: Line) -> Line:
    """The row with a column under a key that is known as well."""
    values = {**line.values, key: line.values.get(column)}
    return replace(line, values=values, columns={**line.columns, key: line.column(column)})


def _with_name(text: str, line: Line, key: str, tests: Tests, language: Language) -> str:
    """The question with what its tests call, where it does not say so itself."""
    if isinstance(tests, StdioTests):
        return with_stdin_hint(text, tests)
    entry_point = tests.entry_point or entry_point_of(line)
    if not entry_point or _naming(text, entry_point) == text:
        return text
    asserts = line.values.get("test_list") or line.values[key]
    shown = [str(one) for one in asserts[:_SHOWN]] if isinstance(asserts, list) else []
    if not shown:
        return _naming(text, entry_point)
    fenced = "\n".join([f"```{language.value}", *shown, "```"])
    return f"{text}\n\nYour code must pass this:\n\n{fenced}"


def _naming(text: str, entry_point: str) -> str:
    """The question with the name of what its tests call.

    A word such as `count` may stand in any question: it names a function where it is written so.
    """
    name = re.escape(entry_point)
    called = rf"`{name}\b|'{name}'|\"{name}\"|(?<!\w){name}\s*+\("
    as_is = rf"(?<!\w){name}(?!\w)"
    if re.search(called if _WORD.fullmatch(entry_point) else as_is, text):
        return text
    return f"{text}\n\nIts tests call `{entry_point}`."
