"""The scorer of a run: its training and its checks as cached steps, and whether it is believed."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sodakd.errors import DataError, ScorerRefused
from sodakd.inference.folder import is_large
from sodakd.inference.hub import find_model
from sodakd.jsonl import atomic_write
from sodakd.recipe import Recipe
from sodakd.run import Run, StepOutput, cpu_count
from sodakd.scoring.figures import ScorerCheck, refusal
from sodakd.scoring.grades import Answer, GradedAnswer, check_grades
from sodakd.scoring.rubric import Prediction
from sodakd.scoring.split import Part, split_questions
from sodakd.settings.scoring import ScorerSettings

VALIDATION = "validation.json"
_RESAMPLES = 200
"""Of a bootstrap: intervals are told in a run, and decide nothing."""


def train_scorer(
    run: Run,
    recipe: Recipe,
    step: str,
    start: Path,
    grades: Sequence[GradedAnswer],
    again: Sequence[GradedAnswer],
    seed: int,
) -> Path | None:
    """Return the folder of a scorer that was trained on grades; None where it is refused.

    It is validated on held-back questions: all figures are in its `validation.json`, those that
    decide are the row of the step `STEP-check`. Grades that no scorer can learn from are a refusal.
    `again`: answers with two grades each.

    Raises:
        ScorerRefused: it is refused, and the recipe says to stop.
    """
    grades = _each_once(grades)
    error = _nothing_to_learn(grades, recipe.scorer.training, seed)

    def build(folder: Path) -> Mapping[str, int]:
        return _train(run, recipe, step, start, grades, again, seed, folder)

    scorer = None if error else run.cached_model(step, build)

    def check() -> StepOutput[ScorerCheck]:
        from sodakd.scoring.validation import Validation

        if scorer is None:
            return StepOutput([ScorerCheck(scorer=step, answers=len(grades), error=error)])
        found = Validation.model_validate_json((scorer / VALIDATION).read_bytes())
        return StepOutput([found.check(step)])

    return scorer if _is_believed(run, recipe, f"{step}-check", check) else None


def check_scorer(
    run: Run, recipe: Recipe, step: str, scorer: Path, grades: Sequence[GradedAnswer]
) -> bool:
    """Return whether a scorer still agrees with the teacher, by grades that are new to it.

    Raises:
        ScorerRefused: it does not, and the recipe says to stop.
    """
    name = scorer.relative_to(run.folder).as_posix()

    def check() -> StepOutput[ScorerCheck]:
        from sodakd.scoring.model import read_card
        from sodakd.scoring.validation import validate

        if not grades:
            error = "none of the teacher's grades could be read"
            return StepOutput([ScorerCheck(scorer=name, error=error)])
        card = read_card(scorer)
        predictions = score_answers(scorer, grades)
        found = validate(
            grades, predictions, base=card.base, trained_on=card.trained_on, count=_RESAMPLES
        )
        return StepOutput([found.check(name)])

    return _is_believed(run, recipe, step, check)


def score_answers(scorer: Path, answers: Sequence[Answer]) -> Sequence[Prediction]:
    """Return the points of a scorer's folder for each answer, the same in every process."""
    from sodakd.inference.devices import cpu_threads, free_memory
    from sodakd.scoring.model import load_scorer

    with cpu_threads(cpu_count() if is_large(scorer) else 1):
        found = load_scorer(scorer).score(answers)
    free_memory()
    return found


def _is_believed(
    run: Run, recipe: Recipe, step: str, check: Callable[[], StepOutput[ScorerCheck]]
) -> bool:
    settings = recipe.scorer
    (found,) = run.cached_rows(step, ScorerCheck, check)
    low = refusal(found, settings.min_spearman, settings.min_auc if found.judged else None)
    if not low:
        return True
    if settings.refused == "stop":
        raise ScorerRefused(
            f"{low}. Lower scorer.min_spearman or scorer.min_auc, let the teacher grade"
            " (scorer.refused=teacher), and run the same command again; or in another folder"
            " (--out DIR) take a larger scorer.base, or more feedback.probes"
        )
    run.remark(step, f"{low}; the teacher grades")
    return False


def _each_once(grades: Sequence[GradedAnswer]) -> list[GradedAnswer]:
    """The grades without those of answers that came twice, such as a student's that is word by word
    the teacher's: the ledger gives the same reply again, which is no second opinion."""
    first: dict[tuple[str, str], GradedAnswer] = {}
    for grade in grades:
        first.setdefault((grade.question, grade.answer), grade)
    return list(first.values())


def _nothing_to_learn(grades: Sequence[GradedAnswer], training: ScorerSettings, seed: int) -> str:
    """Why no scorer can be trained on these grades; "" where one can."""
    try:
        check_grades(grades, training.min_rows, training.min_questions)
        split_questions(grades, held_back=training.held_back, stopping=training.stopping, seed=seed)
    except DataError as error:
        return str(error)
    return ""


def _train(
    run: Run,
    recipe: Recipe,
    step: str,
    start: Path,
    grades: Sequence[GradedAnswer],
    again: Sequence[GradedAnswer],
    seed: int,
    folder: Path,
) -> Mapping[str, int]:
    from sodakd.inference.devices import free_memory
    from sodakd.scoring.train import ScorerLogRow, ScorerProgress, train_scorer
    from sodakd.scoring.validation import validate

    settings, named = recipe.scorer.training, recipe.scorer.base
    shutil.rmtree(folder)  # a training that was stopped begins anew

    def epoch(row: ScorerLogRow) -> None:
        run.report_progress(step, row.epoch, settings.epochs, "train", loss=row.stopping_loss)

    done = train_scorer(
        start if named is None else find_model(named),
        grades,
        folder,
        settings,
        recipe.scorer.form,
        name=named or start.relative_to(run.root).as_posix(),
        seed=seed,
        progress=ScorerProgress(epoch=epoch, remark=lambda words: run.remark(step, words)),
    )
    free_memory()
    held_back = done.split.of(grades, Part.HELD_BACK)
    found = validate(
        held_back,
        score_answers(folder, held_back),
        base=done.card.base,
        trained_on=done.card.trained_on,
        again=again,
        seen=len(grades) - len(held_back),
        count=_RESAMPLES,
    )
    atomic_write(folder / VALIDATION, (found.model_dump_json(indent=2) + "\n").encode())
    return {"answers": done.card.answers, "held_back": len(held_back), "epoch": done.card.epoch}
