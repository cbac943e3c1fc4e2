"""`RunContext`: runs a method's steps with teacher, judge and student engine, and caches them."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sodakd.evaluate.groups import pass_at_1
from sodakd.inference.canary import FILE as CANARY
from sodakd.inference.generation_cache import CachedGenerator
from sodakd.inference.protocols import TextGenerator
from sodakd.jsonl import read_log, write_rows
from sodakd.judge.program import ProgramJudge
from sodakd.methods.arms import budget_kind
from sodakd.methods.engines import StudentEngine
from sodakd.methods.exam import load_whole_benchmarks
from sodakd.methods.run_scorer import check_scorer, score_answers, train_scorer
from sodakd.methods.teacher_weights import distillation_of
from sodakd.ray_judge import open_judge
from sodakd.recipe import Recipe
from sodakd.records import (
    Allowance,
    Comparison,
    EvalSample,
    Feedback,
    OwnAnswer,
    Refinement,
    SftExample,
    Snippet,
    StudentRow,
    TrainLogRow,
)
from sodakd.run import Row, Run, StepOutput
from sodakd.scoring.grades import Answer, GradedAnswer
from sodakd.scoring.rubric import Prediction
from sodakd.seeds.corpus import Document, draw_snippets, read_documents
from sodakd.settings.training import TrainingSettings
from sodakd.stages.asked_questions import asked_questions
from sodakd.stages.comparisons import comparisons
from sodakd.stages.context import StageBudget, StageContext
from sodakd.stages.evaluate_student import evaluate_student
from sodakd.stages.feedback import collect_feedback
from sodakd.stages.new_questions import new_questions
from sodakd.stages.own_answers import own_answers
from sodakd.stages.own_solutions import own_solutions
from sodakd.stages.pairs import build_pairs
from sodakd.stages.question_tests import questions_with_tests
from sodakd.stages.refinements import refinements
from sodakd.stages.scores import grade_again, grade_pairs
from sodakd.stages.solutions import build_solutions
from sodakd.teacher.cost import NANO
from sodakd.teacher.dispatcher import Teacher
from sodakd.teacher.ledger import Ledger, LedgerOptions
from sodakd.teacher.requests import Evolve, Inspire, Invent
from sodakd.teacher.teacher_endpoint import prices_of
from sodakd.training.schedule import Example, count_steps
from sodakd.types import PreferencePair, Question
from sodakd.weights import hash_file

if TYPE_CHECKING:
    from sodakd.training.distillation import Distillation

STUDENTS = "students.jsonl"


@dataclass(frozen=True)
class RunResources:
    """What all arms of a run share: the ledger (with the teacher), judge and student engine."""

    recipe: Recipe
    ledger: Ledger
    judge: ProgramJudge
    engine: StudentEngine


@contextmanager
def open_resources(
    recipe: Recipe, run: Run, teacher: Teacher, options: LedgerOptions
) -> Iterator[RunResources]:
    """Open ledger, judge and student engine; all are closed when the `with` block ends."""
    with ExitStack() as stack:
        path = run.folder / "ledger.sqlite"
        prices = prices_of(recipe.teacher)
        ledger = Ledger(path, teacher, prices, recipe.budget, options)
        stack.callback(ledger.close)
        judge = stack.enter_context(open_judge(recipe.judge))
        engine = StudentEngine(
            recipe.generation,
            recipe.training.threads or 1,
            run.folder,
            partial(run.remark, "generation"),
        )
        stack.callback(engine.close)
        yield RunResources(recipe, ledger, judge, engine)


class RunContext:
    """The `Context` of a run: each step is built once, and read from the run folder after that."""

    def __init__(
        self,
        resources: RunResources,
        run: Run,
        test_set: Sequence[Question],
        allowance: Allowance | None = None,
    ) -> None:
        self.recipe = resources.recipe
        self.allowance = allowance
        self.students: list[StudentRow] = []
        self._resources = resources
        self._run = run
        self._test_set = test_set

    def solutions(
        self, step: str, questions: Sequence[Question], *, verified: bool = False
    ) -> Sequence[SftExample]:
        return self._rows(
            step, SftExample, lambda stage: build_solutions(stage, questions, verified=verified)
        )

    def own_solutions(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[SftExample]:
        return self._rows(
            step,
            SftExample,
            lambda stage: own_solutions(stage, self._open(step, student), questions),
        )

    def to_learn(self, step: str, rows: Sequence[SftExample]) -> Sequence[SftExample]:
        return self._rows(step, SftExample, lambda _: StepOutput(rows))

    def tested(self, step: str, questions: Sequence[Question]) -> Sequence[Question]:
        untested = any(each.tests is None for each in questions)
        if not untested or self.recipe.questions.tests == "none":
            return questions
        return self._rows(step, Question, lambda stage: questions_with_tests(stage, questions))

    def pairs(
        self, step: str, questions: Sequence[Question], feedback: Sequence[Feedback] = ()
    ) -> Sequence[PreferencePair]:
        return self._rows(
            step, PreferencePair, lambda stage: build_pairs(stage, questions, feedback)
        )

    def train(
        self, step: str, start: Path, examples: Sequence[Example], settings: TrainingSettings
    ) -> Path:
        return self._run.cached_model(
            step, lambda folder: self._train(step, folder, start, examples, settings)
        )

    def own_answers(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[OwnAnswer]:
        def build(stage: StageContext) -> StepOutput[OwnAnswer]:
            from sodakd.inference.loading import open_tokenizer

            _, chat_format = open_tokenizer(student)
            return own_answers(stage, self._open(step, student), questions, chat_format)

        return self._rows(step, OwnAnswer, build)

    def distil(
        self, step: str, start: Path, answers: Sequence[OwnAnswer], settings: TrainingSettings
    ) -> Path:
        examples = [Example(each.prompt, each.text, None) for each in answers]

        def build(folder: Path) -> Mapping[str, int]:
            read = 0

            def on_read(done: int, tokens: int) -> None:
                nonlocal read
                read = tokens
                self._run.report_progress(step, done, len(answers), "the teacher reads")

            distillation = distillation_of(self.recipe, on_read)
            made = self._train(step, folder, start, examples, settings, distillation)
            return {**made, "prompt_tokens": read}

        return self._run.cached_model(step, build)

    def record_student(self, label: str, student: Path, steps: str = "") -> None:
        evaluation = f"{steps}evaluation"
        self._evaluate(evaluation, student, self._test_set)
        row = StudentRow(
            name="-".join(filter(None, (self._run.name, label))),
            arm=self._run.name,
            steps=steps,
            weights=student.relative_to(self._run.root).as_posix(),
            evaluation=self._run.qualified_step(evaluation),
        )
        self.students.append(row)
        path = self._run.root / STUDENTS
        before = read_log(path, StudentRow)
        rows = {other.name: other for other in before} | {row.name: row}
        write_rows(path, rows.values())

    def pass_rate(self, step: str, student: Path, questions: Sequence[Question]) -> float:
        return pass_at_1(questions, self._evaluate(step, student, questions))

    def feedback(
        self,
        step: str,
        student: Path,
        questions: Sequence[Question],
        known: Sequence[Feedback] = (),
        scorer: Path | None = None,
    ) -> Sequence[Feedback]:
        def score(answers: Sequence[Answer]) -> Sequence[Prediction]:
            assert scorer is not None
            self._resources.engine.close()  # the student has answered
            return score_answers(scorer, answers)

        def build(stage: StageContext) -> StepOutput[Feedback]:
            opened = self._open(step, student)
            by = None if scorer is None else score
            return collect_feedback(stage, opened, questions, known, by)

        return self._rows(step, Feedback, build)

    def pair_grades(self, step: str, pairs: Sequence[PreferencePair]) -> Sequence[GradedAnswer]:
        return self._rows(step, GradedAnswer, lambda stage: grade_pairs(stage, pairs))

    def second_grades(self, step: str, graded: Sequence[Feedback]) -> Sequence[GradedAnswer]:
        return self._rows(step, GradedAnswer, lambda stage: grade_again(stage, graded))

    def train_scorer(
        self,
        step: str,
        start: Path,
        grades: Sequence[GradedAnswer],
        again: Sequence[GradedAnswer] = (),
    ) -> Path | None:
        self._resources.engine.close()
        return train_scorer(self._run, self.recipe, step, start, grades, again, self._seed(step))

    def check_scorer(self, step: str, scorer: Path, grades: Sequence[GradedAnswer]) -> bool:
        self._resources.engine.close()
        return check_scorer(self._run, self.recipe, step, scorer, grades)

    def new_questions(
        self, step: str, feedback: Sequence[Feedback], pool: Sequence[Question]
    ) -> Sequence[Question]:
        return self._rows(
            step, Question, lambda stage: new_questions(stage, feedback, pool, self._kept_out())
        )

    def refinements(
        self, step: str, student: Path, questions: Sequence[Question], most: int
    ) -> Sequence[Refinement]:
        return self._rows(
            step,
            Refinement,
            lambda stage: refinements(stage, self._open(step, student), questions, most),
        )

    def comparisons(
        self, step: str, student: Path, solved: Sequence[tuple[Question, str]]
    ) -> Sequence[Comparison]:
        return self._rows(
            step, Comparison, lambda stage: comparisons(stage, self._open(step, student), solved)
        )

    def snippets(self, step: str, count: int, code: Sequence[str]) -> Sequence[Snippet]:
        def build(stage: StageContext) -> StepOutput[Snippet]:
            recipe, tell = self.recipe, partial(self._run.remark, step)
            source = recipe.oss_instruct.source

            def documents() -> Iterator[Document]:
                return read_documents(source, code, recipe.questions, tell)

            return StepOutput(draw_snippets(documents, count, stage.seed))

        return self._rows(step, Snippet, build)

    def asked_questions(
        self,
        step: str,
        requests: Sequence[Evolve | Inspire | Invent],
        pool: Sequence[Question],
        near_duplicate: float,
    ) -> Sequence[Question]:
        return self._rows(
            step,
            Question,
            lambda stage: asked_questions(stage, requests, pool, self._kept_out(), near_duplicate),
        )

    def report_status(self, step: str, words: str) -> None:
        self._run.remark(step, words)

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
            equal=budget_kind(self.recipe),
        )

    def _budget(self) -> StageBudget | None:
        """Return what is left of the arm's tokens or money; None where nothing counts but calls."""
        allowance = self.allowance
        if allowance is None or allowance.equal == "calls":
            return None
        spent = self.spent().model_copy(update={"equal": allowance.equal})
        return StageBudget(
            left=allowance.amount - spent.amount,
            typical=allowance.amount / max(1, allowance.calls),
            prices=prices_of(self.recipe.teacher) if allowance.equal == "money" else None,
        )

    def _kept_out(self) -> Sequence[Question]:
        """Return what no question of a training may overlap with: the exam."""
        return [*self._test_set, *load_whole_benchmarks(self.recipe.evaluation)]

    def _train(
        self,
        step: str,
        folder: Path,
        start: Path,
        examples: Sequence[Example],
        settings: TrainingSettings,
        distillation: "Distillation | None" = None,
    ) -> Mapping[str, int]:
        """Train into the step's folder, and return its tally."""
        from sodakd.inference.devices import free_memory
        from sodakd.training.train import train

        self._resources.engine.close()  # its memory, and a server's, is the training's now
        total = count_steps(len(examples), settings)

        def show(row: TrainLogRow) -> None:
            self._run.report_progress(step, row.step, total, "train", loss=row.loss)

        rows = train(
            start, examples, settings, self._seed(step), folder, show, self.recipe.student,
            remark=lambda words: self._run.remark(step, words), distillation=distillation,
        )  # fmt: skip
        free_memory()
        return {
            "examples": len(examples),
            "train_steps": rows[-1].step,
            "train_tokens": rows[-1].tokens,
        }

    def _evaluate(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[EvalSample]:
        rows = self._rows(
            step,
            EvalSample,
            lambda stage: evaluate_student(stage, self._open(step, student), questions),
        )
        share = pass_at_1(questions, rows)
        self._run.report_progress(step, len(rows), len(rows), "done", pass_at_1=share)
        return rows

    def _rows(
        self, step: str, row_type: type[Row], build: Callable[[StageContext], StepOutput[Row]]
    ) -> list[Row]:
        resources = self._resources
        stage = StageContext(
            resources.recipe, self._run, step, self._seed(step), resources.ledger, resources.judge,
            self._budget(),
        )  # fmt: skip
        return self._run.cached_rows(step, row_type, lambda: build(stage))

    def _open(self, step: str, student: Path) -> TextGenerator:
        """Return the student as a generator that caches; its model is loaded on the first miss."""

        def open_model() -> TextGenerator:
            self._run.report_progress(step, 0, 0, "open the student")
            opened = self._resources.engine.open(student)
            self._run.report_progress(step, 0, 0, opened.checked)
            return opened.model

        canary = student / CANARY
        weights = hash_file(canary) if canary.exists() else ""
        return CachedGenerator(open_model, self._run.generation_cache(step), weights)

    def _seed(self, step: str) -> int:
        return random.Random(f"{self.recipe.seed} {step}").randrange(2**31)


def sum_counts(run: Run, prefix: str = "") -> Counter[str]:
    """Return the summed tallies of a run's finished steps whose names begin with `prefix`."""
    total: Counter[str] = Counter()
    for step in run.steps:
        if step.step.startswith(prefix):
            total.update(step.tally)
    return total
