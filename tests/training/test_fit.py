"""Training: what is learnt from, that it learns, and that a stop changes nothing."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sodakd.errors import TrainingError
from sodakd.inference.chat_format import Tokenizer, chat_format_for
from sodakd.inference.transformers import TransformersModel
from sodakd.records import TrainLogRow
from sodakd.settings.student import StudentShape
from sodakd.settings.training import TrainingSettings
from sodakd.stages.programs import read_fault, read_program
from sodakd.synthetic.generate import draw_questions
from sodakd.synthetic.splits import Split
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.requests import Fault, Solve
from sodakd.training.from_scratch import init_student
from sodakd.training.packing import pack
from sodakd.training.schedule import Example, batch_schedule, encode
from sodakd.training.train import train
from sodakd.types import FaultKind
from tests.training.questions import synthetic

pytestmark = pytest.mark.heavy

SHAPE = StudentShape(
    hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, vocab_size=400
)
SETTINGS = TrainingSettings(
    max_steps=12,
    per_device_train_batch_size=8,
    logging_steps=2,
    save_steps=4,
    loss="first_difference",
    warmup_steps=1,
)


def examples(count: int) -> list[Example]:
    """Pairs of the world."""
    teacher = WorldTeacher()
    made = []
    for question in draw_questions(count, (1, 2, 3), Split.TRAIN, seed=8):
        correct = read_program(teacher.reply(Solve(question=question)).text, question)
        ask = Fault(question=question, correct=correct, kinds=tuple(FaultKind))
        faulty = read_fault(teacher.reply(ask).text, ask).code
        made.append(Example(question.text, correct, faulty))
    return made


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny student from scratch."""
    folder = tmp_path_factory.mktemp("student")
    texts = [text for each in examples(60) for text in (each.prompt, each.chosen)]
    init_student(texts, SHAPE, 0, folder)
    return folder


def tokenizer_of(folder: Path) -> Tokenizer:
    return cast("Tokenizer", AutoTokenizer.from_pretrained(folder))


