"""Let a student answer an evaluation set once, greedily, and judge its answers."""

from collections import Counter
from collections.abc import Sequence

from sodakd.judge.extract import extract_code
from sodakd.judge.judge import Judge, Program
from sodakd.models.chat import Generator
from sodakd.run import Built, Run
from sodakd.types import Attempt, Question, Solution


def run_benchmark(
    run: Run,
    step: str,
    questions: Sequence[Question],
    student: Generator,
    judge: Judge,
    max_new_tokens: int,
) -> Built[Attempt]:
    """An attempt for each question; the tally counts outcomes."""
    run.say(step, 0, len(questions), "the student answers")
    texts = student.generate(
        [question.text for question in questions],
        max_new_tokens=max_new_tokens,
        progress=lambda done: run.say(step, done, len(questions), "the student answers"),
    )
    codes = [extract_code(text) for text in texts]
    programs = [
        Program(code, question.language, question.tests)
        for code, question in zip(codes, questions, strict=True)
        if question.tests is not None
    ]
    verdicts = judge.all(
        programs, lambda done: run.say(step, done, len(programs), "judge the answers")
    )
    attempts = [
        Attempt(
            question_id=question.id,
            level=question.level,
            solution=Solution(question_id=question.id, text=text, code=code, author=step),
            verdict=verdict,
        )
        for question, text, code, verdict in zip(questions, texts, codes, verdicts, strict=True)
    ]
    return Built(attempts, Counter(attempt.verdict.outcome.value for attempt in attempts))
