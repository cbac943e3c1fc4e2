"""Run the answers that came with seeds against the tests that came with them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sodakd.errors import JudgeError, LanguageMissing
from sodakd.judge.judge import Judge
from sodakd.judge.left_out import InvalidTestsError
from sodakd.judge.program import Program
from sodakd.judge.untested import to_program
from sodakd.seeds.filter import question_of
from sodakd.seeds.seed import FilteredSeed
from sodakd.text.answer import extract_answer
from sodakd.types import Verdict


def verify(
    rows: Iterable[FilteredSeed], judge: Judge, failed: Callable[[JudgeError], None]
) -> Iterator[FilteredSeed]:
    """The rows in their order, each kept one that has tests and an answer with its verdict.

    They are read no faster than they are judged. What cannot be judged here stands without one, and
    `failed` is told why at the end.
    """
    waiting, verdicts = deque[tuple[FilteredSeed, bool]](), dict[str, Verdict]()

    def programs() -> Iterator[Program]:
        for row in rows:
            program = _program(row)
            waiting.append((row, program is not None))
            if program is not None:
                yield program

    def ready(*, ended: bool) -> Iterator[FilteredSeed]:
        while waiting:
            row, judged = waiting[0]
            verdict = verdicts.pop(row.seed.origin, None)
            if judged and verdict is None and not ended:
                return
            waiting.popleft()
            yield row.model_copy(update={"verdict": verdict}) if verdict else row

    try:
        for judged in judge.judge_stream(programs()):
            verdicts[judged.id] = judged.verdict
            yield from ready(ended=False)
    except (LanguageMissing, InvalidTestsError) as error:
        failed(error)
    yield from ready(ended=True)


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
