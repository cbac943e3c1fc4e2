"""Arms that spend as much of the teacher's tokens or money as the first one really did."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sodakd.errors import BudgetReached
from sodakd.methods.arms import budget_kind, budget_remark
from sodakd.methods.plan import plan
from sodakd.methods.rft import rft
from sodakd.methods.run_recipe import run_recipe
from sodakd.recipe import Recipe
from sodakd.recipe_file import LoadedRecipe, read_recipe
from sodakd.records import Allowance, BudgetKind, Results
from sodakd.report.reading import read_folder
from sodakd.run import Progress, no_progress
from sodakd.settings.teacher import TeacherSettings
from sodakd.stages.context import StageBudget
from sodakd.synthetic.generate import draw_questions
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.cost import Prices
from sodakd.teacher.requests import Evolve, Operation, Solve
from tests.methods.fake_context import FakeContext, inputs
from tests.methods.test_methods_run import LESS
from tests.stages.stage import stage
from tests.tiny import write_recipe

ARMS = ("sft", "evol_instruct", "oss_instruct", "persd", "lion")


def recipe_of(folder: Path, equal: BudgetKind, *more: str) -> LoadedRecipe:
    return read_recipe(write_recipe(folder), [*LESS, f"equal={equal}", *more])


def spent(results: Results, arm: str, equal: BudgetKind) -> float:
    last = [row for row in results.standings if row.name.partition("-")[0] == arm][-1]
    return {"calls": last.teacher_calls, "tokens": last.teacher_tokens, "money": last.money}[equal]


def dearest_call(folder: Path, arm: str, equal: BudgetKind) -> float:
    """The most that a call booked to an arm took; others of it are the first arm's."""
    of = {"tokens": "prompt_tokens + completion_tokens", "money": "money / 1e9", "calls": "1"}
    with sqlite3.connect(folder / "ledger.sqlite") as books:
        query = f"select max({of[equal]}) from calls where step like ?"
        ((most,),) = books.execute(query, (f"{arm}/%",))
    return float(most)


