"""A recipe: every knob of a run. Its sections and their defaults stand in `settings/`.

A recipe is a YAML file (YAML 1.2: `2e-5` is a number, `no` is a string). `read_recipe` reports all
mistakes at once and spends nothing. A text may hold `${NAME}`: the value of that environment
variable, which is used and never written down (`LoadedRecipe.redacted` keeps the name).
"""

import difflib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, TypeVar, get_args

from pydantic import Field, JsonValue, ValidationError, model_validator
from pydantic_core import ErrorDetails

from sodakd.errors import RecipeError
from sodakd.records import BudgetKind
from sodakd.settings.generation import GenerationSettings
from sodakd.settings.methods import (
    EvolInstructSettings,
    OpdSettings,
    OssInstructSettings,
    PersdSettings,
    RftSettings,
)
from sodakd.settings.models import ModelFile
from sodakd.settings.questions import WORLD, QuestionSettings
from sodakd.settings.scoring import RunScorerSettings
from sodakd.settings.sources import shortened
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
from sodakd.shipped import find_models, find_recipe
from sodakd.types import FrozenModel
from sodakd.yaml_text import MAX_DEPTH, MAX_SIZE, YamlError, parse_yaml


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


@dataclass(frozen=True)
class LoadedRecipe:
    """A validated recipe, and its values with secrets by name only: `redacted`."""

    recipe: Recipe
    redacted: dict[str, JsonValue]


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_recipe(path: Path, overrides: Sequence[str] = ()) -> LoadedRecipe:
    """Read a recipe file and lay `key.sub=value` overrides over it.

    Raises:
        RecipeError: the file cannot be read, or is wrong; the message lists every mistake.
    """
    values = _read_values(path)
    for override in overrides:
        _lay_over(values, override)
    recipe = _validated(Recipe, values, str(path))
    return LoadedRecipe(recipe, _redact(recipe.model_dump(mode="json"), values))


VARIED = (
    "cycles", "patience", "anneal", "delivery", "training", "feedback", "scorer", "update",
    "evol_instruct", "oss_instruct", "persd", "rft", "opd",
)  # fmt: skip
"""The sections, and keys, that a variant may set: all arms share the others."""


def read_variant(recipe: Recipe, name: str) -> Recipe:
    """A recipe with the settings of one of its variants laid over.

    Raises:
        RecipeError: they are no settings, or not of a method; the message lists every mistake.
    """
    values = recipe.model_dump(mode="json", exclude_unset=True)
    for setting in recipe.variants[name].split():
        if setting.partition("=")[0].partition(".")[0] not in VARIED:
            raise RecipeError(
                f"1 mistake in the recipe:\n  variants.{name}: {shortened(repr(setting))} is no"
                f" setting of a method: key.sub=value of {', '.join(VARIED)}"
            )
        _lay_over(values, setting)
    return _validated(Recipe, values, f"variants.{name}")


def read_questions(source: str, overrides: Sequence[str]) -> QuestionSettings:
    """The section `questions` of a recipe file, or the one that names another source.

    An override is a key of the section, with or without `questions.` before it.

    Raises:
        RecipeError: the section is wrong, or it draws from the embedded world.
    """
    values: dict[str, JsonValue] = {"source": source}
    if source.endswith((".yaml", ".yml")):
        section = _read_values(Path(source)).get("questions") or {}
        if not isinstance(section, dict) or section.get("source", WORLD) == WORLD:
            raise RecipeError(f"the questions of {source} are of the embedded world: none to sift")
        values = section
    for override in overrides:
        _lay_over(values, override.removeprefix("questions."))
    return _validated(QuestionSettings, values, f"the questions of {source}")


def read_exam(source: str) -> EvaluationSettings:
    """The section `evaluation` of a recipe file; the defaults where a source is no recipe.

    Raises:
        RecipeError: the section is wrong.
    """
    recipe = source.endswith((".yaml", ".yml"))
    section = _read_values(Path(source)).get("evaluation") if recipe else None
    values = section if isinstance(section, dict) else {}
    return _validated(EvaluationSettings, values, f"the exam of {source}")


def read_models(named: Path) -> ModelFile:
    """Read a file of models, or the shipped one of that name.

    Raises:
        RecipeError: the file cannot be read, or is wrong; the message lists every mistake.
    """
    path = find_models(named)
    if not path.is_file():
        raise RecipeError(
            f"there is no file of models {shortened(str(named))}; name a YAML file, or a shipped"
            " one: small, paper"
        )
    return _validated(ModelFile, _read_values(path), str(path))


def _read_values(named: Path) -> dict[str, JsonValue]:
    path = find_recipe(named)
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        raise RecipeError(
            f"there is no recipe {shortened(str(path))}; name a YAML file, or a shipped recipe:"
            " sodakd recipes"
        ) from None
    except (OSError, ValueError) as error:
        raise RecipeError(f"the recipe {shortened(str(path))} cannot be read: {error}") from error
    values = _yaml(text, str(path))
    if values is None:
        raise RecipeError(f"{path} is empty; a recipe names at least one key: `seed: 0`")
    if not isinstance(values, dict):
        raise RecipeError(f"{path} must hold `key: value` lines; found a {type(values).__name__}")
    return values


