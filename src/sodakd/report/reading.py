"""What the report reads from a run's folder. What is not there yet is simply empty."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue

from sodakd.errors import DataError, RunError
from sodakd.records import Attempt, Feedback, Results, TrainRow
from sodakd.run import Event, Step
from sodakd.store import read_rows
from sodakd.teacher.statement import look_up_spend_rows
from sodakd.types import Frozen, Pair, Question

Row = TypeVar("Row", bound=Frozen)


class Spend(Frozen):
    """Calls of one kind in one step, and what they took."""

    method: str
    step: str
    ask: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    money: float


@dataclass(frozen=True)
class Cycle:
    """What one cycle left behind."""

    number: int
    pairs: Sequence[Pair]
    feedback: Sequence[Feedback]
    questions: Sequence[Question]
    log: Sequence[TrainRow]
    evaluation: Sequence[Attempt]


@dataclass(frozen=True)
class Folder:
    """A run's folder, read."""

    version: str
    recipe: dict[str, JsonValue]
    steps: Sequence[Step]
    events: Sequence[Event]
    results: Results | None
    spend: Sequence[Spend]
    base_log: Sequence[TrainRow]
    control_log: Sequence[TrainRow]
    base_evaluation: Sequence[Attempt]
    control_evaluation: Sequence[Attempt]
    cycles: Sequence[Cycle]
    has_control: bool
    exam: Sequence[Question]

    @property
    def kept(self) -> str | None:
        """The name of the cycle whose student the run kept, by the hash of its weights."""
        hashes = {step.step: step.sha256 for step in self.steps}
        names = [f"cycle-{cycle.number}" for cycle in reversed(self.cycles)]
        own = hashes.get("student")
        return next((name for name in names if own and hashes.get(f"{name}/student") == own), None)

    @property
    def trainings(self) -> list[tuple[str, Sequence[TrainRow]]]:
        """The training logs there are, by the name of the student."""
        cycles = [(f"cycle-{cycle.number}", cycle.log) for cycle in self.cycles]
        every = [("base", self.base_log), *cycles, ("sft", self.control_log)]
        return [(name, rows) for name, rows in every if rows]

    @property
    def evaluations(self) -> list[tuple[str, Sequence[Attempt]]]:
        """The evaluations there are, by the name of the student."""
        cycles = [(f"cycle-{cycle.number}", cycle.evaluation) for cycle in self.cycles]
        every = [("base", self.base_evaluation), *cycles, ("sft", self.control_evaluation)]
        return [(name, rows) for name, rows in every if rows]


def read_folder(folder: Path) -> Folder:
    """Read a run's folder.

    Raises:
        RunError: it is no run, or a row of it cannot be read.
    """
    try:
        head = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        version, recipe = str(head["sodakd"]), dict(head["recipe"])
    except (OSError, ValueError, KeyError, TypeError):
        raise RunError(
            f"{folder} is no run: it has no readable run.json; name a run's folder"
        ) from None
    control = folder / "sft"
    own = recipe.get("method") != "sft"
    return Folder(
        version=version,
        recipe=recipe,
        steps=[*_rows(folder / "manifest.jsonl", Step), *_control_steps(control)],
        events=[*_rows(folder / "events.jsonl", Event), *_control_events(control)],
        results=_results(folder / "results.json"),
        spend=_spend(folder / "spend.json") or _spent_so_far(folder / "ledger.sqlite", recipe),
        base_log=_rows(folder / "base/student/log.jsonl", TrainRow),
        control_log=_rows(control / "student/log.jsonl", TrainRow),
        base_evaluation=_rows(folder / "base/evaluation.jsonl", Attempt),
        control_evaluation=_rows(control / "evaluation.jsonl", Attempt),
        cycles=[_cycle(folder, n + 1) for n in range(_cycles(folder, recipe) if own else 0)],
        has_control=not own or bool(recipe.get("control", True)),
        exam=_exam(folder, recipe),
    )


def _exam(folder: Path, recipe: dict[str, JsonValue]) -> list[Question]:
    """The questions that all students were evaluated on."""
    evaluation = recipe.get("evaluation")
    split = evaluation.get("split", "test") if isinstance(evaluation, dict) else "test"
    return _rows(folder / "questions" / f"{Path(str(split)).name}.jsonl", Question)


def _cycles(folder: Path, recipe: dict[str, JsonValue]) -> int:
    """How many cycles the recipe plans, or the folder has."""
    planned = recipe.get("cycles")
    numbers = [path.name.removeprefix("cycle-") for path in folder.glob("cycle-*")]
    found = [int(number) for number in numbers if number.isdigit()]
    return max([planned if isinstance(planned, int) else 0, *found])


def _cycle(folder: Path, number: int) -> Cycle:
    at = folder / f"cycle-{number}"
    return Cycle(
        number=number,
        pairs=_rows(at / "pairs.jsonl", Pair),
        feedback=_rows(at / "feedback.jsonl", Feedback),
        questions=_rows(at / "questions.jsonl", Question),
        log=_rows(at / "student/log.jsonl", TrainRow),
        evaluation=_rows(at / "evaluation.jsonl", Attempt),
    )


def _rows(path: Path, row_type: type[Row]) -> list[Row]:
    return read_rows(path, row_type) if path.exists() else []


def _control_steps(folder: Path) -> list[Step]:
    rows = _rows(folder / "manifest.jsonl", Step)
    return [row.model_copy(update={"step": f"sft/{row.step}"}) for row in rows]


def _control_events(folder: Path) -> list[Event]:
    rows = _rows(folder / "events.jsonl", Event)
    return [row.model_copy(update={"step": f"sft/{row.step}"}) for row in rows]


def _results(path: Path) -> Results | None:
    if not path.exists():
        return None
    try:
        return Results.model_validate_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunError(f"{path} cannot be read: {error}") from None


def _spend(path: Path) -> list[Spend]:
    if not path.exists():
        return []
    try:
        return [Spend.model_validate(row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except ValueError as error:
        raise RunError(f"{path} cannot be read: {error}") from None


def _spent_so_far(ledger: Path, recipe: dict[str, JsonValue]) -> list[Spend]:
    """What the ledger of an unfinished run tells; nothing where it cannot be read."""
    own = str(recipe.get("method", "soda"))
    try:
        rows = look_up_spend_rows(ledger)
    except (DataError, RunError):
        return []
    return [
        Spend(method="sft" if row.step.startswith("sft/") else own, **row.model_dump())
        for row in rows
    ]
