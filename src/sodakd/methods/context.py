"""The interface of methods to a run: its steps, each cached once it is done (`RunContext`)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sodakd.recipe import Recipe
from sodakd.records import (
    Allowance,
    Comparison,
    Feedback,
    OwnAnswer,
    Refinement,
    SftExample,
    Snippet,
)
from sodakd.scoring.grades import GradedAnswer
from sodakd.settings.training import TrainingSettings
from sodakd.teacher.requests import Evolve, Inspire, Invent
from sodakd.training.schedule import Example
from sodakd.types import PreferencePair, Question


class Context(Protocol):
    """The steps of a method; `RunContext` runs them, `DryContext` only counts them.

    A step has a name, which is unique in its arm.

    `allowance` is what the first arm spent; None in the first arm. Where that is tokens or money,
    `solutions`, `refinements` and `asked_questions` make as many calls as the rest of it pays for.
    """

    @property
    def recipe(self) -> Recipe: ...

    @property
    def allowance(self) -> Allowance | None: ...

    def solutions(
        self, step: str, questions: Sequence[Question], *, verified: bool = False
    ) -> Sequence[SftExample]:
        """Return SFT examples: the teacher's solutions, one call each, as far as the budget lasts.

        Replies without a program are left out, and where `verified` wrong solutions.
        """
        ...

    def own_solutions(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[SftExample]:
        """Return a student's own different answers that pass; the teacher is not asked."""
        ...

    def to_learn(self, step: str, rows: Sequence[SftExample]) -> Sequence[SftExample]:
        """Write down what a student is to learn, and return it: what is handed out with it."""
        ...

    def tested(self, step: str, questions: Sequence[Question]) -> Sequence[Question]:
        """Return the questions that have tests, and those of the others that are given them."""
        ...

    def pairs(
        self, step: str, questions: Sequence[Question], feedback: Sequence[Feedback] = ()
    ) -> Sequence[PreferencePair]:
        """Return preference pairs: a verified correct and a faulty solution (SODA, stage 1).

        `feedback` holds answers of the student, of which some may be faulty solutions.
        """
        ...

    def train(
        self, step: str, start: Path, examples: Sequence[Example], settings: TrainingSettings
    ) -> Path:
        """Train the student in `start` on examples and return the folder of the new one."""
        ...

    def own_answers(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[OwnAnswer]:
        """Return a student's answers as it writes them, one for each question, right or wrong."""
        ...

    def distil(
        self, step: str, start: Path, answers: Sequence[OwnAnswer], settings: TrainingSettings
    ) -> Path:
        """Train the student in `start` on its own answers, by the teacher's token probabilities.

        What the teacher reads counts as prompt tokens of the step; no call is made. For methods
        that read its weights alone.
        """
        ...

    def record_student(self, label: str, student: Path, steps: str = "") -> None:
        """Evaluate a student on the test set, and record it in `students.jsonl` as `ARM-LABEL`.

        Its own steps are those that begin with `steps`; an arm's only student needs no label.
        """
        ...

    def pass_rate(self, step: str, student: Path, questions: Sequence[Question]) -> float:
        """Return a student's pass@1 on questions, 0 to 1."""
        ...

    def feedback(
        self,
        step: str,
        student: Path,
        questions: Sequence[Question],
        known: Sequence[Feedback] = (),
        scorer: Path | None = None,
    ) -> Sequence[Feedback]:
        """Return feedback on a student's answers: verdicts and rubric scores (SODA, stage 2).

        Of the questions in `known` it is there already. The teacher grades, or the `scorer`.
        """
        ...

    def pair_grades(self, step: str, pairs: Sequence[PreferencePair]) -> Sequence[GradedAnswer]:
        """Return the teacher's grades of the pairs' correct and faulty solutions."""
        ...

    def second_grades(self, step: str, graded: Sequence[Feedback]) -> Sequence[GradedAnswer]:
        """Return answers that the teacher graded, each with that grade and a second one."""
        ...

    def train_scorer(
        self,
        step: str,
        start: Path,
        grades: Sequence[GradedAnswer],
        again: Sequence[GradedAnswer] = (),
    ) -> Path | None:
        """Return a scorer that learnt the teacher's grades; None where it is refused.

        `again` are answers with two grades, which say how far the teacher agrees with itself.
        """
        ...

    def check_scorer(self, step: str, scorer: Path, grades: Sequence[GradedAnswer]) -> bool:
        """Return whether a scorer agrees with the teacher's newest grades as well."""
        ...

    def new_questions(
        self, step: str, feedback: Sequence[Feedback], pool: Sequence[Question]
    ) -> Sequence[Question]:
        """Return accepted new questions that the teacher generated by feedback (SODA, stage 3)."""
        ...

    def refinements(
        self, step: str, student: Path, questions: Sequence[Question], most: int
    ) -> Sequence[Refinement]:
        """Return the teacher's refinements that pass, of at most `most` failed student answers."""
        ...

    def comparisons(
        self, step: str, student: Path, solved: Sequence[tuple[Question, str]]
    ) -> Sequence[Comparison]:
        """Return the teacher's points for its own solutions and a student's answers (Lion)."""
        ...

    def snippets(self, step: str, count: int, code: Sequence[str]) -> Sequence[Snippet]:
        """Return snippets of `oss_instruct.source`, or of `code` where there is none.

        Raises:
            DataError: there is neither, or the source cannot be read.
        """
        ...

    def asked_questions(
        self,
        step: str,
        requests: Sequence[Evolve | Inspire | Invent],
        pool: Sequence[Question],
        near_duplicate: float,
    ) -> Sequence[Question]:
        """Return accepted questions that the teacher wrote as asked, each request for one.

        None is in the pool, is nearer to one of it than `near_duplicate` (ROUGE-L), or overlaps
        with the exam; one that comes with a solution is verified.
        """
        ...

    def report_status(self, step: str, words: str) -> None:
        """Show a message about a step that stays on the screen and in the log."""
        ...

    def counts(self, step: str) -> Mapping[str, int]:
        """Return the tally of a finished step: counts by name."""
        ...
