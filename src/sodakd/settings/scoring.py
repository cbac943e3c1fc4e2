"""A scoring model: how its questions are split, how it is trained, and when a run believes it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sodakd.settings.student import LoraSettings
from sodakd.settings.types import Count, NotNegative, Positive, Share, Text
from sodakd.types import FrozenModel

Part = Annotated[float, Field(gt=0, lt=0.5)]


class ScorerForm(FrozenModel):
    """What a scorer is, and what it is told."""

    kind: Literal["ordinal", "generative"] = Field(
        default="ordinal",
        description="ordinal: heads that give points, on any base; generative: a causal model that"
        " writes an analysis, and then the points",
    )
    inputs: Literal["answer", "verdict"] = Field(
        default="answer",
        description="answer: it is told question and answer alone, so that the two views of an"
        " answer can disagree; verdict: what the judge and static tools found as well",
    )

    def __str__(self) -> str:
        return f"{self.kind}, told the {self.inputs}"


class ScorerSettings(FrozenModel):
    """The training of a scorer. `learning_rate` is that of the base's weights or adapters."""

    finetuning_type: Literal["full", "lora", "frozen"] = Field(
        default="full",
        description="all weights of the base, or adapters that are merged; frozen: the heads of an"
        " ordinal scorer alone, which takes few grades, and reads each answer once",
    )
    lora: LoraSettings = LoraSettings()
    learning_rate: Annotated[float, Field(gt=0, le=10)] | None = Field(
        default=None, description="2e-5 of whole weights and 2e-4 of adapters if left out"
    )
    head_learning_rate: Positive = Field(default=2e-3, description="of the heads, which are new")
    weight_decay: NotNegative = Field(default=0.01, description="of AdamW, on matrices")
    warmup: Part = Field(default=0.1, description="share of the steps in which the rate rises")
    epochs: Count = Field(default=10, description="times that each answer is seen, at most")
    patience: Count = Field(
        default=2, description="epochs without a lower loss on the stopping questions"
    )
    batch_size: Count = Field(default=8, description="answers of a step")
    max_length: Count = Field(
        default=1024, description="tokens of question and answer; longer ones are cut in the middle"
    )
    analysis_tokens: Annotated[int, Field(ge=0, le=4096)] = Field(
        default=128,
        description="of a generative scorer: tokens of its analysis, at most; with 0 it writes the"
        " points alone",
    )
    held_back: Part = Field(default=0.2, description="share of the questions that validate it")
    stopping: Part = Field(default=0.15, description="share of the questions that say when to stop")
    min_rows: Count = Field(default=40, description="fewest graded answers")
    min_questions: Count = Field(default=20, description="fewest questions")

    @property
    def base_learning_rate(self) -> float:
        """The learning rate of the base's weights, or of its adapters."""
        usual = 2e-4 if self.finetuning_type == "lora" else 2e-5
        return self.learning_rate or usual


class RunScorerSettings(ScorerForm):
    """The scorer of a run whose `feedback.scorer` is trained: its base, its grades, its floors."""

    base: Text | None = Field(
        default=None,
        description="the model that it is trained on: a folder, or a hub's id; the student's own"
        " start if left out",
    )
    pair_share: Share = Field(
        default=0.1,
        description="share of the graded questions whose correct and faulty solutions the teacher"
        " grades as well, to train it",
    )
    consistency_sample: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        default=50,
        description="graded answers that the teacher grades once more, to tell how far it agrees"
        " with itself, which is the most that a scorer can reach",
    )
    min_spearman: Annotated[float, Field(ge=-1, le=1)] | None = Field(
        default=0.75, description="of its totals with the teacher's: below it, it is refused"
    )
    min_auc: Share | None = Field(
        default=0.85,
        description="the chance that an answer that passes its tests scores above one that does"
        " not: below it, it is refused; counts where questions have tests",
    )
    refused: Literal["teacher", "stop"] = Field(
        default="teacher",
        description="where it is refused, the teacher grades, or the run stops with the figures",
    )
    training: ScorerSettings = ScorerSettings()

    @model_validator(mode="after")
    def _has_heads_to_train(self) -> Self:
        if self.kind == "generative" and self.training.finetuning_type == "frozen":
            raise ValueError(
                "scorer.kind generative has no heads to be trained on a frozen base: set"
                " scorer.training.finetuning_type to full or lora"
            )
        return self

    @property
    def form(self) -> ScorerForm:
        """What the scorer is, and what it is told."""
        return ScorerForm(kind=self.kind, inputs=self.inputs)
