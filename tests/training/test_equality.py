"""A step on packed rows that share what they can is the step on each answer alone, in float32."""

import os
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from sodakd.inference.chat_format import ChatFormat, Tokenizer, chat_format_for
from sodakd.inference.loading import open_tokenizer
from sodakd.settings.student import StudentSettings
from sodakd.settings.training import LossName, TrainingSettings
from sodakd.training import token_logps
from sodakd.training.forward import Forward, choose_forward
from sodakd.training.losses import LOSSES, AnswerLogps, scope_of
from sodakd.training.micro_batches import micro_batches
from sodakd.training.model_io import with_adapters
from sodakd.training.objective import StepTotals, objective
from sodakd.training.packing import differing_positions, first_difference, pack
from sodakd.training.recomputation import keep_less
from sodakd.training.reference import with_reference
from sodakd.training.schedule import Example, TokenizedExample, encode
from tests.tiny_models import CHATML, byte_tokenizer

pytestmark = pytest.mark.heavy

VOCAB = 400
SHAPE = {
    "vocab_size": VOCAB, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512,
    "head_dim": 8, "initializer_range": 0.2, "rope_theta": 100.0,
    "sliding_window": 128,
}  # fmt: skip
FAMILIES: dict[str, tuple[type[PreTrainedModel], type[PreTrainedConfig]]] = {
    "llama": (LlamaForCausalLM, LlamaConfig),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config),
    "gemma3": (Gemma3ForCausalLM, Gemma3TextConfig),
}
WAYS = {
    "one batch": TrainingSettings(),
    "two examples at a time": TrainingSettings(per_device_train_batch_size=2),
    "64 tokens at a time": TrainingSettings(max_tokens_per_batch=64),
}


def build(family: str) -> PreTrainedModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        kind, config = FAMILIES[family]
        return cast("PreTrainedModel", kind(config.from_dict(SHAPE)).eval())


def examples() -> tuple[TokenizedExample, ...]:
    """Two questions of several answers and faults, one of one, and one without a fault."""
    generator = torch.Generator().manual_seed(2)

    def drawn(count: int) -> tuple[int, ...]:
        return tuple(torch.randint(5, VOCAB, (count,), generator=generator).tolist())

    def changed(answer: tuple[int, ...], at: int) -> tuple[int, ...]:
        return (*answer[:at], (answer[at] + 1) % VOCAB, *answer[at + 1 :])

    made = []
    for prompt, answers, length in ((drawn(21), 3, 12), (drawn(9), 2, 17), (drawn(15), 1, 8)):
        body = drawn(length)
        for number in range(answers):
            chosen = (*body[: length - 2 * number], *drawn(2 * number + 1), 3)
            made.append(TokenizedExample(prompt, chosen, changed(chosen, 3 + number)))
        made.append(TokenizedExample(prompt, made[-1].chosen, (*body[:5], 3)))
    return (*made, TokenizedExample(drawn(4), (*drawn(6), 3), None))


def alone(model: PreTrainedModel, prompt: tuple[int, ...], answer: tuple[int, ...]) -> Tensor:
    """Log-probabilities of an answer's tokens by transformers' own attention."""
    row = torch.tensor([[*prompt, *answer]])
    table = model(input_ids=row).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
    return cast("Tensor", table[torch.arange(len(answer)), torch.tensor(answer)])


def logps(values: Tensor, places: list[int] | None, reference: float | None) -> AnswerLogps:
    kept = values if places is None else values[places]
    known = None if reference is None else torch.tensor([reference])
    return AnswerLogps(kept[None], torch.ones(1, len(kept), dtype=torch.bool), known)


