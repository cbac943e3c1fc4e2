"""The program as such: its notation, its tables, its meaning and its printing."""

from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sodakd.errors import DataError
from sodakd.synthetic import generate
from sodakd.synthetic.codegen_python import FORMS, TERMS, print_python
from sodakd.synthetic.edits import OPPOSITES
from sodakd.synthetic.inputs import as_json, is_trivial
from sodakd.synthetic.interpret import MEANINGS, OutOfRange, run
from sodakd.synthetic.languages import print_program
from sodakd.synthetic.operations import OPERATIONS, Kind
from sodakd.synthetic.program import Program, Step, is_well_typed, level, parse_program, skeleton
from sodakd.synthetic.question_text import SentenceFrames, describe
from sodakd.synthetic.splits import Split
from sodakd.synthetic.wording import (
    FUNCTION_PHRASES,
    OPERATION_PHRASES,
    PREDICATE_PHRASES,
)
from sodakd.types import LEVELS, Language
from tests.synthetic.programs import inputs_of, printed, programs, same


def test_there_are_at_least_49_operations_each_with_meaning_form_and_phrases() -> None:
    assert len(OPERATIONS) >= 49
    assert set(OPERATIONS) == set(MEANINGS) == set(FORMS) == set(OPERATION_PHRASES)
    assert set(TERMS) == set(PREDICATE_PHRASES) | set(FUNCTION_PHRASES)
    assert (len(PREDICATE_PHRASES), len(FUNCTION_PHRASES)) == (10, 8)


def test_no_phrase_says_two_things() -> None:
    for kind in Kind:
        said = [
            phrase
            for name, phrases in OPERATION_PHRASES.items()
            if OPERATIONS[name].takes is kind
            for phrase in phrases
        ]
        assert len(said) == len(set(said))
    for table in (PREDICATE_PHRASES, FUNCTION_PHRASES):
        terms = [phrase for phrases in table.values() for phrase in phrases]
        assert len(terms) == len(set(terms))


def test_opposites_take_and_give_the_same() -> None:
    for one, other in OPPOSITES.items():
        first, second = OPERATIONS[one], OPERATIONS[other]
        assert (first.takes, first.gives, first.arguments) == (
            second.takes,
            second.gives,
            second.arguments,
        )


@given(programs)
def test_a_notation_is_read_back_as_the_same_program(program: Program) -> None:
    assert parse_program(program.notation()) == program


@pytest.mark.parametrize(
    "text",
    [
        "",
        "solve(xs: L) = ",
        "solve(xs: L) = filter",
        "solve(xs: L) = filter(over)",
        "solve(xs: L) = filter(even 3)",
        "solve(xs: L) = filter(even )",
        "solve(xs: L) = filter(over 11)",
        "solve(xs: L) = filter(add 3)",
        "solve(xs: L) = take(x)",
        "solve(xs: L) = take(3, 4)",
        "solve(s: S) = without(ab)",
        "solve(xs: L) = dance",
        "solve(n: N) = sum",
        "solve(xs: L) = sum | upto",
    ],
)
def test_what_is_not_a_program_is_a_data_error(text: str) -> None:
    with pytest.raises(DataError):
        parse_program(text)


def test_a_skeleton_has_no_names_and_no_constants() -> None:
    one = parse_program("solve(xs: L) = filter(over 3) | take(2) | sum")
    other = parse_program("make(data: L) = filter(over 8) | take(5) | sum")
    assert skeleton(one) == skeleton(other) == "filter(over) | take | sum"


@settings(max_examples=300, deadline=None)
@given(st.data(), programs)
def test_a_printed_program_agrees_with_the_interpreter(
    data: st.DataObject, program: Program
) -> None:
    value = data.draw(inputs_of(program))
    try:
        expected = run(program.steps, value)
    except OutOfRange:
        assume(False)
        return
    assert same(printed(program, value), as_json(expected))


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(OPERATIONS)), st.integers(0, 10**6))
def test_every_operation_is_printed_as_it_is_meant(
    data: st.DataObject, name: str, seed: int
) -> None:
    step = generate.draw_step(OPERATIONS[name], Random(seed))
    kind = OPERATIONS[name].takes
    program = Program("solve", {Kind.L: "xs", Kind.N: "n", Kind.S: "s"}[kind], kind, (step,))
    value = data.draw(inputs_of(program))
    try:
        expected = run(program.steps, value)
    except OutOfRange:
        assume(False)
        return
    assert same(printed(program, value), as_json(expected))


@given(programs)
def test_printing_takes_one_line_a_step_and_three_more_for_a_loop(program: Program) -> None:
    loops = sum(step.op == "product" for step in program.steps)
    lines = print_python(program).count("\n")
    assert lines == len(program.steps) + 3 * loops


def test_the_numbers_above_1e12_are_out_of_range() -> None:
    program = parse_program("solve(n: N) = apply(square) | apply(square) | apply(square)")
    with pytest.raises(OutOfRange):
        run(program.steps, 99)


def test_every_language_of_the_table_prints_every_level() -> None:
    for language in Language:
        for wanted in LEVELS:
            program = generate.draw_program(Random(wanted), wanted, Split.TRAIN)
            assert program.name in print_program(program, language)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(LEVELS), st.sampled_from(Split))
def test_a_drawn_program_is_of_its_level_typed_and_not_trivial(
    seed: int, wanted: int, split: Split
) -> None:
    program = generate.draw_program(Random(seed), wanted, split)
    assert level(program) == wanted
    assert is_well_typed(program)
    assert not is_trivial(program)


@pytest.mark.parametrize(
    "notation",
    [
        "solve(xs: L) = sort | sum",
        "solve(xs: L) = reverse | reverse",
        "solve(xs: L) = length | digits | sum",
        "solve(xs: L) = filter_and(positive, over 3)",
        "solve(n: N) = upto | product",
        "solve(xs: L) = map(square) | map(negate) | count(positive)",
    ],
)
def test_a_program_that_a_shorter_one_replaces_is_trivial(notation: str) -> None:
    assert is_trivial(parse_program(notation))


@given(programs, st.sampled_from(SentenceFrames), st.integers(0, 10**6))
def test_a_text_names_the_function_and_the_parameter_and_says_all(
    program: Program, frames: SentenceFrames, seed: int
) -> None:
    text = describe(program, Random(seed), frames, Language.PYTHON)
    assert f"`{program.name}" in text
    assert program.parameter in text
    assert "{" not in text
    assert "None" not in text
    assert len(text.split()) < 80


def test_an_unknown_step_cannot_be_printed_by_accident() -> None:
    with pytest.raises(KeyError):
        print_python(Program("solve", "xs", Kind.L, (Step("dance"),)))
