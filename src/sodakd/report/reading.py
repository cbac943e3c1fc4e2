"""What the report reads from a run's folder. What is not there yet is simply empty."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from sodakd.efficiency import Efficiency, run_efficiency
from sodakd.errors import DataError, RowError, RunError
from sodakd.jsonl import read_log, read_rows
from sodakd.records import (
    EvalSample,
    Feedback,
    Results,
    SftExample,
    StudentResult,
    StudentRow,
    TrainLogRow,
)
from sodakd.run import EVENTS, Event, Step, read_manifest
from sodakd.scoring.figures import ScorerCheck
from sodakd.teacher.cost import Spend
from sodakd.teacher.spend_report import look_up_spend
from sodakd.types import FrozenModel, PreferencePair, Question

Row = TypeVar("Row", bound=FrozenModel)
Of = TypeVar("Of", Step, Event)


@dataclass(frozen=True)
class Student:
    """A student of a run, with what its own steps left behind; one on its way has less of it."""

    name: str
    arm: str
    steps: str
    log: Sequence[TrainLogRow]
    evaluation: Sequence[EvalSample]
    pairs: Sequence[PreferencePair] = ()
    solutions: Sequence[SftExample] = ()
    feedback: Sequence[Feedback] = ()
    questions: Sequence[Question] = ()
    scorer_checks: Sequence[tuple[str, ScorerCheck]] = ()
    """The checks of the scorer that graded its answers, each with its step's name."""

    def step(self, name: str) -> str:
        """Return the name of one of its steps in the whole run."""
        return "/".join(filter(None, (self.arm, f"{self.steps}{name}")))


@dataclass(frozen=True)
class Folder:
    """A run's folder, read. The base is the first of the students."""

    version: str
    recipe: dict[str, JsonValue]
    arms: Sequence[str]
    steps: Sequence[Step]
    events: Sequence[Event]
    results: Results | None
    spend: Sequence[Spend]
    students: Sequence[Student]
    exam: Sequence[Question]
    efficiency: Efficiency | None

    @property
    def kept(self) -> str | None:
        """The name of the student that is handed out, once the run has ended."""
        return self.results.kept if self.results else None

    @property
    def standings(self) -> Sequence[StudentResult]:
        """The rows of the final table; none of an unfinished run."""
        return self.results.standings if self.results else ()

    @property
    def own(self) -> Sequence[Student]:
        """The base and the students of the first arm."""
        return [row for row in self.students if row.arm in {"", *self.arms[:1]}]

    @property
    def others(self) -> Sequence[Student]:
        """The last student of each later arm: what the first arm is compared with."""
        last = {row.arm: row for row in self.students if row.arm and row.arm != self.arms[0]}
        return list(last.values())

    @property
    def taught(self) -> Sequence[Student]:
        """The students that learnt from pairs, or were given feedback."""
        return [row for row in self.students if row.pairs or row.feedback]

    @property
    def tallies(self) -> dict[str, dict[str, int]]:
        """What was counted in each finished step."""
        return {step.step: step.tally for step in self.steps}


def read_header(folder: Path) -> tuple[str, dict[str, JsonValue]]:
    """The version that a run began with, and its recipe.

    Raises:
        RunError: there is no such folder, or it is no run.
    """
    if not folder.is_dir():
        raise RunError(f"there is no folder {folder}; name a run's folder")
    try:
        head = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return str(head["sodakd"]), dict(head["recipe"])
    except (OSError, ValueError, KeyError, TypeError):
        raise RunError(
            f"{folder} is no run: it has no readable run.json; name a run's folder"
        ) from None


def read_folder(folder: Path) -> Folder:
    """Read a run's folder.

    Raises:
        RunError: it is no run, or a row of it cannot be read.
    """
    version, recipe = read_header(folder)
    named = recipe.get("arms")
    arms = list(map(str, named)) if isinstance(named, list) else []
    steps = _of_all(folder, arms, "manifest.jsonl", read_manifest)
    return Folder(
        version=version,
        recipe=recipe,
        arms=arms,
        steps=steps,
        events=_of_all(folder, arms, EVENTS, lambda path: read_log(path, Event)),
        results=read_results(folder / "results.json"),
        spend=_spend(folder / "spend.json") or _spent_so_far(folder / "ledger.sqlite", arms),
        students=_students(folder, arms, steps),
        exam=_exam(folder, recipe),
        efficiency=run_efficiency(folder, recipe),
    )


