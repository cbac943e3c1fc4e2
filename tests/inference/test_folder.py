"""What a model's folder must hold: found before it is loaded, and said in words that help."""

import json
import re
import shlex
from pathlib import Path

import pytest
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from sodakd.errors import ModelError
from sodakd.inference.folder import ending_tokens, weight_files
from sodakd.inference.loading import load_model, load_tokenizer
from tests.tiny_models import CHATML, byte_tokenizer, write_model


def write_adapter(base: Path, folder: Path) -> Path:
    """An untrained LoRA adapter of a model, as peft writes it."""
    model = AutoModelForCausalLM.from_pretrained(base)
    get_peft_model(model, LoraConfig(r=2, task_type="CAUSAL_LM")).save_pretrained(str(folder))
    return folder


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks so
def test_an_adapter_is_named_with_its_base_and_the_command_that_merges_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write_model(tmp_path / "base")
    adapter = write_adapter(base, tmp_path / "adapter")
    with pytest.raises(ModelError, match=f"is a LoRA adapter of {base}.*merge it first") as found:
        weight_files(adapter)
    (command,) = re.findall(r"^  python (.*)$", str(found.value), re.MULTILINE)
    option, code = shlex.split(command)
    assert option == "-c"
    monkeypatch.chdir(tmp_path)
    exec(code, {})  # as `python -c` does, but for the seconds that its imports take
    load_model(tmp_path / "adapter-merged")
    assert load_tokenizer(tmp_path / "adapter-merged").chat_template == CHATML


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"peft_type": "LORA"}, "adapter of some base model"),
        ({"peft_type": "PROMPT_TUNING", "base_model_name_or_path": "b"}, "cannot be merged"),
        ({"model": "org/base", "fine_tune_type": "lora"}, "LoRA adapter of org/base"),
    ],
)
def test_adapters_of_every_kind_are_known(
    config: dict[str, str], words: str, tmp_path: Path
) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=words):
        weight_files(tmp_path)


def test_a_folder_that_holds_models_or_half_an_adapter_is_known(tmp_path: Path) -> None:
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (tmp_path / "checkpoint-2").mkdir(exist_ok=True)
        (tmp_path / "checkpoint-2" / name).write_text("{}")
    with pytest.raises(ModelError, match="name one of them, checkpoint-2"):
        weight_files(tmp_path)
    (tmp_path / "checkpoint-2" / "adapter_config.json").unlink()
    with pytest.raises(ModelError, match="an adapter without its"):
        weight_files(tmp_path / "checkpoint-2")


def test_weights_are_those_that_transformers_loads(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    (folder / "consolidated.safetensors").write_bytes(b"another layout of the same")
    assert weight_files(folder) == [folder / "model.safetensors"]
    model = AutoModelForCausalLM.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="20KB")
    shards = weight_files(folder)
    assert len(shards) > 1
    load_model(folder)
    shards[1].unlink()
    with pytest.raises(ModelError, match=f"{shards[1].name} is missing"):
        load_model(folder)


def test_weights_that_lack_a_layer_are_no_model(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    config = folder / "config.json"
    layers = '"num_hidden_layers": 2'
    assert layers in config.read_text()
    text = config.read_text().replace(layers, '"num_hidden_layers": 3')
    values = json.loads(text)
    values["layer_types"] = ["full_attention"] * 3
    config.write_text(json.dumps(values))
    with pytest.raises(ModelError, match=r"are missing \(model\.layers\.2"):
        load_model(folder)


@pytest.mark.parametrize("size", [0, 5, 2000, -1])
def test_weights_that_were_cut_off_are_one_clear_error(size: int, tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:size])
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(folder)


@pytest.mark.parametrize("text", ["", "{}", '{"model": {"type": "None"}}', "["])
def test_a_broken_tokenizer_is_one_clear_error(text: str, tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    (folder / "tokenizer.json").write_text(text)
    with pytest.raises(ModelError, match=r"tokenizer of .* cannot be loaded"):
        load_tokenizer(folder)


def test_of_several_chat_templates_the_default_one_counts(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    named = {"default": CHATML, "tool_use": "{{ tools }}"}
    tokenizer = byte_tokenizer(None)
    tokenizer.chat_template = named
    tokenizer.save_pretrained(folder)
    assert load_tokenizer(folder).chat_template == CHATML
    tokenizer.chat_template = {"rag": CHATML, "tool_use": CHATML}
    tokenizer.save_pretrained(folder)
    for path in folder.glob("chat_template.jinja"):
        path.unlink()
    with pytest.raises(ModelError, match=r"several chat templates.*student\.chat_template"):
        load_tokenizer(folder)


@pytest.mark.parametrize(("value", "tokens"), [(2, [2]), ([2, 0], [2, 0]), (None, []), ([], [])])
def test_ends_of_answers_are_a_number_a_list_or_none(
    value: object, tokens: list[int], tmp_path: Path
) -> None:
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": value}))
    assert ending_tokens(tmp_path) == tokens


@pytest.mark.parametrize("value", ["2", [2.5], [True], [-1], {"a": 1}])
def test_other_ends_of_answers_are_one_clear_error(value: object, tmp_path: Path) -> None:
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": value}))
    with pytest.raises(ModelError, match="must be the number of a token"):
        ending_tokens(tmp_path)
