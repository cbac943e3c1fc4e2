"""Every knob of a run, typed. Defaults live here and nowhere else.

A recipe is a YAML file (YAML 1.2: `2e-5` is a number, `no` is a string). `read_recipe` reports all
mistakes at once and spends nothing. A text may hold `${NAME}`: the value of that environment
variable, which is used and never written down (`Recipe.written` keeps the name).
"""

import difflib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, ValidationError, model_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sodakd.errors import RecipeError
from sodakd.types import Difficulty, Frozen, Language

Share = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[int, Field(ge=1, le=5)]
Levels = Annotated[tuple[Level, ...], Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
LossName = Literal["none", "margin", "first_difference", "odds_ratio", "simpo", "unlikelihood"]


class TeacherSettings(Frozen):
    """Who answers. `world` is the embedded procedural teacher: it answers by computation, so its
    prices are notional (US dollars per million tokens) and show what the books look like."""

    kind: Literal["world"] = "world"
    prompt_price: float = Field(default=0.0, ge=0, description="US dollars per million tokens")
    completion_price: float = Field(default=0.0, ge=0, description="US dollars per million tokens")
    max_in_flight: Count = Field(default=1, description="calls to the teacher at the same time")


class Budget(Frozen):
    """The most that a run may spend on its teacher, control included. None is no limit."""

    calls: Annotated[int, Field(gt=0)] | None = None
    tokens: Annotated[int, Field(gt=0)] | None = None
    money: Annotated[float, Field(gt=0)] | None = Field(default=None, description="US dollars")


class QuestionSettings(Frozen):
    """The questions of the first cycle, and what the embedded world draws them from."""

    seeds: Count = 800
    levels: Levels = (1, 1, 2, 2, 2, 3)
    language: Language = Language.PYTHON


class StudentShape(Frozen):
    """A Llama from scratch. The defaults have 0.40 M parameters."""

    hidden_size: Count = 96
    num_hidden_layers: Count = 3
    num_attention_heads: Count = 4
    intermediate_size: Count = 256
    vocab_size: Annotated[int, Field(ge=300)] = 700
    max_position_embeddings: Count = 512
    initializer_range: float = Field(default=0.08, gt=0)

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.hidden_size % (2 * self.num_attention_heads):
            raise ValueError("hidden_size must be a multiple of 2 * num_attention_heads")
        return self


class TrainingSettings(Frozen):
    """One training. Names and meanings are those of Hugging Face's TrainingArguments."""

    learning_rate: float = Field(default=3e-3, gt=0)
    max_steps: Count | None = Field(default=None, description="overrides num_train_epochs")
    num_train_epochs: float = Field(default=1.0, gt=0)
    per_device_train_batch_size: Count = Field(default=32, description="examples a step")
    lr_scheduler_type: Literal["linear", "cosine", "constant"] = "linear"
    warmup_steps: int = Field(default=10, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    optimizer: Literal["muon", "adamw"] = "muon"
    loss: LossName = "none"
    contrast_weight: float = Field(default=0.04, ge=0)
    margin: float = Field(default=3.0, ge=0, description="nats")
    logging_steps: Count = 10
    save_steps: Count = 100
    threads: Count = Field(default=1, description="part of the seed: more threads round otherwise")


class BaseSettings(Frozen):
    """The base student, made before the first cycle: it stands for a pretrained model."""

    questions: Count = 12000
    levels: Levels = (1, 1, 2, 2, 2, 3)
    shape: StudentShape = StudentShape()
    training: TrainingSettings = TrainingSettings()


class DeliverySettings(Frozen):
    """Stage 1: how often a wrong answer of the teacher is asked again before it is dropped."""

    solve_attempts: Count = 3
    fault_attempts: Count = 3
    faults: bool = Field(default=True, description="ask for faulty solutions as well")
    replay_share: Share = Field(default=0.3, description="share of older examples in a training")


class FeedbackSettings(Frozen):
    """Stage 2: what the student is asked, and from where on a question counts as hard."""

    probes: Count = Field(default=400, description="questions answered before training on them")
    samples: Count = 1
    temperature: float = Field(default=0.0, ge=0)
    max_new_tokens: Count = 160
    grade: bool = Field(default=True, description="ask the teacher for the rubric as well")
    mastered_score: float = Field(default=5.5, ge=0, le=6)
    medium_score: float = Field(default=3.0, ge=0, le=6)

    @model_validator(mode="after")
    def _samples_differ(self) -> Self:
        if self.samples > 1 and self.temperature == 0:
            raise ValueError("samples above 1 need a temperature above 0: greedy samples are equal")
        return self


class ParentWeights(Frozen):
    """How often a question of each difficulty becomes the parent of a new one."""

    mastered: float = Field(default=0.1, ge=0)
    easy: float = Field(default=1.0, ge=0)
    medium: float = Field(default=1.5, ge=0)
    hard: float = Field(default=1.5, ge=0)
    broken: float = Field(default=1.0, ge=0)

    def of(self, difficulty: Difficulty) -> float:
        """The weight of one difficulty."""
        weights = {
            Difficulty.MASTERED: self.mastered,
            Difficulty.EASY: self.easy,
            Difficulty.MEDIUM: self.medium,
            Difficulty.HARD: self.hard,
            Difficulty.BROKEN: self.broken,
        }
        return weights[difficulty]


class UpdateSettings(Frozen):
    """Stage 3: which new questions are asked for, and which are refused."""

    new_questions: Count = Field(default=800, description="kept questions a cycle")
    uniform_share: Share = Field(default=0.5, description="share drawn evenly over all levels")
    gate: Share = Field(default=0.3, description="pass rate that opens the level above")
    parents: ParentWeights = ParentWeights()
    near_duplicate: Share = Field(default=0.7, description="ROUGE-L from which on two are the same")
    overlap_ngram: Count = Field(default=8, description="words")
    overlap: Share = Field(default=0.5, description="share of n-grams found in a test question")
    attempts_per_question: Count = Field(default=3, description="asks for each question wanted")


class EvaluationSettings(Frozen):
    """The test set of the embedded world: pass@1, greedy, per level."""

    questions_per_level: Count = 200
    max_new_tokens: Count = 160
    split: Literal["dev", "test"] = Field(default="test", description="tune on dev only")


class JudgeSettings(Frozen):
    """Limits of one judged program."""

    cpu_seconds: float = Field(default=2.0, gt=0)
    memory_mb: Annotated[int, Field(ge=64)] = 512
    output_kb: Count = 1024
    disk_mb: Count = 64
    processes: Count = 64


class Recipe(Frozen):
    """Everything that decides a run."""

    name: str = "sodakd"
    method: Literal["soda", "sft"] = "soda"
    seed: int = Field(default=0, ge=0)
    cycles: Count = 3
    patience: Count | None = Field(
        default=None, description="stop after so many cycles without a better dev pass@1"
    )
    control: bool = Field(
        default=True, description="also train a static-SFT student at the same teacher calls"
    )
    teacher: TeacherSettings = TeacherSettings()
    budget: Budget = Budget()
    questions: QuestionSettings = QuestionSettings()
    base: BaseSettings = BaseSettings()
    delivery: DeliverySettings = DeliverySettings()
    training: TrainingSettings = TrainingSettings(loss="first_difference")
    feedback: FeedbackSettings = FeedbackSettings()
    update: UpdateSettings = UpdateSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    judge: JudgeSettings = JudgeSettings()

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
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
        if self.training.loss != "none" and not self.delivery.faults:
            raise ValueError("training.loss needs faulty solutions: set delivery.faults to true")
        return self


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe and the form of it that may be written down: without the values of secrets."""

    recipe: Recipe
    written: dict[str, JsonValue]


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_recipe(path: Path, overrides: Sequence[str] = ()) -> LoadedRecipe:
    """Read a recipe file and lay `key.sub=value` overrides over it.

    Raises:
        RecipeError: the file cannot be read, or is wrong; the message lists every mistake.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecipeError(f"there is no recipe {path}; name a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"the recipe {path} cannot be read: {error}") from error
    values = _yaml(text, str(path))
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise RecipeError(f"{path} must hold `key: value` lines; found a {type(values).__name__}")
    for override in overrides:
        _lay_over(values, override)
    mistakes: list[str] = []
    revealed = _reveal(values, "", mistakes)
    recipe: Recipe | None = None
    try:
        recipe = Recipe.model_validate_json(json.dumps(revealed), strict=True)
    except ValidationError as error:
        mistakes += [_mistake(detail, values) for detail in error.errors()]
    except ValueError as error:
        mistakes.append(f"a value cannot be read: {error}")
    if recipe is None or mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise RecipeError(f"{count} in {path}:\n" + "\n".join(f"  {line}" for line in mistakes))
    return LoadedRecipe(recipe, _written(recipe.model_dump(mode="json"), values))


def differences(old: JsonValue, new: JsonValue, at: str = "") -> list[str]:
    """The keys at which two written recipes differ, as lines `key: old -> new`."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted({*old, *new})
        return [
            line
            for key in keys
            for line in differences(old.get(key), new.get(key), f"{at}.{key}" if at else key)
        ]
    return [] if old == new else [f"{at}: {json.dumps(old)} -> {json.dumps(new)}"]


def _yaml(text: str, where: str) -> JsonValue:
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    try:
        value: JsonValue = reader.load(StringIO(text))
    except YAMLError as error:
        raise RecipeError(f"{where} is not YAML: {error}") from error
    return value


def _lay_over(values: dict[str, JsonValue], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise RecipeError(f"an override is `key.sub=value`; found {override!r}")
    *parents, last = key.split(".")
    at = values
    for parent in parents:
        below = at.setdefault(parent, {})
        if not isinstance(below, dict):
            raise RecipeError(f"{override!r}: {parent} is no section of the recipe")
        at = below
    at[last] = _yaml(text, f"the value of {key}")


def _reveal(value: JsonValue, at: str, mistakes: list[str]) -> JsonValue:
    if isinstance(value, dict):
        return {
            str(key): _reveal(below, f"{at}.{key}" if at else str(key), mistakes)
            for key, below in value.items()
        }
    if isinstance(value, list):
        return [_reveal(item, f"{at}.{number}", mistakes) for number, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    missing = [name for name in _VARIABLE.findall(value) if name not in os.environ]
    mistakes += [f"{at}: the environment variable {name} is not set" for name in missing]
    return _VARIABLE.sub(lambda found: os.environ.get(found[1], ""), value)


def _written(dumped: JsonValue, values: JsonValue) -> dict[str, JsonValue]:
    def walk(dump: JsonValue, value: JsonValue) -> JsonValue:
        if isinstance(value, str) and _VARIABLE.search(value):
            return value
        if isinstance(dump, dict) and isinstance(value, Mapping):
            return {key: walk(below, value.get(key)) for key, below in dump.items()}
        return dump

    written = walk(dumped, values)
    assert isinstance(written, dict)
    return written


def _mistake(detail: ErrorDetails, values: JsonValue) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "the recipe as a whole"
    if detail["type"] == "extra_forbidden":
        *parents, last = detail["loc"]
        known = _keys_at(parents)
        close = difflib.get_close_matches(str(last), known, n=1)
        advice = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
        return f"{place}: unknown key; {advice}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "value_error":
        return f"{place}: {message}"
    found = _found(values, detail["loc"])
    return f"{place}: {message[:1].lower()}{message[1:]}; found {json.dumps(found)}"


def _keys_at(parents: Sequence[int | str]) -> list[str]:
    model: type[Frozen] = Recipe
    for parent in parents:
        field = model.model_fields.get(str(parent))
        if field is None or not isinstance(field.annotation, type):
            return []
        if not issubclass(field.annotation, Frozen):
            return []
        model = field.annotation
    return sorted(model.model_fields)


def _found(values: JsonValue, place: Sequence[int | str]) -> JsonValue:
    for part in place:
        if isinstance(values, dict) and part in values:
            values = values[str(part)]
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return None
    return values
