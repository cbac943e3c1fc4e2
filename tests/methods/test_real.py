"""SODA on questions without tests as people ask them: those of `tests/data`, and CodeAlpaca's."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from sodakd.inference.completions import Completion
from sodakd.judge.judge import Judge
from sodakd.methods.engines import StudentEngine
from sodakd.methods.prepare import prepare_questions, with_base_student
from sodakd.methods.run_context import RunContext, RunResources
from sodakd.methods.soda import soda
from sodakd.recipe import Recipe
from sodakd.records import Feedback
from sodakd.run import Run
from sodakd.seeds.read import read_rows_of
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import DeliverySettings, FeedbackSettings, UpdateSettings
from sodakd.settings.student import FromScratchSettings, StudentShape
from sodakd.settings.teacher import Budget
from sodakd.settings.training import TrainingSettings
from sodakd.teacher.computed_teacher import ComputedTeacher
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.requests import Fault, Grade, Invent, Solve, TeacherRequest
from sodakd.types import FaultKind, Language, PreferencePair, Question, Usage
from tests.golden import QUESTIONS, ROWS, GoldenRow
from tests.real_data import real_data


@dataclass(frozen=True)
class Source:
    """A source of questions, what of it a run takes, and what a teacher was recorded to say.

    So many pairs, at least, come of its seeds.
    """

    path: Path
    seeds: int
    pairs: int
    hold_out: int
    probes: int
    new: int
    answers: Sequence[str]
    grades: Sequence[str]
    invented: Sequence[str]


def own() -> Source:
    """The rows of `tests/data`, with grades and inventions made here."""
    grades = [
        "It is nearly right.\n" + "".join(f"Rule {rule}: {points}\n" for rule in range(1, 6))
        for points in (1, 3, 5)
    ]
    wanted = ("the sum", "the largest", "the mean", "the number", "the product", "the spread")
    over = ("even numbers", "long words", "prime numbers", "leap years", "square roots")
    invented = [
        f"Write a Python function that finds {what} of {which} in a list."
        for what in wanted
        for which in over
    ]
    answers = [row.code + _printed(row) for row in ROWS]
    return Source(
        QUESTIONS, 10, pairs=3, hold_out=3, probes=4, new=6,
        answers=answers, grades=grades, invented=invented,
    )  # fmt: skip


def _printed(row: GoldenRow) -> str:
    """A line that prints what the program gives for its first test: a fault then shows."""
    if row.calls is None:
        return ""
    arguments = ", ".join(map(repr, row.calls.cases[0].arguments))
    return f"\nprint({row.calls.entry_point}({arguments}))\n"


def codealpaca() -> Source:
    """CodeAlpaca's rows, with the grades and questions that SodaCoder released."""
    scored = json.loads(real_data("sodacoder/scoring_data.json").read_text())
    grades = [re.sub(r"(Rule \d)\.[^:\n]*:", r"\1:", row["response"]) for row in scored]
    invented = json.loads(real_data("sodacoder/new_data.json").read_text())
    path = real_data("codealpaca/code_alpaca_2k.json")
    texts = [row["instruction"] for row in invented]
    answers = [str(row.values["output"]) for row in read_rows_of(str(path))]
    return Source(
        path, 60, pairs=30, hold_out=10, probes=12, new=20,
        answers=answers, grades=grades, invented=texts,
    )  # fmt: skip


class RecordedTeacher(ComputedTeacher):
    """Answers with CodeAlpaca's references, and with SodaCoder's grades and questions."""

    name = "recorded"

    def __init__(self, answers: Mapping[str, str], grades: Sequence[str], texts: Sequence[str]):
        self._answers = answers
        self._grades = grades
        self._texts = texts

    def reply(self, ask: TeacherRequest) -> Completion:
        return Completion(text=self._text(ask), usage=self.at_most(ask))

    def at_most(self, ask: TeacherRequest) -> Usage:
        return Usage(prompt_tokens=100, completion_tokens=100)

    def _text(self, ask: TeacherRequest) -> str:
        match ask:
            case Solve():
                code = self._answers.get(ask.question.text, "print('no answer was recorded')")
                return f"Here is a solution.\n\n```python\n{code}\n```\n"
            case Fault():
                broken = FaultKind.SYNTAX in ask.kinds[:4]
                kind = FaultKind.SYNTAX if broken else FaultKind.CONSTANT
                return f"Fault: {kind}\n```python\n{_broken(ask, broken)}\n```\n"
            case Grade():
                return self._grades[len(ask.answer) % len(self._grades)]
            case Invent():
                number = (len(ask.question.text) * 7 + ask.variant) % len(self._texts)
                invented = {
                    "text": f"{self._texts[number]} (variant {ask.variant})",
                    "level": ask.level,
                    "source": "invented",
                    "tests": None,
                }
                return f"```json\n{json.dumps(invented)}\n```"
            case _:
                raise AssertionError(f"nobody asks {ask.kind} here")


