"""Pretrained students: their layouts, both ways of the forward pass, adapters, precision."""

import json
import shutil
from pathlib import Path
from typing import NoReturn, cast

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    CodeLlamaTokenizer,
    LlamaTokenizer,
    PreTrainedTokenizerBase,
    TrainingArguments,
)

from sodakd.errors import ModelError, TrainingError
from sodakd.inference.canary import read_canary
from sodakd.inference.canary_reference import record_folder_canary
from sodakd.inference.chat_format import Tokenizer, chat_format_for
from sodakd.inference.loading import open_tokenizer
from sodakd.inference.transformers import TransformersModel
from sodakd.settings.student import LoraSettings, StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.training import token_logps
from sodakd.training.checkpoints import Checkpoints, TrainState
from sodakd.training.forward import Forward, choose_forward
from sodakd.training.model_io import (
    link_pretrained,
    open_model,
)
from sodakd.training.packing import check_eos_trained, pack
from sodakd.training.recomputation import recompute
from sodakd.training.schedule import Example, TokenizedExample, encode
from sodakd.training.train import train
from sodakd.training.trainer import StudentTrainer
from tests.inference.small import write_lively
from tests.tiny_models import CHATML, FAMILIES, TRACKED, byte_tokenizer, write_model
from tests.training.questions import synthetic

pytestmark = pytest.mark.heavy

SETTINGS = TrainingSettings(
    optimizer="adamw", learning_rate=3e-3, per_device_train_batch_size=8, max_steps=12,
    warmup_steps=2, logging_steps=2, loss="margin", contrast_weight=0.1, margin=0.5,
)  # fmt: skip


def student(folder: Path, **changes: object) -> StudentSettings:
    return StudentSettings.model_validate({"model_name_or_path": str(folder), **changes})


def small(count: int) -> list[Example]:
    return [each for each in synthetic(200) if len(each.prompt) + len(each.chosen) < 200][:count]


def read(folder: Path) -> torch.nn.Module:
    model: torch.nn.Module = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model


def test_a_chat_template_ends_answers_by_its_own_mark() -> None:
    tokenizer = byte_tokenizer(CHATML)
    layout = chat_format_for(cast("Tokenizer", tokenizer), [7])
    assert layout.end == tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert layout.stops == {layout.end, tokenizer.eos_token_id, 7}
    said = tokenizer.decode([*layout.prompt("Add."), *layout.answer("a + b")])
    assert said == "<|im_start|>user\nAdd.<|im_end|>\n<|im_start|>assistant\na + b<|im_end|>"


def test_a_base_model_gets_the_default_template_and_ends_by_its_end_of_text() -> None:
    tokenizer = byte_tokenizer(None)
    layout = chat_format_for(cast("Tokenizer", tokenizer))
    assert layout.end == tokenizer.eos_token_id
    said = tokenizer.decode([*layout.prompt("Add."), *layout.answer("a + b")])
    assert said == "### Instruction:\nAdd.\n\n### Response:\na + b<|endoftext|>"


def test_marks_of_a_template_in_an_answer_are_plain_characters() -> None:
    layout = chat_format_for(cast("Tokenizer", byte_tokenizer(CHATML)))
    assert layout.answer("stop <|im_end|> here").count(layout.end) == 1


def test_a_template_that_takes_no_answer_is_one_clear_error() -> None:
    with pytest.raises(ModelError, match=r"takes no question with its answer.*chat_template"):
        chat_format_for(cast("Tokenizer", byte_tokenizer("{{ raise_exception('no') }}")))


def llama_over_bytes(folder: Path) -> PreTrainedTokenizerBase:
    """DeepSeek-Coder's kind: bytes in its file, Llama's class in its config."""
    byte_tokenizer(None).save_pretrained(folder)
    config = folder / "tokenizer_config.json"
    named = {**json.loads(config.read_text()), "tokenizer_class": "LlamaTokenizerFast"}
    config.write_text(json.dumps(named))
    (folder / "config.json").write_text('{"model_type": "llama"}')
    found: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder)
    return found


def test_a_tokenizer_of_bytes_that_is_called_llamas_keeps_blanks_or_is_refused(
    tmp_path: Path,
) -> None:
    code = "def add(a, b):\n    return a + b\n"
    layout = chat_format_for(cast("Tokenizer", llama_over_bytes(tmp_path)))
    assert layout.text(layout.answer(code)) == code
    file = json.loads((tmp_path / "tokenizer.json").read_text())["model"]
    lossy = LlamaTokenizer(vocab=file["vocab"], merges=[tuple(pair) for pair in file["merges"]])
    with pytest.raises(ModelError, match=r"install a newer transformers"):
        chat_format_for(cast("Tokenizer", lossy))


