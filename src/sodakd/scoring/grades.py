"""Graded answers from files: rows of one's own, the feedback of a run, SODA's released grades."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import Field, JsonValue, ValidationError

from sodakd.errors import DataError
from sodakd.json_text import JsonError
from sodakd.jsonl import read_rows
from sodakd.records import Feedback, Grader, RubricScore
from sodakd.row_files import Values, read_file
from sodakd.scoring.rubric import LEVELS, points_of
from sodakd.teacher.parsers import UnreadableReply, parse_grade
from sodakd.text.extract import extract
from sodakd.text.labels import language_of
from sodakd.types import Finding, FrozenModel, Outcome

FEEDBACK = "feedback.jsonl"
SECOND_GRADES = "second-grades.jsonl"
_NAMED = 10
"""Wrong rows that are named, each with its mistake."""


class Author(StrEnum):
    """Whose answer was graded."""

    UNKNOWN = ""
    TEACHER = "teacher"
    FAULT = "fault"
    STUDENT = "student"


class Answer(FrozenModel):
    """An answer to a question. `language` is the question's, "" where nothing says it.

    `outcome` is the judge's, where the question has tests. A scorer is told it, and what static
    tools found, where its `inputs` say so.
    """

    question_id: str
    question: str = Field(min_length=1)
    language: str = ""
    answer: str
    outcome: Outcome | None = None
    findings: tuple[Finding, ...] = Field(default=(), exclude_if=lambda found: not found)

    @property
    def passed(self) -> bool | None:
        """Whether it passes its tests; None where no verdict says so."""
        if self.outcome is None or self.outcome is Outcome.NO_VERDICT:
            return None
        return self.outcome is Outcome.PASSED


class GradedAnswer(Answer):
    """An answer with its grade by a teacher, or a person."""

    score: RubricScore
    author: Author = Author.UNKNOWN


@dataclass(frozen=True)
class Grades:
    """The graded answers of a source, and a line for each row left out, with its reason.

    `again`: answers that a run's teacher graded twice, each with both grades.
    """

    rows: Sequence[GradedAnswer]
    left_out: Sequence[str] = ()
    again: Sequence[GradedAnswer] = ()


def read_grades(source: Path) -> Grades:
    """Return the graded answers of a file, or of a run's folder (each `feedback.jsonl` in it).

    A file's rows are known by their keys: `instruction` and `response` as SODA released them,
    `solution` and `verdict` as a run writes its feedback, else `question`, `answer` and `score`.
    A grade that comes back to the word was not given twice: a run asks for the same once.

    Raises:
        DataError: the source cannot be read or holds no grade, or rows of one's own are wrong: each
            is named with its mistake.
    """
    files = sorted(source.rglob(FEEDBACK)) if source.is_dir() else [source]
    if not files:
        raise DataError(
            f"{source} holds no {FEEDBACK}: name the folder of a run that has ended a cycle, or a"
            " file of grades"
        )
    rows: list[GradedAnswer] = []
    left_out: list[str] = []
    wrong: list[str] = []
    first: dict[tuple[str, str, RubricScore], str] = {}
    for file in files:
        for number, values in read_file(file):
            where = f"{file}, row {number}"
            try:
                if isinstance(values, JsonError):
                    raise _NoGrade(f"it is no row: {values}")
                row = _reader_of(values)(values)
                seen = (row.question, row.answer, row.score)
                if row.score.reason and seen in first:
                    raise _NoGrade(f"it is the grade of {first[seen]} once more")
                first[seen] = where
                rows.append(row)
            except _NoGrade as error:
                left_out.append(f"{where}: {error}")
            except ValidationError as error:
                wrong.append(f"{where}: {_mistakes(error)}")
    if wrong:
        raise DataError(
            "\n".join([*wrong[:_NAMED], *_more(len(wrong) - _NAMED)])
            + f"\n  a score holds {_RUBRIC}, in halves; mend these rows or remove them"
        )
    if not rows:
        raise DataError(f"{source} holds no grade{_first(left_out)}")
    twice = sorted(source.rglob(SECOND_GRADES)) if source.is_dir() else []
    return Grades(rows, left_out, [row for file in twice for row in read_rows(file, GradedAnswer)])


def read_answers(source: Path) -> list[Answer]:
    """Return the answers of a file, in its order; a grade beside one is not looked at.

    Raises:
        DataError: the file cannot be read or is empty, or rows are wrong: each is named.
    """
    rows: list[Answer] = []
    wrong: list[str] = []
    for number, values in read_file(source):
        if isinstance(values, JsonError):
            wrong.append(f"{source}, row {number}: it is no row: {values}")
            continue
        try:
            rows.append(Answer.model_validate(_answer_values(values), extra="ignore"))
        except ValidationError as error:
            wrong.append(f"{source}, row {number}: {_mistakes(error)}")
    if wrong:
        raise DataError("\n".join([*wrong[:_NAMED], *_more(len(wrong) - _NAMED)]))
    if not rows:
        raise DataError(f"{source} is empty: a row holds question, answer, and perhaps language")
    return rows


def graded_answer(row: Feedback) -> GradedAnswer | None:
    """Return a student's answer with its grade; None where the teacher gave it none."""
    if row.score is None or row.grader is not Grader.TEACHER:
        return None
    return GradedAnswer(
        question_id=row.question.id,
        question=row.question.text,
        language=row.question.language,
        answer=row.solution.text,
        score=row.score,
        author=Author.STUDENT,
        outcome=None if row.question.tests is None else row.verdict.outcome,
        findings=row.findings,
    )


