"""Let a student answer an evaluation set once, greedily, and judge its answers."""

from collections import Counter
from collections.abc import Sequence

from sodakd.judge.judge import Judge
from sodakd.judge.trial import program_for
from sodakd.models.chat import Generator
from sodakd.records import Attempt
from sodakd.run import Built, Run
from sodakd.text.extract import extract_for
from sodakd.types import Question, Solution


def run_benchmark(
    run: Run,
    step: str,
    questions: Sequence[Question],
    student: Generator,
    judge: Judge,
    max_new_tokens: int,
) -> Built[Attempt]:
    """An attempt for each question; the tally counts outcomes, and empty and cut answers."""
    run.say(step, 0, len(questions), "the student answers")
    answers = student.say(
        [question.text for question in questions],
        max_new_tokens=max_new_tokens,
        progress=lambda done: run.say(step, done, len(questions), "the student answers"),
    )
    texts = [answer.text for answer in answers]
    found = [extract_for(question, text) for question, text in zip(questions, texts, strict=True)]
    programs = [
        program_for(question, own.code, own.reason)
        for own, question in zip(found, questions, strict=True)
    ]
    verdicts = judge.all(
        programs, lambda done: run.say(step, done, len(programs), "judge the answers")
    )
    attempts = [
        Attempt(
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
    return Built(attempts, tally)
