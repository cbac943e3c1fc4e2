"""What a training computes in, where the settings leave it open, and that weights lose nothing."""

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM

from sodakd.settings.student import StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.training import precision
from sodakd.training.precision import choose_computing, computed_in
from sodakd.training.train import train
from tests.tiny_models import write_model
from tests.training.questions import synthetic

pytestmark = pytest.mark.heavy


def student(path: Path, **changes: object) -> StudentSettings:
    return StudentSettings.model_validate({"model_name_or_path": str(path), **changes})


def test_a_small_student_is_trained_in_float32_on_one_core(tmp_path: Path) -> None:
    start = write_model(tmp_path)
    found = choose_computing(start, TrainingSettings(), student(start))
    assert (found.dtype, found.threads, found.words) == (None, 1, None)


@pytest.mark.parametrize(("gain", "dtype"), [(2.6, torch.bfloat16), (0.4, None)])
def test_a_large_one_is_computed_in_bfloat16_where_that_is_faster(
    gain: float, dtype: torch.dtype | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = write_model(tmp_path)
    monkeypatch.setattr(precision, "is_large", lambda _: True)
    monkeypatch.setattr(precision, "bfloat16_gain", lambda: gain)
    monkeypatch.setattr(precision, "cpu_count", lambda: 2)
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    found = choose_computing(start, TrainingSettings(), student(start))
    assert (found.dtype, found.threads) == (dtype, 2)
    assert f"bfloat16 is {gain} times as fast as float32 here" in str(found.words)
    told = TrainingSettings(bf16=False, threads=1)
    assert choose_computing(start, told, student(start)).dtype is None


def test_what_an_adapter_leaves_is_computed_in_bfloat16_and_kept_as_it_was(tmp_path: Path) -> None:
    start, out = write_model(tmp_path / "start"), tmp_path / "out"
    out.mkdir()
    settings = TrainingSettings(
        bf16=True, optimizer="adamw", max_steps=2, per_device_train_batch_size=4, loss="margin"
    )
    lora = student(start, finetuning_type="lora")
    assert choose_computing(start, settings, lora).opened(lora).dtype == "bfloat16"
    few = [each for each in synthetic(60) if len(each.prompt) + len(each.chosen) < 200][:8]
    train(start, few, settings, 0, out, student=lora)
    before, after = (
        AutoModelForCausalLM.from_pretrained(each, dtype="auto").state_dict()
        for each in (start, out)
    )
    assert all(weight.dtype == torch.float32 for weight in after.values())
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.endswith("proj.weight") for name in changed)


def test_weights_computed_in_bfloat16_get_their_gradients_in_float32() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(8, 8)
    weight = layer.weight
    for _ in range(2):
        with computed_in(layer, torch.bfloat16):
            assert layer.weight.dtype == torch.bfloat16
            layer(torch.ones(3, 8, dtype=torch.bfloat16)).sum().backward()
    assert layer.weight is weight
    assert weight.grad is not None
    assert weight.grad.dtype == torch.float32
    assert bool((weight.grad == 6).all())
