"""How questions and answers flowed through the run: difficulty, levels, outcomes."""

from collections import Counter

from sodakd.records import Difficulty
from sodakd.report.axes import MEDIUM
from sodakd.report.bars import stacked_bars
from sodakd.report.figure import Figure, plot
from sodakd.report.palette import DIFFICULTIES, LEVEL_KEYS, OUTCOMES
from sodakd.report.reading import Folder
from sodakd.types import LEVELS, Outcome


def flow_figures(folder: Folder) -> list[Figure]:
    """Difficulty of the probes, levels of what was asked for next, outcomes of all answers."""
    return [*_difficulties(folder), *_levels(folder), *_outcomes(folder), *_exam(folder)]


def _difficulties(folder: Folder) -> list[Figure]:
    students = [row for row in folder.students if row.feedback]
    if not students:
        return []
    counts = [Counter(row.difficulty for row in student.feedback) for student in students]
    keys = list(DIFFICULTIES.values())
    svg = stacked_bars(
        [student.name for student in students],
        keys,
        [[found[kind] for kind in Difficulty] for found in counts],
        "probes",
        MEDIUM,
    )
    words = "Questions the student answered before it was trained on them."
    return [Figure("Difficulty of the probes", plot(svg, keys), words, "medium")]


def _levels(folder: Folder) -> list[Figure]:
    students = [row for row in folder.students if row.questions]
    if not students:
        return []
    counts = [Counter(question.level for question in student.questions) for student in students]
    svg = stacked_bars(
        [f"after {student.name}" for student in students],
        LEVEL_KEYS,
        [[found[level] for level in LEVELS] for found in counts],
        "new questions",
        MEDIUM,
    )
    words = "What the teacher was asked to invent, aimed by the feedback."
    return [Figure("Target levels of the new questions", plot(svg, LEVEL_KEYS), words, "medium")]


def _outcomes(folder: Folder) -> list[Figure]:
    students = [row for row in folder.students if row.feedback]
    names = [student.name for student in students]
    counts = [Counter(row.verdict.outcome for row in student.feedback) for student in students]
    words = "The student's first answer to each probe."
    return _bars("Outcomes on the probes", names, counts, words)


def _exam(folder: Folder) -> list[Figure]:
    there = [student for student in folder.students if student.evaluation]
    names = [student.name for student in there]
    counts = [Counter(row.verdict.outcome for row in student.evaluation) for student in there]
    words = "One answer to each test question, by every student."
    return _bars("Outcomes on the test questions", names, counts, words)


def _bars(title: str, names: list[str], counts: list[Counter[Outcome]], words: str) -> list[Figure]:
    if not counts:
        return []
    seen = [outcome for outcome in Outcome if any(found[outcome] for found in counts)]
    keys = [OUTCOMES[outcome] for outcome in seen]
    values = [[found[outcome] for outcome in seen] for found in counts]
    svg = stacked_bars(names, keys, values, "answers", MEDIUM)
    return [Figure(title, plot(svg, keys), words, "medium")]