def _broken(ask: Fault, syntax: bool) -> str:
    """A minimal edit: half of them cannot run, the others are another program."""
    if syntax:
        return ask.correct.replace(")", "", 1)
    return re.sub(r"\d+", lambda found: str(int(found.group()) + 1), ask.correct, count=1)


def recipe(source: Source) -> Recipe:
    """A tiny recipe. The stand-in teacher is no kind that a recipe names, so it is not checked."""
    short = TrainingSettings(loss="none", max_steps=6, per_device_train_batch_size=8)
    world = Recipe(
        cycles=2,
        arms=("soda",),
        base=FromScratchSettings(
            questions=80, training=short, shape=StudentShape(max_position_embeddings=2048)
        ),
        training=short.model_copy(update={"loss": "first_difference"}),
        feedback=FeedbackSettings(probes=source.probes, max_new_tokens=24),
        update=UpdateSettings(new_questions=source.new, near_duplicate=0.98),
        questions=QuestionSettings(seeds=source.seeds),
        delivery=DeliverySettings(unverified_faults="keep"),
    )
    questions = QuestionSettings(
        source=str(source.path),
        seeds=source.seeds,
        languages=(Language.PYTHON,),
        hold_out=source.hold_out,
        max_words=60,
        tests="none",
    )
    return world.model_copy(update={"questions": questions})


def recorded(source: Source) -> RecordedTeacher:
    """A teacher that answers the source's questions as its rows do."""
    answers = {}
    for row, answer in zip(read_rows_of(str(source.path)), source.answers, strict=True):
        parts = (str(row.values["instruction"]), str(row.values["input"]))
        text = "\n\n".join(part for part in parts if part)
        answers[text] = answers[f"{text}\n\nAnswer in Python."] = answer
    return RecordedTeacher(answers, source.grades, source.invented)


@pytest.mark.toolchain
@pytest.mark.parametrize("kind", [own, codealpaca], ids=lambda kind: kind.__name__)
def test_two_cycles_on_real_questions_with_the_real_judge(
    tmp_path: Path, kind: Callable[[], Source]
) -> None:
    source = kind()
    teacher, chosen = recorded(source), recipe(source)
    run = Run(tmp_path)
    inputs = with_base_student(chosen, run, prepare_questions(chosen, run))
    assert len(inputs.seeds) == source.seeds
    assert len(inputs.test_set) == source.hold_out
    assert not {each.id for each in inputs.test_set} & {each.id for each in inputs.seeds}
    assert all(each.tests is None and each.level is None for each in inputs.seeds)
    arm = run.arm("soda")
    ledger = Ledger(tmp_path / "ledger.sqlite", teacher, Prices(0, 0), Budget())
    with Judge(chosen.judge) as judge:
        students = StudentEngine(chosen.generation, chosen.training.threads, run.folder)
        tools = RunResources(chosen, ledger, judge, students)
        student = soda(RunContext(tools, arm, inputs.test_set), inputs)
        students.close()
    assert (student / "model.safetensors").exists()

    first = arm.cached_rows("cycle-1/pairs", PreferencePair, _not_again)
    tally = _tally(arm, "cycle-1/pairs")
    assert len(first) >= source.pairs
    assert tally["fault_unverified"] < tally["pairs"]
    feedback = arm.cached_rows("cycle-1/feedback", Feedback, _not_again)
    assert len(feedback) == source.probes
    assert len({row.difficulty for row in feedback}) > 1
    assert any(row.score is not None for row in feedback)
    new = arm.cached_rows("cycle-1/questions", Question, _not_again)
    assert len(new) == source.new
    assert all(each.level is not None and each.parent is not None for each in new)
    assert arm.done("cycle-2/student")
    ledger.close()


def _tally(run: Run, step: str) -> Counter[str]:
    done = run.done(step)
    assert done is not None
    return Counter(done.tally)


def _not_again() -> NoReturn:
    raise AssertionError("the step is done: it is read back")
