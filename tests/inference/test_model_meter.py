"""FLOPs of a model by its shape are those that torch counts; what models do is told to `WORK`."""

from collections.abc import Callable

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import PreTrainedModel

from sodakd.inference.model_meter import ModelShape
from sodakd.inference.peak_flops import peak_flops
from sodakd.settings.student import LoraSettings, StudentSettings
from sodakd.training.model_io import with_adapters
from tests.tiny_models import FAMILIES

pytestmark = pytest.mark.heavy
VOCABULARY = 300
TOKENS = torch.arange(40)[None] % VOCABULARY
PAIRS = TOKENS.numel() ** 2
"""As torch counts attention: each token sees all."""


def counted(work: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


def model_of(family: str) -> PreTrainedModel:
    model = FAMILIES[family](VOCABULARY)
    model.set_attn_implementation("eager")
    return model


@pytest.mark.parametrize("family", FAMILIES)
def test_flops_of_a_pass_and_of_training_are_those_that_torch_counts(family: str) -> None:
    model = model_of(family)
    shape, count = ModelShape.of(model), TOKENS.numel()
    assert shape is not None
    passed = counted(lambda: model(TOKENS))
    assert shape.forward(count, count, PAIRS) == pytest.approx(passed, rel=2e-3)
    trained = counted(lambda: model(TOKENS).logits.sum().backward())
    assert shape.training(count, count, PAIRS) == pytest.approx(trained, rel=2e-3)
    assert shape.training(count, count, 0) == 6 * (shape.body + shape.head) * count


def test_only_tokens_that_predict_go_through_the_head() -> None:
    model = model_of("qwen2")
    shape = ModelShape.of(model)
    assert shape is not None
    passed = counted(lambda: model(TOKENS, logits_to_keep=4))
    assert shape.forward(TOKENS.numel(), 4, PAIRS) == pytest.approx(passed, rel=2e-3)


def test_weights_that_are_frozen_have_no_gradients() -> None:
    model = model_of("llama")
    lora = LoraSettings(r=2, target_modules=("q_proj", "v_proj"))
    settings = StudentSettings(model_name_or_path="base", finetuning_type="lora", lora=lora)
    adapted = with_adapters(model, settings, 0)
    model.enable_input_require_grads()  # as deep layers have them: gradients pass through all
    shape, count = ModelShape.of(model), TOKENS.numel()
    assert shape is not None
    assert 0 < shape.trained_body < shape.body / 10
    assert shape.trained_head == 0
    trained = counted(lambda: adapted(TOKENS).logits.sum().backward())
    assert shape.training(count, count, PAIRS) == pytest.approx(trained, rel=0.02)


def test_a_measured_peak_is_a_speed_that_a_cpu_can_have() -> None:
    before = torch.get_num_threads()
    assert 1e8 < peak_flops(torch.device("cpu"), torch.float32, 1) < 1e13
    assert torch.get_num_threads() == before