def _text(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    return tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def rows_without_speed(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        del row["tokens_per_second"]
    return rows


def test_a_text_comes_back_from_its_tokens(start: Path) -> None:
    tokenizer = tokenizer_of(start)
    for text in ("def f(xs):\n    return xs[:10]\n", "Add 12 to 3,  then stop. <|end|>", "äß€ 𝄞"):
        ids = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        assert _text(tokenizer, ids) == text
        assert tokenizer.eos_token_id not in ids


def test_only_the_answer_and_its_end_are_trained_on(start: Path) -> None:
    tokenizer = tokenizer_of(start)
    batch = pack(encode(examples(5), chat_format_for(tokenizer), 512), rejected=False)
    expected = [
        token for each in examples(5) for token in chat_format_for(tokenizer).answer(each.chosen)
    ]
    assert batch.target.tolist() == expected
    assert batch.target.tolist().count(tokenizer.eos_token_id) == 5


def test_packing_changes_no_log_probability(start: Path) -> None:
    """Every token's NLL in a packed batch is that of its example alone, by plain transformers."""
    tokenizer = tokenizer_of(start)
    model = AutoModelForCausalLM.from_pretrained(start).eval()
    few = examples(6)
    total, count = 0.0, 0
    for each in few:
        prompt = chat_format_for(tokenizer).prompt(each.prompt)
        answer = chat_format_for(tokenizer).answer(each.chosen)
        ids = torch.tensor([prompt + answer])
        with torch.no_grad():
            table = model(ids).logits[0].log_softmax(-1)
        for place, token in enumerate(answer, start=len(prompt)):
            total -= float(table[place - 1, token])
            count += 1
    out = start.parent / "packing"
    out.mkdir()
    settings = SETTINGS.model_copy(
        update={"max_steps": 1, "per_device_train_batch_size": 6, "loss": "none"}
    )
    (row,) = train(start, few, settings, 0, out)
    assert row.nll == pytest.approx(total / count, abs=1e-5)


@pytest.mark.parametrize(
    "loss",
    ["none", "margin", "first_difference", "odds_ratio", "simpo", "unlikelihood", "dpo"],
)
def test_training_learns(start: Path, tmp_path: Path, loss: str) -> None:
    settings = SETTINGS.model_copy(update={"loss": loss, "max_steps": 24})
    rows = train(start, examples(40), settings, 0, tmp_path)
    assert rows[-1].step == 24
    assert rows[-1].nll < 0.85 * rows[0].nll
    assert rows[-1].tokens > rows[0].tokens > 0
    assert rows[-1].gap is not None
    assert (rows[-1].contrast is None) == (loss == "none")


def test_the_plan_of_steps_sees_every_example_once_an_epoch() -> None:
    settings = SETTINGS.model_copy(update={"max_steps": None, "num_train_epochs": 2.0})
    steps = batch_schedule([number % 7 for number in range(50)], settings, seed=3)
    assert sorted(place for step in steps[: len(steps) // 2] for place in step) == list(range(50))
    assert steps == batch_schedule([number % 7 for number in range(50)], settings, seed=3)
    assert steps != batch_schedule([number % 7 for number in range(50)], settings, seed=4)


@pytest.fixture(scope="module")
def whole(start: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that was never stopped."""
    out = tmp_path_factory.mktemp("whole")
    train(start, examples(30), SETTINGS, 5, out)
    return out


@pytest.mark.parametrize("stop_at", [2, 12])
def test_a_training_stopped_before_its_first_checkpoint_or_behind_its_last_ends_the_same(
    start: Path, whole: Path, tmp_path: Path, stop_at: int
) -> None:
    def stop(row: TrainLogRow) -> None:
        if row.step == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(start, examples(30), SETTINGS, 5, tmp_path, stop)
    train(start, examples(30), SETTINGS, 5, tmp_path)
    weights = "model.safetensors"
    assert (tmp_path / weights).read_bytes() == (whole / weights).read_bytes()
    assert rows_without_speed(tmp_path) == rows_without_speed(whole)
    assert not (tmp_path / "checkpoints").exists()


def test_sampling_repeats_and_does_not_depend_on_neighbours(start: Path) -> None:
    model = TransformersModel.open(start)
    prompts = [question.text for question in draw_questions(9, (1, 2), Split.TEST, seed=2)]
    drawn = model.generate(prompts, max_new_tokens=12, temperature=1.0, seed=4)
    assert drawn == model.generate(prompts, max_new_tokens=12, temperature=1.0, seed=4)
    assert drawn != model.generate(prompts, max_new_tokens=12, temperature=1.0, seed=5)
    alone = model.generate(prompts[3:4], max_new_tokens=12, temperature=1.0, seed=4)
    assert alone == drawn[3:4]


def test_nothing_to_train_on_is_one_clear_error(start: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no examples"):
        train(start, [], SETTINGS, 0, tmp_path)


def test_examples_that_are_all_too_long_are_one_clear_error(start: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"the shortest of 1 examples has \d+ tokens"):
        train(start, [Example("long", "x = 1\n" * 400, None)], SETTINGS, 0, tmp_path)


def test_a_loss_that_is_no_number_says_what_to_do(start: Path, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(TrainingError, match="lower learning_rate"):
        train(start, examples(20), settings, 0, tmp_path)


def test_a_tracker_is_told_the_rows_of_the_log_and_none_is_without_being_asked(
    student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard needs pip install tensorboard")
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "board"))
    settings = TrainingSettings(max_steps=2, logging_steps=1)
    for name, trackers in (("alone", ()), ("told", ("tensorboard",))):
        (tmp_path / name).mkdir()
        own = settings.model_copy(update={"report_to": trackers})
        rows = train(student, synthetic(16), own, 0, tmp_path / name)
        assert (tmp_path / "board").exists() is bool(trackers)
    (events,) = (tmp_path / "board").rglob("events.*")
    assert events.read_bytes().count(b"chosen_logp") == len(rows)
