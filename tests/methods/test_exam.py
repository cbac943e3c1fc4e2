"""The exam of a run: which questions it holds, how they are grouped, what is refused before it."""

import gzip
import json
import re
from pathlib import Path

import pytest

from sodakd.errors import DataError, JudgeError, RecipeError
from sodakd.evaluate.benchmarks.load import load
from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.evaluate.groups import (
    held_out_groups,
    outcomes_of,
    pass_at_1,
    pass_rates,
    with_benchmarks,
)
from sodakd.evaluate.passk import mean_of_languages, wilson
from sodakd.methods.exam import benchmark_parts, exam_size, load_benchmarks
from sodakd.methods.plan import plan
from sodakd.methods.synthetic_source import draw_test_set, level_groups
from sodakd.recipe import Recipe
from sodakd.recipe_file import read_recipe
from sodakd.records import EvalSample
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import BenchmarkSettings, EvaluationSettings
from sodakd.synthetic.splits import Split
from sodakd.types import JudgeStage, Language, Outcome, Question, Solution, Verdict
from tests.tiny import sodakd

MBPP_ROWS = [
    {
        "task_id": 10 + number,
        "text": f"Write a function to {what}.",
        "code": f"def {name}(n):\n    return {code}\n",
        "test_list": [f"assert {name}({n}) == {value}" for n, value in cases],
        "test_setup_code": "",
    }
    for number, (what, name, code, cases) in enumerate(
        [
            ("keep out of the test split", "nothing", "0", [(1, 0)]),
            ("find the double of a given whole number", "double", "2 * n", [(2, 4), (5, 10)]),
            ("find the square of a given whole number", "square", "n * n", [(3, 9), (4, 16)]),
            ("find the number that follows a whole number", "after", "n + 1", [(1, 2), (9, 10)]),
        ]
    )
]


def write_mbpp(folder: Path) -> Path:
    """MBPP's file, of four rows: the first is none of the test split."""
    path = folder / "mbpp.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in MBPP_ROWS), encoding="utf-8")
    return path


def write_humaneval_x(folder: Path, language: str = "js") -> Path:
    """HumanEval-X's file of a language, of two rows."""
    prompt = "/* Give the sum of a and b, kind {0}.\n*/\nconst add{0} = (a, b) => {{\n"
    test = "const test = () => {{ console.assert(add{0}(1, 2) === 3); }}\n\ntest();\n"
    rows = [
        {
            "task_id": f"JavaScript/{number}",
            "prompt": prompt.format(number),
            "canonical_solution": "  return a + b;\n}\n",
            "test": test.format(number),
        }
        for number in range(2)
    ]
    path = folder / f"humaneval_{language}.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    return path


def exam_of(*benchmarks: BenchmarkSettings, data: Path | None = None) -> EvaluationSettings:
    return EvaluationSettings(benchmarks=benchmarks, data=None if data is None else str(data))


MBPP = BenchmarkSettings(name="mbpp")
IN_JAVASCRIPT = BenchmarkSettings(name="humaneval-x", languages=(Language.JAVASCRIPT,))


def sample(question: Question, outcome: Outcome, output: str = "") -> EvalSample:
    return EvalSample(
        question_id=question.id,
        level=question.level,
        solution=Solution(question_id=question.id, text="", code="", author="s"),
        verdict=Verdict(outcome=outcome, stage=JudgeStage.RUN, output=output),
    )


def test_the_first_tasks_of_each_language_are_asked_with_their_tests(tmp_path: Path) -> None:
    write_mbpp(tmp_path)
    write_humaneval_x(tmp_path)
    settings = exam_of(MBPP.model_copy(update={"limit": 2}), IN_JAVASCRIPT, data=tmp_path)
    questions = load_benchmarks(settings)
    assert [question.source for question in questions] == ["mbpp"] * 2 + ["humaneval-x"] * 2
    assert "double" in questions[0].text
    assert "square" in questions[1].text
    assert questions[0].text == load(BENCHMARKS["mbpp"], Language.PYTHON, tmp_path)[0].question.text
    assert all(question.tests and question.reference for question in questions)
    recipe = Recipe(evaluation=settings.model_copy(update={"questions_per_level": 3}))
    assert exam_size(recipe) == 5 * 3 + 4
    planned = plan(recipe.model_copy(update={"cycles": 2}))
    assert (planned.exam, planned.evaluations) == (19, 4)


@pytest.mark.parametrize(
    ("benchmark", "words"),
    [
        (BenchmarkSettings(name="humanevl"), "no benchmark 'humanevl'; did you mean humaneval?"),
        (BenchmarkSettings(name="mbpp", languages=(Language.GO,)), "mbpp has no tasks in go"),
    ],
)
def test_what_no_benchmark_has_is_one_error(benchmark: BenchmarkSettings, words: str) -> None:
    with pytest.raises(RecipeError, match=r"(?s)2 mistakes.*" + words.replace("?", r"\?")):
        benchmark_parts(exam_of(benchmark, BenchmarkSettings(name="\x01")))


def test_a_benchmark_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no file of mbpp.*mbpp\.jsonl"):
        load_benchmarks(exam_of(MBPP, data=tmp_path))


