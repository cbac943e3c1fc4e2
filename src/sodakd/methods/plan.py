"""What a run will take, before any of it is spent: its methods, run dry."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sodakd.methods.arms import arms_of, budget_remark, run_arms
from sodakd.methods.dry_context import DryContext
from sodakd.methods.estimate import PlannedTraining, RunEstimate
from sodakd.methods.exam import exam_size
from sodakd.recipe import Recipe
from sodakd.records import Allowance
from sodakd.teacher.cost import SpendRow

PREFLIGHT = "preflight"
"""The step of what is asked before a run begins: one request of each kind."""


@dataclass(frozen=True)
class Plan:
    """What a run is expected to take: tokens by a sample of seed questions, and no second asks.

    `remarks` say what the source of the questions holds that is not read. `exam`: its questions,
    each of which every one of the students answers that are evaluated. `scored`: answers that a
    trained scorer grades in the teacher's place; `scorer_grades`: calls that were asked for it.
    """

    calls: Sequence[SpendRow]
    trainings: Sequence[PlannedTraining]
    remarks: Sequence[str] = ()
    exam: int = 0
    evaluations: int = 0
    scored: int = 0
    scorer_grades: int = 0

    @property
    def teacher_calls(self) -> int:
        return sum(row.calls for row in self.calls)

    @property
    def train_steps(self) -> int:
        return sum(row.steps for row in self.trainings)


def plan(recipe: Recipe) -> Plan:
    """Count calls, tokens, money and training steps. Asks nothing of a paid teacher.

    Raises:
        RecipeError: an arm is no known method, or an exam's benchmark is none.
        DataError: the source of the questions, or a benchmark, cannot be read, or it has no two
            questions to train on.
    """
    return _plan(recipe, RunEstimate.take(recipe))


def asked_kinds(recipe: Recipe) -> Sequence[str]:
    """Return the kinds of requests that a run makes; of its source the first questions are read."""
    sample = replace(RunEstimate.take(recipe), count_seeds=lambda most: most)
    return tuple(dict.fromkeys(row.ask for row in _plan(recipe, sample).calls if row.calls))


def _plan(recipe: Recipe, sample: RunEstimate) -> Plan:
    total = Plan((), ())
    inputs = sample.inputs()
    if recipe.student.model_name_or_path is None:
        total = Plan((), (sample.training("base", len(inputs.base_data), recipe.base.training),))
    evaluations, scored, scorer_grades = 1, 0, 0
    arms = arms_of(recipe)

    def dry(name: str, allowance: Allowance | None) -> DryContext:
        return DryContext(arms[name].recipe, sample, name, allowance)

    for arm, _ in run_arms(arms, inputs, dry):
        total = Plan((*total.calls, *arm.calls), (*total.trainings, *arm.trainings))
        evaluations += arm.evaluations
        scored += arm.scored
        scorer_grades += arm.scorer_grades
    kinds = dict.fromkeys(row.ask for row in total.calls if row.calls and has_llm_teacher(recipe))
    probes = [sample.calls(PREFLIGHT, kind, 1) for kind in kinds]
    calls = (*probes, *total.calls)
    remarks = [*sample.remarks, *filter(None, [budget_remark(recipe)])]
    return Plan(
        calls, total.trainings, remarks, exam_size(recipe), evaluations, scored,
        scorer_grades,
    )  # fmt: skip


def has_llm_teacher(recipe: Recipe) -> bool:
    """Return whether the teacher is a language model, neither computed nor replayed."""
    return recipe.teacher.kind not in ("world", "replay")
