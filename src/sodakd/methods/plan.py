"""What a run will take, before any of it is spent: its methods, run dry."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sodakd.errors import DataError
from sodakd.methods.arms import arms_of, run_arms
from sodakd.methods.exam import exam_size
from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import FULL_MARKS, placeholder_feedback
from sodakd.methods.prepare import sample_for_estimate
from sodakd.recipe import Recipe
from sodakd.records import (
    Allowance,
    Comparison,
    Feedback,
    Grader,
    Refinement,
    SftExample,
    Snippet,
)
from sodakd.scoring.grades import GradedAnswer
from sodakd.seeds.corpus import require_corpus
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
from sodakd.types import FaultKind, PreferencePair, Question, Usage

PREFLIGHT = "preflight"
"""The step of what is asked before a run begins: one request of each kind."""
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


@dataclass(frozen=True)
class Plan:
    """What a run is expected to take: tokens by a sample of seed questions, and no second asks.

    Tokens are those of a sample of seed questions.

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
    return _plan(recipe, _Sample.take(recipe))


def asked_kinds(recipe: Recipe) -> Sequence[str]:
    """Return the kinds of requests that a run makes; of its source the first questions are read."""
    sample = replace(_Sample.take(recipe), count_seeds=lambda most: most)
    return tuple(dict.fromkeys(row.ask for row in _plan(recipe, sample).calls))


def _plan(recipe: Recipe, sample: "_Sample") -> Plan:
    total = Plan((), ())
    inputs = sample.inputs()
    if recipe.student.model_name_or_path is None:
        total = Plan((), (sample.training("base", len(inputs.base_data), recipe.base.training),))
    evaluations, scored, scorer_grades = 1, 0, 0
    for arm, _ in run_arms(arms_of(recipe), inputs, partial(DryContext, recipe, sample)):
        total = Plan((*total.calls, *arm.calls), (*total.trainings, *arm.trainings))
        evaluations += arm.evaluations
        scored += arm.scored
        scorer_grades += arm.scorer_grades
    kinds = dict.fromkeys(row.ask for row in total.calls if has_llm_teacher(recipe))
    probes = [sample.calls(PREFLIGHT, kind, 1) for kind in kinds]
    calls = (*probes, *total.calls)
    return Plan(
        calls, total.trainings, sample.remarks, exam_size(recipe), evaluations, scored,
        scorer_grades,
    )  # fmt: skip


def has_llm_teacher(recipe: Recipe) -> bool:
    """Return whether the teacher is a language model, neither computed nor replayed."""
    return recipe.teacher.kind not in ("world", "replay")


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
class _Sample:
    """A few seed questions, and mean tokens of what is asked about them."""

    recipe: Recipe
    questions: Sequence[Question]
    usage: Mapping[str, tuple[float, float]]
    example_tokens: float
    remarks: list[str]
    count_seeds: Callable[[int], int]
    too_few: Callable[[], str]

    @classmethod
    def take(cls, recipe: Recipe) -> "_Sample":
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
            extend_seeds=lambda count: self.some(self.count_seeds(count)),
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