def plain_loss(
    model: PreTrainedModel, given: tuple[TokenizedExample, ...], settings: TrainingSettings
) -> tuple[Tensor, list[Tensor]]:
    """The objective as it is written down, and each answer's log-probabilities."""
    right = [alone(model, each.prompt, each.chosen) for each in given]
    wrong = [alone(model, each.prompt, each.rejected) for each in given if each.rejected]
    loss = -torch.cat(right).mean()
    contrasts: list[Tensor] = []
    for each, chosen in zip(given, right, strict=True):
        if each.rejected is None or settings.loss == "none":
            continue
        rejected = wrong[len(contrasts)]
        first = first_difference(each.chosen, each.rejected)
        scopes: dict[str, tuple[list[int] | None, list[int] | None]] = {
            "first": ([first], [first]),
            "differing": differing_positions(each.chosen, each.rejected),
            "answer": (None, None),
        }
        ours, theirs = scopes[LOSSES[settings.loss].scope]
        reference = each.reference or (None, None)
        contrasts.append(
            LOSSES[settings.loss].contrast(
                logps(chosen, ours, reference[0]), logps(rejected, theirs, reference[1]), settings
            )
        )
    if contrasts:
        loss = loss + settings.contrast_weight * torch.cat(contrasts).mean()
    return loss, [each.detach() for each in (*right, *wrong)]


def gradient(model: torch.nn.Module) -> Tensor:
    found = [each.grad.flatten() for each in model.parameters() if each.grad is not None]
    model.zero_grad()
    return torch.cat(found)


def chat_format() -> ChatFormat:
    return chat_format_for(cast("Tokenizer", byte_tokenizer(CHATML)))


