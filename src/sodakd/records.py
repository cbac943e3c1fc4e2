"""Row types of a run's files: feedback, evaluation, students, results, training log."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from sodakd.types import Finding, FrozenModel, Language, Question, Solution, Verdict


class RubricScore(FrozenModel):
    """A grade by the rubric: five rules, six points, halves allowed (SODA, scoring data)."""

    functionality: float = Field(ge=0, le=2, multiple_of=0.5)
    boundary: float = Field(ge=0, le=1, multiple_of=0.5)
    coverage: float = Field(ge=0, le=1, multiple_of=0.5)
    readability: float = Field(ge=0, le=1, multiple_of=0.5)
    practices: float = Field(ge=0, le=1, multiple_of=0.5)
    reason: str

    @property
    def total(self) -> float:
        """The sum of the five rules, 0 to 6."""
        return (
            self.functionality + self.boundary + self.coverage + self.readability + self.practices
        )


class Grader(StrEnum):
    """Who gave a grade: the teacher, or a scoring model that was trained on its grades."""

    TEACHER = "teacher"
    SCORER = "scorer"


class Difficulty(StrEnum):
    """How hard a question is for the student as it is now."""

    MASTERED = "mastered"
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    BROKEN = "broken"


class Refusal(StrEnum):
    """Why a question gets no tests."""

    UNREADABLE = "unreadable"
    NO_FUNCTION = "no_function"
    CRASH = "crash"
    PRINTS = "prints"
    NOT_DETERMINISTIC = "not_deterministic"
    WRONG_TYPE = "wrong_type"
    NO_AGREEMENT = "no_agreement"
    ONE_VALUE = "one_value"
    TOO_FEW_CASES = "too_few_cases"


class Feedback(FrozenModel):
    """Feedback on a question: the student's answers to it and their difficulty, stage 3's input.

    `solution` and `verdict` are those of the first sample; `pass_rate` is over all `samples`.
    """

    question: Question
    solution: Solution
    verdict: Verdict
    findings: tuple[Finding, ...]
    score: RubricScore | None
    grader: Grader = Field(
        default=Grader.TEACHER,
        description="who gave the score",
        exclude_if=lambda grader: grader is Grader.TEACHER,
    )
    samples: int = Field(ge=1)
    pass_rate: float = Field(ge=0, le=1)
    difficulty: Difficulty
    reason: str


class SftExample(FrozenModel):
    """A question's text and the teacher's solution of it."""

    question_id: str
    prompt: str
    code: str


class OwnAnswer(FrozenModel):
    """A student's answer to a question, as it wrote it; `tokens` are those of both."""

    question_id: str
    prompt: str
    text: str
    tokens: int = Field(ge=1)


class Comparison(FrozenModel):
    """A referee's points, 1 to 10, for the teacher's and the student's answer to a question."""

    question: Question
    teacher: float
    student: float

    @property
    def is_hard(self) -> bool:
        """Whether the student's answer is worse by a point or more (Lion's threshold)."""
        return self.teacher - self.student >= 1


class Refinement(FrozenModel):
    """A failed answer of the student, what running it said, and the teacher's mended program."""

    question: Question
    attempt: str
    error: str
    code: str


class Snippet(FrozenModel):
    """Consecutive lines of a source file, and its language."""

    text: str
    language: Language


class EvalSample(FrozenModel):
    """One answer to a question of an evaluation set, and its verdict."""

    question_id: str
    level: int | None
    solution: Solution
    verdict: Verdict


class PassRate(FrozenModel):
    """The pass rate of a group of questions, with its 95 % interval.

    `mean`: of an average over several languages, in which each counts the same. `by`: what the
    group is one of (`language`, `level`); empty where it is one of the few that a reader came for.
    """

    group: str
    passed: int = Field(ge=0)
    total: int = Field(ge=1)
    low: float
    high: float
    mean: float | None = Field(default=None, exclude_if=lambda value: value is None)
    by: str = Field(default="", exclude_if=lambda value: not value)

    @property
    def share(self) -> float:
        """pass@1, 0 to 1."""
        return self.passed / self.total if self.mean is None else self.mean


