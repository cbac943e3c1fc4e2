"""How efficient a run is: what each stage of each arm used, and how fast its models were.

It is made from the events of a run (or of an evaluation) alone. A part that was killed counts up to
its last line: every part once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import SodakdError
from sodakd.inference.folder_facts import read_facts
from sodakd.jsonl import read_log
from sodakd.resource_use import ResourceUse, Role
from sodakd.run import EVENTS, Event
from sodakd.types import FrozenModel

FILE = "efficiency.json"
STAGES = ["train", "pairs", "feedback", "questions", "evaluation", "other"]
BASE = "base"
"""The arm of steps that are of no arm."""
_STAGE_OF = {
    "student": "train", "solutions": "pairs", "refinements": "pairs", "answers": "pairs",
    "dev": "evaluation",
    "comparisons": "feedback", "refresh": "feedback", "pair-grades": "feedback",
    "second-grades": "feedback",
    "scorer": "feedback", "scorer-check": "feedback", "refresh-check": "feedback",
}  # fmt: skip


class StageEfficiency(FrozenModel):
    """What a stage of an arm used, in all its parts; see `ResourceUse` and `ModelWork`.

    `tokens_per_second` are those of its models while they were at work; `mfu`: their FLOPs as a
    share of those that the hardware could have done meanwhile.
    """

    arm: str
    stage: str
    parts: int
    seconds: float
    cpu_seconds: float
    child_cpu_seconds: float
    gpu_seconds: float
    memory: int
    gpu_memory: int
    energy: dict[str, float]
    trained_tokens: int
    prompt_tokens: int
    answer_tokens: int
    tokens_per_second: float | None
    flops: float
    mfu: float | None


class ModelEfficiency(FrozenModel):
    """A model's size, where its folder is here, and how long one waits for an answer of it.

    `latency`: mean seconds from when an answer is begun, with others of its batch, or asked of a
    server, to its end.
    """

    role: Role
    name: str
    parameters: int | None
    bytes: int | None
    answers: int
    tokens_an_answer: float | None
    latency: float | None


class Efficiency(FrozenModel):
    """The efficiency of a run or an evaluation: `efficiency.json`."""

    stages: tuple[StageEfficiency, ...]
    total: StageEfficiency
    models: tuple[ModelEfficiency, ...]


@dataclass(frozen=True)
class NamedModel:
    """A model's name, and its folder where it may have one here."""

    name: str
    folder: Path | None = None


def arm_of(step: str, arms: Sequence[str]) -> str:
    """The arm of a step; `base` of one that is of none."""
    name = step.partition("/")[0]
    return name if name in arms else BASE


def stage_of(step: str) -> str:
    """The stage of a step, one of `STAGES`."""
    last = step.rpartition("/")[2].rstrip("-0123456789")
    named = _STAGE_OF.get(last, last)
    own = step.startswith(("questions/", "student"))
    return named if named in STAGES and not own else "other"


def run_efficiency(folder: Path, recipe: Mapping[str, JsonValue]) -> Efficiency | None:
    """The efficiency of a run so far, from its folder; None where its events tell no use."""
    named = recipe.get("arms")
    arms = list(map(str, named)) if isinstance(named, list) else []
    events = [
        event.model_copy(update={"step": "/".join(filter(None, (arm, event.step)))})
        for arm in ("", *arms)
        for event in read_log(folder / arm / EVENTS, Event)
    ]

    def place(step: str) -> tuple[str, str]:
        return arm_of(step, arms), stage_of(step)

    order = [(arm, stage) for arm in (BASE, *arms) for stage in STAGES]
    student = NamedModel("student", folder / "student")
    return _efficiency(events, place, order, {"student": student, "teacher": _teacher(recipe)})


def eval_efficiency(folder: Path, model: NamedModel) -> Efficiency | None:
    """The efficiency of an evaluation, whose steps are its stages; None as of a run."""
    events = read_log(folder / EVENTS, Event)
    order = [("", step) for step in dict.fromkeys(event.step for event in events)]
    return _efficiency(events, lambda step: ("", step), order, {"student": model})


