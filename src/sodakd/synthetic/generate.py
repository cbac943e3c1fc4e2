"""Programs and questions drawn by chance, the same for the same seed."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from random import Random

from sodakd.errors import DataError
from sodakd.synthetic.inputs import (
    DISTINCT_OUTPUTS,
    as_json,
    distinct,
    draw_inputs,
    is_trivial,
    probes,
)
from sodakd.synthetic.interpret import OutOfRange, Value, run
from sodakd.synthetic.languages import signature_of
from sodakd.synthetic.operations import (
    CONSTANTS,
    FUNCTIONS,
    LETTERS,
    OPERATIONS,
    PREDICATES,
    WITH_CONSTANT,
    ArgumentKind,
    Kind,
    Operation,
)
from sodakd.synthetic.program import Argument, Program, Step, Term, level, parse_program
from sodakd.synthetic.question_text import SentenceFrames, describe
from sodakd.synthetic.splits import Split, may_be_in
from sodakd.synthetic.wording import FUNCTION_NAMES, PARAMETER_NAMES
from sodakd.types import CallTests, Language, Question, TestCase

SOURCE = "world:"
_KINDS = (Kind.L,) * 10 + (Kind.N,) * 3 + (Kind.S,) * 6
_TRIES = 20
_TRIES_PER_QUESTION = 1000


def draw_term(names: Sequence[str], rng: Random) -> Term:
    """A predicate or function of `names`, with a constant where it takes one."""
    name = rng.choice(names)
    return Term(name, rng.choice(CONSTANTS) if name in WITH_CONSTANT else None)


_ARGUMENTS: Mapping[ArgumentKind, Callable[[Random], Argument]] = {
    ArgumentKind.PREDICATE: lambda rng: draw_term(PREDICATES, rng),
    ArgumentKind.FUNCTION: lambda rng: draw_term(FUNCTIONS, rng),
    ArgumentKind.CONSTANT: lambda rng: rng.choice(CONSTANTS),
    ArgumentKind.LETTER: lambda rng: rng.choice(LETTERS),
}


def draw_argument(kind: ArgumentKind, rng: Random) -> Argument:
    """An argument of a kind."""
    return _ARGUMENTS[kind](rng)


def draw_step(operation: Operation, rng: Random) -> Step:
    """The operation with drawn arguments, all different."""
    while True:
        arguments = tuple([_ARGUMENTS[kind](rng) for kind in operation.arguments])
        if len(arguments) < 2 or arguments[0] != arguments[1]:
            return Step(operation.name, arguments)


@lru_cache(maxsize=64)
def operations_from(kind: Kind, most: int, first: bool) -> tuple[Operation, ...]:
    """The operations that take `kind` and weigh at most `most`."""
    return tuple(
        operation
        for operation in OPERATIONS.values()
        if operation.takes is kind
        and operation.weight <= most
        and (first or not operation.first_only)
    )


def draw_names(kind: Kind, steps: tuple[Step, ...], rng: Random) -> Program:
    """The steps as a program whose function and parameter have drawn names."""
    return Program(rng.choice(FUNCTION_NAMES), rng.choice(PARAMETER_NAMES[kind]), kind, steps)


def draw_program(rng: Random, level: int, split: Split) -> Program:
    """A program of `level` and of `split`, never a trivial one."""
    while True:
        kind = rng.choice(_KINDS)
        program = draw_names(kind, _draw_steps(kind, level, rng), rng)
        if may_be_in(program, split) and not is_trivial(program):
            return program


def _draw_steps(kind: Kind, level: int, rng: Random) -> tuple[Step, ...]:
    steps: list[Step] = []
    while level > 0:
        operation = rng.choice(operations_from(kind, level, not steps))
        steps.append(draw_step(operation, rng))
        kind = operation.gives
        level -= operation.weight
    return tuple(steps)


def question_of(
    program: Program,
    rng: Random,
    split: Split,
    language: Language,
    parent: str | None = None,
) -> Question:
    """The question that the program answers, with 3 edge and 8 random tests."""
    frames = SentenceFrames.TRAIN if split is Split.TRAIN else SentenceFrames.HELD_OUT
    return Question.new(
        text=describe(program, rng, frames, language),
        language=language,
        tests=tests_of(program, rng, language),
        source=SOURCE + program.notation(),
        level=level(program),
        parent=parent,
    )


def tests_of(program: Program, rng: Random, language: Language) -> CallTests:
    """Tests with the outputs of the interpreter, at least 4 of them distinct."""
    inputs = probes(program)
    outputs = [run(program.steps, value) for value in inputs]
    for _ in range(_TRIES):
        drawn = draw_inputs(program.input, program.steps[0].op, rng)
        try:
            results: list[Value] = [run(program.steps, value) for value in drawn]
        except OutOfRange:
            continue
        if distinct(results) >= DISTINCT_OUTPUTS:
            inputs, outputs = drawn, results
            break
    cases = tuple(
        [
            TestCase(arguments=(as_json(value),), expected=as_json(output))
            for value, output in zip(inputs, outputs, strict=True)
        ]
    )
    return CallTests(
        entry_point=program.name, cases=cases, signature=signature_of(program, language)
    )


def program_of(question: Question) -> Program:
    """The program behind a question. Raises `DataError` where the question is not of the world."""
    if not question.source.startswith(SOURCE):
        raise DataError(
            f"question {question.id} is not of the embedded world: its source is "
            f"{question.source[:80]!r}, and the world's begin with {SOURCE!r}"
        )
    return parse_program(question.source.removeprefix(SOURCE))


def draw_questions(
    count: int,
    levels: Sequence[int],
    split: Split,
    seed: int,
    language: Language = Language.PYTHON,
) -> list[Question]:
    """`count` different questions; the level of each is drawn from `levels`.

    Raises `DataError` where so many different ones cannot be found.
    """
    rng = Random(f"{seed} {split} {language}")
    questions: dict[str, Question] = {}
    for _ in range(count * _TRIES_PER_QUESTION):
        if len(questions) == count:
            break
        program = draw_program(rng, rng.choice(levels), split)
        question = question_of(program, rng, split, language)
        questions.setdefault(question.id, question)
    if len(questions) < count:
        raise DataError(f"found only {len(questions)} of {count} different questions")
    return list(questions.values())
