"""What a student saves on each answer against its teacher, and when a run has paid for itself."""

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, isnan, nan
from pathlib import Path

from sodakd.errors import DataError
from sodakd.report.reading import Folder, Student
from sodakd.report.run_facts import teacher_of
from sodakd.settings.prices import known_prices, read_prices
from sodakd.teacher.cost import NANO, Amount, Prices
from sodakd.types import FrozenModel, Usage


class NamedPrice(FrozenModel):
    """US dollars per million tokens of a model, and where that was read."""

    name: str
    prompt: float
    completion: float
    source: str = ""


@dataclass(frozen=True)
class Pricing:
    """What a user says of prices: of other teachers, of the student, of a second of the machine."""

    teachers: Sequence[NamedPrice] = ()
    student: tuple[float, float] = (0.0, 0.0)
    second: float = 0.0


def listed_prices(own: Path | None = None) -> list[NamedPrice]:
    """The prices of known models, a file of a user's own laid over them.

    Raises:
        DataError: that file cannot be read, or holds something else.
    """
    try:
        mine = {} if own is None else read_prices(own)
    except ValueError as error:
        raise DataError(str(error)) from None
    return [
        NamedPrice(
            name=name, prompt=row.prompt, completion=row.completion,
            source=f"{row.source}, {row.read}",
        )
        for name, row in {**mine, **known_prices(), **mine}.items()
    ]  # fmt: skip


class AnswerCost(FrozenModel):
    """What a mean answer takes; None where it is not known.

    `seconds` are those of the student's evaluation, judging too. Its tokens are those of question
    and answer, without a chat template.
    """

    who: str
    answers: int
    prompt_tokens: float | None
    completion_tokens: float | None
    seconds: float | None
    dollars: float | None


class Projection(FrozenModel):
    """A run at a teacher's prices, by the tokens that it took.

    `payback` is the number of answers after which what the student saves is what the run cost; None
    where it saves nothing.
    """

    teacher: str
    prompt_price: float | None
    completion_price: float | None
    source: str
    run: float
    teacher_answer: float | None
    saving: float | None
    payback: int | None


class Payback(FrozenModel):
    """The run's cost against what its student saves.

    `machine` is what the run's own seconds cost, in US dollars. The first projection is the run as
    it is booked; where it has several arms, the second one is that of the student's alone.
    """

    teacher: AnswerCost | None
    student: AnswerCost | None
    second: float
    student_price: tuple[float, float]
    seconds: float
    machine: float
    projections: tuple[Projection, ...]


def payback(
    place: Path, folder: Folder, total: Amount, of_arm: Callable[[str], Amount], answers: Amount,
    pricing: Pricing,
) -> Payback:  # fmt: skip
    """Return when a run has paid for itself, at its prices and at others.

    `answers` are the solutions that the teacher was paid for.
    """
    found = _student(folder)
    student = None if found is None else _student_answer(place, folder, found, pricing)
    asks = answers.asks
    booked = answers.all_nano_dollars / NANO / asks if asks else None

    def compare(price: NamedPrice | str, run: float, answer: float | None) -> Projection:
        return _projection(price, run, answer, None if student is None else student.dollars)

    own = [
        compare(
            "this run, as booked",
            total.all_nano_dollars / NANO + _seconds_of(folder) * pricing.second,
            booked,
        )
    ]
    if found is not None and len(folder.arms) > 1:
        alone = of_arm(found.arm).all_nano_dollars / NANO
        spent = alone + _seconds_of(folder, found.arm) * pricing.second
        own.append(compare(f"its arm {found.arm} alone, as booked", spent, booked))
    machine = _seconds_of(folder) * pricing.second
    return Payback(
        teacher=None if booked is None else _teacher_answer(folder, answers, booked),
        student=student,
        second=pricing.second,
        student_price=pricing.student,
        seconds=_seconds_of(folder),
        machine=machine,
        projections=(
            *own,
            *(
                compare(
                    price,
                    _cost_at(price, total) + machine,
                    _cost_at(price, answers) / asks if asks else None,
                )
                for price in pricing.teachers
            ),
        ),
    )


