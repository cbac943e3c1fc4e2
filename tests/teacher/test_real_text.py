"""Readers on real teacher text: what the SODA paper released, through a replay and a ledger."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sodakd.jsonl import read_rows
from sodakd.settings.teacher import Budget
from sodakd.stages.programs import read_program
from sodakd.teacher.cost import Prices
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.parsers import UnreadableReply, parse_grade
from sodakd.teacher.recorded import RecordedReply
from sodakd.teacher.replay import ReplayTeacher
from sodakd.teacher.requests import Grade, Solve, TeacherRequest
from tests.tiny import ROOT

DATA = ROOT.parent / "shared" / "data" / "sodacoder"


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not there")
    out = tmp_path_factory.mktemp("replay") / "answers.jsonl"
    script = str(ROOT / "scripts" / "sodacoder_replay.py")
    subprocess.run([sys.executable, script, str(DATA), str(out)], check=True)
    return out


def asks(replay: Path, kind: str) -> list[TeacherRequest]:
    rows = [row for row in read_rows(replay, RecordedReply) if row.kind == kind]
    return [ask for ask in (row.read_ask() for row in rows) if ask is not None]


@pytest.fixture
def ledger(replay: Path, tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "l.sqlite", ReplayTeacher.open(replay), Prices(0, 0), Budget())


def test_98_of_100_real_grades_are_read_and_two_hold_none(replay: Path, ledger: Ledger) -> None:
    graded = asks(replay, "grade")
    replies = ledger.ask(graded, "grades", Counter())
    scores, unread = [], []
    for reply in replies:
        try:
            scores.append(parse_grade(reply.text))
        except UnreadableReply as error:
            unread.append(str(error))
    assert (len(graded), len(scores)) == (100, 98)
    assert unread == [
        "points for the rules [] instead of 1 to 5",
        "points for the rules [4] instead of 1 to 5",
    ]
    assert all(isinstance(ask, Grade) for ask in graded)
    halves = [s for s in scores if any(p % 1 for p in (s.boundary, s.coverage, s.readability))]
    assert len(halves) > 20
    assert all("Code Analysis" in score.reason for score in scores)


def test_of_100_real_solutions_those_in_python_are_read_and_29_are_none(
    replay: Path, ledger: Ledger
) -> None:
    solved = [ask for ask in asks(replay, "solve") if isinstance(ask, Solve)]
    reasons = Counter[str]()
    for ask, reply in zip(solved, ledger.ask(solved, "solutions", Counter()), strict=True):
        try:
            assert read_program(reply.text, ask.question).strip()
        except UnreadableReply as error:
            reasons[str(error).removeprefix("no program in the reply: the answer is ")] += 1
    assert (len(solved), reasons.total()) == (100, 29)
    assert reasons["in SQL"] == 7
    assert reasons["prose"] == 3
