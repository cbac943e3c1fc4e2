"""Generation of several families: the tokens of transformers' own `generate`, by either decode."""

from hashlib import sha256
from pathlib import Path

import pytest
import torch

from sodakd.errors import ModelError
from sodakd.inference import fitting, kv_decode, transformers
from sodakd.inference.canary import PROMPTS
from sodakd.inference.protocols import Generation
from sodakd.inference.transformers import TransformersModel
from tests.inference.small import keep_canary, opened, write_lively

pytestmark = pytest.mark.heavy

ASKED = [*PROMPTS, "Hi", "Say what a stack is. " * 8, *(f"Count to {n}." for n in range(12))]
LONGEST = 40
LEAN = {"llama": True, "qwen2": True, "starcoder2": True, "gpt2": True, "windowed": False}


_SAID: dict[tuple[str, str], str] = {}
"""Answers by the model's files and the prompt: the same few models are asked in many tests."""


def reference(folder: Path, prompts: list[str]) -> list[str]:
    """Greedy answers of transformers alone, prompt by prompt."""
    files = [(folder / name).read_bytes() for name in ("config.json", "model.safetensors")]
    key = sha256(b"".join(files)).hexdigest()
    model, layout = opened(folder)
    for prompt in prompts:
        if (key, prompt) in _SAID:
            continue
        row = torch.tensor([layout.prompt(prompt)])
        out = model.generate(  # type: ignore[operator]
            row, attention_mask=torch.ones_like(row), max_new_tokens=LONGEST, do_sample=False,
            eos_token_id=sorted(layout.stops),
        )  # fmt: skip
        _SAID[key, prompt] = layout.text(out[0, row.shape[1] :].tolist())
    return [_SAID[key, prompt] for prompt in prompts]


def texts(found: list[Generation]) -> list[str]:
    """The texts of answers."""
    return [each.text for each in found]


@pytest.mark.parametrize("family", sorted(LEAN))
def test_greedy_answers_are_those_of_generate_and_plain_attention_decodes_lean(
    family: str, tmp_path: Path
) -> None:
    folder = write_lively(tmp_path, family)
    keep_canary(folder)
    model = TransformersModel.open(folder)
    compared = model.check(folder)
    answers = texts(model.generate(ASKED, max_new_tokens=LONGEST, batch_size=5))
    assert answers == reference(folder, ASKED)
    assert model.lean is LEAN[family]
    assert compared is not None
    assert compared.tokens > 30
    assert len(set(answers)) > 5


def test_samples_of_the_static_decode_do_not_depend_on_their_neighbours(tmp_path: Path) -> None:
    model = TransformersModel.open(write_lively(tmp_path, "windowed"))
    together = model.generate(ASKED, max_new_tokens=12, temperature=0.8, seed=3)
    alone = [
        model.generate([prompt], max_new_tokens=12, temperature=0.8, seed=3)[0] for prompt in ASKED
    ]
    assert not model.lean
    assert together == alone
    assert together != model.generate(ASKED, max_new_tokens=12, temperature=0.8, seed=4)


def test_both_decodes_draw_the_same_samples(tmp_path: Path) -> None:
    model = TransformersModel.open(write_lively(tmp_path, "llama"))
    assert model.lean
    first = model.generate(ASKED, max_new_tokens=12, temperature=0.8, seed=3)
    model.lean = False
    assert model.generate(ASKED, max_new_tokens=12, temperature=0.8, seed=3) == first


def test_a_window_longer_than_prompt_and_answer_is_plain_attention(tmp_path: Path) -> None:
    folder = write_lively(tmp_path, "windowed")
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"sliding_window": 8', '"sliding_window": 200'))
    model = TransformersModel.open(folder)
    assert model.lean
    long = ["Say what a stack is. " * 20]  # beyond the window: by `generate`
    found = model.generate([*ASKED, *long], max_new_tokens=LONGEST)
    assert texts(found) == reference(folder, [*ASKED, *long])


