"""`sodakd scorer`: grades in, a scorer, its validation or its scores out."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import Field, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from sodakd.errors import DataError, ModelError
from sodakd.inference.hub import find_model
from sodakd.jsonl import atomic_write, write_rows
from sodakd.outputs import check_outputs
from sodakd.scoring.cross_validation import cross_validate, cross_validation_tables
from sodakd.scoring.grades import Answer, Grades, read_answers, read_grades
from sodakd.scoring.model import Scorer, load_scorer
from sodakd.scoring.rubric import Prediction
from sodakd.scoring.split import FILE, QuestionSplit
from sodakd.scoring.tables import validation_tables
from sodakd.scoring.train import ScorerLogRow, ScorerProgress, train_scorer
from sodakd.scoring.validation import check_floors, validate
from sodakd.screen import make_console
from sodakd.settings.scoring import ScorerForm, ScorerSettings
from sodakd.types import FrozenModel

VALIDATION = "validation.json"
_NAMED = 5
"""Rows left out, or languages, that are named."""


class ScoredAnswer(FrozenModel):
    """The scores of a file's row: half points of each rule, and the expected total of all;
    `analysis` is what a generative scorer wrote."""

    row: int
    question_id: str
    score: Mapping[str, float]
    total: float
    cut: bool
    analysis: str = Field(default="", exclude_if=lambda words: not words)

    @classmethod
    def of(cls, row: int, question_id: str, found: Prediction) -> "ScoredAnswer":
        """The scores as they are written."""
        return cls(
            row=row,
            question_id=question_id,
            score=found.points,
            total=round(found.total, 4),
            cut=found.cut,
            analysis=found.analysis,
        )


def train_command(
    source: Path,
    base: str,
    out: Path,
    settings: ScorerSettings,
    form: ScorerForm,
    seed: int,
    device: str | None,
) -> None:
    """Train a scorer on a file's grades, and say how it went.

    Raises:
        DataError, ModelError, TrainingError: as `read_grades` and `train_scorer` do.
    """
    screen = make_console(stderr=True)
    grades = _read(source, screen)
    _remark_on_verdicts(screen, form, grades.rows)
    folder = find_model(base)
    unit = "nats a rule" if form.kind == "ordinal" else "nats, of analysis and points"
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("training")

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        def epoch(row: ScorerLogRow) -> None:
            loss = "" if row.loss is None else f"loss {row.loss:.3f}, "
            screen.print(
                f"epoch {row.epoch}: {loss}on stopping questions {row.stopping_loss:.3f} {unit}"
                f" ({row.seconds:.0f} s)"
            )

        done = train_scorer(
            folder, grades.rows, out, settings, form, name=base, seed=seed, device=device,
            progress=ScorerProgress(step, epoch, lambda words: _note(screen, words)),
        )  # fmt: skip
    split, card = done.split, done.card
    if done.cut:
        _note(
            screen,
            f"{done.cut} of {done.read} answers with their questions have more than"
            f" {card.max_length} tokens: they were cut in the middle",
        )
    screen.print(
        f"{card.answers} answers to {len(split.train)} questions trained it, {len(split.stopping)}"
        f" questions said when to stop (epoch {card.epoch}), {len(split.held_back)} are held back"
    )
    screen.print(f"the scorer: {out}; next: sodakd scorer validate {out} {source}", markup=False)


def validate_command(
    folder: Path,
    source: Path,
    out: Path | None,
    min_spearman: float | None,
    min_auc: float | None,
    resamples: int,
    device: str | None,
) -> None:
    """Validate a scorer on the questions of a file that it has not seen; print and write it.

    Raises:
        DataError: the file has no such question, or `out` is read.
        ModelError: the folder holds no scorer.
        ScorerRefused: a figure is below its floor.
    """
    check_outputs({"--out": out}, [source, *_files_of(folder)])
    screen = make_console()
    grades = _read(source, make_console(stderr=True))
    rows = _split_of(folder).unseen(grades.rows)
    if not rows:
        raise DataError(
            f"the scorer of {folder} was trained on every question of {source}: name grades of"
            " other questions"
        )
    scorer = load_scorer(folder, device)
    _remark_on_verdicts(screen, scorer.card.form, rows)
    began = time.monotonic()
    predictions = scorer.score(rows)
    seconds = time.monotonic() - began
    found = validate(
        rows,
        predictions,
        base=scorer.card.base,
        trained_on=scorer.card.trained_on,
        again=grades.again,
        seen=len(grades.rows) - len(rows),
        count=resamples,
    )
    path = out or folder / VALIDATION
    atomic_write(path, (found.model_dump_json(indent=2) + "\n").encode())
    for part in validation_tables(found):
        screen.print(part)
    screen.print(f"it takes {1000 * seconds / len(rows):.1f} s to score 1,000 such answers here")
    screen.print(f"all figures: {path}", markup=False)
    check_floors(found, min_spearman, min_auc)


def cross_validate_command(
    source: Path,
    base: str,
    out: Path,
    settings: ScorerSettings,
    forms: Sequence[ScorerForm],
    folds: int,
    seed: int,
    resamples: int,
    device: str | None,
) -> None:
    """Print and write what scorers of several forms agree with, by cross-validation on a file.

    Raises:
        DataError, ModelError, TrainingError: as `cross_validate` does, or `out` is read.
    """
    check_outputs({"--out": out}, [source])
    screen = make_console(stderr=True)
    grades = _read(source, screen)
    for form in forms:
        _remark_on_verdicts(screen, form, grades.rows)
    out.parent.mkdir(parents=True, exist_ok=True)
    found = cross_validate(
        find_model(base), grades.rows, grades.again, out.parent, forms, settings, name=base,
        folds=folds, seed=seed, device=device, count=resamples,
        told=lambda words: screen.print(words, markup=False),
    )  # fmt: skip
    atomic_write(out, (found.model_dump_json(indent=2) + "\n").encode())
    screen = make_console()
    for part in cross_validation_tables(found):
        screen.print(part)
    screen.print(f"all figures: {out}", markup=False)


def score_command(folder: Path, source: Path, out: Path | None, device: str | None) -> None:
    """Write the scores of a file's answers, a line each, in their order.

    Raises:
        DataError: the file's rows are wrong, or `out` is read.
        ModelError: the folder holds no scorer.
    """
    check_outputs({"--out": out}, [source, *_files_of(folder)])
    answers = read_answers(source)
    scorer = load_scorer(folder, device)
    found = scorer.score(answers)
    rows = [
        ScoredAnswer.of(number, answer.question_id, one)
        for number, (answer, one) in enumerate(zip(answers, found, strict=True), start=1)
    ]
    if out is None:
        sys.stdout.writelines(row.model_dump_json() + "\n" for row in rows)
    else:
        write_rows(out, rows)
    screen = make_console(stderr=True)
    for words in _remarks(scorer, answers, found):
        _note(screen, words)


def _remarks(
    scorer: Scorer, answers: Sequence[Answer], found: Sequence[Prediction]
) -> Iterable[str]:
    cut = sum(one.cut for one in found)
    if cut:
        yield (
            f"{cut} of {len(found)} answers with their questions have more than"
            f" {scorer.card.max_length} tokens: they were cut in the middle"
        )
    if scorer.card.inputs == "verdict":
        yield from _without_verdict(answers)
    languages = [answer.language for answer in answers]
    known = scorer.card.trained_on.get("language", {})
    strange = sorted({one for one in languages if one not in known})
    if strange:
        names = ", ".join(one or "unknown" for one in strange[:_NAMED])
        count = sum(one in strange for one in languages)
        yield (
            f"{count} answers are in languages that no grade of the scorer was in ({names}):"
            " nothing says how well it scores them"
        )


def _remark_on_verdicts(screen: Console, form: ScorerForm, rows: Sequence[Answer]) -> None:
    if form.inputs == "verdict":
        for words in _without_verdict(rows):
            _note(screen, words)


def _without_verdict(rows: Sequence[Answer]) -> Iterable[str]:
    """Say how many answers lack what a scorer is told."""
    count = sum(row.passed is None for row in rows)
    if count:
        yield (
            f"{count} of {len(rows)} answers have no verdict (outcome), which this scorer is told:"
            " of them it knows no more than another"
        )


def _read(source: Path, screen: Console) -> Grades:
    grades = read_grades(source)
    if grades.left_out:
        _note(screen, f"{len(grades.left_out)} rows are left out:")
        for line in grades.left_out[:_NAMED]:
            screen.print(f"  {line}", markup=False)
        if len(grades.left_out) > _NAMED:
            screen.print(f"  and {len(grades.left_out) - _NAMED} more")
    return grades


def _files_of(folder: Path) -> list[Path]:
    """The files of a scorer, without its validation, which may be written again."""
    return [path for path in folder.glob("*") if path.name != VALIDATION]


def _split_of(folder: Path) -> QuestionSplit:
    path = folder / FILE
    try:
        return QuestionSplit.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(
            f"{path} cannot be read ({str(error).splitlines()[0]}): nothing says which questions"
            " trained the scorer; train it again"
        ) from None


def _note(screen: Console, words: str) -> None:
    screen.print(f"[yellow]note[/] {escape(words)}")
