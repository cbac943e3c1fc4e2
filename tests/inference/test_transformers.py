"""Generation: the same tokens as Hugging Face's, whatever the batch."""

import shutil
from pathlib import Path
from typing import cast

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from sodakd.errors import ModelError
from sodakd.inference import hf_generate, kv_decode
from sodakd.inference.canary import read_canary, write_canary
from sodakd.inference.chat_format import Tokenizer, chat_format_for
from sodakd.inference.generation_cache import CachedGenerator
from sodakd.inference.protocols import Generation
from sodakd.inference.transformers import TransformersModel
from sodakd.settings.student import StudentShape
from sodakd.settings.training import TrainingSettings
from sodakd.training.from_scratch import init_student
from sodakd.training.train import train
from tests.training.questions import synthetic

pytestmark = pytest.mark.heavy

# A few steps of training: answers that end, at different lengths, and some that never do.
SHAPE = StudentShape(hidden_size=48, num_hidden_layers=2, vocab_size=400)
PROMPTS = [
    example.prompt[: 20 + 7 * (place % 29)] if place % 3 else example.prompt
    for place, example in enumerate(synthetic(32, seed=5))
]
LONGEST = 48


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    examples = synthetic(320)
    start, out = tmp_path_factory.mktemp("start"), tmp_path_factory.mktemp("trained")
    init_student([t for e in examples for t in (e.prompt, e.chosen)], SHAPE, 0, start)
    train(start, examples, TrainingSettings(max_steps=40, learning_rate=1e-2), 0, out)
    return out


