"""`sodakd scorer`: train, validate and score, as a user would type them."""

import json
from pathlib import Path

import pytest

from sodakd.jsonl import write_rows
from sodakd.scoring.model import read_card
from sodakd.scoring.validation import Validation
from tests.scoring.graded import graded
from tests.tiny import sodakd, sodakd_looks
from tests.tiny_models import write_model

ROWS = graded(80)


@pytest.mark.parametrize("words", [(), ("train",), ("validate",), ("score",)])
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    done = sodakd_looks("scorer", *words, "--help", COLUMNS="200")
    assert done.returncode == 0
    assert "Example" in done.stdout
    assert f"sodakd scorer {' '.join(words)}".strip() in done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with grades, a base, and a scorer that was trained from the command line."""
    folder = tmp_path_factory.mktemp("scorer")
    write_rows(folder / "grades.jsonl", ROWS)
    write_model(folder / "base")
    words = ("train", str(folder / "grades.jsonl"), "--base", str(folder / "base"))
    more = ("--out", str(folder / "scorer"), "--epochs", "1", "--max-length", "64")
    done = sodakd("scorer", *words, *more)
    assert done.returncode == 0, done.stderr
    assert "epoch 1: loss" in done.stderr
    assert "were cut in the middle" in done.stderr
    assert "8 are held back" in done.stderr
    return folder


@pytest.mark.heavy
def test_a_scorer_is_validated_on_what_it_has_not_seen(folder: Path) -> None:
    done = sodakd("scorer", "validate", str(folder / "scorer"), str(folder / "grades.jsonl"))
    assert done.returncode == 0, done.stderr
    found = Validation.model_validate_json((folder / "scorer" / "validation.json").read_bytes())
    assert (found.answers, found.questions, found.seen) == (16, 8, 64)
    assert found.base == str(folder / "base") == read_card(folder / "scorer").base
    assert "functionality" in done.stdout
    assert "s to score 1,000 such answers here" in done.stdout


@pytest.mark.heavy
def test_a_scorer_below_a_floor_ends_with_a_code_of_its_own_and_the_figures(folder: Path) -> None:
    words = ("validate", str(folder / "scorer"), str(folder / "grades.jsonl"))
    done = sodakd("scorer", *words, "--min-spearman", "1", "--out", str(folder / "v.json"))
    assert done.returncode == 4
    assert "error: the scorer is refused on 16 answers" in done.stderr
    assert (folder / "v.json").exists()


@pytest.mark.heavy
def test_answers_get_a_line_each_in_their_order(folder: Path) -> None:
    answers = folder / "answers.jsonl"
    rows = [{"question": "Add.", "answer": "a + b\n" * at, "language": "go"} for at in (1, 40, 2)]
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = sodakd("scorer", "score", str(folder / "scorer"), str(answers))
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["row"], row["cut"]) for row in found] == [(1, False), (2, True), (3, False)]
    assert all(0 <= row["total"] <= 6 for row in found)
    assert all(2 * points % 1 == 0 for row in found for points in row["score"].values())
    assert "1 of 3 answers" in done.stderr
    assert "3 answers are in languages that no grade of the scorer was in (go)" in done.stderr
    done = sodakd("scorer", "score", str(folder / "scorer"), str(answers), "--out", str(answers))
    assert done.returncode == 2
    assert "is read: choose another file" in done.stderr


@pytest.mark.heavy
def test_grades_of_questions_that_trained_it_alone_validate_nothing(
    folder: Path, tmp_path: Path
) -> None:
    split = json.loads((folder / "scorer" / "split.json").read_text())
    from sodakd.scoring.split import question_key

    seen = [row for row in ROWS if question_key(row.question) in split["train"]]
    write_rows(tmp_path / "seen.jsonl", seen)
    done = sodakd("scorer", "validate", str(folder / "scorer"), str(tmp_path / "seen.jsonl"))
    assert done.returncode == 2
    assert "was trained on every question" in done.stderr


@pytest.mark.heavy  # it imports torch, in a process of its own
@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (10, "10 graded answers to 5 questions are too few for a scorer"),
        (0, "holds no grade"),
    ],
)
def test_what_nothing_can_be_learned_from_is_one_clear_error(
    rows: int, says: str, tmp_path: Path
) -> None:
    write_rows(tmp_path / "grades.jsonl", ROWS[:rows])
    (tmp_path / "base").mkdir()
    words = ("train", str(tmp_path / "grades.jsonl"), "--base", str(tmp_path / "base"))
    done = sodakd("scorer", *words, "--out", str(tmp_path / "scorer"))
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("error:") == 1
    assert not (tmp_path / "scorer").exists()