def check_grades(rows: Sequence[GradedAnswer], min_rows: int, min_questions: int) -> None:
    """Make sure that there is something to learn from these grades.

    Raises:
        DataError: there are too few answers or questions, or all have one grade.
    """
    questions = len({row.question for row in rows})
    if len(rows) < min_rows or questions < min_questions:
        raise DataError(
            f"{len(rows)} graded answers to {questions} questions are too few for a scorer: it"
            f" takes {min_rows} answers to {min_questions} questions; grade more"
        )
    seen = Counter(tuple(points_of(row.score).values()) for row in rows)
    if len(seen) == 1:
        raise DataError(
            f"all {len(rows)} answers have the same grade ({rows[0].score.total:g} of 6): there is"
            " nothing to learn; add answers of other quality, such as faulty ones"
        )


_RUBRIC = ", ".join(f"{rule} 0 to {(levels - 1) // 2}" for rule, levels in LEVELS.items())


class _NoGrade(Exception):
    """A row without a grade that can be read."""


def _reader_of(values: Mapping[str, JsonValue]) -> Callable[[Values], GradedAnswer]:
    if {"instruction", "response"} <= values.keys():
        return _released
    if {"solution", "verdict"} <= values.keys():
        return _of_run
    return _own


def _own(values: Values) -> GradedAnswer:
    given = _answer_values(values)
    if isinstance(score := given.get("score"), dict):
        given["score"] = {"reason": "", **{key: score[key] for key in score if key in _SCORE}}
    return GradedAnswer.model_validate(given, extra="ignore")


_SCORE = frozenset(RubricScore.model_fields)


def _answer_values(values: Values) -> Values:
    """A row's values with the question's id and the language as the house writes it."""
    given = dict(values)
    language = given.get("language") or ""
    if isinstance(language, str):
        given["language"] = language_of(language) or language.strip().lower()
    if given.get("question_id") is None:
        given["question_id"] = _id(f"{given['language']}\n{given.get('question')}")
    return given


def _of_run(values: Values) -> GradedAnswer:
    row = Feedback.model_validate(values)
    if row.grader is Grader.SCORER:
        raise _NoGrade("a scorer gave its points, and no scorer learns from another")
    found = graded_answer(row)
    if found is None:
        raise _NoGrade("it was not graded")
    return found


_RELEASED = re.compile(
    r"Here is the programming question:\s*\n(?P<question>.*?)\n#End of programming question#\s*\n"
    r"Here is the code:\s*\n(?P<answer>.*)\n#End of code#",
    re.DOTALL,
)


def _released(values: Values) -> GradedAnswer:
    found = _RELEASED.search(str(values["instruction"]))
    if found is None:
        raise _NoGrade("no question and code between the marks of SODA's scoring prompt")
    question, answer = found["question"].strip(), found["answer"]
    if not question:
        raise _NoGrade("its question is empty")
    try:
        score = parse_grade(str(values["response"]))
    except UnreadableReply as error:
        raise _NoGrade(str(error)) from None
    label = extract(answer).label
    return GradedAnswer(
        question_id=_id(question), question=question, language=label, answer=answer, score=score
    )


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _mistakes(error: ValidationError) -> str:
    def words() -> Iterator[str]:
        for one in error.errors(include_url=False):
            place = ".".join(str(part) for part in one["loc"])
            found = "" if one["type"] == "missing" else f" (found {str(one['input'])[:40]})"
            yield f"{place}: {one['msg']}{found}"

    return "; ".join(words())


def _more(count: int) -> list[str]:
    return [f"  and {count} more"] if count > 0 else []


def _first(left_out: Sequence[str]) -> str:
    return f": {left_out[0]}" if left_out else ""