class DryContext:
    """A `Context` that spends nothing: it counts, and gives placeholders in right numbers.

    Every question is solved and gets tests where it has none, every answer can be read, each cycle
    is better on dev, and no scorer is refused. A student that tries first fails at everything,
    which is the dearest.
    """

    def __init__(
        self, recipe: Recipe, sample: _Sample, arm: str, allowance: Allowance | None
    ) -> None:
        self.recipe = recipe
        self.allowance = allowance
        self.calls: list[SpendRow] = []
        self.trainings: list[PlannedTraining] = []
        self.evaluations = 0
        self.scored = 0
        self.scorer_grades = 0
        self._sample = sample
        self._arm = arm
        self._rates = 0

    def solutions(
        self, step: str, questions: Sequence[Question], *, verified: bool = False
    ) -> Sequence[SftExample]:
        self._ask(step, "solve", len(questions))
        return [SftExample(question_id=each.id, prompt=each.text, code="") for each in questions]

    def own_solutions(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[SftExample]:
        return [SftExample(question_id=each.id, prompt=each.text, code="") for each in questions]

    def to_learn(self, step: str, rows: Sequence[SftExample]) -> Sequence[SftExample]:
        return rows

    def tested(self, step: str, questions: Sequence[Question]) -> Sequence[Question]:
        settings = self.recipe.questions
        untested = sum(each.tests is None for each in questions)
        if settings.tests == "none" or not untested:
            return questions
        self._ask(step, "test", untested)
        self._ask(step, "solve", untested * settings.solutions)
        agreed = {"reference": ""}
        return [each.model_copy(update=agreed if each.tests is None else {}) for each in questions]

    def pairs(
        self, step: str, questions: Sequence[Question], feedback: Sequence[Feedback] = ()
    ) -> Sequence[PreferencePair]:
        self._ask(step, "solve", sum(each.reference is None for each in questions))
        if not self.recipe.delivery.faults:
            return [PreferencePair(question=each, chosen="") for each in questions]
        self._ask(step, "fault", len(questions))
        return [
            PreferencePair(question=each, chosen="", rejected="", fault=FaultKind.CONSTANT)
            for each in questions
        ]

    def train(
        self, step: str, start: Path, examples: Sequence[Example], settings: TrainingSettings
    ) -> Path:
        self.trainings.append(self._sample.training(f"{self._arm}/{step}", len(examples), settings))
        return start

    def record_student(self, label: str, student: Path, steps: str = "") -> None:
        """Count a student that takes the exam."""
        self.evaluations += 1

    def pass_rate(self, step: str, student: Path, questions: Sequence[Question]) -> float:
        self._rates += 1
        return self._rates / (self._rates + 1)

    def feedback(
        self,
        step: str,
        student: Path,
        questions: Sequence[Question],
        known: Sequence[Feedback] = (),
        scorer: Path | None = None,
    ) -> Sequence[Feedback]:
        count = len(questions) - len(known)
        if scorer is not None:
            self.scored += count
        elif self.recipe.feedback.scorer != "none":
            self._ask(step, "grade", count)
        grader = Grader.TEACHER if scorer is None else Grader.SCORER
        new = [placeholder_feedback(each, FULL_MARKS, grader) for each in questions[:count]]
        return [*known, *new]

    def pair_grades(self, step: str, pairs: Sequence[PreferencePair]) -> Sequence[GradedAnswer]:
        count = sum(1 + (pair.fault is not None) for pair in pairs)
        self.scorer_grades += count
        self._ask(step, "grade", count)
        return ()

    def train_scorer(self, step: str, start: Path, grades: Sequence[GradedAnswer]) -> Path | None:
        return start

    def check_scorer(self, step: str, scorer: Path, grades: Sequence[GradedAnswer]) -> bool:
        return True

    def new_questions(
        self, step: str, feedback: Sequence[Feedback], pool: Sequence[Question]
    ) -> Sequence[Question]:
        count = self.recipe.update.new_questions
        self._ask(step, "invent", count)
        settings = self.recipe.questions
        if settings.real and settings.tests != "none":
            self._ask(step, "solve", count * settings.solutions)
        return self._sample.made(count)

    def refinements(
        self, step: str, student: Path, questions: Sequence[Question], most: int
    ) -> Sequence[Refinement]:
        asked = questions[:most]
        self._ask(step, "refine", len(asked))
        return [Refinement(question=each, attempt="", error="", code="") for each in asked]

    def comparisons(
        self, step: str, student: Path, solved: Sequence[tuple[Question, str]]
    ) -> Sequence[Comparison]:
        self._ask(step, "compare", 2 * len(solved))
        return [
            Comparison(question=question, teacher=10, student=1 + 9 * (at % 2))
            for at, (question, _) in enumerate(solved)
        ]

    def snippets(self, step: str, count: int, code: Sequence[str]) -> Sequence[Snippet]:
        require_corpus(self.recipe.oss_instruct.source, code)
        language = self._sample.questions[0].language
        return [Snippet(text="", language=language)] * count

    def asked_questions(
        self,
        step: str,
        requests: Sequence[Evolve | Inspire | Invent],
        pool: Sequence[Question],
        near_duplicate: float,
    ) -> Sequence[Question]:
        for kind, count in Counter(request.kind for request in requests).items():
            self._ask(step, kind, count)
        made = self._sample.some(len(requests))
        solved: dict[str, object] = {"reference": ""}
        return [
            each.model_copy(update=solved if isinstance(request, Inspire) else {})
            for each, request in zip(made, requests, strict=True)
        ]

    def report_status(self, step: str, words: str) -> None:
        """Show nothing."""

    def counts(self, step: str) -> Mapping[str, int]:
        own = f"{self._arm}/{step}"
        return {"teacher_calls": sum(row.calls for row in self.calls if row.step == own)}

    def spent(self) -> Allowance:
        """Return what the arm would spend."""
        return Allowance(
            calls=sum(row.calls for row in self.calls),
            tokens=sum(row.prompt_tokens + row.completion_tokens for row in self.calls),
            money=sum(row.money for row in self.calls),
            steps=sum(row.steps for row in self.trainings),
        )

    def _ask(self, step: str, ask: str, count: int) -> None:
        if count:
            self.calls.append(self._sample.calls(f"{self._arm}/{step}", ask, count))


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
