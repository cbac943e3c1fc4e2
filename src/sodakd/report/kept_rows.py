"""What the finished steps of a run kept: what a teacher's reply is held against."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sodakd.records import Refinement, SftExample, Snippet
from sodakd.report.reading import Folder, step_rows
from sodakd.report.run_facts import data_of, section
from sodakd.teacher.requests import snippet_id
from sodakd.types import FrozenModel, Language, PreferencePair, Question

_ROWS: Mapping[str, type[FrozenModel]] = {
    "pairs": PreferencePair,
    "solutions": SftExample,
    "refinements": Refinement,
    "questions": Question,
    "tests": Question,
    "snippets": Snippet,
    "seeds": Question,
}
"""What is in the rows of a stage. All others keep whatever could be read."""


@dataclass(frozen=True)
class Kept:
    """What a finished step kept: ids of questions; programs and pairs, by question id.

    `children` are the kept questions that were made from another one, by its id. `unverified` of
    the pairs have a fault that shows no difference.
    """

    questions: frozenset[str] = frozenset()
    programs: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[str, PreferencePair] = field(default_factory=dict)
    children: Mapping[str, Sequence[Question]] = field(default_factory=dict)
    unverified: int = 0


def plain_stage(step: str) -> str:
    """The stage of a step without its number: `questions` of `evol_instruct/questions-2`."""
    return step.rpartition("/")[2].rstrip("-0123456789")


class KeptRows:
    """The rows that a run's finished steps kept, and all that its teacher was asked about."""

    def __init__(self, place: Path, folder: Folder) -> None:
        self._place = place
        self._folder = folder
        self._read = {
            row.step(name): rows
            for row in folder.students
            for name, rows in (
                ("pairs", row.pairs), ("solutions", row.solutions), ("questions", row.questions),
            )
            if rows
        }  # fmt: skip
        self.steps = {
            step.step: self._kept(step.step, step.tally)
            for step in folder.steps
            if step.kind == "rows"
        }

    @cached_property
    def subjects(self) -> Mapping[str, Question | Snippet]:
        """The questions and snippets of the run's files, by id. They may be many."""
        found: dict[str, Question | Snippet] = {}
        for step in self.steps:
            for row in self._rows(step):
                match row:
                    case Question():
                        found[row.id] = row
                    case PreferencePair() | Refinement():
                        found[row.question.id] = row.question
                    case SftExample() if self.only_language is not None:
                        found.setdefault(row.question_id, _question(row, self.only_language))
                    case Snippet():
                        found[snippet_id(row.text)] = row
        return found

    @cached_property
    def only_language(self) -> Language | None:
        """The one language of all that the teacher is asked, where the recipe says so."""
        if data_of(self._folder.recipe) != "world":
            return None
        said = section(self._folder.recipe, "questions").get("language")
        return next((language for language in Language if language == said), None)

    def _kept(self, step: str, tally: Mapping[str, int]) -> Kept:
        rows = self._rows(step)
        match plain_stage(step):
            case "pairs":
                pairs = [row for row in rows if isinstance(row, PreferencePair)]
                return Kept(
                    pairs={row.question.id: row for row in pairs},
                    unverified=tally.get("fault_unverified", 0),
                )
            case "solutions":
                solved = [row for row in rows if isinstance(row, SftExample)]
                return Kept(programs={row.question_id: row.code for row in solved})
            case "refinements":
                refined = [row for row in rows if isinstance(row, Refinement)]
                return Kept(programs={row.question.id: row.code for row in refined})
            case "questions" | "tests":
                asked = [row for row in rows if isinstance(row, Question)]
                children: dict[str, list[Question]] = defaultdict(list)
                for row in asked:
                    children[row.parent or ""].append(row)
                return Kept(questions=frozenset(row.id for row in asked), children=children)
            case _:
                return Kept()

    def _rows(self, step: str) -> Iterator[FrozenModel]:
        if step in self._read:
            yield from self._read[step]
        elif (row_type := _ROWS.get(plain_stage(step))) is not None:
            yield from step_rows(self._place, f"{step}.jsonl", row_type)


def _question(row: SftExample, language: Language) -> Question:
    """The question of a solution whose row holds its text alone."""
    return Question.new(text=row.prompt, language=language, tests=None, source="", level=None)
