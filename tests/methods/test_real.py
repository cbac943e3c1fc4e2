"""SODA on real questions without tests: CodeAlpaca's, with the texts that SodaCoder released."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from sodakd.judge.judge import Judge
from sodakd.methods.engines import StudentEngine
from sodakd.methods.prepare import prepare
from sodakd.methods.run_context import RunContext, Tools
from sodakd.methods.soda import soda
from sodakd.recipe import Recipe
from sodakd.records import Feedback
from sodakd.run import Run
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import FeedbackSettings, UpdateSettings
from sodakd.settings.student import FromScratchSettings, StudentShape
from sodakd.settings.teacher import Budget
from sodakd.settings.training import TrainingSettings
from sodakd.teacher.computed_teacher import ComputedTeacher
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.requests import Fault, Grade, Invent, Reply, Solve, TeacherRequest
from sodakd.types import FaultKind, Language, PreferencePair, Question, Usage
from tests.real_data import real_data


class RecordedTeacher(ComputedTeacher):
    """Answers with CodeAlpaca's references, and with SodaCoder's grades and questions."""

    name = "recorded"

    def __init__(self, answers: Mapping[str, str], grades: Sequence[str], texts: Sequence[str]):
        self._answers = answers
        self._grades = grades
        self._texts = texts

    def reply(self, ask: TeacherRequest) -> Reply:
        return Reply(text=self._text(ask), usage=self.at_most(ask))

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


def recipe(source: Path) -> Recipe:
    """A tiny recipe. The stand-in teacher is no kind that a recipe names, so it is not checked."""
    short = TrainingSettings(loss="none", max_steps=6, per_device_train_batch_size=8)
    world = Recipe(
        cycles=2,
        arms=("soda",),
        base=FromScratchSettings(
            questions=80, training=short, shape=StudentShape(max_position_embeddings=2048)
        ),
        training=short.model_copy(update={"loss": "first_difference"}),
        feedback=FeedbackSettings(probes=12, max_new_tokens=24),
        update=UpdateSettings(new_questions=20, near_duplicate=0.98),
        questions=QuestionSettings(seeds=60),
    )
    questions = QuestionSettings(
        source=str(source), seeds=60, languages=(Language.PYTHON,), hold_out=10, max_words=60
    )
    return world.model_copy(update={"questions": questions})


@pytest.fixture
def teacher() -> RecordedTeacher:
    rows = json.loads(real_data("codealpaca/code_alpaca_2k.json").read_text())
    answers = {}
    for row in rows:
        text = "\n\n".join(part for part in (row["instruction"], row["input"]) if part)
        answers[text] = answers[f"{text}\n\nAnswer in Python."] = row["output"]
    scored = json.loads(real_data("sodacoder/scoring_data.json").read_text())
    grades = [re.sub(r"(Rule \d)\.[^:\n]*:", r"\1:", row["response"]) for row in scored]
    invented = json.loads(real_data("sodacoder/new_data.json").read_text())
    return RecordedTeacher(answers, grades, [row["instruction"] for row in invented])


def test_two_cycles_on_codealpaca_with_the_real_judge(
    tmp_path: Path, teacher: RecordedTeacher
) -> None:
    chosen = recipe(real_data("codealpaca/code_alpaca_2k.json"))
    run = Run(tmp_path)
    inputs = prepare(chosen, run)
    assert len(inputs.seeds) == 60
    assert len(inputs.test_set) == 10
    assert not {each.id for each in inputs.test_set} & {each.id for each in inputs.seeds}
    assert all(each.tests is None and each.level is None for each in inputs.seeds)
    arm = run.arm("soda")
    ledger = Ledger(tmp_path / "ledger.sqlite", teacher, Prices(0, 0), Budget())
    with Judge(chosen.judge) as judge:
        students = StudentEngine(chosen.generation, chosen.training.threads, run.folder)
        tools = Tools(chosen, ledger, judge, students)
        student = soda(RunContext(tools, arm, inputs.test_set), inputs)
        students.close()
    assert (student / "model.safetensors").exists()

    first = arm.cached_rows("cycle-1/pairs", PreferencePair, _not_again)
    tally = _tally(arm, "cycle-1/pairs")
    assert len(first) >= 30
    assert tally["fault_unverified"] < tally["pairs"]
    feedback = arm.cached_rows("cycle-1/feedback", Feedback, _not_again)
    assert len(feedback) == 12
    assert len({row.difficulty for row in feedback}) > 1
    assert any(row.score is not None for row in feedback)
    new = arm.cached_rows("cycle-1/questions", Question, _not_again)
    assert len(new) == 20
    assert all(each.level is not None and each.parent is not None for each in new)
    assert arm.done("cycle-2/student")
    ledger.close()


def _tally(run: Run, step: str) -> Counter[str]:
    done = run.done(step)
    assert done is not None
    return Counter(done.tally)


def _not_again() -> NoReturn:
    raise AssertionError("the step is done: it is read back")