_Section = TypeVar("_Section", bound=FrozenModel)


def _validated(kind: type[_Section], values: dict[str, JsonValue], where: str) -> _Section:
    """The values as a recipe or a section of one. Raises `RecipeError` with every mistake."""
    mistakes: list[str] = []
    unset: list[str] = []
    revealed = _reveal(values, "", mistakes, unset)
    found: _Section | None = None
    try:
        found = kind.model_validate_json(json.dumps(revealed), strict=True)
    except ValidationError as error:
        details = [each for each in error.errors() if not _about(each["loc"], unset)]
        mistakes += [_mistake(detail, values, kind) for detail in details]
    except ValueError as error:
        mistakes.append(f"a value cannot be read: {error}")
    if found is None or mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = "\n".join(f"  {shortened(line, 500)}" for line in mistakes)
        raise RecipeError(f"{count} in {where}:\n{lines}", mistakes)
    return found


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
    try:
        return parse_yaml(text)
    except YamlError as error:
        raise RecipeError(f"{where} is not YAML: {shortened(str(error), 500)}") from None


def _lay_over(values: dict[str, JsonValue], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise RecipeError(f"an override is `key.sub=value`; found {shortened(repr(override))}")
    *parents, last = key.split(".")
    if len(parents) > MAX_DEPTH:
        raise RecipeError(f"no key of a recipe has {len(parents) + 1} parts: {shortened(key)}")
    at = values
    for parent in parents:
        below = at.setdefault(parent, {})
        if not isinstance(below, dict):
            raise RecipeError(
                f"{shortened(repr(override))}: {shortened(parent)} is no section of the recipe"
            )
        at = below
    at[last] = _yaml(text, f"the value of {key}")


def _about(place: Sequence[int | str], unset: Sequence[str]) -> bool:
    """Whether a mistake is at, or above, a value whose variable is not set: that is said."""
    at = ".".join(str(part) for part in place)
    return bool(at) and any(f"{each}.".startswith(f"{at}.") for each in unset)


def _reveal(value: JsonValue, at: str, mistakes: list[str], unset: list[str]) -> JsonValue:
    if isinstance(value, dict):
        return {
            str(key): _reveal(below, f"{at}.{key}" if at else str(key), mistakes, unset)
            for key, below in value.items()
        }
    if isinstance(value, list):
        return [
            _reveal(item, f"{at}.{number}", mistakes, unset) for number, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    names = dict.fromkeys(_VARIABLE.findall(value))
    missing = [name for name in names if name not in os.environ]
    unset += [at] if missing else []
    mistakes += [f"{at}: the environment variable {name} is not set" for name in missing]
    return _VARIABLE.sub(lambda found: os.environ.get(found[1], ""), value)


def _redact(dumped: JsonValue, values: JsonValue) -> dict[str, JsonValue]:
    def walk(dump: JsonValue, value: JsonValue) -> JsonValue:
        if isinstance(value, str) and _VARIABLE.search(value):
            return value
        if isinstance(dump, dict) and isinstance(value, Mapping):
            return {key: walk(below, value.get(key)) for key, below in dump.items()}
        return dump

    redacted = walk(dumped, values)
    assert isinstance(redacted, dict)
    return redacted


_ARMS = "an earlier version had it: name the methods in arms, such as arms: [soda, sft]"
_FORMER = {
    "method": _ARMS,
    "control": _ARMS,
    "feedback.grade": "an earlier version had it: set feedback.scorer to teacher (it was true),"
    " none (it was false) or trained",
}
"""Keys that recipes had, and what stands in their place."""


def _mistake(detail: ErrorDetails, values: JsonValue, kind: type[FrozenModel]) -> str:
    of_key = detail["loc"][-1:] == ("[key]",)  # so pydantic names a mistake in a mapping's key
    parts = detail["loc"][:-2] if of_key else detail["loc"]
    place = ".".join(map(str, parts)) or "the recipe as a whole"
    if detail["type"] == "extra_forbidden":
        *parents, last = detail["loc"]
        if kind is Recipe and place in _FORMER:
            return f"{place}: unknown key; {_FORMER[place]}"
        known = _keys_at(parents, kind)
        close = difflib.get_close_matches(str(last), known, n=1)
        advice = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
        return f"{shortened(place)}: unknown key; {advice}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "value_error":
        return f"{place}: {message}"
    found = detail["loc"][-2] if of_key else _found(values, parts)
    return f"{place}: {message[:1].lower()}{message[1:]}; found {shortened(json.dumps(found))}"


def _keys_at(parents: Sequence[int | str], model: type[FrozenModel]) -> list[str]:
    for parent in parents:
        if isinstance(parent, int):  # a section in a list of them
            continue
        field = model.model_fields.get(parent)
        below = None if field is None else section_of(field.annotation)
        if below is None:
            return []
        model = below
    return sorted(model.model_fields)


def section_of(kind: object) -> type[FrozenModel] | None:
    """The section that a key's value is, or that a list of it holds; None where it is a value."""
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, FrozenModel):
            return each
    return None


def _found(values: JsonValue, place: Sequence[int | str]) -> JsonValue:
    for part in place:
        if isinstance(values, dict) and part in values:
            values = values[str(part)]
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return None
    return values
