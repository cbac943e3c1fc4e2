"""Run the answers that came with seeds against the tests that came with them."""

from collections.abc import Sequence
from dataclasses import replace

from sodakd.judge.judge import Judge
from sodakd.judge.program import Program
from sodakd.judge.untested import to_program
from sodakd.seeds.filter import question_of
from sodakd.seeds.seed import FilteredSeed
from sodakd.text.answer import extract_answer


def verify(rows: Sequence[FilteredSeed], judge: Judge) -> list[FilteredSeed]:
    """The rows, each kept one that has tests and an answer with the verdict on its answer."""
    programs = {at: program for at, row in enumerate(rows) if (program := _program(row))}
    verdicts = dict(zip(programs, judge.all(list(programs.values())), strict=True))
    return [
        row.model_copy(update={"verdict": verdicts[at]}) if at in verdicts else row
        for at, row in enumerate(rows)
    ]


def _program(row: FilteredSeed) -> Program | None:
    seed = row.seed
    if not row.kept or row.language is None or seed.tests is None or not seed.reference:
        return None
    question = question_of(seed, row.language)
    if seed.code_prompt is not None or "```" not in seed.reference:
        program = to_program(question, seed.reference)
    else:
        found = extract_answer(question, seed.reference)
        program = to_program(question, found.code, found.reason)
    return replace(program, id=seed.origin)
