"""What a method sees of a run: its steps, each done once and then read back."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sodakd.recipe import Recipe
from sodakd.records import Allowance, Feedback, SftExample
from sodakd.settings.training import TrainingSettings
from sodakd.training.schedule import Example
from sodakd.types import PreferencePair, Question


class Context(Protocol):
    """All that a method sees of a run. A step has a name, which is unique in its arm.

    `allowance` is what the first arm spent; None in the first arm.
    """

    @property
    def recipe(self) -> Recipe: ...

    @property
    def allowance(self) -> Allowance | None: ...

    def solutions(self, step: str, questions: Sequence[Question]) -> Sequence[SftExample]:
        """Return the teacher's answer to each question, as it is; what it could not is left out."""
        ...

    def pairs(self, step: str, questions: Sequence[Question]) -> Sequence[PreferencePair]:
        """Return verified pairs of a correct and a faulty solution (SODA, stage 1)."""
        ...

    def train(
        self, step: str, start: Path, examples: Sequence[Example], settings: TrainingSettings
    ) -> Path:
        """Return the folder of a student: the one in `start`, trained on examples."""
        ...

    def publish(self, label: str, student: Path, steps: str = "") -> None:
        """Evaluate a student on the test set, and enter it in the run's table as `ARM-LABEL`.

        Its own steps are those that begin with `steps`; an arm's only student needs no label.
        """
        ...

    def pass_rate(self, step: str, student: Path, questions: Sequence[Question]) -> float:
        """Return a student's pass@1 on questions, 0 to 1."""
        ...

    def feedback(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[Feedback]:
        """Return how a student does on questions, seen from two views (SODA, stage 2)."""
        ...

    def new_questions(
        self, step: str, feedback: Sequence[Feedback], pool: Sequence[Question]
    ) -> Sequence[Question]:
        """Return questions that the teacher invented where feedback asks for them (stage 3)."""
        ...

    def say(self, step: str, words: str) -> None:
        """Tell whoever watches the run."""
        ...

    def counts(self, step: str) -> Mapping[str, int]:
        """Return what was counted in a finished step, by name."""
        ...
