"""Cross-validation: scorers of several forms, each answer scored by one that has not seen it."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import RenderableType

from sodakd.scoring.figures import Estimate
from sodakd.scoring.grades import GradedAnswer, check_grades
from sodakd.scoring.model import load_scorer
from sodakd.scoring.network import KnownVectors
from sodakd.scoring.rubric import Prediction
from sodakd.scoring.split import Part, QuestionSplit, fold_questions
from sodakd.scoring.tables import BASELINES, consistency_words, make_table
from sodakd.scoring.train import ScorerProgress, train_scorer
from sodakd.scoring.validation import RESAMPLES, Validation, validate
from sodakd.settings.scoring import ScorerForm, ScorerSettings
from sodakd.types import FrozenModel


class FormValidation(FrozenModel):
    """The agreement of a form's scorers with the grades, over all folds."""

    form: ScorerForm
    validation: Validation


class CrossValidation(FrozenModel):
    """The figures of a cross-validation by questions, for each form of a scorer."""

    base: str
    folds: int
    seed: int
    settings: ScorerSettings
    forms: tuple[FormValidation, ...]


def cross_validate(
    base: Path,
    rows: Sequence[GradedAnswer],
    again: Sequence[GradedAnswer],
    folder: Path,
    forms: Sequence[ScorerForm],
    settings: ScorerSettings,
    *,
    name: str,
    folds: int,
    seed: int,
    device: str | None = None,
    count: int = RESAMPLES,
    told: Callable[[str], None] = lambda _: None,
) -> CrossValidation:
    """Return what scorers of each form agree with, trained once a fold on the model of `base`.

    The folds are the same for all forms. Scorers are written into a folder within `folder`, one at
    a time, and removed. `again` are second grades of the same answers.

    Raises:
        DataError: there are too few grades, or questions for so many folds.
        ModelError, TrainingError: as `train_scorer`.
    """
    check_grades(rows, settings.min_rows, settings.min_questions)
    splits = fold_questions(rows, folds, stopping=settings.stopping, seed=seed)
    trained_on = {
        by: Counter(str(getattr(row, by)) for row in rows) for by in ("language", "author")
    }
    found = []
    for form in forms:
        known: KnownVectors | None = {} if settings.finetuning_type == "frozen" else None
        predictions: dict[int, Prediction] = {}
        for number, split in enumerate(splits, start=1):
            told(f"{form}: fold {number} of {folds}")
            said = _fold(base, rows, folder, form, settings, split, known, name, device, told)
            predictions |= said
        validation = validate(
            rows,
            [predictions[at] for at in range(len(rows))],
            base=name,
            trained_on={
                by: {group: n * (folds - 1) // folds for group, n in counts.items()}
                for by, counts in trained_on.items()
            },
            again=again,
            count=count,
        )
        found.append(FormValidation(form=form, validation=validation))
    return CrossValidation(base=name, folds=folds, seed=seed, settings=settings, forms=tuple(found))


def _fold(
    base: Path,
    rows: Sequence[GradedAnswer],
    folder: Path,
    form: ScorerForm,
    settings: ScorerSettings,
    split: QuestionSplit,
    known: KnownVectors | None,
    name: str,
    device: str | None,
    told: Callable[[str], None],
) -> Mapping[int, Prediction]:
    """The points of the held-back answers, by their places among all."""
    held_back = {id(row) for row in split.of(rows, Part.HELD_BACK)}
    places = [at for at, row in enumerate(rows) if id(row) in held_back]
    with TemporaryDirectory(dir=folder) as work:
        scorer = Path(work) / "scorer"
        made = train_scorer(
            base, rows, scorer, settings, form, split=split, known=known, name=name,
            seed=split.seed, device=device, progress=ScorerProgress(remark=told),
        )  # fmt: skip
        told(f"{made.card.answers} answers trained it, epoch {made.card.epoch} is kept")
        loaded = load_scorer(scorer, device)
        loaded.network.known = known
        said = loaded.score([rows[at] for at in places])
        shutil.rmtree(scorer)
    return dict(zip(places, said, strict=True))


def cross_validation_tables(found: CrossValidation) -> Iterator[RenderableType]:
    """Yield a table with a line for each form of a scorer and each baseline, and the ceiling."""
    one = found.forms[0].validation
    yield (
        f"{one.answers} answers to {one.questions} questions in {found.folds} folds, by question;"
        f" base {found.base}"
    )
    lines = make_table("scorer", "Spearman (95 %)", "Kendall", "kappa", "error", "AUC of passing")
    for each in found.forms:
        total, passing = each.validation.total, each.validation.auc
        figures = (total.spearman, total.kendall, total.kappa, total.mae, passing)
        lines.add_row(str(each.form), *map(str, figures))
    none = Estimate()
    for baseline in one.baselines:
        figures = (baseline.spearman, none, none, none, baseline.auc)
        lines.add_row(f"{BASELINES[baseline.name]} alone", *map(str, figures))
    yield lines
    yield consistency_words(one.consistency)
