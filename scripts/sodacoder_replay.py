"""Make a replay of what the SODA paper released: 100 real pairs, 100 real grades.

    python scripts/sodacoder_replay.py FOLDER answers.jsonl
    python scripts/sodacoder_replay.py FOLDER answers.jsonl --questions questions.jsonl

With `--questions` the pairs' questions are written as well, and the answers are those to a run on
them (`recipes/replay.yaml`): to `Solve` and `Fault` of each, by `teacher.unrecorded: nearest`.
The release names no kinds of fault: `operation` stands for all of them.

FOLDER holds `pairwise_data.json` and `scoring_data.json` of yujiachen99/SodaCoder, which has no
licence: read it, publish neither it nor the replay. Tokens are counted as one for four letters.
"""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

from sodakd.jsonl import write_rows
from sodakd.seeds.load import load_seeds, to_question
from sodakd.settings.questions import QuestionSettings
from sodakd.teacher.recorded import RecordedReply
from sodakd.teacher.render_prompt import render
from sodakd.teacher.requests import Fault, Grade, Solve, TeacherRequest
from sodakd.types import FaultKind, Language, Question, Usage

_LABEL = re.compile(r"^```(\w+)", re.MULTILINE)
_GRADED = re.compile(
    r"Here is the programming question: \n(.*)\n#End of programming question#\n"
    r"Here is the code: \n(.*)\n#End of code#",
    re.DOTALL,
)


def records(folder: Path) -> Iterator[RecordedReply]:
    """An answer for every released row: `Solve` and `Fault` of a pair, `Grade` of a score."""
    for row in json.loads((folder / "pairwise_data.json").read_text(encoding="utf-8")):
        correct, faulty = row["response"]
        question = _question(row["instruction"], correct)
        yield _record(Solve(question=question), correct)
        yield _record(Fault(question=question, correct=correct, kinds=tuple(FaultKind)), faulty)
    for row in json.loads((folder / "scoring_data.json").read_text(encoding="utf-8")):
        found = _GRADED.search(row["instruction"])
        if found is None:
            raise SystemExit(f"a row of scoring_data.json has another form: {row!r:.200}")
        text, answer = found.groups()
        yield _record(Grade(question=_question(text, answer), answer=answer), row["response"])


def of_a_run(folder: Path, questions: Path) -> Iterator[RecordedReply]:
    """Answers to the asks of a run on the pairs' questions, which are written to a file."""
    rows = json.loads((folder / "pairwise_data.json").read_text(encoding="utf-8"))
    seeds = [{"instruction": row["instruction"], "output": row["response"][0]} for row in rows]
    lines = "".join(json.dumps(seed) + "\n" for seed in seeds)
    questions.write_text(lines, encoding="utf-8")
    for found in load_seeds(QuestionSettings(source=str(questions)), 0):
        if not found.kept:
            continue
        question = to_question(found)
        correct, faulty = rows[found.seed.row - 1]["response"]  # rows count from 1
        yield _record(Solve(question=question), correct)
        ask = Fault(question=question, correct=correct, kinds=tuple(FaultKind))
        yield _record(ask, f"Fault: {FaultKind.OPERATION}\n{faulty}")


def _question(text: str, answer: str) -> Question:
    labels = [label.lower() for label in _LABEL.findall(answer)]
    known = [Language(label) for label in labels if label in set(Language)]
    language = known[0] if known else Language.PYTHON
    return Question.new(text=text, language=language, tests=None, source="sodacoder", level=None)


def _record(ask: TeacherRequest, text: str) -> RecordedReply:
    usage = Usage(prompt_tokens=len(render(ask)) // 4 + 1, completion_tokens=len(text) // 4 + 1)
    return RecordedReply.of(ask, text, usage, "sodacoder")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--questions", type=Path, help="where the pairs' questions go")
    options = parser.parse_args()
    made = (
        records(options.folder)
        if options.questions is None
        else of_a_run(options.folder, options.questions)
    )
    rows = {row.ask_key: row for row in made}
    write_rows(options.answers, rows.values())
    print(f"{len(rows)} answers in {options.answers}")


if __name__ == "__main__":
    main()
