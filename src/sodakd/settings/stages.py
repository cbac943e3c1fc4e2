"""The three stages, the evaluation and the judge."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sodakd.records import Difficulty
from sodakd.settings.types import Count, NotNegative, RayAddress, Share, Temperature, Text
from sodakd.types import FrozenModel, Language


class Lint(StrEnum):
    """Whether static tools read programs."""

    OFF = "off"
    FAST = "fast"


class DeliverySettings(FrozenModel):
    """Stage 1: how often a wrong answer of the teacher is asked again before it is dropped."""

    solve_attempts: Count = Field(default=3, description="asks for a correct solution, in all")
    fault_attempts: Count = Field(default=3, description="asks for a faulty solution, in all")
    faults_at_once: Count = Field(
        default=64,
        description="faults asked for before their kinds are evened out again; all wait for the"
        " slowest answer, so a slow teacher wants many",
    )
    refused_findings: Literal["none", "errors", "all"] = Field(
        default="errors",
        description="what static tools may not find in a correct solution without tests",
    )
    unverified_faults: Literal["keep", "drop"] = Field(
        default="drop",
        description="without tests: faulty solutions whose run shows no difference, in the end",
    )
    on_policy_share: Share = Field(
        default=0.0,
        description="share of the faulty solutions that are the student's own failed answers",
    )
    faults: bool = Field(default=True, description="ask for faulty solutions as well")
    mutated_faults: bool = Field(
        default=False,
        description="a question whose tests found none of the teacher's faults wrong gets its"
        " correct solution with one token changed, which they do find wrong",
    )
    unpaired: Literal["keep", "drop"] = Field(
        default="drop",
        description="a question that is solved, and has no faulty solution in the end: its correct"
        " one is learnt without contrast, or the question is left out",
    )
    aggregate: bool = Field(
        default=False,
        description="each cycle trains on the pairs of all cycles so far, not on its own alone",
    )
    replay_share: Share = Field(default=0.3, description="share of older examples in a training")


class FeedbackSettings(FrozenModel):
    """Stage 2: what the student is asked, and from where on a question counts as hard."""

    probes: Count = Field(default=400, description="questions answered before training on them")
    last_cycle: bool = Field(
        default=True,
        description="whether the last cycle's student is measured too, on probes that nobody learns"
        " from; if not, it learns from all questions",
    )
    samples: Count = Field(default=1, description="answers to each question")
    temperature: Temperature = Field(default=0.0, description="of these answers; 0 is greedy")
    max_new_tokens: Count = Field(default=160, description="most tokens of an answer")
    lint: Lint = Field(default=Lint.FAST, description="static tools that read the answers")
    verdicts: bool = Field(
        default=True,
        description="whether the judge's verdicts count; if not, the rubric's points alone say how"
        " hard a question is",
    )
    scorer: Literal["teacher", "trained", "none"] = Field(
        default="teacher",
        description="who gives the rubric's points: the teacher, a scoring model that is trained on"
        " the teacher's grades (section `scorer`), or nobody",
    )
    scorer_refresh: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.2,
        description="share of a later cycle's probes that the teacher grades, to check the scorer",
    )
    mastered_score: float = Field(
        default=5.5, ge=0, le=6, description="from which on a question is mastered"
    )
    easy_score: float = Field(
        default=4.5, ge=0, le=6, description="counts for questions without tests"
    )
    medium_score: float = Field(
        default=3.0, ge=0, le=6, description="from which on it is of medium difficulty"
    )

    @model_validator(mode="after")
    def _samples_differ(self) -> Self:
        if self.samples > 1 and self.temperature == 0:
            raise ValueError("samples above 1 need a temperature above 0: greedy samples are equal")
        if self.scorer == "none" and not self.verdicts:
            raise ValueError("scorer is none and verdicts is false: one of the two views must stay")
        return self


class ParentWeights(FrozenModel):
    """How often a question of each difficulty becomes the parent of a new one."""

    mastered: NotNegative = Field(default=0.1, description="weight of mastered ones")
    easy: NotNegative = Field(default=1.0, description="weight of easy ones")
    medium: NotNegative = Field(default=1.5, description="weight of those of medium difficulty")
    hard: NotNegative = Field(default=1.5, description="weight of hard ones")
    broken: NotNegative = Field(default=1.0, description="weight of those that do not run")

    def of(self, difficulty: Difficulty) -> float:
        """The weight of one difficulty."""
        return float(getattr(self, difficulty.value))


LevelSteps = Annotated[tuple[Annotated[int, Field(ge=-4, le=4)], ...], Field(min_length=1)]


class ChildLevels(FrozenModel):
    """By how many levels a new question is above its parent; of several, one is drawn."""

    mastered: LevelSteps = Field(default=(1,), description="where the parent is mastered")
    easy: LevelSteps = Field(default=(1,), description="where it is easy")
    medium: LevelSteps = Field(default=(0,), description="where it is of medium difficulty")
    hard: LevelSteps = Field(default=(0, -1), description="where it is hard")
    broken: LevelSteps = Field(default=(-1,), description="where the answer does not run")

    def of(self, difficulty: Difficulty) -> tuple[int, ...]:
        """The steps from a parent of one difficulty."""
        return tuple(getattr(self, difficulty.value))


class UpdateSettings(FrozenModel):
    """Stage 3: which new questions are asked for, and which are refused."""

    new_questions: Count = Field(default=800, description="kept questions a cycle")
    uniform_share: Share = Field(default=0.5, description="share drawn evenly over all levels")
    gate: Share = Field(
        default=0.3, description="pass rate that opens the level above; 0: all are open"
    )
    parents: ParentWeights = ParentWeights()
    child_levels: ChildLevels = ChildLevels()
    near_duplicate: Share = Field(default=0.7, description="ROUGE-L from which on two are the same")
    overlap_ngram: Count = Field(default=8, description="words")
    overlap: Share = Field(default=0.5, description="share of n-grams found in a test question")
    attempts_per_question: Count = Field(default=3, description="asks for each question wanted")


class BenchmarkSettings(FrozenModel):
    """A benchmark of the exam: its first `limit` tasks in each of these languages."""

    name: Text = Field(description="as `sodakd eval` has it; each must have one")
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] | None = Field(
        default=None, description="some of the benchmark's languages; all if left out"
    )
    limit: Count | None = Field(
        default=None, description="the first tasks in each language; all if left out"
    )


class EvaluationSettings(FrozenModel):
    """The exam, which every student takes: pass@1 of one greedy answer to each question.

    It holds the `benchmarks`, and what the source of the questions holds out: the embedded world
    `questions_per_level`, real data `questions.hold_out`.
    """

    benchmarks: tuple[BenchmarkSettings, ...] = Field(
        default=(), description="of the exam: `[{name: mbpp, limit: 100}]`"
    )
    data: Text | None = Field(
        default=None, description="a file or folder that holds the benchmarks; else the hub"
    )
    questions_per_level: Count = Field(default=200, description="of the world's five levels")
    max_new_tokens: Count = Field(default=160, description="most tokens of an answer")
    split: Literal["dev", "test"] = Field(
        default="test",
        description="dev, to tune on: what the source holds out for it, and no benchmark is asked",
    )

    @property
    def asked(self) -> tuple[BenchmarkSettings, ...]:
        """The benchmarks that students answer: all, or none where the split is dev."""
        return self.benchmarks if self.split == "test" else ()

    @model_validator(mode="after")
    def _each_is_named_once(self) -> Self:
        names = [one.name for one in self.benchmarks]
        if len(set(names)) < len(names):
            raise ValueError(f"benchmarks names one twice: {', '.join(names)}; name each once")
        return self


class JudgeSettings(FrozenModel):
    """Limits of one judged program."""

    cpu_seconds: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=2.0, description="before it is ended"
    )
    memory_mb: Annotated[int, Field(ge=64, le=10_000_000)] = Field(
        default=512, description="MiB that it may take"
    )
    output_kb: Count = Field(default=1024, description="KiB that it may print")
    disk_mb: Count = Field(default=64, description="MiB that it may write")
    processes: Count = Field(default=128, description="processes and threads at a time")
    calibrate: bool = Field(
        default=True, description="more CPU seconds where this machine is slower than the reference"
    )
    allow_unsandboxed: bool = Field(
        default=False, description="judge even where no sandbox can be made; every result warns"
    )
    ray: RayAddress = Field(
        default="",
        description="the Ray cluster whose nodes judge: `auto`, or `HOST:PORT`",
    )
