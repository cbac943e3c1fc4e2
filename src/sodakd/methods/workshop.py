"""What every method works with: the parts of the house, opened for one run."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sodakd.deliver.pairs import Delivery, Solved, build_pairs, build_solutions
from sodakd.evaluate.run_benchmark import run_benchmark
from sodakd.feedback.assess import Assessment, assess
from sodakd.judge.judge import Judge
from sodakd.methods.students import Students
from sodakd.methods.teachers import open_teacher
from sodakd.models.chat import Generator
from sodakd.recipe import Recipe
from sodakd.records import Attempt, Feedback, TrainRow
from sodakd.run import Run
from sodakd.settings.training import TrainingSettings
from sodakd.teacher.endpoint import prices_of
from sodakd.teacher.ledger import Ledger, LedgerOptions
from sodakd.training.batches import Example, count_steps
from sodakd.types import Pair, Question
from sodakd.update.invent import Update, new_questions

USUAL = LedgerOptions()


def open_ledger(
    recipe: Recipe, path: Path, options: LedgerOptions = USUAL, asked: int = 0
) -> Ledger:
    """The recipe's teacher behind its books. Finished steps made so many calls: `asked`."""
    teacher = open_teacher(recipe.teacher, path.parent)
    return Ledger(path, teacher, prices_of(recipe.teacher), recipe.budget, options, asked)


@dataclass(frozen=True)
class Workshop:
    """A run with its teacher and judge. Each method is one step: done once, then read back."""

    recipe: Recipe
    run: Run
    ledger: Ledger
    judge: Judge
    exam: Sequence[Question]
    students: Students

    @classmethod
    @contextmanager
    def open(
        cls,
        recipe: Recipe,
        run: Run,
        ledger: Path,
        exam: Sequence[Question],
        options: LedgerOptions = USUAL,
    ) -> Iterator["Workshop"]:
        """Open the teacher and the judge; they, and the student, are closed with the context."""
        with ExitStack() as stack:
            asked = total_tally(run)["teacher_calls"]
            books = open_ledger(recipe, ledger, options, asked)
            stack.callback(books.close)
            judge = stack.enter_context(Judge(recipe.judge))
            students = Students(recipe.generation, recipe.training.threads, run.folder)
            stack.callback(students.close)
            yield cls(recipe, run, books, judge, exam, students)

    def solutions(self, step: str, questions: Sequence[Question]) -> list[Solved]:
        """Static distillation's data."""
        delivery = self._delivery(step)
        return self.run.rows(step, Solved, lambda: build_solutions(delivery, questions))

    def pairs(self, step: str, questions: Sequence[Question]) -> list[Pair]:
        """Stage 1."""
        delivery, seed = self._delivery(step), self._seed(step)
        return self.run.rows(step, Pair, lambda: build_pairs(delivery, questions, seed))

    def train(
        self,
        step: str,
        start: Path,
        examples: Sequence[Example],
        settings: TrainingSettings,
    ) -> Path:
        """Train a copy of the student in `start` on examples."""

        def build(folder: Path) -> Mapping[str, int]:
            from sodakd.training.fit import fit
            from sodakd.training.opening import free_accelerator

            self.students.close()  # its memory, and a server's, is the training's now
            total = count_steps(len(examples), settings)

            def show(row: TrainRow) -> None:
                self.run.say(step, row.step, total, "train", loss=row.loss)

            rows = fit(
                start, examples, settings, self._seed(step), folder, show, self.recipe.student
            )
            free_accelerator()
            return {
                "examples": len(examples),
                "train_steps": rows[-1].step,
                "train_tokens": rows[-1].tokens,
            }

        return self.run.weights(step, build)

    def evaluate(self, step: str, student: Path, questions: Sequence[Question]) -> list[Attempt]:
        """pass@1 on questions that no training saw."""
        most = self.recipe.evaluation.max_new_tokens
        rows = self.run.rows(
            step,
            Attempt,
            lambda: run_benchmark(
                self.run, step, questions, self._open(step, student), self.judge, most
            ),
        )
        self.run.say(step, len(rows), len(rows), "done", pass_at_1=share_passed(rows))
        return rows

    def pass_rate(self, step: str, student: Path, questions: Sequence[Question]) -> float:
        """The share of questions passed."""
        return share_passed(self.evaluate(step, student, questions))

    def feedback(self, step: str, questions: Sequence[Question], student: Path) -> list[Feedback]:
        """Stage 2."""
        work = Assessment(self.run, step, self.ledger, self.judge, self.recipe.feedback)
        return self.run.rows(
            step,
            Feedback,
            lambda: assess(work, questions, self._open(step, student), self._seed(step)),
        )

    def new_questions(
        self, step: str, feedback: Sequence[Feedback], pool: Sequence[Question]
    ) -> list[Question]:
        """Stage 3."""
        work = Update(self.run, step, self.ledger, self.recipe.update)
        return self.run.rows(
            step,
            Question,
            lambda: new_questions(work, feedback, pool, self.exam, self._seed(step)),
        )

    def _delivery(self, step: str) -> Delivery:
        return Delivery(self.run, step, self.ledger, self.judge, self.recipe.delivery)

    def _open(self, step: str, student: Path) -> Generator:
        self.run.say(step, 0, 0, "open the student")
        engine = self.students.open(student)
        self.run.say(step, 0, 0, engine.checked)
        return engine.model

    def _seed(self, step: str) -> int:
        return random.Random(f"{self.recipe.seed} {step}").randrange(2**31)


def share_passed(attempts: Sequence[Attempt]) -> float:
    """pass@1 of attempts, 0 to 1."""
    return sum(attempt.verdict.passed for attempt in attempts) / len(attempts)


def total_tally(run: Run, prefix: str = "") -> Counter[str]:
    """The sum of the tallies of a run's finished steps."""
    total: Counter[str] = Counter()
    for step in run.steps:
        if step.step.startswith(prefix):
            total.update(step.tally)
    return total
