"""Make a replay of what the SODA paper released: 100 real pairs, 100 real grades.

    python scripts/sodacoder_replay.py FOLDER answers.jsonl

FOLDER holds `pairwise_data.json` and `scoring_data.json` of yujiachen99/SodaCoder, which has no
licence: read it, publish neither it nor the replay. Tokens are counted as one for four letters.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sodakd.store import write_rows
from sodakd.teacher.asks import Ask, Fault, Grade, Solve
from sodakd.teacher.render import render
from sodakd.teacher.replay import Record
from sodakd.types import FaultKind, Language, Question, Usage

_LABEL = re.compile(r"^```(\w+)", re.MULTILINE)
_GRADED = re.compile(
    r"Here is the programming question: \n(.*)\n#End of programming question#\n"
    r"Here is the code: \n(.*)\n#End of code#",
    re.DOTALL,
)


def records(folder: Path) -> Iterator[Record]:
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


def _question(text: str, answer: str) -> Question:
    labels = [label.lower() for label in _LABEL.findall(answer)]
    known = [Language(label) for label in labels if label in set(Language)]
    language = known[0] if known else Language.PYTHON
    return Question.new(text=text, language=language, tests=None, source="sodacoder", level=None)


def _record(ask: Ask, text: str) -> Record:
    usage = Usage(prompt_tokens=len(render(ask)) // 4 + 1, completion_tokens=len(text) // 4 + 1)
    return Record.of(ask, text, usage, "sodacoder")


def main() -> None:
    folder, out = sys.argv[1:]
    rows = list(records(Path(folder)))
    write_rows(Path(out), rows)
    print(f"{len(rows)} answers in {out}")


if __name__ == "__main__":
    main()
