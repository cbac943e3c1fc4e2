"""Benchmarks: their own solutions pass, an empty one does not; stops and pass@k."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sodakd.cli import app
from sodakd.errors import DataError, JudgeError
from sodakd.evaluate.aggregate import LanguageResult, averages
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.command import evaluate
from sodakd.evaluate.findings import SampleFindings
from sodakd.evaluate.folder import EvalSettings
from sodakd.evaluate.passk import pass_at_k
from sodakd.evaluate.table import outcomes_in_words, results_table
from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.judge.lint import ruff
from sodakd.judge.toolchains import MissingToolchain, toolchain
from sodakd.types import CallTests, Language
from tests.evaluate.nothing import nothing

DATA = Path(__file__).parents[3] / "shared" / "data"
WITH_TASKS = [
    (name, language) for name, benchmark in BENCHMARKS.items() for language in benchmark.languages
]
WITH_GOLD = [
    (name, language)
    for name, language in WITH_TASKS
    if name != "mbxp" and (name != "multipl-e" or language is Language.PYTHON)
]
MBXP_PASSING = {
    Language.PYTHON: 454,
    Language.JAVA: 398,
    Language.JAVASCRIPT: 369,
    Language.CPP: 365,
    Language.TYPESCRIPT: 146,
}
"""Of MBXP's own solutions, written by a model and by hand; the others fail with any judge."""


def settings(source: str, name: str, data: Path, language: Language, limit: int) -> EvalSettings:
    return EvalSettings(
        source=source,
        benchmarks=(name,),
        languages=(language,),
        data=str(data),
        limit=limit,
        n=1,
        temperature=0.0,
        max_new_tokens=16,
        seed=0,
        cpu_seconds=10.0,
    )


def _folder(name: str, language: Language) -> Path:
    folder = DATA / name
    if not folder.exists():
        pytest.skip(f"{name} is not here")
    found = toolchain(language)
    if isinstance(found, MissingToolchain):
        pytest.skip(f"{language}: {found.reason}; {found.command}")
    return folder