def _cost_at(price: NamedPrice, amount: Amount) -> float:
    """US dollars of an amount at other prices, tokens of lost calls at the dearer one."""
    dearer = max(price.prompt, price.completion)
    told = Prices(price.prompt, price.completion).usage_cost(
        Usage(prompt_tokens=amount.prompt_tokens, completion_tokens=amount.completion_tokens)
    )
    return (told + Prices(dearer, dearer).cost_of(amount.lost_tokens, 0)) / NANO


def _seconds_of(folder: Folder, arm: str = "") -> float:
    """Seconds of a run's finished steps; with an `arm` without those of the other ones."""
    others = tuple(f"{name}/" for name in folder.arms if arm and name != arm)
    return sum(event.seconds or 0.0 for event in folder.events if not event.step.startswith(others))


def _teacher_answer(folder: Folder, answers: Amount, dollars: float) -> AnswerCost:
    return AnswerCost(
        who=teacher_of(folder.recipe),
        answers=answers.asks,
        prompt_tokens=answers.prompt_tokens / answers.asks,
        completion_tokens=answers.completion_tokens / answers.asks,
        seconds=None,
        dollars=dollars,
    )


def _projection(
    price: NamedPrice | str, run: float, teacher: float | None, student: float | None
) -> Projection:
    named = None if isinstance(price, str) else price
    saving = None if teacher is None or student is None else teacher - student
    return Projection(
        teacher=price if isinstance(price, str) else price.name,
        prompt_price=None if named is None else named.prompt,
        completion_price=None if named is None else named.completion,
        source="" if named is None else named.source,
        run=run,
        teacher_answer=teacher,
        saving=saving,
        payback=ceil(run / saving) if saving is not None and saving > 0 else None,
    )


def _student(folder: Folder) -> Student | None:
    """The student that the run kept, else the newest one."""
    there = [row for row in folder.students if row.arm and row.evaluation]
    own = [row for row in there if row.name == folder.kept]
    own = own or [row for row in there if row.arm == folder.arms[0]] or there
    return own[-1] if own else None


def _student_answer(place: Path, folder: Folder, student: Student, pricing: Pricing) -> AnswerCost:
    """What a mean answer of a student takes, by the exam's."""
    count = len(student.evaluation)
    tokens, seconds = _tokens(place, folder, student), _seconds(folder, student)
    dollars = 0.0
    if any(pricing.student):
        prices = Prices(*pricing.student)
        dollars = nan if tokens is None else prices.cost_of(*tokens) / NANO
    if pricing.second:
        dollars += nan if seconds is None else seconds * pricing.second
    return AnswerCost(
        who=student.name,
        answers=count,
        prompt_tokens=None if tokens is None else tokens[0] / count,
        completion_tokens=None if tokens is None else tokens[1] / count,
        seconds=None if seconds is None else seconds / count,
        dollars=None if isnan(dollars) else dollars / count,
    )


def _tokens(place: Path, folder: Folder, student: Student) -> tuple[int, int] | None:
    """Tokens of the exam's questions and of a student's answers, by its own tokenizer."""
    path = place / student.step("student") / "tokenizer.json"
    if len(folder.exam) != len(student.evaluation) or not path.exists():
        return None
    if importlib.util.find_spec("tokenizers") is None:
        return None
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))

    def count(texts: Iterable[str]) -> int:
        return sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)

    return (
        count(question.text for question in folder.exam),
        count(row.solution.text for row in student.evaluation),
    )


def _seconds(folder: Folder, student: Student) -> float | None:
    """Seconds of a student's evaluation; None where it was not done in one go."""
    own = [event for event in folder.events if event.step == student.step("evaluation")]
    done = [event.seconds for event in own if event.seconds is not None]
    return done[0] if len(own) == 2 and len(done) == 1 else None
