"""Recipes: YAML 1.2 meaning, all mistakes at once, secrets kept out."""

import json
from pathlib import Path

import jsonschema
import pytest
from pydantic import JsonValue

from sodakd.errors import RecipeError
from sodakd.jsonl import read_rows
from sodakd.recipe import Recipe
from sodakd.recipe_file import differences, read_questions, read_recipe
from sodakd.shipped import find_answers
from sodakd.teacher.recorded import RecordedReply
from sodakd.teacher.teacher_endpoint import missing_for_teacher

RECIPES = sorted((Path(__file__).parents[1] / "recipes").glob("*.yaml"))


def recipe_file(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_shipped_recipe_is_right(path: Path) -> None:
    assert read_recipe(path).recipe.name


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_shipped_recipe_opens_with_its_command_and_cost(path: Path) -> None:
    head = path.read_text(encoding="utf-8").split("\n\n")[0]
    assert all(line.startswith("#") for line in head.splitlines())
    assert f"sodakd run recipes/{path.name}" in head
    assert "Hardware:" in head
    assert "Cost:" in head


def test_the_laptop_recipe_is_replayed_as_it_is_from_answers_that_are_shipped() -> None:
    recipes = {path.stem: read_recipe(path).recipe for path in RECIPES}
    asked, replayed = recipes["laptop"], recipes["laptop-replay"]
    assert replayed == asked.model_copy(
        update={"name": "laptop-replay", "teacher": replayed.teacher}
    )
    assert missing_for_teacher(replayed.teacher) == []
    rows = read_rows(find_answers(Path(replayed.teacher.file or "")), RecordedReply)
    assert len(rows) > 1_000
    assert {row.model for row in rows} == {"qwen2.5-coder-1.5b"}


def test_a_number_without_a_point_before_its_exponent_is_a_number(tmp_path: Path) -> None:
    path = recipe_file(tmp_path, "training: {learning_rate: 2e-5}")
    assert read_recipe(path).recipe.training.learning_rate == 2e-5


def test_no_is_a_string(tmp_path: Path) -> None:
    path = recipe_file(tmp_path, "name: no\nbudget: {calls: 5}")
    assert read_recipe(path).recipe.name == "no"


def test_no_is_not_taken_for_false(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r'faults: .*found "no"'):
        read_recipe(recipe_file(tmp_path, "delivery: {faults: no}"))


def test_overrides_reach_into_sections(tmp_path: Path) -> None:
    path = recipe_file(tmp_path, "seed: 1")
    found = read_recipe(path, ["seed=7", "training.learning_rate=1e-3", "base.levels=[1, 2]"])
    assert (found.recipe.seed, found.recipe.base.levels) == (7, (1, 2))
    assert found.recipe.training.learning_rate == 1e-3


@pytest.mark.parametrize("key", ["source", "questions.source"])
def test_an_override_of_questions_goes_with_the_section_or_without(
    key: str, tmp_path: Path
) -> None:
    (path := tmp_path / "r.yaml").write_text("questions: {source: a.jsonl}\n")
    (other := tmp_path / "b.jsonl").write_text("")
    assert read_questions(str(path), [f"{key}={other}"]).source == str(other)


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    path = recipe_file(tmp_path, "sead: 1\ncycles: 0\ntraining: {learning_rat: 1, max_steps: x}")
    with pytest.raises(RecipeError) as caught:
        read_recipe(path, ["teacher.kind=oracle"])
    message = str(caught.value)
    assert message.startswith("5 mistakes")
    assert "sead: unknown key; did you mean seed?" in message
    assert "training.learning_rat: unknown key; did you mean learning_rate?" in message
    assert "cycles: " in message
    assert "found 0" in message
    assert "training.max_steps: " in message
    assert 'found "x"' in message
    assert "teacher.kind" in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("budget: {money: 0}", "budget.money: .* found 0"),
        ("budget: {calls: -3}", "budget.calls"),
        ("[1, 2]", "must hold `key: value` lines"),
        ("a: [", "is not YAML"),
        ("questions: {seeds: 0}", "questions.seeds"),
        ("questions: {per_language: {cobol: 1}}", r'questions\.per_language: .* found "cobol"'),
        ("feedback: {samples: 3}", "need a temperature above 0"),
        ("questions: {solutions: 1}", r"questions\.solutions: one solution .* ask for 3"),
        ("questions: {min_cases: 25}", r"questions\.min_cases: .*24 are taken .* found 25"),
        (
            "teacher: {timeout: 1e-9}",
            r"teacher\.timeout: .*greater than or equal to 1; found 1e-09",
        ),
        ("method: soda", r"method: unknown key; .*name the methods in arms"),
        ("control: sft", r"control: unknown key; .*name the methods in arms"),
        ("generation: {base_url: http://h/v1}", r"base_url: unknown key; did you mean base_urls\?"),
        ("feedback: {grade: false}", r"feedback.grade: unknown key; .*set feedback.scorer"),
        *(
            (
                "teacher: {kind: openai, model: m, temperature: 0}\n"
                f"questions: {{source: a.jsonl, tests: {tests}}}",
                "wants 3 different solutions of a question",
            )
            for tests in ("teacher", "given")
        ),
        ("feedback: {probes: 900}", "probes"),
        ("delivery: {faults: false}", "needs faulty solutions"),
        ("", "is empty; a recipe names at least one key"),
        ("name: " + "[" * 2000, "is not YAML"),
        ("a: &a [*a]", "is not YAML: more than 30 levels"),
        ("a: !!binary aGk=", "a: a recipe holds no bytes"),
        ("budget: {money: .inf}", "budget.money: .*less than or equal to 1000000000"),
        ("training: {learning_rate: .nan}", "training.learning_rate"),
        ("training: {num_train_epochs: 1e308}", "training.num_train_epochs"),
        ("base: {training: {threads: 100000}}", "base.training.threads"),
        ("student: {model_name_or_path: ''}", "student.model_name_or_path"),
        ('student: {model_name_or_path: "a\\0b"}', "student.model_name_or_path"),
        ("cycles: 100000", "cycles: .*less than or equal to 1000"),
        ("name: ../../x", 'name of a folder: .*found "../../x"'),
        ("name: ''", "name of a folder"),
        ("name: .git", "name of a folder"),
        ("name: " + "x" * 300, "name: .*at most 60 characters"),
        (
            "student: {model_name_or_path: m, dtype: float16}\ntraining: {fp16: true}",
            "student.dtype is float16, in which whole weights cannot be trained",
        ),
    ],
)
def test_a_wrong_value_is_one_clear_error(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        read_recipe(recipe_file(tmp_path, text))


def test_one_solution_is_enough_where_nothing_must_agree(tmp_path: Path) -> None:
    text = "questions: {tests: none, solutions: 1}"
    assert read_recipe(recipe_file(tmp_path, text)).recipe.questions.solutions == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no recipe"):
        read_recipe(tmp_path / "none.yaml")


def test_a_secret_is_used_and_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SODAKD_TEST_SECRET", "sk-very-secret")
    found = read_recipe(recipe_file(tmp_path, "name: run-${SODAKD_TEST_SECRET}"))
    assert found.recipe.name == "run-sk-very-secret"
    assert found.redacted["name"] == "run-${SODAKD_TEST_SECRET}"
    assert "sk-very-secret" not in json.dumps(found.redacted)


def test_a_secret_does_not_stand_in_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SODAKD_TEST_SECRET", "sk-very-secret")
    with pytest.raises(RecipeError) as caught:
        read_recipe(recipe_file(tmp_path, "seed: ${SODAKD_TEST_SECRET}"))
    assert "sk-very-secret" not in str(caught.value)


def test_an_unset_variable_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="name: the environment variable NOT_SET_HERE"):
        read_recipe(recipe_file(tmp_path, "name: ${NOT_SET_HERE}"))


def test_the_schema_accepts_what_the_recipe_accepts() -> None:
    schema = Recipe.model_json_schema()
    jsonschema.validate(Recipe().model_dump(mode="json"), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"sead": 1}, schema)


def test_differences_name_every_key() -> None:
    old: JsonValue = {"a": 1, "b": {"c": [1], "d": 2}}
    new: JsonValue = {"a": 1, "b": {"c": [2], "d": 2}, "e": None}
    assert differences(old, new) == ["b.c: [1] -> [2]"]


def test_a_budget_of_money_needs_a_known_price(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("teacher: {kind: openai, model: some-model}\nbudget: {money: 5}\n")
    with pytest.raises(RecipeError, match="the price of some-model is unknown"):
        read_recipe(path)
    priced = ["teacher.prompt_price=1", "teacher.completion_price=2"]
    assert read_recipe(path, priced).recipe.budget.money == 5


def test_a_variable_that_is_not_set_is_one_mistake(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("questions: {source: '${NOPE_A}${NOPE_A}', seeds: 0}\ncycles: 0\n")
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    assert "3 mistakes" in str(caught.value)
    assert str(caught.value).count("NOPE_A") == 1