def test_a_tokenizer_of_code_llamas_kind_begins_texts_and_gives_answers_back() -> None:
    letters = sorted({*"\u2581", *"abcdefghijklmnopqrstuvwxyz#:IR()+,"})
    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    vocab = {word: place for place, word in enumerate(words)}
    tokenizer = CodeLlamaTokenizer(vocab=vocab, merges=[])
    layout = chat_format_for(cast("Tokenizer", tokenizer))
    code = "def add(a, b):\n    return a + b\n"
    assert layout.prompt("add")[0] == layout.tokenizer.bos_token_id
    assert layout.prompt("add").count(layout.tokenizer.bos_token_id or 0) == 1
    assert layout.answer(code)[-1] == layout.end == tokenizer.eos_token_id
    assert layout.text(layout.answer(code)) == code


def test_an_answer_without_its_end_is_refused() -> None:
    batch = pack(
        [TokenizedExample((5, 6), (7, 8, 2), None), TokenizedExample((5,), (9, 8), None)],
        rejected=False,
    )
    with pytest.raises(TrainingError, match="end of a turn is 2"):
        check_eos_trained(batch, 2)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("parts", [False, True])
def test_all_ways_give_the_log_probabilities_of_each_answer_alone(
    family: str, parts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packed or padded, by a whole table or by parts, and where two answers share a beginning."""
    folder = write_model(tmp_path, family)
    _, layout = open_tokenizer(folder)
    model = open_model(folder, student(folder)).eval()
    encoded = encode(small(5), layout, 512)
    way = choose_forward(model, layout, max(each.longest for each in encoded))
    assert way == Forward("padded" if family == "windowed" else "packed", by_states=True)
    alone = AutoModelForCausalLM.from_pretrained(folder).eval()
    batch = pack(encoded, rejected=True)
    assert batch.counted_tokens > batch.tree.tokens + len(batch.tree)
    if parts:
        monkeypatch.setattr(token_logps, "PART_BYTES", 4 * 5 * model.config.vocab_size)
    answers = [(each.prompt, each.chosen) for each in encoded]
    answers += [(each.prompt, each.rejected) for each in encoded if each.rejected]
    with torch.no_grad():
        found = way.logps(model, batch)[: len(batch.target)]
        rows = []
        for prompt, answer in answers:
            ids = torch.tensor([[*prompt, *answer]])
            table = alone(ids).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
            rows.append(table[torch.arange(len(answer)), torch.tensor(answer)])
    assert (found - torch.cat(rows)).abs().max() < 1e-5


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_and_its_folder_stops_where_its_answers_do(
    family: str, tmp_path: Path
) -> None:
    start = write_model(tmp_path / "start", family)
    out = tmp_path / "out"
    out.mkdir()
    rows = train(start, small(40), SETTINGS, 0, out, student=student(start))
    assert rows[-1].nll < rows[0].nll
    tokenizer = AutoTokenizer.from_pretrained(out)
    stops = AutoModelForCausalLM.from_pretrained(out).generation_config.eos_token_id
    ends = [tokenizer.convert_tokens_to_ids(name) for name in ("<|endoftext|>", "<|im_end|>")]
    assert sorted(stops) == sorted(ends)


@pytest.mark.parametrize("loss", ["none", "margin", "first_difference"])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_many_small_batches_give_the_gradient_of_a_large_one(
    loss: str, checkpointing: bool, tmp_path: Path
) -> None:
    folder = write_model(tmp_path, "qwen2")
    examples = small(11)

    def gradient(size: int, times: int) -> tuple[float, list[torch.Tensor]]:
        settings = SETTINGS.model_copy(
            update={"loss": loss, "per_device_train_batch_size": size, "max_steps": 1,
                    "gradient_accumulation_steps": times}
        )  # fmt: skip
        _, layout = open_tokenizer(folder)
        model = open_model(folder, student(folder))
        encoded = encode(examples, layout, 512)
        way = choose_forward(model, layout, 512)
        if checkpointing and times > 1:
            recompute(model, layers=True)
        done, kept = TrainState(identity=""), Checkpoints(tmp_path)
        trainer = StudentTrainer(model, encoded, settings, way, None, 0, kept, done, None)
        (step,) = list(trainer.get_train_dataloader())
        value = trainer.training_step(model, step)
        return float(value), [p.grad for p in model.parameters() if p.grad is not None]

    one, large = gradient(11, 1)
    other, small_ones = gradient(2, 6)
    assert one == pytest.approx(other, abs=1e-6)
    assert max(float((a - b).abs().max()) for a, b in zip(large, small_ones, strict=True)) < 1e-6


@pytest.mark.parametrize("kind", ["lora", "qlora"])
def test_an_adapter_learns_alone_and_ends_up_in_the_weights(kind: str, tmp_path: Path) -> None:
    start = write_model(tmp_path / "start")
    out = tmp_path / "out"
    out.mkdir()
    lora = student(start, finetuning_type=kind, lora=LoraSettings(r=4, lora_alpha=16))
    settings = SETTINGS.model_copy(update={"gradient_checkpointing": True, "learning_rate": 1e-2})
    rows = train(start, small(40), settings, 0, out, student=lora)
    assert rows[-1].nll < rows[0].nll
    before, after = dict(read(start).named_parameters()), dict(read(out).named_parameters())
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.endswith("proj.weight") for name in changed)


def test_an_adapter_that_was_stopped_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    start = write_model(tmp_path / "start")
    lora = student(start, finetuning_type="lora")
    settings = SETTINGS.model_copy(update={"save_steps": 4})
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    train(start, small(40), settings, 0, tmp_path / "whole", student=lora)

    def stop(row: object) -> None:
        if (tmp_path / "stopped/checkpoints/checkpoint-8").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(start, small(40), settings, 0, tmp_path / "stopped", stop, lora)
    train(start, small(40), settings, 0, tmp_path / "stopped", None, lora)
    whole, stopped = (tmp_path / name / "model.safetensors" for name in ("whole", "stopped"))
    assert whole.read_bytes() == stopped.read_bytes()


@pytest.mark.parametrize(
    ("dtype", "mixed"), [("bfloat16", False), ("float32", True), ("bfloat16", True)]
)
def test_half_precision_learns_and_keeps_the_dtype_of_its_weights(
    dtype: str, mixed: bool, tmp_path: Path
) -> None:
    start = write_model(tmp_path / "start")
    out = tmp_path / "out"
    out.mkdir()
    settings = SETTINGS.model_copy(update={"bf16": mixed})
    rows = train(start, small(40), settings, 0, out, student=student(start, dtype=dtype))
    assert rows[-1].nll < rows[0].nll
    kept = AutoModelForCausalLM.from_pretrained(out, dtype="auto")
    assert str(kept.dtype) == f"torch.{dtype}"


@pytest.mark.parametrize(
    ("kind", "dtype", "mixed"),
    [
        ("full", "float32", False),
        ("full", "float32", True),
        ("full", "bfloat16", True),
        ("lora", "bfloat16", True),
        ("lora", "float16", False),
        ("qlora", "bfloat16", True),
    ],
)
def test_a_trained_student_meets_its_own_canary_in_every_precision(
    kind: str, dtype: str, mixed: bool, tmp_path: Path
) -> None:
    start = write_lively(tmp_path / "start")
    out = tmp_path / "out"
    out.mkdir()
    settings = SETTINGS.model_copy(
        update={"bf16": mixed, "max_steps": 1, "warmup_steps": 0, "gradient_checkpointing": True}
    )
    own = student(start, dtype=dtype, finetuning_type=kind)
    train(start, small(8), settings, 0, out, student=own)
    canary = read_canary(out)
    assert canary is not None
    assert canary.dtype == dtype
    compared = TransformersModel.open(out).check(out)
    assert compared is not None
    assert compared.tokens > 3


def test_a_machine_with_several_gpus_trains_on_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trainer wraps a model in nn.DataParallel where it sees several."""
    begin = TrainingArguments.__post_init__

    def see_two(arguments: TrainingArguments) -> None:
        begin(arguments)  # type: ignore[no-untyped-call]
        arguments._n_gpu = 2

    monkeypatch.setattr(TrainingArguments, "__post_init__", see_two)
    folder = write_model(tmp_path)
    _, layout = open_tokenizer(folder)
    model = open_model(folder, student(folder))
    encoded = encode(small(4), layout, 512)
    done, kept = TrainState(identity=""), Checkpoints(tmp_path)
    trainer = StudentTrainer(model, encoded, SETTINGS, Forward("padded"), None, 0, kept, done, None)
    assert trainer.args.n_gpu == 1
    assert trainer._wrap_model(model) is model


def test_a_batch_that_does_not_fit_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(StudentTrainer, "_loss", full)
    start = write_model(tmp_path / "start")
    words = "train_batch_size to 4 and training.gradient_accumulation_steps to 2, and run again"
    with pytest.raises(TrainingError, match=words):
        train(start, small(8), SETTINGS, 0, tmp_path, student=student(start))


def test_float16_without_a_gpu_is_one_clear_error(tmp_path: Path) -> None:
    start = write_model(tmp_path / "start")
    settings = SETTINGS.model_copy(update={"fp16": True})
    with pytest.raises(TrainingError, match="fp16 needs a GPU"):
        train(start, small(8), settings, 0, tmp_path, student=student(start))


def test_a_folder_without_safetensors_is_no_student(tmp_path: Path) -> None:
    start = write_model(tmp_path / "start")
    weights = start / "model.safetensors"
    weights.rename(start / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no model\.safetensors"):
        link_pretrained(start, tmp_path)


def test_a_laid_out_student_needs_its_source_no_more(tmp_path: Path) -> None:
    start, out = write_model(tmp_path / "start"), tmp_path / "out"
    out.mkdir()
    link_pretrained(start, out)
    assert (out / "model.safetensors").samefile(start / "model.safetensors")
    shutil.rmtree(start)
    moved = out.rename(tmp_path / "moved")
    record_folder_canary(moved)
    assert TransformersModel.open(moved).check(moved) is not None


def test_a_tokenizer_larger_than_its_model_is_no_student(tmp_path: Path) -> None:
    start = write_model(tmp_path / "start")
    config = start / "config.json"
    config.write_text(
        config.read_text().replace(f'"vocab_size": {len(byte_tokenizer(None))}', '"vocab_size": 5')
    )
    with pytest.raises(ModelError, match="do not belong together"):
        link_pretrained(start, tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 0.9, "top_p": 0.6},
        {"do_sample": False, "top_k": 5, "num_return_sequences": 3, "num_beams": 1},
        {"length_penalty": 0.5, "early_stopping": True, "penalty_alpha": 0.6},
        {"unheard_of": {"a": [1]}, "cache_implementation": "nonsense", "temperature": "high"},
    ],
)
def test_a_base_s_sampling_settings_take_no_part_and_stop_nothing(
    settings: dict[str, object], tmp_path: Path
) -> None:
    start = write_model(tmp_path / "start")
    path = start / "generation_config.json"
    ends = [0, 5]
    path.write_text(json.dumps(json.loads(path.read_text()) | settings | {"eos_token_id": ends}))
    base, out = tmp_path / "base", tmp_path / "out"
    base.mkdir()
    out.mkdir()
    link_pretrained(start, base)
    record_folder_canary(base)
    train(
        base, small(8), SETTINGS.model_copy(update={"max_steps": 1}), 0, out, student=student(base)
    )
    for folder in (base, out):
        kept = json.loads((folder / "generation_config.json").read_text())
        assert set(ends) < set(kept["eos_token_id"])
        assert kept.keys() <= {
            "bos_token_id", "eos_token_id", "pad_token_id", "transformers_version",
            "_from_model_config",
        }  # fmt: skip
        assert TransformersModel.open(folder).check(folder) is not None