def uses_of(folder: Path, step: str) -> list[ResourceUse]:
    """What each part of a step of an evaluation used; empty where it was not done, or not told."""
    parts = _parts(read_log(folder / EVENTS, Event))
    return [use for name, use in parts if name == step]


def _teacher(recipe: Mapping[str, JsonValue]) -> NamedModel:
    settings = recipe.get("teacher")
    teacher = settings if isinstance(settings, dict) else {}
    folder = teacher.get("model_name_or_path")
    name = teacher.get("model") or folder or teacher.get("kind") or "world"
    return NamedModel(str(name), Path(str(folder)) if folder else None)


def _efficiency(
    events: Sequence[Event],
    place: Callable[[str], tuple[str, str]],
    order: Sequence[tuple[str, str]],
    models: Mapping[Role, NamedModel],
) -> Efficiency | None:
    parts = list(_parts(events))
    if not parts:
        return None
    by_stage: dict[tuple[str, str], list[ResourceUse]] = {at: [] for at in order}
    for step, use in parts:
        by_stage[place(step)].append(use)
    uses = [use for _, use in parts]
    return Efficiency(
        stages=tuple(_stage(*at, uses) for at, uses in by_stage.items() if uses),
        total=_stage("", "all", uses),
        models=tuple(_model(role, named, uses) for role, named in models.items()),
    )


def _parts(events: Sequence[Event]) -> Iterator[tuple[str, ResourceUse]]:
    """What each part of a step used: by its last line, before the step began again or ended."""
    last: dict[str, ResourceUse] = {}
    for event in events:
        if event.use is not None:
            last[event.step] = event.use
        if event.event != "going" and event.step in last:
            yield event.step, last.pop(event.step)
    yield from last.items()


def _stage(arm: str, stage: str, uses: Sequence[ResourceUse]) -> StageEfficiency:
    work = [each for use in uses for each in use.models.values()]
    trained, prompt, answer = (
        sum(getattr(each, name) for each in work)
        for name in ("trained_tokens", "prompt_tokens", "answer_tokens")
    )
    chips = dict.fromkeys(chip for use in uses for chip in use.energy)
    flops = sum(each.flops for each in work)
    return StageEfficiency(
        arm=arm,
        stage=stage,
        parts=len(uses),
        seconds=_sum(use.seconds for use in uses),
        cpu_seconds=_sum(use.cpu_seconds for use in uses),
        child_cpu_seconds=_sum(use.child_cpu_seconds for use in uses),
        gpu_seconds=_sum(each.gpu_seconds for each in work),
        memory=max(use.memory for use in uses),
        gpu_memory=max(use.gpu_memory for use in uses),
        energy={chip: _sum(use.energy.get(chip, 0.0) for use in uses) for chip in chips},
        trained_tokens=trained,
        prompt_tokens=prompt,
        answer_tokens=answer,
        tokens_per_second=_ratio(trained + prompt + answer, sum(each.seconds for each in work)),
        flops=flops,
        mfu=_ratio(flops, sum(each.capacity for each in work)),
    )


def _model(role: Role, named: NamedModel, uses: Sequence[ResourceUse]) -> ModelEfficiency:
    work = [use.models[role] for use in uses if role in use.models]
    answers = sum(each.answers for each in work)
    parameters, size = _size(named.folder)
    return ModelEfficiency(
        role=role,
        name=named.name,
        parameters=parameters,
        bytes=size,
        answers=answers,
        tokens_an_answer=_ratio(sum(each.answer_tokens for each in work), answers),
        latency=_ratio(sum(each.waited for each in work), answers),
    )


def _size(folder: Path | None) -> tuple[int | None, int | None]:
    if folder is None or not folder.is_dir():
        return None, None
    try:
        found = read_facts(folder)
    except SodakdError:  # it has no weights of this kind
        return None, None
    return found.parameters, found.bytes


def _sum(seconds: Iterator[float]) -> float:
    return round(sum(seconds), 3)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if part and whole else None