@pytest.fixture(scope="module")
def grouped(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen2 with fewer key heads than query heads, and the student's tokenizer."""
    out = tmp_path_factory.mktemp("grouped")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = Qwen2Config(
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        vocab_size=len(tokenizer),
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(3)
    Qwen2ForCausalLM(config).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


def reference(folder: Path, prompts: list[str]) -> list[str]:
    """Hugging Face's own greedy answers, prompt by prompt."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    answers = []
    for prompt in prompts:
        row = torch.tensor([chat_format_for(cast("Tokenizer", tokenizer)).prompt(prompt)])
        out = model.generate(  # type: ignore[misc]
            row, attention_mask=torch.ones_like(row), max_new_tokens=LONGEST, do_sample=False
        )
        answers.append(str(tokenizer.decode(out[0, row.shape[1] :], skip_special_tokens=True)))
    return answers


@pytest.mark.parametrize("kind", ["folder", "grouped"])
def test_greedy_answers_are_those_of_hugging_face(
    kind: str, request: pytest.FixtureRequest
) -> None:
    where: Path = request.getfixturevalue(kind)
    model = TransformersModel.open(where)
    found = model.generate(PROMPTS, max_new_tokens=LONGEST, batch_size=24)
    answers = [each.text for each in found]
    assert answers == reference(where, PROMPTS)
    assert len({len(answer) for answer in answers}) > 5


def test_an_answer_does_not_depend_on_its_neighbours(folder: Path) -> None:
    model = TransformersModel.open(folder)
    prompts = list(dict.fromkeys(PROMPTS))
    together = model.generate(prompts, max_new_tokens=LONGEST, temperature=0.9, seed=4)
    alone = [
        model.generate([prompt], max_new_tokens=LONGEST, temperature=0.9, seed=4)[0]
        for prompt in prompts
    ]
    assert alone == together


def test_samples_repeat_with_their_seed_and_differ_with_another(folder: Path) -> None:
    model = TransformersModel.open(folder)
    first, again, other = (
        model.generate(PROMPTS[:16], max_new_tokens=LONGEST, temperature=1.0, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_samples_of_one_prompt_differ(folder: Path) -> None:
    model = TransformersModel.open(folder)
    samples = model.generate([PROMPTS[0]] * 8, max_new_tokens=LONGEST, temperature=1.5, seed=0)
    assert len(set(samples)) > 1


def test_a_low_temperature_comes_to_the_likeliest_token(folder: Path) -> None:
    model = TransformersModel.open(folder)
    greedy = model.generate(PROMPTS[:8], max_new_tokens=LONGEST)
    assert model.generate(PROMPTS[:8], max_new_tokens=LONGEST, temperature=1e-4) == greedy


@pytest.mark.parametrize("decode", ["lean", "static"])
def test_each_answer_is_told_once_as_it_ends(decode: str, folder: Path) -> None:
    model = TransformersModel.open(folder)
    model.lean = decode == "lean"
    told: list[tuple[int, Generation]] = []
    prompts = [*PROMPTS[:24], "a b " * 600]  # the last one leaves its answer no place
    answers = model.generate(
        prompts,
        max_new_tokens=LONGEST,
        on_generation=lambda number, said: told.append((number, said)),
    )
    assert [answers[number] for number, _ in told] == [said for _, said in told]
    assert sorted(number for number, _ in told) == list(range(25))
    ended = [said.ended for _, said in told]
    assert ended == sorted(ended, reverse=True)  # those that were cut off come at the end
    assert 0 < sum(ended) < 24
    lengths = [len(model._layout.answer(said.text)) for _, said in told if said.ended]
    assert lengths == sorted(lengths)
    assert told[-1] == (24, Generation("", ended=False))


def small_memory(most: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A device that holds so many answers at the same time, and the batches that it held."""
    held: list[int] = []
    for module in (kv_decode, hf_generate):
        decode = module.decode

        def limited(model: object, prompts: list[object], *rest: object, decode=decode) -> object:  # type: ignore[no-untyped-def]
            if len(prompts) > most:
                raise torch.OutOfMemoryError("out of memory")
            held.append(len(prompts))
            return decode(model, prompts, *rest)

        monkeypatch.setattr(module, "decode", limited)
    return held


@pytest.mark.parametrize("decode", ["lean", "static"])
@pytest.mark.parametrize("temperature", [0.0, 0.9])
def test_too_little_memory_halves_the_batches_and_changes_no_answer(
    decode: str, temperature: float, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = TransformersModel.open(folder, batch_size=24)
    model.lean = decode == "lean"

    def answers(seen: list[int]) -> list[Generation]:
        return model.generate(
            PROMPTS,
            max_new_tokens=LONGEST,
            temperature=temperature,
            seed=4,
            on_generation=lambda number, _: seen.append(number),
        )

    whole = answers([])
    held, seen = small_memory(7, monkeypatch), list[int]()
    assert answers(seen) == whole
    assert (max(held), sorted(seen)) == (6, list(range(len(PROMPTS))))
    assert held[0] == 6
    held.clear()
    assert answers([]) == whole
    assert max(held) == 6  # it is remembered


def test_too_little_memory_for_one_answer_is_one_clear_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = TransformersModel.open(folder, keys="teacher.")
    small_memory(0, monkeypatch)
    with pytest.raises(ModelError, match=r"too small for one answer.*teacher\.dtype to bfloat16"):
        model.generate(PROMPTS[:3], max_new_tokens=4)
    with pytest.raises(ModelError, match=r"set generation\.dtype to bfloat16"):
        TransformersModel.open(folder)


def test_no_prompts_give_no_answers(folder: Path) -> None:
    model = TransformersModel.open(folder)
    assert model.generate([], max_new_tokens=4) == []
    assert model.generate([], max_new_tokens=4, temperature=1.0) == []


class PowerCutError(Exception):
    """The machine goes off."""


@pytest.mark.parametrize("temperature", [0.0, 0.9])
def test_answers_are_kept_as_they_come_and_no_whole_batch_is_decoded_again(
    temperature: float, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = [*PROMPTS, *PROMPTS[:16]]  # equal ones are samples
    model = TransformersModel.open(folder, batch_size=12)
    path = tmp_path / "step.answers.part"

    def answers(student: str, told: list[int], stop: int = 99) -> list[Generation]:
        def on_generation(number: int, _: Generation) -> None:
            told.append(number)
            if len(told) == stop:
                raise PowerCutError

        kept = CachedGenerator(lambda: model, path, student)
        return kept.generate(
            prompts,
            max_new_tokens=LONGEST,
            temperature=temperature,
            seed=4,
            on_generation=on_generation,
        )

    whole = model.generate(prompts, max_new_tokens=LONGEST, temperature=temperature, seed=4)
    with pytest.raises(PowerCutError):
        answers("a", [], stop=18)
    path.write_bytes(path.read_bytes() + b'{"asked": "')  # cut off in a row
    held, told = small_memory(12, monkeypatch), list[int]()
    assert answers("a", told) == whole
    assert sorted(told) == list(range(48))
    assert held == [12, 12, 12]
    held.clear()
    assert answers("a", []) == whole
    assert held == []
    assert answers("another student", []) == whole
    assert held == [12, 12, 12, 12]


def test_a_model_is_listened_to_once_at_its_own_canary(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    canary = read_canary(tmp_path)
    assert canary is not None
    write_canary(canary.model_copy(update={"rows": canary.rows[:1]}), tmp_path)
    held = small_memory(24, monkeypatch)
    assert TransformersModel.open(tmp_path).check(tmp_path) is not None
    assert held == [1, 1]  # by `generate`, and by the lean decode