class PairedDifference(FrozenModel):
    """The kept student's pass@1 less that of an `other` one, on the same questions of a group.

    `won` and `lost`: questions that one of the two alone solves. `difference`, its 95 % interval
    and `p` (two-sided, of no difference) are by the `test` that is named.
    """

    group: str
    other: str
    questions: int
    won: int
    lost: int
    difference: float
    low: float
    high: float
    p: float
    test: Literal["mcnemar", "permutation"]


class StudentResult(FrozenModel):
    """One row of the final table: a student, its pass@1, and all that was spent to get it."""

    name: str
    groups: tuple[PassRate, ...]
    teacher_calls: int
    teacher_tokens: int
    money: float
    train_steps: int
    train_tokens: int

    def group(self, name: str) -> PassRate | None:
        """The pass rate of a group of questions, where the student was asked some of it."""
        return next((one for one in self.groups if one.group == name), None)


class StudentRow(FrozenModel):
    """A student of a run, a line of `students.jsonl`, as soon as it has been evaluated.

    `arm` is empty for the base. The student's own steps are those of its arm that begin with
    `steps`; `weights` and `evaluation` are steps of the run.
    """

    name: str
    arm: str
    steps: str
    weights: str
    evaluation: str


BudgetKind = Literal["calls", "tokens", "money"]
"""What of the teacher all arms have as much of."""


class Allowance(FrozenModel):
    """The compute that the first arm spent: teacher calls, tokens and money, training steps.

    Later arms may spend as much of what `equal` names, and have the steps.
    """

    calls: int
    tokens: int
    money: float
    steps: int
    equal: BudgetKind = Field(default="calls", exclude_if=lambda value: value == "calls")

    @property
    def amount(self) -> float:
        """The budget of a later arm."""
        return {"calls": self.calls, "tokens": self.tokens, "money": self.money}[self.equal]


class ArmDescription(FrozenModel):
    """An arm's method for a model card: its title, how it works, and its citation."""

    name: str
    title: str
    how: str
    bibtex: str = ""


class Results(FrozenModel):
    """The results of a run: `results.json`. `kept` is the student that is handed out."""

    arms: tuple[ArmDescription, ...]
    kept: str
    seed: int
    standings: tuple[StudentResult, ...]
    differences: tuple[PairedDifference, ...] = Field(
        default=(), description="the kept student beside the base and the last one of other arms"
    )
    unjudged: dict[str, int] = Field(
        default_factory=dict,
        description="questions in no figure, as their tests cannot run here, by reason",
    )
    toolchains: dict[str, str] = Field(
        default_factory=dict, description="versions of the tools that judged, by tool"
    )
    frameworks: dict[str, str] = Field(
        default_factory=dict, description="versions of the packages that trained, by package"
    )
    machine: str = Field(default="", description="cores, memory and accelerator")
    tested: float = Field(default=1.0, description="share of the test questions that have tests")
    warnings: tuple[str, ...] = Field(
        default=(), description="what the judge's verdicts warn of: a sandbox that is weak or none"
    )


class TrainLogRow(FrozenModel):
    """One logged training step. Log-probabilities are means per token, in nats.

    `contrast`, `rejected_logp`, `gap` and `ranking_accuracy` are None where no example of the step
    has a rejected answer. `tokens` counts the tokens trained on since the first step (loss tokens
    and prompt tokens; padding is not counted).
    """

    step: int
    epoch: float
    loss: float
    nll: float
    contrast: float | None
    chosen_logp: float
    rejected_logp: float | None
    gap: float | None
    ranking_accuracy: float | None
    grad_norm: float
    learning_rate: float
    tokens: int
    tokens_per_second: float
