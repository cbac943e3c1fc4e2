"""A model's folder as its files tell, without loading it: weights, adapters, ends of answers."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import ModelError
from sodakd.json_text import parse_json

CONFIG = "config.json"
GENERATION = "generation_config.json"
TEMPLATE = "chat_template.jinja"
ADAPTER = "adapter_config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
LARGE_BYTES = 40_000_000
"""A student from scratch has 2 MB of weights."""
_MERGEABLE = ("LORA", "ADALORA", "IA3", "LOHA", "LOKR", "OFT", "BOFT", "VERA", "HRA")
"""Kinds of peft's adapters that can be merged into the weights of their base."""


def read_config(path: Path) -> Mapping[str, JsonValue]:
    """Return the object that a JSON file of a model's folder holds.

    Raises:
        ModelError: it cannot be read, or holds none.
    """
    try:
        value = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path} holds no JSON object")
    return value


def is_large(folder: Path) -> bool:
    """Whether a model is of a pretrained one's size, for which all cores and bfloat16 pay.

    Raises as `weight_files` does.
    """
    return sum(path.stat().st_size for path in weight_files(folder)) >= LARGE_BYTES


def weights_dtype(folder: Path) -> str:
    """The precision of a model's weights, as its config tells it."""
    config = read_config(folder / CONFIG)
    return str(config.get("dtype") or config.get("torch_dtype") or "float32")


def weight_files(folder: Path) -> list[Path]:
    """Return the files of safetensors that transformers would load: one, or the index's shards.

    Raises:
        ModelError: there are none, one is missing, or the folder is that of an adapter.
    """
    if (folder / ADAPTER).exists():
        raise ModelError(_adapter(folder))
    if not (folder / CONFIG).exists():
        raise ModelError(_no_model(folder, CONFIG))
    if (folder / WEIGHTS).exists():
        return [folder / WEIGHTS]
    if not (folder / INDEX).exists():
        raise ModelError(_no_model(folder, "model.safetensors"))
    placed = read_config(folder / INDEX).get("weight_map")
    names = sorted({str(name) for name in placed.values()}) if isinstance(placed, dict) else []
    missing = [name for name in names if Path(name).name != name or not (folder / name).exists()]
    if missing or not names:
        raise ModelError(
            f"{folder} is not whole: its {INDEX} names {len(names)} files of weights, and"
            f" {', '.join(missing[:3]) or 'none'} is missing; fetch the model again"
        )
    return [folder / name for name in names]


def ending_tokens(folder: Path) -> list[int]:
    """Return the tokens that end an answer by a folder's generation config, else by its config.

    Raises:
        ModelError: what stands there names no tokens.
    """
    path = next((folder / n for n in (GENERATION, CONFIG) if (folder / n).exists()), None)
    found = None if path is None else read_config(path).get("eos_token_id")
    ids = found if isinstance(found, list) else [] if found is None else [found]
    tokens = [each for each in ids if isinstance(each, int) and not isinstance(each, bool)]
    if len(tokens) < len(ids) or any(token < 0 for token in tokens):
        raise ModelError(
            f"{path}: eos_token_id must be the number of a token, or a list of them; found {found}"
        )
    return tokens


def template_of(folder: Path) -> str | None:
    """Return the chat template of a model's folder, from its file or from the tokenizer's config.

    Raises:
        ModelError: the file cannot be read.
    """
    path = folder / TEMPLATE
    if path.is_file():
        return path.read_text(encoding="utf-8")
    path = folder / "tokenizer_config.json"
    template = read_config(path).get("chat_template") if path.is_file() else None
    return template if isinstance(template, str) else None


def _no_model(folder: Path, lacks: str) -> str:
    found = sorted(path.name for path in folder.iterdir())
    if any(name.startswith("adapter_model.") for name in found):
        return (
            f"{folder} holds the weights of an adapter without its {ADAPTER}, and no whole model:"
            " save or fetch the adapter with both, and name it: what merges it is said then"
        )
    within = [path.name for path in folder.iterdir() if _is_named(path)]
    if within:
        names = ", ".join(sorted(within)[:5])
        return f"{folder} holds no {lacks}, but folders of models: name one of them, {names}"
    shown = ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
    return (
        f"{folder} holds no {lacks}; a student is a folder that transformers loads, with its"
        " weights as safetensors (model.save_pretrained writes them); found"
        f" {shown or 'an empty folder'}"
    )


def _is_named(folder: Path) -> bool:
    """Whether a folder says that it is a model, or an adapter."""
    return (folder / CONFIG).is_file() or (folder / ADAPTER).is_file()


def _adapter(folder: Path) -> str:
    """What to do with an adapter: nothing but its base gives it a meaning."""
    config = read_config(folder / ADAPTER)
    named = config.get("base_model_name_or_path") or config.get("model")
    base = str(named) if named else None
    kind = str(config.get("peft_type") or "LORA").upper()
    what = f"{folder} is a {kind.replace('LORA', 'LoRA')} adapter of {base or 'some base model'}"
    if kind not in _MERGEABLE:
        return f"{what}, which cannot be merged into weights: name a whole model"
    words = folder if (folder / "tokenizer_config.json").exists() or base is None else base
    out = f"{folder.resolve().name}-merged"
    return (
        f"{what} ({ADAPTER}), no whole model: merge it first (pip install peft), then name the"
        f" folder {out}:\n"
        '  python -c "from peft import AutoPeftModelForCausalLM as M;'
        " from transformers import AutoTokenizer as T;"
        f" M.from_pretrained('{folder}', dtype='auto').merge_and_unload()"
        f".save_pretrained('{out}');"
        f" T.from_pretrained('{words}').save_pretrained('{out}')\""
    )
