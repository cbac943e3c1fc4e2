"""What a run will take, before any of it is spent."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.methods.start import sample_answers
from sodakd.recipe import Recipe
from sodakd.teacher.asks import Ask, Fault, Grade, Invent, Solve
from sodakd.teacher.endpoint import prices_of
from sodakd.teacher.money import NANO
from sodakd.teacher.render import render
from sodakd.training.batches import count_steps
from sodakd.types import FaultKind, Usage
from sodakd.world.teacher import WorldTeacher

_SAMPLE = 40
_USUAL = {"solve": 500, "fault": 450, "grade": 250, "invent": 400}
"""Completion tokens of a language model: a guess, for a plan only. The released answers of the
paper's teacher have 455 (median of 1,820 letters)."""


@dataclass(frozen=True)
class PlannedCalls:
    """Calls of one kind in one stage. Tokens are those of a sample of seed questions."""

    stage: str
    ask: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    money: float


@dataclass(frozen=True)
class PlannedTraining:
    """Optimiser steps of one training; a token estimate from the same sample, 4 characters each."""

    stage: str
    examples: int
    steps: int
    tokens: int


@dataclass(frozen=True)
class Plan:
    """What a run is expected to take. Asking again after a refused answer is not counted."""

    calls: Sequence[PlannedCalls]
    trainings: Sequence[PlannedTraining]

    @property
    def teacher_calls(self) -> int:
        return sum(row.calls for row in self.calls)

    def soda_calls(self) -> int:
        """The calls of the method alone, without the control."""
        return sum(row.calls for row in self.calls if row.stage != "sft")

    def soda_steps(self) -> int:
        """The optimiser steps of the method's cycles."""
        return sum(row.steps for row in self.trainings if row.stage.startswith("cycle"))


@dataclass(frozen=True)
class _Size:
    prompt: float
    completion: float


def plan(recipe: Recipe) -> Plan:
    """Count calls, tokens, money and training steps. Asks nothing of a paid teacher."""
    sizes, example_tokens = _measure(recipe)
    calls: list[PlannedCalls] = []
    trainings: list[PlannedTraining] = []
    if recipe.student.model_name_or_path is None:
        trainings.append(_training(recipe, "base", recipe.base.questions, example_tokens))
    if recipe.method == "soda":
        for cycle in range(1, recipe.cycles + 1):
            stage = f"cycle-{cycle}"
            questions = recipe.questions.seeds if cycle == 1 else _later(recipe)
            studied = questions - recipe.feedback.probes
            wanted = {"solve": studied, "fault": studied, "grade": 0, "invent": 0}
            if recipe.feedback.grade:
                wanted["grade"] = recipe.feedback.probes
            if cycle < recipe.cycles:
                wanted["invent"] = recipe.update.new_questions
            calls += [_calls(recipe, stage, ask, n, sizes) for ask, n in wanted.items() if n]
            share = recipe.delivery.replay_share
            examples = round(studied / (1 - share)) if share < 1 else studied
            trainings.append(_training(recipe, stage, examples, example_tokens))
    so_far = Plan(calls, trainings)
    if recipe.method == "sft" or recipe.control:
        n = so_far.soda_calls() or recipe.questions.seeds
        calls = [*calls, _calls(recipe, "sft", "solve", n, sizes)]
        steps = so_far.soda_steps() or count_steps(n, recipe.training)
        tokens = round(steps * recipe.training.examples_a_step * example_tokens)
        trainings = [*trainings, PlannedTraining("sft", n, steps, tokens)]
    return Plan(calls, trainings)


def _later(recipe: Recipe) -> int:
    return recipe.update.new_questions + recipe.feedback.probes


def _calls(recipe: Recipe, stage: str, ask: str, n: int, sizes: dict[str, _Size]) -> PlannedCalls:
    prompt, completion = round(n * sizes[ask].prompt), round(n * sizes[ask].completion)
    prices = prices_of(recipe.teacher)
    money = prices.of(prompt, completion) / NANO
    return PlannedCalls(stage, ask, n, prompt, completion, money)


def _training(recipe: Recipe, stage: str, examples: int, example_tokens: float) -> PlannedTraining:
    settings = recipe.base.training if stage == "base" else recipe.training
    steps = count_steps(examples, settings)
    tokens = round(steps * settings.examples_a_step * example_tokens)
    return PlannedTraining(stage, examples, steps, tokens)


def _measure(recipe: Recipe) -> tuple[dict[str, _Size], float]:
    """Mean tokens of each kind of ask, and of a training example, on a sample of seeds."""
    questions, codes = sample_answers(recipe, _SAMPLE)
    sample: dict[str, list[Ask]] = {
        "solve": [Solve(question=each) for each in questions],
        "fault": [
            Fault(question=each, correct=code, kinds=tuple(FaultKind))
            for each, code in zip(questions, codes, strict=True)
        ],
        "grade": [
            Grade(question=each, answer=code) for each, code in zip(questions, codes, strict=True)
        ],
        "invent": [Invent(question=each, level=3) for each in questions],
    }
    sizes = {}
    for kind, asks in sample.items():
        usages = [_usage(recipe, ask) for ask in asks]
        sizes[kind] = _Size(
            sum(usage.prompt_tokens for usage in usages) / len(usages),
            sum(usage.completion_tokens for usage in usages) / len(usages),
        )
    letters = sum(
        len(question.text) + len(code) for question, code in zip(questions, codes, strict=True)
    )
    return sizes, letters / 4 / len(questions)


def _usage(recipe: Recipe, ask: Ask) -> Usage:
    """Tokens of an ask: the world's own, or by the prompt's letters and what answers often take."""
    if not recipe.questions.real:
        return WorldTeacher().reply(ask).usage
    own, said = recipe.teacher.prompts, recipe.teacher.system_prompt or ""
    letters = len(said) + len(render(ask, None if own is None else Path(own)))
    return Usage(prompt_tokens=letters // 4 + 1, completion_tokens=_USUAL.get(ask.kind, 400))