@pytest.mark.toolchain
@pytest.mark.parametrize(("name", "language"), WITH_GOLD)
@pytest.mark.parametrize("limit", [2, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_benchmarks_own_solutions_pass(
    name: str, language: Language, limit: int, tmp_path: Path
) -> None:
    folder, benchmark = _folder(name, language), BENCHMARKS[name]
    (group,) = evaluate(settings("gold", name, folder, language, limit), tmp_path, None, 1).groups
    asked = {task.id for task in load(benchmark, language, folder)[:limit]}
    assert group.tasks == len(asked) >= min(limit, 50)
    lacking = set(group.failed) & set(benchmark.needs)
    by_chance = {"Go/95"} - set(group.failed)  # Go draws the order of a map
    assert set(group.failed) - lacking == (set(benchmark.known_bad) & asked) - by_chance
    if lacking:
        commands = {benchmark.needs[one].command for one in lacking}
        pytest.skip(f"all others pass; {', '.join(sorted(lacking))} need {', '.join(commands)}")


@pytest.mark.slow
@pytest.mark.toolchain
@pytest.mark.parametrize("language", MBXP_PASSING)
def test_of_mbxps_own_solutions_as_many_pass_as_are_right(
    language: Language, tmp_path: Path
) -> None:
    folder = _folder("mbxp", language)
    (group,) = evaluate(settings("gold", "mbxp", folder, language, 1000), tmp_path, None, 1).groups
    assert group.tasks - len(group.failed) == MBXP_PASSING[language]


PASSED_BY_NOTHING = {"CPP/23"}
"""Its tests call the C library's strlen, whatever the answer's does."""


@pytest.mark.toolchain
@pytest.mark.parametrize(("name", "language"), WITH_TASKS)
@pytest.mark.parametrize("limit", [2, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_solution_that_does_nothing_passes_nowhere(
    name: str, language: Language, limit: int, tmp_path: Path
) -> None:
    folder = _folder(name, language)
    tasks = load(BENCHMARKS[name], language, folder)[:limit]
    for text in (nothing, lambda _: "")[: 1 if limit == 2 else 2]:  # none does less than nothing
        file = tmp_path / "solutions.jsonl"
        rows = [{"task_id": task.id, "completion": text(task)} for task in tasks]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        out = tmp_path / f"out of {text(tasks[0])[:9].strip()}"
        (group,) = evaluate(settings(str(file), name, folder, language, limit), out, None, 1).groups
        assert group.tasks == len(tasks)
        passed = {task.id for task in tasks} - set(group.failed)
        assert passed == (
            PASSED_BY_NOTHING & {task.id for task in tasks} if text is nothing else set()
        )


@pytest.mark.toolchain
def test_solutions_of_a_file_are_judged_once_each_and_counted(tmp_path: Path) -> None:
    folder = _folder("humaneval", Language.PYTHON)
    first, second = load(BENCHMARKS["humaneval"], Language.PYTHON, folder)[:2]
    rows = [
        {"task_id": first.id, "completion": first.gold},
        {"task_id": first.id, "solution": f"```python\n{first.code_prompt.code}{first.gold}```"},
        {"task_id": second.id, "completion": ""},
        {"task_id": second.id, "completion": "    return []\n\nprint(undefined)\n"},
        {"task_id": "of another benchmark", "completion": "x"},
    ]
    file = tmp_path / "solutions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = settings(str(file), "humaneval", folder, Language.PYTHON, 2)
    done = evaluate(asked, tmp_path / "out", None, 1)
    (group,) = done.groups
    assert (group.tasks, group.samples, group.pass_at[1]) == (2, 4, 0.5)
    partial, empty, unknown = done.remarks
    assert partial.startswith("humaneval, python: 2 of 164 tasks were judged")
    assert empty == "humaneval, python: 1 of 4 answers are empty"
    assert unknown.startswith("1 ids of ")
    assert unknown.endswith("not judged: of another benchmark")
    more = evaluate(asked.model_copy(update={"limit": 5}), tmp_path / "more", None, 1)
    assert more.remarks[0].startswith("humaneval, python: 2 of 164 tasks were judged")
    written = json.loads((tmp_path / "more" / "results.json").read_text())["remarks"]
    assert written == [*more.remarks]
    assert group.outcomes["passed"] == 2
    assert group.failed == (second.id,)
    assert results_table([group]).row_count == 1
    assert len((tmp_path / "out" / "verdicts.jsonl").read_text().splitlines()) == 4
    assert not (tmp_path / "out" / "findings.jsonl").exists()
    with pytest.raises(DataError, match="another evaluation"):
        evaluate(asked.model_copy(update={"limit": 1}), tmp_path / "out", None, 1)


@pytest.mark.toolchain
def test_what_static_tools_find_in_solutions_is_counted_by_rule(tmp_path: Path) -> None:
    folder = _folder("humaneval", Language.PYTHON)
    try:
        ruff.find()
    except JudgeError as error:
        pytest.skip(str(error))
    first, second = load(BENCHMARKS["humaneval"], Language.PYTHON, folder)[:2]
    rows = [
        {"task_id": first.id, "completion": first.gold},
        {"task_id": first.id, "completion": "    return unknown or missing\n"},
        {"task_id": second.id, "completion": "    return missing\n"},
    ]
    file, out = tmp_path / "solutions.jsonl", tmp_path / "out"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = settings(str(file), "humaneval", folder, Language.PYTHON, 2)
    plain = evaluate(asked, out, None, 1)
    assert plain.found is None
    done = evaluate(asked, out, None, 1, lint=True)  # goes on: the verdicts are there
    assert done.groups == plain.groups
    assert done.found is not None
    own = [[one.rule for one in sample.findings] for sample in done.found.samples]
    assert own == [[], ["F821", "F821"], ["F821"]]
    kept = (out / "findings.jsonl").read_text().splitlines()
    assert [SampleFindings.model_validate_json(line) for line in kept] == done.found.samples
    results = json.loads((out / "results.json").read_text())
    (rule,) = results["findings"]
    assert (rule["language"], rule["tool"], rule["rule"]) == ("python", "ruff", "F821")
    assert (rule["findings"], rule["programs"], rule["severity"]) == (3, 2, "error")
    assert results["toolchains"]["ruff"] == ruff.find().versions["ruff"]


class Counting:
    """Answers with the gold solution, and counts how often it is asked."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.asked = 0

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        on_generation: OnGeneration | None = None,
        cached: Mapping[int, Generation] = NO_GENERATIONS,
    ) -> list[Generation]:
        self.asked += len(prompts) - len(cached)
        found = [Generation(self.answers[prompt], ended=True) for prompt in prompts]
        for number, said in enumerate(found):
            assert on_generation is not None
            if number not in cached:
                on_generation(number, said)
        return found


@pytest.mark.toolchain
def test_an_evaluation_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    folder = _folder("humaneval", Language.PYTHON)
    tasks = load(BENCHMARKS["humaneval"], Language.PYTHON, folder)[:3]
    model = Counting({task.question.text: task.gold or "" for task in tasks})
    asked = settings("a model", "humaneval", folder, Language.PYTHON, 3)
    (group,) = evaluate(asked, tmp_path, lambda: model, 1).groups
    assert (model.asked, group.pass_at[1]) == (3, 1.0)
    kept = (tmp_path / "samples.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "samples.jsonl").write_text("".join(kept[:2]) + kept[2][:20])  # cut off in a row
    verdicts = tmp_path / "verdicts.jsonl"
    first, second, _ = verdicts.read_text().splitlines(keepends=True)
    marked = {**json.loads(first), "verdict": {**json.loads(first)["verdict"], "output": "kept"}}
    verdicts.write_text(json.dumps(marked) + "\n" + second[:30])
    (again,) = evaluate(asked, tmp_path, lambda: model, 1).groups
    assert json.loads(verdicts.read_text().splitlines()[0]) == marked
    assert len(verdicts.read_text().splitlines()) == 3
    assert (model.asked, again) == (4, group)


@pytest.mark.parametrize(
    ("samples", "passed", "k", "chance"),
    [(1, 1, 1, 1.0), (2, 1, 1, 0.5), (5, 2, 2, 0.7), (10, 0, 5, 0.0), (10, 6, 5, 1.0)],
)
def test_pass_at_k_is_the_chance_by_hand(samples: int, passed: int, k: int, chance: float) -> None:
    assert pass_at_k(samples, passed, k) == pytest.approx(chance)


def test_pass_at_k_wants_enough_samples() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        pass_at_k(3, 1, 5)


def test_the_average_is_over_languages() -> None:
    groups = [
        LanguageResult(
            benchmark="mceval", language=language, tasks=1, all_tasks=1, samples=1, cut=0, empty=0,
            pass_at={1: share}, low=low, high=high, outcomes={"passed": 1}, failed=(),
        )
        for language, share, low, high in (
            (Language.C, 1.0, 0.7, 1.0), (Language.GO, 0.0, 0.0, 0.4)
        )
    ]  # fmt: skip
    shares = [str(cell).partition(" ")[0] for cell in results_table(groups).columns[3].cells]
    assert shares == ["100.0", "0.0", "50.0"]
    (mean,) = averages(groups)
    assert (mean.low, mean.high) == pytest.approx((0.35, 0.70))


def test_the_table_fits_80_columns_and_marks_a_part_of_the_tasks() -> None:
    group = LanguageResult(
        benchmark="humaneval-x", language=Language.TYPESCRIPT, tasks=2, all_tasks=164, samples=200,
        cut=0, empty=0, pass_at={1: 1.0, 10: 1.0, 100: 1.0}, low=0.973, high=1.0,
        outcomes={"passed": 170, "not_executable": 20, "compile_error": 10}, failed=(),
    )  # fmt: skip
    console = Console(width=80, file=io.StringIO(), color_system=None)
    console.print(results_table([group, group.model_copy(update={"tasks": 164})]))
    assert isinstance(console.file, io.StringIO)
    first, second, _ = (
        line for line in console.file.getvalue().splitlines() if "humaneval" in line
    )
    for cell in ("humaneval-x", "typescript", "2 of 164", "100.0* (97.3-100.0)"):
        assert cell in first
    assert "*" not in second
    assert " 164 " in second
    (words,) = outcomes_in_words([group])
    assert words == "not passed, humaneval-x, typescript: 20 not_executable, 10 compile_error"


@pytest.mark.parametrize(
    "words",
    [
        ("eval", "--gold", "--cpu-seconds", "inf"),
        ("eval", "m", "--temperature", "nan"),
        ("judge", "rows.jsonl", "--cpu-seconds", "nan"),
        ("judge", "rows.jsonl", "--memory-mb", "99999999999"),
    ],
)
def test_a_limit_without_an_end_is_refused(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert f"Invalid value for '{words[-2]}'" in done.output


def test_rows_of_python_that_have_the_columns_of_a_translation_are_humaneval(
    tmp_path: Path,
) -> None:
    row = {
        "name": "HumanEval_1_one", "language": "py",
        "prompt": 'def one(n: int) -> int:\n    """Add one."""\n',
        "tests": "def check(candidate):\n    assert candidate(1) == 2\n\n"
                 "def test_check():\n    check(one)\n\ntest_check()\n",
    }  # fmt: skip
    (tmp_path / "humaneval-py.jsonl").write_text(json.dumps(row))
    (task,) = load(BENCHMARKS["multipl-e"], Language.PYTHON, tmp_path)
    assert task.id == "HumanEval_1_one"
    assert task.question.tests is not None
    assert task.question.tests.entry_point == "one"
    assert isinstance(task.question.tests, CallTests)
    (tmp_path / "humaneval-py.jsonl").write_text(json.dumps({**row, "tests": None}))
    with pytest.raises(DataError, match="no column test or tests; found name, language, prompt,"):
        load(BENCHMARKS["multipl-e"], Language.PYTHON, tmp_path)
