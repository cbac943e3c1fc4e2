"""The `Context` of a real run: teacher, judge and engine, and steps that are done once."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sodakd.inference.canary import FILE as CANARY
from sodakd.inference.kept_answers import KeptAnswers
from sodakd.inference.protocols import TextGenerator
from sodakd.jsonl import read_log, write_rows
from sodakd.judge.program import ProgramJudge
from sodakd.methods.engines import StudentEngine
from sodakd.ray_judge import open_judge
from sodakd.recipe import Recipe
from sodakd.records import Allowance, EvalSample, Feedback, SftExample, StudentRow, TrainLogRow
from sodakd.run import Row, Run, StepOutput
from sodakd.settings.training import TrainingSettings
from sodakd.stages.context import StageContext
from sodakd.stages.evaluate_student import evaluate_student
from sodakd.stages.feedback import collect_feedback
from sodakd.stages.new_questions import new_questions
from sodakd.stages.pairs import build_pairs, build_solutions
from sodakd.teacher.cost import NANO
from sodakd.teacher.dispatcher import Teacher
from sodakd.teacher.ledger import Ledger, LedgerOptions
from sodakd.teacher.teacher_endpoint import prices_of
from sodakd.training.schedule import Example, count_steps
from sodakd.types import PreferencePair, Question
from sodakd.weights import hash_file

STUDENTS = "students.jsonl"


@dataclass(frozen=True)
class Tools:
    """The tools that all arms of a run share: the teacher behind its ledger, judge and engine."""

    recipe: Recipe
    ledger: Ledger
    judge: ProgramJudge
    engine: StudentEngine


@contextmanager
def open_tools(
    recipe: Recipe, run: Run, teacher: Teacher, options: LedgerOptions
) -> Iterator[Tools]:
    """Open ledger, judge and engine; they, and an open student, are closed with the context."""
    with ExitStack() as stack:
        path = run.folder / "ledger.sqlite"
        prices = prices_of(recipe.teacher)
        ledger = Ledger(path, teacher, prices, recipe.budget, options)
        stack.callback(ledger.close)
        judge = stack.enter_context(open_judge(recipe.judge))
        engine = StudentEngine(recipe.generation, recipe.training.threads, run.folder)
        stack.callback(engine.close)
        yield Tools(recipe, ledger, judge, engine)


class RunContext:
    """The `Context` of a real run: each step is built once, and read back after that."""

    def __init__(
        self,
        tools: Tools,
        run: Run,
        test_set: Sequence[Question],
        allowance: Allowance | None = None,
    ) -> None:
        self.recipe = tools.recipe
        self.allowance = allowance
        self.published: list[StudentRow] = []
        self._tools = tools
        self._run = run
        self._test_set = test_set

    def solutions(self, step: str, questions: Sequence[Question]) -> Sequence[SftExample]:
        return self._rows(step, SftExample, lambda stage: build_solutions(stage, questions))

    def pairs(self, step: str, questions: Sequence[Question]) -> Sequence[PreferencePair]:
        return self._rows(step, PreferencePair, lambda stage: build_pairs(stage, questions))

    def train(
        self, step: str, start: Path, examples: Sequence[Example], settings: TrainingSettings
    ) -> Path:
        def build(folder: Path) -> Mapping[str, int]:
            from sodakd.inference.devices import free_memory
            from sodakd.training.train import train

            self._tools.engine.close()  # its memory, and a server's, is the training's now
            total = count_steps(len(examples), settings)

            def show(row: TrainLogRow) -> None:
                self._run.report_progress(step, row.step, total, "train", loss=row.loss)

            rows = train(
                start, examples, settings, self._seed(step), folder, show, self.recipe.student
            )
            free_memory()
            return {
                "examples": len(examples),
                "train_steps": rows[-1].step,
                "train_tokens": rows[-1].tokens,
            }

        return self._run.cached_model(step, build)

    def publish(self, label: str, student: Path, steps: str = "") -> None:
        evaluation = f"{steps}evaluation"
        self._evaluate(evaluation, student, self._test_set)
        row = StudentRow(
            name="-".join(filter(None, (self._run.name, label))),
            arm=self._run.name,
            steps=steps,
            weights=student.relative_to(self._run.root).as_posix(),
            evaluation=self._run.qualified_step(evaluation),
        )
        self.published.append(row)
        path = self._run.root / STUDENTS
        before = read_log(path, StudentRow)
        rows = {other.name: other for other in before} | {row.name: row}
        write_rows(path, rows.values())

    def pass_rate(self, step: str, student: Path, questions: Sequence[Question]) -> float:
        return pass_at_1(self._evaluate(step, student, questions))

    def feedback(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[Feedback]:
        return self._rows(
            step,
            Feedback,
            lambda stage: collect_feedback(stage, self._open(step, student), questions),
        )

    def new_questions(
        self, step: str, feedback: Sequence[Feedback], pool: Sequence[Question]
    ) -> Sequence[Question]:
        return self._rows(
            step, Question, lambda stage: new_questions(stage, feedback, pool, self._test_set)
        )

    def say(self, step: str, words: str) -> None:
        self._run.report_progress(step, 0, 0, words)

    def counts(self, step: str) -> Mapping[str, int]:
        done = self._run.done(step)
        return {} if done is None else done.tally

    def spent(self) -> Allowance:
        """Return what the arm has spent: what its steps needed, however often they were begun."""
        total = sum_counts(self._run)
        prompt, completion = total["prompt_tokens"], total["completion_tokens"]
        return Allowance(
            calls=total["teacher_calls"],
            tokens=prompt + completion,
            money=prices_of(self.recipe.teacher).cost_of(prompt, completion) / NANO,
            steps=total["train_steps"],
        )

    def _evaluate(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[EvalSample]:
        rows = self._rows(
            step,
            EvalSample,
            lambda stage: evaluate_student(stage, self._open(step, student), questions),
        )
        self._run.report_progress(step, len(rows), len(rows), "done", pass_at_1=pass_at_1(rows))
        return rows

    def _rows(
        self, step: str, row_type: type[Row], build: Callable[[StageContext], StepOutput[Row]]
    ) -> list[Row]:
        tools = self._tools
        stage = StageContext(
            tools.recipe, self._run, step, self._seed(step), tools.ledger, tools.judge
        )
        return self._run.cached_rows(step, row_type, lambda: build(stage))

    def _open(self, step: str, student: Path) -> TextGenerator:
        """The student, opened when it has something left to answer: its answers are kept."""

        def open_model() -> TextGenerator:
            self._run.report_progress(step, 0, 0, "open the student")
            opened = self._tools.engine.open(student)
            self._run.report_progress(step, 0, 0, opened.checked)
            return opened.model

        canary = student / CANARY
        weights = hash_file(canary) if canary.exists() else ""
        return KeptAnswers(open_model, self._run.kept_answers(step), weights)

    def _seed(self, step: str) -> int:
        return random.Random(f"{self.recipe.seed} {step}").randrange(2**31)


def pass_at_1(samples: Sequence[EvalSample]) -> float:
    """Return the share of samples that passed, 0 to 1."""
    return sum(sample.verdict.passed for sample in samples) / len(samples)


def sum_counts(run: Run, prefix: str = "") -> Counter[str]:
    """Return the sum of the counts of a run's finished steps whose names begin so."""
    total: Counter[str] = Counter()
    for step in run.steps:
        if step.step.startswith(prefix):
            total.update(step.tally)
    return total