@pytest.fixture(params=[False, True], ids=["whole head", "head by parts"])
def head(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(token_logps, "PART_BYTES", 4 * 7 * VOCAB)


@pytest.mark.parametrize(
    ("family", "loss"),
    [
        # Each family with a loss, each loss with a family: no pair knows more.
        pytest.param(
            family, loss, marks=[] if family == "gemma3" or loss == "margin" else pytest.mark.slow
        )
        for loss in ("none", *LOSSES)
        for family in FAMILIES
    ],
)
@pytest.mark.usefixtures("head")
def test_a_step_is_that_of_each_answer_alone(family: str, loss: LossName, tmp_path: Path) -> None:
    model, given = build(family), examples()
    forward = choose_forward(model, chat_format(), 64)
    assert forward == Forward("packed", by_states=True)
    assert keep_less(model) >= 7  # two layers of two norms and a gated layer, and the last norm
    settings = TrainingSettings(loss=loss, contrast_weight=0.5)
    if loss == "dpo":
        with torch.no_grad():
            start = build(family)
            for weight in start.parameters():
                weight.mul_(1.05)
            other = choose_forward(start, chat_format(), 64)
        given = with_reference(start, other, given, settings, tmp_path / "reference", "it")
    plain = build(family)
    wanted, right = plain_loss(plain, given, settings)
    wanted.backward()
    wanted_gradient = gradient(plain)
    for way in WAYS.values():
        total = torch.zeros(())
        step = way.model_copy(update={"loss": loss, "contrast_weight": 0.5})
        scope = scope_of(loss)
        rejected = scope != "first"
        tokens = []
        for places in micro_batches(given, step, forward.layout, rejected=rejected):
            kept = [given[at] for at in places]
            batch = pack(kept, rejected=rejected, differing=scope == "differing")
            tokens.append(batch.tree.tokens)
            found = forward.logps(model, batch)
            result = objective(found, batch, StepTotals.of(given), step)
            result.loss.backward()
            total += result.loss.detach()
            starts = torch.tensor([0, *(len(right[at]) for at in places)]).cumsum(0)
            for at, place in enumerate(places):
                ours = found[starts[at] : starts[at + 1]]
                assert (ours - right[place]).abs().max() <= 1e-5
        assert abs(float(total - wanted.detach())) <= 1e-5
        assert (gradient(model) - wanted_gradient).norm() <= 1e-5 * wanted_gradient.norm()
        assert max(tokens) <= (step.max_tokens_per_batch or sum(tokens))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_adapter_s_gradients_by_parts_of_the_head_are_those_of_the_whole(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build("gemma3")  # its head is its embeddings
    forward = choose_forward(model, chat_format(), 64)
    cast("torch.nn.Module", model).to(dtype)
    lora = StudentSettings(model_name_or_path="any", finetuning_type="lora")
    trained = with_adapters(model, lora, 0)
    found = []
    for part in (token_logps.PART_BYTES, 4 * 7 * VOCAB):
        monkeypatch.setattr(token_logps, "PART_BYTES", part)
        batch = pack(examples(), rejected=True)
        logp = forward.logps(cast("PreTrainedModel", trained), batch)
        assert logp.dtype == torch.float32
        logp.square().mean().backward()
        found.append(gradient(trained).float())
    close = 1e-5 if dtype == torch.float32 else 0.03
    assert (found[0] - found[1]).norm() <= close * found[0].norm()


def test_references_are_the_sums_of_each_answer_alone_and_stay_as_they_were_written(
    tmp_path: Path,
) -> None:
    model, plain, given = build("qwen2"), build("qwen2"), examples()
    forward = choose_forward(model, chat_format(), 64)
    settings, file = TrainingSettings(per_device_train_batch_size=3), tmp_path / "x" / "reference"
    found = with_reference(model, forward, given, settings, file, "it")
    for each in found:
        assert each.reference is not None
        for answer, known in zip((each.chosen, each.rejected), each.reference, strict=True):
            right = alone(plain, each.prompt, answer).sum().item() if answer else 0.0
            assert known == pytest.approx(right, abs=1e-4)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2)
    assert with_reference(model, forward, given, settings, file, "it") == found
    assert with_reference(model, forward, given, settings, file, "another") != found


@pytest.mark.slow  # a real model, and half a minute
def test_a_real_model_s_step_is_that_of_each_answer_alone() -> None:
    folder = Path(os.environ.get("SODAKD_TEST_MODEL", "")) / "config.json"
    if not folder.is_file():
        pytest.skip("set SODAKD_TEST_MODEL to the folder of a pretrained model, as SmolLM2-135M")
    model, plain = (
        AutoModelForCausalLM.from_pretrained(folder.parent, dtype=torch.float32) for _ in range(2)
    )
    _, layout = open_tokenizer(folder.parent)
    code = "def mean(values):\n    total = sum(values)\n    return total / len(values)\n"
    faulty = [code.replace("/", "*"), code.replace("sum", "max"), "return 0\n"]
    texts = [Example("Give the mean of a list.", code, each) for each in faulty]
    texts.append(Example("Reverse a list.", "def back(xs):\n    return xs[::-1]\n", None))
    given = encode(texts, layout, 512)
    forward = choose_forward(model, layout, 128)
    assert forward == Forward("packed", by_states=True)
    assert keep_less(model) == 3 * model.config.num_hidden_layers + 1
    settings = TrainingSettings(loss="margin", contrast_weight=0.5, max_tokens_per_batch=150)
    wanted, right = plain_loss(plain, given, settings)
    wanted.backward()
    total = 0.0
    for places in micro_batches(given, settings, forward.layout, rejected=True):
        batch = pack([given[at] for at in places], rejected=True)
        found = forward.logps(model, batch)
        own = torch.cat([right[at] for at in places])
        assert (found[: len(own)] - own).abs().max() <= 1e-4
        result = objective(found, batch, StepTotals.of(given), settings)
        result.loss.backward()
        total += result.loss.item()
    assert total == pytest.approx(wanted.item(), abs=1e-5)
    wanted_gradient = gradient(plain)
    assert (gradient(model) - wanted_gradient).norm() <= 1e-5 * wanted_gradient.norm()


def test_a_prompt_of_many_answers_is_computed_once() -> None:
    given = examples()[:4]
    batch = pack(given, rejected=True)
    apart = sum(pack([each], rejected=True).tree.tokens for each in given)
    assert len({each.prompt for each in given}) == 1
    assert batch.tree.tokens < apart - 3 * len(given[0].prompt)
