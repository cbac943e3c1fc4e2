"""A teacher in this process: answers that were cut off, asking again, its place."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from sodakd.errors import ModelError
from sodakd.methods.teachers import open_teacher
from sodakd.settings.teacher import Budget, TeacherSettings
from sodakd.teacher.ledger import Ledger
from sodakd.teacher.requests import Fault
from sodakd.teacher.teacher_endpoint import prices_of
from sodakd.types import FaultKind
from tests.inference.small import write_lively
from tests.teacher.shop import question, solves


def ledger(tmp_path: Path, **fields: object) -> Ledger:
    """The books of a teacher whose model is in a folder."""
    folder = write_lively(tmp_path / "teacher")
    config = folder / "config.json"  # prompts of asks are longer than the small models take
    places = '"max_position_embeddings": '
    config.write_text(config.read_text().replace(f"{places}512", f"{places}4096"))
    settings = TeacherSettings.model_validate(
        {"kind": "transformers", "model_name_or_path": str(folder), "max_tokens": 6, **fields}
    )
    teacher = open_teacher(settings, tmp_path)
    return Ledger(tmp_path / "l.sqlite", teacher, prices_of(settings), Budget())


def test_an_answer_that_was_cut_off_is_asked_for_once_more_at_twice_the_length(
    tmp_path: Path,
) -> None:
    tally: Counter[str] = Counter()
    books = ledger(tmp_path, dtype="bfloat16", device="cpu", batch_size=2)
    replies = books.ask(solves(3), "one", tally)
    assert [reply.finish for reply in replies] == ["length"] * 3
    assert all(reply.text for reply in replies)
    assert (tally["reply_length"], books.spent().calls) == (3, 6)


def test_asking_again_without_a_seed_brings_another_answer(tmp_path: Path) -> None:
    first = Fault(question=question("Add."), correct="a + b", kinds=(FaultKind.CONSTANT,))
    asks = [first.model_copy(update={"attempt": attempt}) for attempt in range(3)]
    replies = ledger(tmp_path, temperature=1.0).ask(asks, "one", Counter())
    assert len({reply.text for reply in replies}) == 3


def test_a_device_that_is_not_there_is_named_by_the_teachers_own_key(tmp_path: Path) -> None:
    books = ledger(tmp_path, device="cuda:99")
    with pytest.raises(ModelError, match=r"leave teacher\.device out"):
        books.ask(solves(1), "one", Counter())


def test_a_batch_size_is_for_a_model_in_this_process() -> None:
    with pytest.raises(ValidationError, match=r"teacher\.batch_size is for kind transformers"):
        TeacherSettings(kind="openai", model="m", batch_size=4)