@dataclass(frozen=True)
class Finished:
    """A finished run of all methods at equal tokens, and the remarks in it."""

    loaded: LoadedRecipe
    folder: Path
    results: Results
    remarks: Sequence[str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder, remarks = tmp_path_factory.mktemp("equal"), list[str]()
    loaded = recipe_of(folder, "tokens", f"arms=[soda, {', '.join(ARMS)}, rft]")

    def heard(progress: Progress) -> None:
        if progress.remark:
            remarks.append(f"{progress.step}: {progress.note}")

    return Finished(loaded, folder / "run", run_recipe(loaded, folder / "run", heard), remarks)


@pytest.mark.toolchain
@pytest.mark.heavy
def test_the_parts_of_an_arm_are_no_students_of_the_report(finished: Finished) -> None:
    assert list((finished.folder / "evol_instruct").glob("block-*"))
    students = {row.name for row in read_folder(finished.folder).students}
    assert students == {row.name for row in finished.results.standings}


@pytest.mark.toolchain
@pytest.mark.heavy
def test_every_arm_spends_the_tokens_of_the_first_one_but_for_a_call(finished: Finished) -> None:
    first = spent(finished.results, "soda", "tokens")
    for arm in ARMS:
        passed = spent(finished.results, arm, "tokens") - first
        assert 0 <= passed < dearest_call(finished.folder, arm, "tokens"), arm
    steps = {row.train_steps for row in finished.results.standings if row.name in ARMS}
    assert steps == {4}
    allowed = Allowance.model_validate_json((finished.folder / "sft/allowance.json").read_text())
    assert (allowed.equal, allowed.amount) == ("tokens", first)
    assert [words for words in finished.remarks if "stay unspent" in words] == []


@pytest.mark.toolchain
@pytest.mark.slow  # `test_kill.py` kills a run within an arm
def test_a_run_stopped_within_its_arms_ends_in_the_same_bytes(
    finished: Finished, tmp_path: Path
) -> None:
    with sqlite3.connect(finished.folder / "ledger.sqlite") as books:
        ((calls,),) = books.execute("select count(*) from calls")
    for share in (0.5, 0.8):  # each ends in the midst of another arm
        recipe = finished.loaded.recipe
        budget = recipe.budget.model_copy(update={"calls": int(calls * share)})
        cut = replace(finished.loaded, recipe=recipe.model_copy(update={"budget": budget}))
        with pytest.raises(BudgetReached):
            run_recipe(cut, tmp_path / "run", no_progress)
    assert run_recipe(finished.loaded, tmp_path / "run", no_progress) == finished.results
    for arm in ("soda", *ARMS, "rft"):
        name = f"{arm}/manifest.jsonl"
        assert (tmp_path / "run" / name).read_bytes() == (finished.folder / name).read_bytes()


@pytest.mark.toolchain
@pytest.mark.heavy
def test_of_equal_money_a_plan_foretells_how_many_calls_it_pays_for(tmp_path: Path) -> None:
    loaded = recipe_of(tmp_path, "money", "arms=[soda, sft]")
    results = run_recipe(loaded, tmp_path / "run", no_progress)
    first = spent(results, "soda", "money")
    passed = spent(results, "sft", "money") - first
    assert 0 <= passed < dearest_call(tmp_path / "run", "sft", "money")
    calls = spent(results, "sft", "calls")
    assert calls > 1.5 * spent(results, "soda", "calls")  # a solution is cheaper than a grade
    planned = plan(loaded.recipe).calls
    foretold = sum(row.calls for row in planned if row.step.startswith("sft/"))
    assert abs(foretold - calls) < 0.35 * calls


def test_what_has_no_price_is_compared_by_tokens_and_it_is_said() -> None:
    priced = TeacherSettings(prompt_price=1, completion_price=2)
    free = TeacherSettings(prompt_price=0, completion_price=0)
    unknown = TeacherSettings(kind="openai", model="of my own")
    kinds = [budget_kind(Recipe(equal="money", teacher=each)) for each in (priced, free, unknown)]
    assert kinds == ["money", "tokens", "tokens"]
    assert budget_remark(Recipe(equal="money", teacher=priced)) == ""
    assert budget_remark(Recipe(equal="money", teacher=free, arms=("soda",))) == ""
    assert "the teacher has no price" in budget_remark(Recipe(equal="money", teacher=free))
    assert budget_kind(Recipe(teacher=free)) == "calls"


def test_a_method_that_cannot_use_its_tokens_or_money_says_how_much_is_left() -> None:
    allowance = Allowance(calls=10, tokens=4000, money=0.25, steps=8)
    for equal, words in (("tokens", "4,000 of the 4,000 teacher tokens"),
                         ("money", "0.25 of the 0.25 US dollars")):  # fmt: skip
        given = allowance.model_copy(update={"equal": equal})
        context = FakeContext(Recipe(), allowance=given)
        rft(context, inputs(10))
        assert context.said == [
            f"{words} of this arm stay unspent: the student learns from its own answers"
        ]


def test_allowances_of_calls_are_written_as_before() -> None:
    allowed = Allowance(calls=3, tokens=40, money=0.5, steps=6)
    assert allowed.model_dump_json() == '{"calls":3,"tokens":40,"money":0.5,"steps":6}'
    money = allowed.model_copy(update={"equal": "money"})
    assert Allowance.model_validate_json(money.model_dump_json()).amount == 0.5


@pytest.mark.parametrize("prices", [None, Prices(0.15, 0.6)])
@pytest.mark.parametrize("typical", [1.0, 80.0, 5000.0])
def test_as_many_calls_are_made_as_the_rest_of_a_budget_pays_for(
    prices: Prices | None, typical: float, tmp_path: Path
) -> None:
    asked = draw_questions(400, (1, 2, 3, 4, 5), Split.TRAIN, seed=4)
    requests = [
        Evolve(question=each, operation=Operation.RARER) if at % 3 else Solve(question=each)
        for at, each in enumerate(asked)
    ]
    teacher = WorldTeacher()
    budget = StageBudget(left=0.0, typical=typical, prices=prices)
    costs = [budget.cost_of(teacher.reply(request)) for request in requests]
    for count in (0, 1, 7, 150, 400):
        left = sum(costs[:count]) - min(costs) / 2 if count else 0.0
        step = replace(stage(tmp_path / f"{count}", teacher), budget=replace(budget, left=left))
        paid = step.affordable(requests, "requests")
        assert list(paid) == requests[:count]


@pytest.mark.toolchain
@pytest.mark.heavy
def test_of_the_same_seeds_a_later_arm_learns_each_once_and_says_what_it_could_not_spend(
    tmp_path: Path,
) -> None:
    loaded = recipe_of(tmp_path, "calls", "arms=[soda, sft]", "questions.further_seeds=false")
    planned = [row for row in plan(loaded.recipe).calls if row.step.startswith("sft/")]
    heard: list[Progress] = []
    results = run_recipe(loaded, tmp_path / "run", heard.append)
    seeds = loaded.recipe.questions.seeds
    assert spent(results, "sft", "calls") == sum(row.calls for row in planned) == seeds
    left = round(spent(results, "soda", "calls")) - seeds
    said = [each.note for each in heard if each.step == "sft/solutions" and each.remark]
    assert any(note.startswith(f"{left:,} of the") and "no more seeds" in note for note in said)