def test_a_check_says_what_the_exam_lacks_here(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("evaluation: {benchmarks: [{name: mbpp}, {name: humaneval-x}]}\n")
    for data, words in (
        (tmp_path, "missing here: .* holds no file of mbpp"),
        (
            tmp_path / "away",
            r"missing here: there is no file or folder .*away \(evaluation\.data\)",
        ),
    ):
        done = sodakd("check", str(path), f"evaluation.data={data}", PATH="/nowhere")
        assert re.search(words, done.stderr)
        assert "missing here: java cannot be judged here" in done.stderr
        assert done.returncode == 0
    path.write_text("evaluation: {benchmarks: [{name: humanevl}]}\n")
    done = sodakd("check", str(path))
    assert done.returncode == 2
    assert "did you mean humaneval?" in done.stderr


def test_a_recipe_names_each_benchmark_once_and_its_mistakes_by_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="names one twice"):
        exam_of(MBPP, MBPP)
    path = tmp_path / "r.yaml"
    path.write_text("evaluation: {benchmarks: [{name: mbpp, limits: 3}]}\n")
    with pytest.raises(
        RecipeError, match=r"benchmarks\.0\.limits: unknown key; did you mean limit"
    ):
        read_recipe(path)
    path.write_text("seed: 1\n")
    found = read_recipe(path, ["evaluation.benchmarks=[{name: mbpp, limit: 3}]"]).recipe
    assert found.evaluation.benchmarks == (BenchmarkSettings(name="mbpp", limit=3),)


def test_real_questions_may_hold_nothing_out_where_benchmarks_are_the_exam() -> None:
    real = QuestionSettings(source="seeds.jsonl", hold_out=0)
    openai = {"kind": "replay", "file": "answers.jsonl"}
    values = {"questions": real, "teacher": openai}
    with pytest.raises(ValueError, match=r"or name evaluation\.benchmarks"):
        Recipe.model_validate(values)
    with_exam = {**values, "evaluation": exam_of(MBPP)}
    assert Recipe.model_validate(with_exam).questions.hold_out == 0
    on_dev = exam_of(MBPP).model_copy(update={"split": "dev"})
    with pytest.raises(ValueError, match=r"evaluation\.split: dev does not ask"):
        Recipe.model_validate({**values, "evaluation": on_dev})
    with pytest.raises(ValueError, match="patience needs questions"):
        Recipe.model_validate({**with_exam, "patience": 1})


def question(source: str, language: Language, number: int, level: int | None = None) -> Question:
    return Question.new(
        text=f"{source} {number}", language=language, tests=None, source=source, level=level
    )


def test_levels_are_the_worlds_own_groups() -> None:
    recipe = Recipe(evaluation=EvaluationSettings(questions_per_level=2))
    groups = level_groups(draw_test_set(recipe, Split.TEST))
    assert [(one.name, one.by) for one in groups] == [
        ("all", ""), ("levels 2-5", ""), *((f"level {level}", "level") for level in range(1, 6)),
    ]  # fmt: skip
    assert [sum(map(len, one.columns)) for one in groups] == [10, 8, 2, 2, 2, 2, 2]
    apart = [question("world", Language.PYTHON, level, level) for level in (1, 6)]
    assert [one.name for one in level_groups(apart)] == ["all", "level 1", "level 6"]


def test_benchmarks_come_first_by_language_and_on_average_and_the_held_out_behind() -> None:
    own = [question("seed:a", language, 0) for language in (Language.PYTHON, Language.GO)]
    tasks = [
        question(source, language, number)
        for source, language in (
            ("x", Language.PYTHON), ("x", Language.JAVA), ("y", Language.PYTHON),
        )
        for number in range(4)
    ]  # fmt: skip
    groups = with_benchmarks(held_out_groups(own), len(own), tasks)
    assert [(one.name, one.by) for one in groups] == [
        ("all", ""), ("x", ""), ("y Python", ""), ("held out", ""),
        ("x Python", "language"), ("x Java", "language"),
        ("held out Python", "language"), ("held out Go", "language"),
    ]  # fmt: skip
    passed = [True, False, *[True] * 4, *[True, False] * 2, *[False] * 4]
    rates = {one.group: one for one in pass_rates(groups, passed)}
    assert rates["all"].share == pytest.approx((1 + 0.5 + 0) / 3)
    assert (rates["x"].share, rates["x"].passed, rates["x"].total) == (0.75, 6, 8)
    parts = [(1.0, *wilson(4, 4)), (0.5, *wilson(2, 4))]
    assert (rates["x"].low, rates["x"].high) == pytest.approx(mean_of_languages(parts)[1:])
    assert (rates["y Python"].low, rates["y Python"].high) == pytest.approx(wilson(0, 4))
    assert (rates["held out"].share, rates["held out Go"].share) == (0.5, 0.0)
    assert with_benchmarks(held_out_groups(own), 2, []) == held_out_groups(own)
    assert held_out_groups([]) == []


def test_a_question_whose_tests_cannot_run_is_in_no_students_figure() -> None:
    lacks = "the tests cannot run here: numpy is missing"
    exam = [question("mbpp", Language.PYTHON, number) for number in range(3)]
    unwritten = "the tests cannot run here: they use pair, and nobody defines it"
    exam[1] = replace_reference(exam[1], "def pair(): ...")
    base = [
        sample(exam[0], Outcome.NO_VERDICT, lacks),
        sample(exam[1], Outcome.NO_VERDICT, unwritten),  # for want of what the answer should have
        sample(exam[2], Outcome.PASSED),
    ]
    better = [sample(each, Outcome.PASSED) for each in exam]
    outcomes, unjudged = outcomes_of(exam, {"base": base, "soda-1": better})
    assert outcomes == {"base": [None, False, True], "soda-1": [None, True, True]}
    assert unjudged == {lacks: 1}
    assert pass_at_1(exam, base) == 0.5
    groups = with_benchmarks([], 0, exam[:1])
    with pytest.raises(JudgeError, match="mbpp Python: nothing can be said"):
        pass_rates(groups, outcomes["base"])


def replace_reference(question: Question, code: str) -> Question:
    return question.model_copy(update={"reference": code})