def test_a_lean_decode_that_gives_other_tokens_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_lively(tmp_path)

    def forgetful(
        self: kv_decode.KVCache, layer: int, query: torch.Tensor, scaling: float
    ) -> object:
        return torch.zeros_like(query).transpose(1, 2)

    monkeypatch.setattr(kv_decode.KVCache, "attend", forgetful)
    model = TransformersModel.open(folder)
    assert not model.lean
    found = model.generate(ASKED[:4], max_new_tokens=LONGEST)
    assert texts(found) == reference(folder, ASKED[:4])


def test_an_answer_ends_where_the_models_positions_do_and_no_prompt_is_cut(tmp_path: Path) -> None:
    folder = write_lively(tmp_path, "gpt2")
    model = TransformersModel.open(folder)
    _, layout = opened(folder)
    nearly = "a b " * 240
    nearly = nearly[: len(nearly) - 0]
    while len(layout.prompt(nearly)) > 500:
        nearly = nearly[:-4]
    fits, over = "Count to 3.", "a b " * 600
    answers = texts(model.generate([over, nearly, fits], max_new_tokens=LONGEST))
    assert answers[0] == ""
    assert answers[2] == reference(folder, [fits])[0]
    room = 512 - len(layout.prompt(nearly))
    assert 0 < room < LONGEST
    assert answers[1] == model.generate([nearly], max_new_tokens=room)[0].text != ""


def test_a_models_own_penalties_take_no_part(tmp_path: Path) -> None:
    folder = write_lively(tmp_path, "windowed")
    plain = TransformersModel.open(folder).generate(ASKED, max_new_tokens=LONGEST)
    model, _ = opened(folder)
    model.generation_config.repetition_penalty = 3.0
    model.generation_config.save_pretrained(folder)
    assert TransformersModel.open(folder).generate(ASKED, max_new_tokens=LONGEST) == plain


def test_half_precision_meets_its_canary_by_either_decode(tmp_path: Path) -> None:
    folder = write_lively(tmp_path)
    keep_canary(folder)
    for dtype in ("bfloat16", "float16"):
        model = TransformersModel.open(folder, dtype=dtype)
        assert model.queues is (dtype == "bfloat16")
        compared = model.check(folder, tolerance=5.0)
        assert compared is not None
        assert compared.largest > 1e-3
        assert all(isinstance(each.text, str) for each in model.generate(ASKED, max_new_tokens=4))


def test_half_weights_are_computed_in_what_this_cpu_multiplies_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_lively(tmp_path)
    model, _ = opened(folder)
    model.half().save_pretrained(folder)
    for gain, how in ((0.9, "float32 on 1 core, lean"), (3.0, "bfloat16 (3.0 times as fast")):
        for where in (fitting, transformers):
            monkeypatch.setattr(where, "bfloat16_gain", lambda gain=gain: gain)
        monkeypatch.setattr(transformers, "pack", lambda _: None)
        assert TransformersModel.open(folder).how.startswith(how)
    assert TransformersModel.open(folder, dtype="float16").how.startswith("float16 on 1 core")


def test_a_large_model_takes_all_cores_and_a_small_one_what_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_lively(tmp_path)
    before = torch.get_num_threads()
    assert TransformersModel.open(folder, 2)._threads == 2
    assert TransformersModel.open(folder)._threads == 1
    monkeypatch.setattr(transformers, "is_large", lambda _: True)
    monkeypatch.setattr(transformers, "cpu_count", lambda: 5)
    model = TransformersModel.open(folder, 2)
    assert model._threads == 5
    model.generate(ASKED[:2], max_new_tokens=4)
    assert torch.get_num_threads() == before


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        TransformersModel.open(tmp_path)
    folder = write_lively(tmp_path)
    with pytest.raises(ModelError, match=r"the device 'cuda:77' cannot be used"):
        TransformersModel.open(folder, device="cuda:77")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="weights as safetensors"):
        TransformersModel.open(folder)
    assert transformers.TransformersModel is TransformersModel
