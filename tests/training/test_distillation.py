"""A student that matches a teacher's token probabilities in its own answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
import torch
from safetensors.torch import load
from torch import Tensor
from transformers import PreTrainedModel

from sodakd.errors import TrainingError
from sodakd.inference.loading import load_model
from sodakd.settings.student import FROM_SCRATCH, StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.training import distillation as reading
from sodakd.training.distillation import TEACHER, Distillation
from sodakd.training.divergence import distillation_objective, divergence
from sodakd.training.forward import choose_forward
from sodakd.training.micro_batches import micro_batches
from sodakd.training.objective import StepTotals
from sodakd.training.packing import pack
from sodakd.training.schedule import Example, TokenizedExample
from sodakd.training.train import train
from sodakd.training.trainer import TeacherSignal
from tests.tiny_models import write_model
from tests.training.test_equality import (
    VOCAB,
    WAYS,
    build,
    chat_format,
    examples,
    gradient,
    head,
)
from tests.training.test_resume import Stopped, folder, measured, same, stop_at

__all__ = ["head"]

pytestmark = pytest.mark.heavy

BETAS = (0.0, 0.3, 1.0)
SETTINGS = TrainingSettings(
    max_steps=8,
    per_device_train_batch_size=4,
    learning_rate=1e-2,
    optimizer="adamw",
    warmup_steps=1,
    save_steps=2,
    logging_steps=1,
)
ANSWERS = [
    Example(f"Write a function that adds {number}.", f"def add(a):\n    return a + {number}", None)
    for number in range(8)
]


def full_table(model: PreTrainedModel, each: TokenizedExample) -> Tensor:
    """Log-probabilities of all tokens in the places of an answer, by transformers' attention."""
    row = torch.tensor([[*each.prompt, *each.chosen]])
    logits = model(input_ids=row).logits[0, len(each.prompt) - 1 : -1]
    return cast("Tensor", logits.log_softmax(-1))


def plain_divergence(own: Tensor, right: Tensor, beta: float) -> Tensor:
    """It over all tokens as the paper writes it down, from probabilities."""
    q, p = own.exp(), right.exp()

    def kl(of: Tensor, to: Tensor) -> Tensor:
        return (of * (of / to).log()).sum(-1)

    if beta in (0, 1):
        return kl(p, q) if beta == 0 else kl(q, p)
    mixed = beta * p + (1 - beta) * q
    return beta * kl(p, mixed) + (1 - beta) * kl(q, mixed)


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.usefixtures("head")
def test_a_step_is_the_divergence_over_all_tokens_of_each_answer_alone(beta: float) -> None:
    given = examples()
    student, plain, teacher = build("qwen2"), build("qwen2"), build("llama")
    right = [full_table(teacher, each).detach() for each in given]
    own = [full_table(plain, each) for each in given]
    wanted = torch.cat(
        [plain_divergence(*each, beta) for each in zip(own, right, strict=True)]
    ).mean()
    wanted.backward()
    wanted_gradient = gradient(plain)
    forward, of_teacher = (choose_forward(each, chat_format(), 64) for each in (student, teacher))
    for settings in WAYS.values():
        total = torch.zeros(())
        for places in micro_batches(given, settings, forward.layout, rejected=False):
            batch = pack([given[at] for at in places], rejected=False)
            with torch.no_grad():
                top = of_teacher.top_tokens(teacher, batch, VOCAB, VOCAB)
            batch = TeacherSignal([top], beta).laid_on(batch, [0])
            found = forward.logps(student, batch)
            result = distillation_objective(found, batch, StepTotals.of(given), beta)
            result.loss.backward()
            total += result.loss.detach()
        assert abs(float(total - wanted.detach())) <= 1e-5
        assert (gradient(student) - wanted_gradient).norm() <= 1e-5 * wanted_gradient.norm()