def _students(folder: Path, arms: Sequence[str], steps: Sequence[Step]) -> list[Student]:
    """The students that were evaluated, and those on their way, in the order of their arms."""
    rows = read_log(folder / "students.jsonl", StudentRow)
    known = {(row.arm, row.steps) for row in rows}
    found = [_student(folder, row) for row in rows]
    for arm in ("", *arms):
        own = [step.step.removeprefix(f"{arm}/") for step in steps if _arm_of(step, arms) == arm]
        begun = dict.fromkeys(name[: name.rfind("/") + 1] for name in own)
        for prefix in begun:
            if (arm, prefix) in known or prefix in {"questions/", "seeds/"}:
                continue
            if not arm and prefix != "base/":
                continue
            if arm and prefix and "" in begun:  # a part of the arm's one student
                continue
            name = "-".join(filter(None, (arm, prefix.strip("/"))))
            row = StudentRow(name=name, arm=arm, steps=prefix, weights="", evaluation="")
            found.append(_student(folder, row))
    order = ("", *arms)
    return sorted(found, key=lambda row: order.index(row.arm))


def _student(folder: Path, row: StudentRow) -> Student:
    at = f"{row.arm}/{row.steps}".removeprefix("/")
    return Student(
        name=row.name,
        arm=row.arm,
        steps=row.steps,
        log=read_log(folder / at / "student/log.jsonl", TrainLogRow),
        evaluation=step_rows(folder, f"{at}evaluation.jsonl", EvalSample),
        pairs=step_rows(folder, f"{at}pairs.jsonl", PreferencePair),
        solutions=step_rows(folder, f"{at}solutions.jsonl", SftExample),
        feedback=step_rows(folder, f"{at}feedback.jsonl", Feedback),
        questions=step_rows(folder, f"{at}questions.jsonl", Question),
        scorer_checks=[
            (name, found)
            for name in ("scorer-check", "refresh-check")
            for found in step_rows(folder, f"{at}{name}.jsonl", ScorerCheck)
        ],
    )


def _arm_of(step: Step, arms: Sequence[str]) -> str:
    name = step.step.partition("/")[0]
    return name if name in arms else ""


def _of_all(
    folder: Path,
    arms: Sequence[str],
    file: str,
    read: Callable[[Path], list[Of]],
) -> list[Of]:
    """The rows of the run and of its arms, with the steps' names in the whole run."""
    found = read(folder / file)
    for arm in arms:
        rows = read(folder / arm / file)
        found += [row.model_copy(update={"step": f"{arm}/{row.step}"}) for row in rows]
    return found


def _exam(folder: Path, recipe: dict[str, JsonValue]) -> list[Question]:
    """The questions that all students were evaluated on."""
    evaluation = recipe.get("evaluation")
    split = evaluation.get("split", "test") if isinstance(evaluation, dict) else "test"
    files = (f"questions/{Path(str(split)).name}.jsonl", "questions/benchmarks.jsonl")
    return [question for file in files for question in step_rows(folder, file, Question)]


def step_rows(folder: Path, file: str, row_type: type[Row]) -> list[Row]:
    """The rows that a step of a run wrote; none where it is not done yet.

    Raises:
        RowError: one cannot be read; says what to do about it.
    """
    if not (folder / file).exists():
        return []
    try:
        return read_rows(folder / file, row_type)
    except RowError as error:
        step = file.removesuffix(".jsonl")
        raise RowError(
            f"{error}; restore it, or have the step done again: sodakd run RECIPE --out {folder}"
            f" --from {step}"
        ) from None


def read_results(path: Path) -> Results | None:
    """The results of a run; None of an unfinished one. Raises `RunError` where they are no such."""
    if not path.exists():
        return None
    try:
        return Results.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise _unreadable(path, error) from None


def _spend(path: Path) -> list[Spend]:
    if not path.exists():
        return []
    try:
        return TypeAdapter(list[Spend]).validate_json(path.read_bytes())
    except ValidationError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: ValidationError) -> RunError:
    first = error.errors(include_url=False)[0]
    return RunError(
        f"{path} cannot be read: {first['msg']}; run the same command again (sodakd run): it is"
        " written anew"
    )


def _spent_so_far(ledger: Path, arms: Sequence[str]) -> list[Spend]:
    """What the ledger of an unfinished run tells; nothing where it cannot be read."""
    try:
        return look_up_spend(ledger, arms)
    except (DataError, RunError):
        return []
