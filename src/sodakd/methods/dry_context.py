"""A `Context` that spends nothing: it counts what a method would do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from sodakd.methods.arms import budget_kind
from sodakd.methods.estimate import PlannedTraining, RunEstimate
from sodakd.methods.parts import FULL_MARKS, placeholder_feedback
from sodakd.recipe import Recipe
from sodakd.records import (
    Allowance,
    Comparison,
    Feedback,
    Grader,
    OwnAnswer,
    Refinement,
    SftExample,
    Snippet,
)
from sodakd.scoring.grades import GradedAnswer
from sodakd.seeds.corpus import require_corpus
from sodakd.settings.training import TrainingSettings
from sodakd.teacher.cost import FEMTO_IN_NANO, NANO, SpendRow
from sodakd.teacher.requests import (
    Evolve,
    Inspire,
    Invent,
)
from sodakd.teacher.teacher_endpoint import prices_of
from sodakd.training.schedule import Example
from sodakd.types import FaultKind, PreferencePair, Question

READ = "read"
"""What a plan calls a teacher's reading of a student's answers: it is no call."""


class DryContext:
    """A `Context` that spends nothing: it counts, and gives placeholders in right numbers.

    Every question is solved and gets tests where it has none, every answer can be read, each cycle
    is better on dev, and no scorer is refused. A student that tries first fails at everything,
    which is the dearest.
    """

    def __init__(
        self, recipe: Recipe, sample: RunEstimate, arm: str, allowance: Allowance | None
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
        questions = questions[: self._afford(["solve"] * len(questions))]
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

    def own_answers(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[OwnAnswer]:
        tokens = max(1, round(self._sample.example_tokens))
        return [
            OwnAnswer(question_id=each.id, prompt=each.text, text="", tokens=tokens)
            for each in questions
        ]

    def distil(
        self, step: str, start: Path, answers: Sequence[OwnAnswer], settings: TrainingSettings
    ) -> Path:
        tokens = sum(each.tokens for each in answers)
        money = prices_of(self.recipe.teacher).cost_of(tokens, 0) / NANO
        self.calls.append(SpendRow(f"{self._arm}/{step}", READ, 0, tokens, 0, money))
        self.trainings.append(self._sample.training(f"{self._arm}/{step}", len(answers), settings))
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

    def second_grades(self, step: str, graded: Sequence[Feedback]) -> Sequence[GradedAnswer]:
        self.scorer_grades += len(graded)
        self._ask(step, "grade", len(graded))
        return ()

    def train_scorer(
        self,
        step: str,
        start: Path,
        grades: Sequence[GradedAnswer],
        again: Sequence[GradedAnswer] = (),
    ) -> Path | None:
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
        asked = asked[: self._afford(["refine"] * len(asked))]
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
        requests = requests[: self._afford([request.kind for request in requests])]
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
        own = [row for row in self.calls if row.step == f"{self._arm}/{step}"]
        return {
            "teacher_calls": sum(row.calls for row in own),
            "prompt_tokens": sum(row.prompt_tokens for row in own),
            "completion_tokens": sum(row.completion_tokens for row in own),
        }

    def spent(self) -> Allowance:
        """Return what the arm would spend."""
        return Allowance(
            calls=sum(row.calls for row in self.calls),
            tokens=sum(row.prompt_tokens + row.completion_tokens for row in self.calls),
            money=sum(row.money for row in self.calls),
            steps=sum(row.steps for row in self.trainings),
            equal=budget_kind(self.recipe),
        )

    def _afford(self, kinds: Sequence[str]) -> int:
        """How many of these requests the rest of the arm's budget pays for, by their mean cost."""
        allowance = self.allowance
        if allowance is None or allowance.equal == "calls":
            return len(kinds)
        left = allowance.amount - self.spent().model_copy(update={"equal": allowance.equal}).amount
        prompt_price, completion_price = 1.0, 1.0
        if allowance.equal == "money":
            femto = prices_of(self.recipe.teacher).femto
            prompt_price, completion_price = (each / FEMTO_IN_NANO / NANO for each in femto)
        for number, kind in enumerate(kinds):
            if left <= 0:
                return number
            prompt, completion = self._sample.usage[kind]
            left -= prompt * prompt_price + completion * completion_price
        return len(kinds)

    def _ask(self, step: str, ask: str, count: int) -> None:
        if count:
            self.calls.append(self._sample.calls(f"{self._arm}/{step}", ask, count))
