"""A recipe: every knob of a run. Its sections and their defaults stand in `settings/`."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from sodakd.records import BudgetKind
from sodakd.settings.generation import GenerationSettings
from sodakd.settings.methods import (
    EvolInstructSettings,
    OpdSettings,
    OssInstructSettings,
    PersdSettings,
    RftSettings,
)
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.scoring import RunScorerSettings
from sodakd.settings.stages import (
    DeliverySettings,
    EvaluationSettings,
    FeedbackSettings,
    JudgeSettings,
    UpdateSettings,
)
from sodakd.settings.student import FROM_SCRATCH, FromScratchSettings, StudentSettings
from sodakd.settings.teacher import Budget, TeacherSettings
from sodakd.settings.training import TrainingSettings
from sodakd.settings.types import Cycles, Name, Seed, Text
from sodakd.types import FrozenModel


class Recipe(FrozenModel):
    """Everything that decides a run."""

    name: Name = Field(default="sodakd", description="of the run's folder, and in its report")
    seed: Seed = Field(default=0, description="of everything that is drawn")
    cycles: Cycles = Field(default=3, description="of stages 1 to 3")
    patience: Cycles | None = Field(
        default=None, description="stop after so many cycles without a better dev pass@1"
    )
    anneal: Literal["each", "last"] = Field(
        default="each",
        description="the cycles in which the learning rate falls: each, or the last one alone",
    )
    arms: tuple[Text, ...] = Field(
        default=("soda", "sft"),
        min_length=1,
        description="methods, one after another, each with what the first one really spent; the"
        " first one's student is kept",
    )
    variants: Mapping[Name, Text] = Field(
        default={},
        description="arms that are a method with settings of its own, named METHOD-WORDS: such as"
        " `soda-plain: training.loss=none delivery.faults=false`",
    )
    equal: BudgetKind = Field(
        default="calls",
        description="what later arms spend as much of as the first one did: calls, tokens or money"
        " of the teacher; tokens for money where it has no price",
    )
    teacher: TeacherSettings = TeacherSettings()
    budget: Budget = Budget()
    questions: QuestionSettings = QuestionSettings()
    student: StudentSettings = FROM_SCRATCH
    base: FromScratchSettings = FromScratchSettings()
    delivery: DeliverySettings = DeliverySettings()
    training: TrainingSettings = TrainingSettings(loss="first_difference")
    feedback: FeedbackSettings = FeedbackSettings()
    scorer: RunScorerSettings = RunScorerSettings()
    update: UpdateSettings = UpdateSettings()
    evol_instruct: EvolInstructSettings = EvolInstructSettings()
    oss_instruct: OssInstructSettings = OssInstructSettings()
    persd: PersdSettings = PersdSettings()
    rft: RftSettings = RftSettings()
    opd: OpdSettings = OpdSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    generation: GenerationSettings = GenerationSettings()
    judge: JudgeSettings = JudgeSettings()

    @model_validator(mode="after")
    def _last_cycle_is_known(self) -> Self:
        if self.anneal == "last" and self.patience is not None:
            raise ValueError(
                "anneal is last, and with patience any cycle may be: set anneal to each, or leave"
                " patience out"
            )
        return self

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if len(set(self.arms)) < len(self.arms):
            raise ValueError(f"arms {list(self.arms)} names a method twice: name each once")
        if self.feedback.probes >= self.questions.seeds:
            raise ValueError(
                f"feedback.probes ({self.feedback.probes}) are taken from questions.seeds"
                f" ({self.questions.seeds}) in the first cycle: leave some to train on"
            )
        if self.cycles > 1 and self.feedback.probes > self.update.new_questions:
            raise ValueError(
                f"feedback.probes ({self.feedback.probes}) are taken from the new questions of a"
                f" cycle, update.new_questions ({self.update.new_questions}): take no more"
            )
        if self.questions.real and self.teacher.kind == "world":
            raise ValueError(
                f"questions.source is {self.questions.source}, and the world's teacher knows only"
                " its own questions: set teacher.kind to one that reads them"
            )
        if self.questions.real and not self.questions.hold_out:
            if not self.evaluation.asked:
                raise ValueError(
                    "questions.hold_out is 0, and real questions bring no exam of their own: hold"
                    " some out, or name evaluation.benchmarks (which evaluation.split: dev does not"
                    " ask)"
                )
            if self.patience is not None:
                raise ValueError(
                    "questions.hold_out is 0, and patience needs questions to choose the best cycle"
                    " by: hold some out, or leave patience out"
                )
        agreed = {"none": False, "given": self.cycles > 1, "teacher": True}
        asked = self.questions.real and agreed[self.questions.tests]
        drawn = self.teacher.kind not in {"world", "replay"}
        if asked and drawn and self.teacher.temperature == 0:
            raise ValueError(
                "teacher.temperature is 0, and questions.tests wants"
                f" {self.questions.solutions} different solutions of a question to agree: set it"
                " above 0, or questions.tests to none"
            )
        if self.student.finetuning_type != "full" and self.training.optimizer == "muon":
            raise ValueError(
                f"student.finetuning_type is {self.student.finetuning_type}, and Muon is for whole"
                " matrices: set training.optimizer to adamw"
            )
        if self.student.dtype == "float16" and self.student.finetuning_type == "full":
            raise ValueError(
                "student.dtype is float16, in which whole weights cannot be trained (gradients and"
                " the optimizer's averages leave its range): set student.dtype to float32, with"
                " training.fp16 or bf16; or to bfloat16; or student.finetuning_type to lora"
            )
        if self.training.loss != "none" and not self.delivery.faults:
            raise ValueError("training.loss needs faulty solutions: set delivery.faults to true")
        if self.budget.money is not None and self.teacher.prices is None:
            raise ValueError(
                f"budget.money cannot be kept: the price of {self.teacher.model} is unknown: set"
                " teacher.prompt_price and teacher.completion_price, or limit budget.tokens"
            )
        return self
