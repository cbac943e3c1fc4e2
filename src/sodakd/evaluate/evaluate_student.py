"""Let a student answer an evaluation set once, greedily, and judge its answers."""

from collections import Counter
from collections.abc import Sequence
from itertools import count

from sodakd.inference.protocols import TextGenerator
from sodakd.judge.judge import Judge
from sodakd.judge.untested import to_program
from sodakd.records import EvalSample
from sodakd.run import Run, StepOutput
from sodakd.text.extract import extract_answer
from sodakd.types import Question, Solution


def evaluate_student(
    run: Run,
    step: str,
    questions: Sequence[Question],
    student: TextGenerator,
    judge: Judge,
    max_new_tokens: int,
) -> StepOutput[EvalSample]:
    """An attempt for each question; the tally counts outcomes, and empty and cut answers."""
    run.report_progress(step, 0, len(questions), "the student answers")
    done = count(1)
    answers = student.generate(
        [question.text for question in questions],
        max_new_tokens=max_new_tokens,
        came=lambda *_: run.report_progress(
            step, next(done), len(questions), "the student answers"
        ),
    )
    texts = [answer.text for answer in answers]
    found = [
        extract_answer(question, text) for question, text in zip(questions, texts, strict=True)
    ]
    programs = [
        to_program(question, own.code, own.reason)
        for own, question in zip(found, questions, strict=True)
    ]
    verdicts = judge.all(
        programs, lambda done: run.report_progress(step, done, len(programs), "judge the answers")
    )
    attempts = [
        EvalSample(
            question_id=question.id,
            level=question.level,
            solution=Solution(question_id=question.id, text=text, code=own.code, author=step),
            verdict=verdict,
        )
        for question, text, own, verdict in zip(questions, texts, found, verdicts, strict=True)
    ]
    tally = Counter(attempt.verdict.outcome.value for attempt in attempts)
    empty, cut = texts.count(""), sum(not answer.ended for answer in answers)
    tally.update({"empty_answers": empty} if empty else {})
    tally.update({"cut": cut} if cut else {})
    return StepOutput(attempts, tally)
