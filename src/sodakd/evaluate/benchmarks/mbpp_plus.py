"""MBPP+: the sound tasks of MBPP with EvalPlus' tests (Liu et al. 2023, arXiv 2305.01210)."""

import ast
from collections.abc import Callable, Mapping

from sodakd.evaluate.benchmarks import evalplus, mbpp, task_prompt
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row
from sodakd.types import CodePrompt, Language, Question, TestScript

_Arguments = Callable[[list[object]], object]


def _tupled(value: object, first: int, last: int) -> object:
    """The value with tuples for the lists on these levels: on 0 it stands itself."""
    if isinstance(value, dict):
        return {key: _tupled(each, first - 1, last - 1) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    parts = [_tupled(each, first - 1, last - 1) for each in value] if last > 0 else value
    return tuple(parts) if first <= 0 else parts


def _levels(first: int, last: int, places: slice = slice(None)) -> _Arguments:
    """Arguments with tuples for lists: on which levels, and of which arguments."""

    def mended(given: list[object]) -> object:
        chosen = {*range(len(given))[places]}
        return [
            _tupled(each, first, last) if place in chosen else each
            for place, each in enumerate(given)
        ]

    return mended


def _sets(given: list[object]) -> object:
    (sets,) = given
    assert isinstance(sets, list)
    return [[{*each} if each else {} for each in sets]]


def _complex(given: list[object]) -> object:
    *others, last = map(str, given)
    return [*map(float, others), complex(last)]


_FIRST, _SECOND = slice(1), slice(1, 2)
_ARGUMENTS: Mapping[str, _Arguments] = {
    number: mend
    for numbers, mend in (
        ("2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809",
         _levels(0, 0)),
        ("63 64 70 94 120 237 272 299 400 409 417 438 473 614 780", _levels(1, 1)),
        ("75 413 444 753 722", _levels(1, 1, _FIRST)),
        ("106 750", _levels(0, 0, _SECOND)),
        ("250 307 405 446 617 720 763 808", _levels(0, 0, _FIRST)),
        ("259 278 401 445", _levels(0, 1)),
        ("580 615 791", _levels(0, 99)),
        ("115", _sets),
        ("124 252", _complex),
    )
    for number in numbers.split()
}  # fmt: skip
"""Python's values of the arguments of tasks, for which JSON has lists and texts: as EvalPlus' own
command reads them."""


def _task(row: Row, language: Language) -> BenchmarkTask:
    number = str(row.values.get("task_id")).rpartition("/")[2]
    text, shown = _said(row)
    gold = row.text("canonical_solution", "code")
    prompt = f'"""\n{text}\n{shown}\n"""\n'
    entry_point = mbpp.entry_point(gold, (shown,))
    mend = _ARGUMENTS.get(number, list)
    script = evalplus.script_of(
        row,
        entry_point,
        f"{prompt}{gold}",
        lambda inputs: [mend(each) for each in inputs],  # type: ignore[arg-type]
    )
    return BenchmarkTask(
        id=f"Mbpp/{number}",
        question=Question.new(
            text=task_prompt.write(language, text, shown),
            language=language,
            tests=TestScript(entry_point=entry_point, script=script),
            source="mbpp-plus",
            level=None,
            code_prompt=CodePrompt(code=prompt, entry_point=entry_point),
        ),
        gold=gold,
    )


def _said(row: Row) -> tuple[str, str]:
    """What a row asks for, and the assertion that EvalPlus shows with it."""
    prompt = row.text("prompt")
    if "test_list" in row.values:
        return prompt.strip(), row.texts("test_list")[0]
    text = ast.literal_eval(prompt.strip()).strip()
    said, _, shown = text.rpartition("\n")
    if shown.startswith("assert "):
        return said.strip(), shown
    return text, row.text("assertion").strip().partition("\n")[0]  # as in the first release


MBPP_PLUS = Benchmark(
    name="mbpp-plus",
    dataset="evalplus/mbppplus",
    origins={
        Language.PYTHON: DatasetFile(
            "data/test-*.parquet", ("MbppPlus.jsonl", "MbppPlus-OriginFmt.jsonl")
        )
    },
    task=_task,
    known_bad={"Mbpp/255": "its tests need more memory than a program has here"},
)