@pytest.mark.parametrize("beta", BETAS)
def test_the_most_probable_tokens_and_the_rest_as_one_are_a_lower_bound(beta: float) -> None:
    generator = torch.Generator().manual_seed(0)
    own, right = ((3 * torch.randn(20, 50, generator=generator)).log_softmax(-1) for _ in range(2))
    whole = plain_divergence(own, right, beta)
    before = torch.zeros(20)
    for count in (1, 5, 20, 50):
        places = right.topk(count).indices
        found = divergence(own.gather(1, places), right.gather(1, places), beta)
        assert (found >= before - 1e-5).all()
        before = found
        if count < 50:
            grouped = [
                torch.cat(
                    [
                        each.gather(1, places),
                        each.exp().scatter(1, places, 0).sum(1).log()[:, None],
                    ],
                    1,
                )
                for each in (own, right)
            ]
            wanted = plain_divergence(grouped[0], grouped[1], beta)
            assert torch.allclose(found, wanted, atol=1e-4)
    assert torch.allclose(before, whole, atol=1e-4)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A student and a teacher of one tokenizer, another make and more places in its head."""
    place = tmp_path_factory.mktemp("models")
    student, teacher = write_model(place / "student"), write_model(place / "teacher", "llama")
    model = load_model(teacher)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model.resize_token_embeddings(model.config.vocab_size + 9)
        for weight in model.parameters():
            weight.data *= 3  # it is sure of what it says
    model.save_pretrained(teacher)
    return student, teacher


def distilled(
    models: Sequence[Path],
    out: Path,
    stop: int = 99,
    student: StudentSettings = FROM_SCRATCH,
    top_k: int = 30,
) -> list[float]:
    """Train by the teacher, up to a step; return the divergence at each."""
    start, teacher = models
    heard = Distillation(teacher, top_k, beta=1.0)
    rows = train(
        start, ANSWERS, SETTINGS, 0, out, stop_at(stop), student=student, distillation=heard
    )
    return [row.loss for row in measured(rows)]


def test_training_brings_the_student_nearer_to_the_teacher(
    models: tuple[Path, Path], tmp_path: Path
) -> None:
    losses = distilled(models, folder(tmp_path / "out"))
    assert losses[-1] < 0.5 * losses[0]


def test_an_adapter_is_brought_nearer_as_well(models: tuple[Path, Path], tmp_path: Path) -> None:
    lora = StudentSettings(model_name_or_path="any", finetuning_type="lora")
    losses = distilled(models, folder(tmp_path / "out"), student=lora)
    assert losses[-1] < 0.97 * losses[0]  # its head and embeddings stay as they are


def test_a_stopped_training_goes_on_with_what_the_teacher_said_then(
    models: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = distilled(models, folder(tmp_path / "whole"))
    out = folder(tmp_path / "out")
    with pytest.raises(Stopped):
        distilled(models, out, stop=3)
    with monkeypatch.context() as patch:
        patch.delattr(reading, "load_model")  # it is not opened again
        with pytest.raises(Stopped):
            distilled(models, out, stop=5)
    file = out / "checkpoints" / TEACHER
    kept = load(file.read_bytes())
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(Stopped):
        distilled(models, out, stop=7)
    again = load(file.read_bytes())
    assert all(torch.equal(kept[name], again[name]) for name in ("tokens", "logp"))
    assert distilled(models, out) == losses
    assert same(tmp_path / "whole", out)


def test_another_teacher_is_another_training(models: tuple[Path, Path], tmp_path: Path) -> None:
    out = folder(tmp_path / "out")
    with pytest.raises(Stopped):
        distilled(models, out, stop=3)
    with pytest.raises(TrainingError, match="other examples, settings"):
        distilled(models, out, top_k=29)
    other = write_model(tmp_path / "other", "llama", seed=1)
    with pytest.raises(TrainingError, match="other examples, settings"):
        distilled((models[0], other), out)


def test_it_is_told_what_the_teacher_has_read(models: tuple[Path, Path], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    teacher = Distillation(
        models[1], 5, 0.0, on_read=lambda answers, tokens: told.append((answers, tokens))
    )
    long = Example("Say much.", "x " * 600, None)
    train(models[0], [*ANSWERS, long], SETTINGS, 0, folder(tmp_path / "out"), distillation=teacher)
    assert told[-1][0] == len(ANSWERS)  # the one that is too long is not read
    assert told == sorted(told)
    assert not (tmp_path / "out" / "checkpoints").exists()