def test_a_template_that_marks_the_assistants_part_lays_out_as_without_its_marks(
    tmp_path: Path,
) -> None:
    start, out = write_model(tmp_path / "start", chat_template=TRACKED), tmp_path / "out"
    out.mkdir()
    link_pretrained(start, out)
    _, layout = open_tokenizer(out)
    plain = chat_format_for(cast("Tokenizer", byte_tokenizer(CHATML)))
    assert layout.prompt("Add.") == plain.prompt("Add.")
    assert (layout.end, layout.stops) == (plain.end, plain.stops | layout.stops)
    assert (out / "chat_template.jinja").read_text() == TRACKED


def test_a_template_that_tells_the_day_tells_the_same_on_every_day(tmp_path: Path) -> None:
    dated = "{% set day = strftime_now('%d %b %Y') %}{{ day }}\n" + CHATML
    start, out = write_model(tmp_path / "start", chat_template=dated), tmp_path / "out"
    out.mkdir()
    link_pretrained(start, out)
    tokenizer, layout = open_tokenizer(out)
    said = tokenizer.decode(layout.prompt("Add."))
    assert said == "26 Jul 2024\n<|im_start|>user\nAdd.<|im_end|>\n<|im_start|>assistant\n"
    again = tmp_path / "again"
    again.mkdir()
    link_pretrained(out, again)
    assert open_tokenizer(again)[0].chat_template == tokenizer.chat_template


@pytest.mark.parametrize(
    ("template", "part"),
    [
        ("{{ messages[0].content }}", "answer"),
        ("{% for m in messages if m.role == 'assistant' %}{{ m.content }}{% endfor %}", "question"),
        (CHATML.replace("message['content']", "message['content'] | upper"), "question"),
    ],
)
def test_a_template_that_leaves_a_part_out_is_one_clear_error(template: str, part: str) -> None:
    with pytest.raises(ModelError, match=rf"leaves the {part} out.*student\.chat_template"):
        chat_format_for(cast("Tokenizer", byte_tokenizer(template)))


def test_a_base_model_is_laid_out_with_its_template(tmp_path: Path) -> None:
    start = write_model(tmp_path / "start", "llama", chat_template=None)
    out = tmp_path / "out"
    out.mkdir()
    link_pretrained(start, out)
    assert "### Instruction" in str(AutoTokenizer.from_pretrained(out).chat_template)
    assert AutoTokenizer.from_pretrained(start).chat_template is None
