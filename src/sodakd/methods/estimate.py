"""Means of a few seed questions: how many tokens what is asked about them takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sodakd.errors import DataError
from sodakd.methods.inputs import RunInputs
from sodakd.methods.prepare import sample_for_estimate
from sodakd.recipe import Recipe
from sodakd.settings.training import TrainingSettings
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.cost import NANO, SpendRow
from sodakd.teacher.render_prompt import render
from sodakd.teacher.requests import (
    Compare,
    Evolve,
    Fault,
    Grade,
    Inspire,
    Invent,
    Operation,
    Refine,
    Solve,
    TeacherRequest,
    Test,
)
from sodakd.teacher.teacher_endpoint import prices_of
from sodakd.training.schedule import Example, count_steps
from sodakd.types import FaultKind, Question, Usage

_SAMPLE = 40
_TYPICAL_COMPLETION = {"solve": 500, "fault": 450, "grade": 250, "invent": 300, "test": 250,
                       "evolve": 120, "inspire": 700, "refine": 500,
                       "compare": 120}  # fmt: skip
"""Completion tokens of a language model: a guess, for a plan only. The released answers of the
paper's teacher have 455 (median of 1,820 characters)."""


@dataclass(frozen=True)
class PlannedTraining:
    """Optimiser steps of one training; a token estimate from the same sample, 4 characters each."""

    step: str
    examples: int
    steps: int
    tokens: int


def requests_about(question: Question, code: str) -> Mapping[str, TeacherRequest]:
    """Return a request of each kind that a run makes, about a question and an answer to it."""
    return {
        "solve": Solve(question=question),
        "fault": Fault(question=question, correct=code, kinds=tuple(FaultKind)),
        "grade": Grade(question=question, answer=code),
        "invent": Invent(question=question, level=3),
        "test": Test(question=question),
        "evolve": Evolve(question=question, operation=Operation.CONSTRAINT),
        "compare": Compare(question=question, answer_a=code, answer_b=code),
        "refine": Refine(question=question, answer=code, error="it gave 2, expected 3"),
        "inspire": Inspire(snippet=code, language=question.language),
    }


@dataclass(frozen=True)
class RunEstimate:
    """A few seed questions, and mean tokens of what is asked about them."""

    recipe: Recipe
    questions: Sequence[Question]
    usage: Mapping[str, tuple[float, float]]
    example_tokens: float
    remarks: list[str]
    count_seeds: Callable[[int], int]
    too_few: Callable[[], str]

    @classmethod
    def take(cls, recipe: Recipe) -> "RunEstimate":
        remarks: list[str] = []
        found = sample_for_estimate(recipe, _SAMPLE, remarks.append)
        solved = list(zip(found.questions, found.answers, strict=True))
        asks = [requests_about(question, code) for question, code in solved]
        usage = {}
        for kind in asks[0]:
            used = [_usage(recipe, each[kind]) for each in asks]
            usage[kind] = (
                sum(each.prompt_tokens for each in used) / len(used),
                sum(each.completion_tokens for each in used) / len(used),
            )
        characters = sum(len(question.text) + len(code) for question, code in solved)
        tokens = characters / 4 / len(solved)
        return cls(
            recipe, found.questions, usage, tokens, remarks, found.count_seeds, found.too_few
        )

    def inputs(self) -> RunInputs:
        """Return placeholders for what an arm begins with, as many as there will be.

        A source with fewer seeds than the recipe asks for, which a run refuses, is remarked.
        """
        recipe = self.recipe
        wanted = recipe.questions.seeds
        seeds = self.count_seeds(wanted)
        if seeds < wanted:
            if seeds < 2:
                raise DataError(self.too_few())
            self.remarks.append(f"a run will refuse this: {self.too_few()}")
        further = 0
        if recipe.student.model_name_or_path is None:
            further = self.count_seeds(wanted + recipe.base.questions) - seeds
        example = Example(self.questions[0].text, "", None)
        return RunInputs(
            test_set=(),
            dev=(),
            seeds=self.some(seeds),
            base_data=[example] * further,
            base=Path(),
            extend_seeds=lambda count: self.some(
                self.count_seeds(recipe.questions.seeds_for(count))
            ),
        )

    def some(self, count: int) -> list[Question]:
        """So many placeholders of questions."""
        return [self.questions[at % len(self.questions)] for at in range(count)]

    def made(self, count: int) -> list[Question]:
        """So many placeholders of questions that the teacher invented."""
        settings, question = self.recipe.questions, self.questions[0]
        if not settings.real:
            return [question] * count
        tested = settings.tests != "none"
        update = {"tests": None, "reference": "" if tested else None}
        return [question.model_copy(update=update)] * count

    def calls(self, step: str, ask: str, count: int) -> SpendRow:
        prompt, completion = (round(count * mean) for mean in self.usage[ask])
        money = prices_of(self.recipe.teacher).cost_of(prompt, completion) / NANO
        return SpendRow(step, ask, count, prompt, completion, money)

    def training(self, step: str, examples: int, settings: TrainingSettings) -> PlannedTraining:
        steps = count_steps(examples, settings)
        tokens = round(steps * settings.examples_a_step * self.example_tokens)
        return PlannedTraining(step, examples, steps, tokens)


def _usage(recipe: Recipe, ask: TeacherRequest) -> Usage:
    """Tokens of an ask: the world's own, or by the prompt's length and what answers often take."""
    if not recipe.questions.real:
        usage = WorldTeacher().reply(ask).usage
        assert usage is not None
        return usage
    own, system = recipe.teacher.prompts, recipe.teacher.system_prompt or ""
    characters = len(system) + len(render(ask, None if own is None else Path(own)))
    return Usage(
        prompt_tokens=characters // 4 + 1,
        completion_tokens=_TYPICAL_COMPLETION.get(ask.kind, 400),
    )
