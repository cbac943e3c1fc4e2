"""A run whose teacher often has to be asked again: real stages, real judge, real books."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sodakd.inference.completions import Completion
from sodakd.judge import Judge
from sodakd.recipe import Recipe
from sodakd.records import SftExample
from sodakd.run import Run, StepOutput
from sodakd.settings.stages import DeliverySettings
from sodakd.settings.teacher import Budget
from sodakd.stages.asked_questions import asked_questions
from sodakd.stages.context import StageContext
from sodakd.stages.pairs import build_pairs
from sodakd.stages.solutions import build_solutions
from sodakd.synthetic.generate import draw_questions
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.call_meter import CallMeter
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.requests import Fault, Invent, Solve, TeacherRequest
from sodakd.types import FrozenModel, Language, PreferencePair, Question, Usage
from tests.report import folder as build

SEEDS = 12
PRICES = Prices(0.15, 0.60)
Row = TypeVar("Row", bound=FrozenModel)


class Wayward(WorldTeacher):
    """The world's teacher, at first unreadable or wrong, by the place of a question's text.

    Of every fourth question (0) the first solution cannot be read, (1) it is wrong, (2) all are,
    (3) the first call is lost, the first fault cannot be read and the second does not compile.
    """

    name = "wayward"

    def __init__(self, questions: Sequence[Question], *, is_costly: bool) -> None:
        super().__init__()
        self.is_costly = is_costly
        self._places = {question.id: at for at, question in enumerate(questions)}
        self._lost: set[str] = set()

    async def answer(self, ask: TeacherRequest, meter: CallMeter) -> Completion:
        if self.is_costly and isinstance(ask, Solve) and self._loses(ask.question):
            await meter.reserve(Usage(prompt_tokens=100, completion_tokens=50))
            meter.lost()
        return await super().answer(ask, meter)

    def reply(self, ask: TeacherRequest) -> Completion:
        right = super().reply(ask)
        match ask:
            case Solve():
                text = self._solution(self._kind(ask.question), ask.attempt, right.text)
            case Fault() if self._kind(ask.question) == 3 and ask.attempt < 2:
                broken = "Fault: operator\n```python\ndef f(x:\n```"
                text = broken if ask.attempt else "I would rather not."
            case Invent(variant=0):
                text = "No."
            case Invent(variant=1):
                return super().reply(ask.model_copy(update={"variant": 2}))
            case _:
                return right
        return Completion(text=text, usage=right.usage)

    def _loses(self, question: Question) -> bool:
        first = self._kind(question) == 3 and question.id not in self._lost
        self._lost.add(question.id)
        return first

    def _kind(self, question: Question) -> int:
        return self._places.get(question.id, -1) % 4

    def _solution(self, kind: int, attempt: int, right: str) -> str:
        if kind == 0 and not attempt:
            return "I would rather not."
        return "```python\ndef f(x:\n```" if kind == 2 or (kind == 1 and not attempt) else right


def spend(folder: Path, judge: Judge, *, is_costly: bool) -> Path:
    """A run that is on its way: SODA's pairs and new questions, and the solutions of SFT."""
    build.begin(folder)
    seeds = draw_questions(SEEDS + 2, (1, 2), Split.TRAIN, 1)
    seeds += draw_questions(1, (1,), Split.TRAIN, 1, Language.C)
    teacher = Wayward(seeds, is_costly=is_costly)
    ledger = Ledger(folder / "ledger.sqlite", teacher, PRICES, Budget())
    run = Run(folder)
    run.cached_rows("questions/seeds", Question, lambda: StepOutput(seeds))

    def step(
        arm: str, name: str, row_type: type[Row], make: Callable[[StageContext], StepOutput[Row]]
    ) -> None:
        own = run.arm(arm)
        recipe = Recipe(delivery=DeliverySettings(solve_attempts=3, fault_attempts=3))
        stage = StageContext(recipe, own, name, 1, ledger, judge)
        own.cached_rows(name, row_type, lambda: make(stage))

    invents = [Invent(question=seeds[0], level=1, variant=number) for number in range(5)]
    invents.append(Invent(question=seeds[-1], level=1, variant=5))
    step("soda", "cycle-1/pairs", PreferencePair, lambda stage: build_pairs(stage, seeds[:SEEDS]))
    step(
        "soda", "cycle-1/questions", Question,
        lambda stage: asked_questions(stage, invents, seeds, (), near_duplicate=1.0),
    )  # fmt: skip
    step("sft", "solutions", SftExample, lambda stage: build_solutions(stage, seeds))
    ledger.close()
    return folder
