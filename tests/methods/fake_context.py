"""A `Context` without a teacher, a judge or a model: what a method asks of it is written down."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from sodakd.methods.inputs import RunInputs
from sodakd.methods.parts import FULL_MARKS, placeholder_feedback
from sodakd.recipe import Recipe
from sodakd.records import (
    Allowance,
    Comparison,
    Feedback,
    Grader,
    OwnAnswer,
    Refinement,
    SftExample,
    Snippet,
)
from sodakd.scoring.grades import GradedAnswer, graded_answer
from sodakd.settings.training import TrainingSettings
from sodakd.teacher.requests import Evolve, Inspire, Invent
from sodakd.training.schedule import Example
from sodakd.types import FaultKind, Language, PreferencePair, Question


def question(name: str) -> Question:
    """A question of this text, without tests."""
    return Question.new(
        text=name, language=Language.PYTHON, tests=None, source="hand", level=None, parent=None
    )


def inputs(seeds: int) -> RunInputs:
    """So many seeds, and a base student that is only a name."""
    asked = [question(f"seed {number}") for number in range(seeds)]
    return RunInputs(
        test_set=[question("test")],
        dev=[question("dev")],
        seeds=asked,
        base_data=[Example("read before", "text", None)],
        base=Path("base"),
        extend_seeds=lambda count: [question(f"seed {number}") for number in range(count)],
    )


class FakeContext:
    """Every question is solved, but in the steps named in `empty`; `rates` are those on dev.

    Scorers are refused in the steps named in `refused`.

    So many of the seeds as `tested` says get tests, all where it is None. Of requests for questions
    those at the places `failing` bring none. A corpus has as many snippets as are asked for, or
    `tested` ones. A student that tries first solves the first half of the questions. An answer that
    the teacher's weights read has ten tokens.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        allowance: Allowance | None = None,
        rates: Sequence[float] = (),
        empty: Sequence[str] = (),
        refused: Sequence[str] = (),
        tested: int | None = None,
        failing: Collection[int] = (),
        counts: Mapping[str, int] = MappingProxyType({"solution_dropped": 7}),
    ) -> None:
        self.recipe = recipe
        self.allowance = allowance
        self.studied: dict[str, list[str]] = {}
        self.probed: dict[str, list[str]] = {}
        self.examples: dict[str, list[Example]] = {}
        self.settings: dict[str, TrainingSettings] = {}
        self.students: dict[str, Path] = {}
        self.rated: list[tuple[Path, list[str]]] = []
        self.pools: list[int] = []
        self.invented: list[str] = []
        self.said: list[str] = []
        self.calls = 0
        self.requests: dict[str, list[Evolve | Inspire | Invent]] = {}
        self.asked: dict[str, int] = {}
        self.asked_tests: list[str] = []
        self.asked_students: dict[str, Path] = {}
        self.read: dict[str, int] = {}
        self.known: dict[str, list[str]] = {}
        self._rates = list(rates)
        self._empty = empty
        self._refused = refused
        self.scorers: dict[str, Path | None] = {}
        self.pairs_graded: dict[str, list[str]] = {}
        self.graded_twice: dict[str, list[str]] = {}
        self.again: dict[str, list[str]] = {}
        self.learnt: dict[str, list[str]] = {}
        self.checked: dict[str, list[str]] = {}
        self._tested = tested
        self._failing = failing
        self._counts = counts

    def solutions(
        self, step: str, questions: Sequence[Question], *, verified: bool = False
    ) -> Sequence[SftExample]:
        self.studied[step] = [each.text for each in questions]
        self.asked[step] = len(questions)
        return [
            SftExample(question_id=each.id, prompt=each.text, code="answer")
            for each in questions
            if step not in self._empty
        ]

    def own_solutions(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[SftExample]:
        self.studied[step] = [each.text for each in questions]
        return [
            SftExample(question_id=each.id, prompt=each.text, code="own")
            for each in questions
            if step not in self._empty
        ]

    def to_learn(self, step: str, rows: Sequence[SftExample]) -> Sequence[SftExample]:
        return rows

    def tested(self, step: str, questions: Sequence[Question]) -> Sequence[Question]:
        self.asked_tests.append(step)
        return questions[: self._tested]

    def pairs(
        self, step: str, questions: Sequence[Question], feedback: Sequence[Feedback] = ()
    ) -> Sequence[PreferencePair]:
        self.known[step] = [each.question.text for each in feedback]
        self.studied[step] = [each.text for each in questions]
        return [
            PreferencePair(
                question=each, chosen="right", rejected="wrong", fault=FaultKind.CONSTANT
            )
            for each in questions
            if step not in self._empty
        ]

    def train(
        self, step: str, start: Path, examples: Sequence[Example], settings: TrainingSettings
    ) -> Path:
        self.examples[step], self.settings[step] = list(examples), settings
        return start / step

    def own_answers(
        self, step: str, student: Path, questions: Sequence[Question]
    ) -> Sequence[OwnAnswer]:
        self.studied[step] = [each.text for each in questions]
        self.asked_students[step] = student
        return [
            OwnAnswer(question_id=each.id, prompt=each.text, text="own", tokens=10)
            for each in questions
            if step not in self._empty
        ]

    def distil(
        self, step: str, start: Path, answers: Sequence[OwnAnswer], settings: TrainingSettings
    ) -> Path:
        self.read[step] = len(answers)
        self.settings[step] = settings
        return Path(step)

    def record_student(self, label: str, student: Path, steps: str = "") -> None:
        self.students[label] = student

    def pass_rate(self, step: str, student: Path, questions: Sequence[Question]) -> float:
        self.rated.append((student, [each.text for each in questions]))
        return self._rates.pop(0)

    def feedback(
        self,
        step: str,
        student: Path,
        questions: Sequence[Question],
        known: Sequence[Feedback] = (),
        scorer: Path | None = None,
    ) -> Sequence[Feedback]:
        there = {row.question.id: row for row in known}
        new = [each for each in questions if each.id not in there]
        self.probed[step] = [each.text for each in new]
        self.scorers[step] = scorer
        grader = Grader.TEACHER if scorer is None else Grader.SCORER
        there |= {each.id: placeholder_feedback(each, FULL_MARKS, grader) for each in new}
        return [there[each.id] for each in questions]

    def pair_grades(self, step: str, pairs: Sequence[PreferencePair]) -> Sequence[GradedAnswer]:
        self.pairs_graded[step] = [pair.question.text for pair in pairs]
        return ()

    def second_grades(self, step: str, graded: Sequence[Feedback]) -> Sequence[GradedAnswer]:
        self.graded_twice[step] = [row.question.text for row in graded]
        return [found for row in graded for found in [graded_answer(row)] * 2 if found is not None]

    def train_scorer(
        self,
        step: str,
        start: Path,
        grades: Sequence[GradedAnswer],
        again: Sequence[GradedAnswer] = (),
    ) -> Path | None:
        self.again[step] = [row.question for row in again]
        self.learnt[step] = [row.question for row in grades]
        return None if step in self._refused else start / step

    def check_scorer(self, step: str, scorer: Path, grades: Sequence[GradedAnswer]) -> bool:
        self.checked[step] = [row.question for row in grades]
        return step not in self._refused

    def new_questions(
        self, step: str, feedback: Sequence[Feedback], pool: Sequence[Question]
    ) -> Sequence[Question]:
        self.invented.append(step)
        self.pools.append(len(pool))
        return [question(f"{step} {number}") for number in range(self.recipe.update.new_questions)]

    def refinements(
        self, step: str, student: Path, questions: Sequence[Question], most: int
    ) -> Sequence[Refinement]:
        self.studied[step] = [each.text for each in questions]
        failed = questions[len(questions) // 2 :][:most]
        self.asked[step] = len(failed)
        return [
            Refinement(question=each, attempt="attempt", error="error", code="refined")
            for each in failed
            if step not in self._empty
        ]

    def comparisons(
        self, step: str, student: Path, solved: Sequence[tuple[Question, str]]
    ) -> Sequence[Comparison]:
        self.probed[step] = [question.text for question, _ in solved]
        self.asked[step] = 2 * len(solved)
        return [
            Comparison(question=question, teacher=9, student=9 - at % 2)
            for at, (question, _) in enumerate(solved)
        ]

    def snippets(self, step: str, count: int, code: Sequence[str]) -> Sequence[Snippet]:
        found = count if self._tested is None else self._tested
        return [Snippet(text=f"{code[0]} {at}", language=Language.PYTHON) for at in range(found)]

    def asked_questions(
        self,
        step: str,
        requests: Sequence[Evolve | Inspire | Invent],
        pool: Sequence[Question],
        near_duplicate: float,
    ) -> Sequence[Question]:
        self.requests[step] = list(requests)
        self.asked[step] = len(requests)
        self.pools.append(len(pool))
        made = []
        for number, request in enumerate(requests):
            if number in self._failing:
                continue
            parent = request.question.id if isinstance(request, Evolve) else None
            new = question(f"{step} {number}")
            made.append(new.model_copy(update={"parent": parent, "reference": "solution"}))
        return made

    def report_status(self, step: str, words: str) -> None:
        self.said.append(words)

    def counts(self, step: str) -> Mapping[str, int]:
        read = {"prompt_tokens": 10 * self.read[step]} if step in self.read else {}
        return {**self._counts, "teacher_calls": self.asked.get(step, 0), **read}

    def spent(self) -> Allowance:
        return Allowance(calls=self.calls, tokens=0, money=0.0, steps=0)
