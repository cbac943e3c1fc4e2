"""A student's model as training needs it: full weights, or frozen ones with adapters (LoRA)."""

import gc
import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from sodakd.errors import ModelError
from sodakd.models.prompts import Layout, Tokenizer, layout_of
from sodakd.settings.student import StudentSettings

if TYPE_CHECKING:
    from peft import PeftModel

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def open_tokenizer(folder: Path) -> tuple[PreTrainedTokenizerBase, Layout]:
    """A folder's tokenizer, which has a layout from then on, and that layout.

    Raises:
        ModelError: there is none, or it has no layout.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelError(f"the tokenizer of {folder} cannot be loaded: {error}") from error
    return tokenizer, layout_of(cast("Tokenizer", tokenizer), generation_stops(folder))


def open_model(folder: Path, student: StudentSettings) -> PreTrainedModel:
    """The weights of a folder (safetensors; no code of the folder is run), to be trained.

    Raises:
        ModelError: they cannot be loaded, or QLoRA has no bitsandbytes here.
    """
    quantized = student.finetuning_type == "qlora"
    options = {"quantization_config": _four_bit(), "device_map": _device()} if quantized else {}
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            dtype=DTYPES[student.dtype],
            **options,
        )
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(f"the model of {folder} cannot be loaded: {error}") from error
    return model


def with_adapters(model: PreTrainedModel, student: StudentSettings, seed: int) -> "PeftModel":
    """The model, frozen, with a LoRA adapter to be trained (arXiv 2106.09685; QLoRA 2305.14314)."""
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    if student.finetuning_type == "qlora":
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    lora = student.lora
    config = LoraConfig(
        r=lora.r,
        lora_alpha=lora.lora_alpha,
        lora_dropout=lora.lora_dropout,
        target_modules=list(lora.target_modules) or "all-linear",
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(devices=[]), _peft_asks_old_names():
        torch.manual_seed(seed)
        return cast("PeftModel", get_peft_model(model, config))


def checkpoint_activations(model: PreTrainedModel) -> None:
    """Have the layers' activations computed again in the backward pass, not kept."""
    enable = getattr(model, "activation_checkpointing_enable", None)  # its name from 5.22 on
    (enable or model.gradient_checkpointing_enable)({"use_reentrant": False})


def merged(trained: "PeftModel", start: Path, student: StudentSettings) -> PreTrainedModel:
    """The model of `start` with what the adapter learned in its weights, in the student's dtype.

    QLoRA's adapter is merged into the weights that it was trained beside, not into their four bits.
    """
    if student.finetuning_type == "lora":
        return cast("PreTrainedModel", trained.merge_and_unload())
    from peft import PeftModel

    whole = open_model(start, student.model_copy(update={"finetuning_type": "full"}))
    with TemporaryDirectory() as folder, _peft_asks_old_names():
        trained.save_pretrained(folder)
        return cast("PreTrainedModel", PeftModel.from_pretrained(whole, folder).merge_and_unload())


def save_student(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, layout: Layout, out: Path
) -> None:
    """Write a folder that transformers and vLLM load, and whose answers end where they should."""
    stops = sorted(layout.stops)
    model.generation_config.eos_token_id = stops[0] if len(stops) == 1 else stops
    if tokenizer.pad_token_id is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def free_accelerator() -> None:
    """Give back the accelerator's memory of models that are no longer used: an engine needs it."""
    if torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()


def generation_stops(folder: Path) -> list[int]:
    """The tokens that end an answer by a folder's generation config."""
    path = folder / "generation_config.json"
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id")
    return [] if found is None else [found] if isinstance(found, int) else list(found)


def lay_out(source: Path, out: Path, chat_template: str | None = None) -> None:
    """Lay a pretrained model into a folder of its own: links to its weights, the rest as copies.

    Its tokenizer has a chat template from then on: its own, the one given, or the default one.

    Raises:
        ModelError: the source is no model that can be a student: no safetensors, no tokenizer, or
            a tokenizer with more tokens than the model.
    """
    weights = sorted(source.glob("*.safetensors"))
    config = source / "config.json"
    if not weights or not config.exists():
        lacks = "config.json" if weights else "*.safetensors"
        raise ModelError(
            f"{source} holds no {lacks}; a student is a folder that transformers loads, with its"
            " weights as safetensors (model.save_pretrained writes them)"
        )
    for path in [*weights, *source.glob("*.safetensors.index.json")]:
        link = out / path.name
        link.unlink(missing_ok=True)
        link.symlink_to(path.resolve())
    for name in ("config.json", "generation_config.json"):
        if (source / name).exists():
            shutil.copyfile(source / name, out / name)
    tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True)
    if chat_template is not None:
        tokenizer.chat_template = chat_template
    layout_of(cast("Tokenizer", tokenizer), generation_stops(source))
    size = json.loads(config.read_text(encoding="utf-8")).get("vocab_size")
    if isinstance(size, int) and len(tokenizer) > size:
        raise ModelError(
            f"the tokenizer of {source} has {len(tokenizer)} tokens and its model {size}: they do"
            " not belong together"
        )
    tokenizer.save_pretrained(out)


@contextmanager
def _peft_asks_old_names() -> Iterator[None]:
    """Say nothing of a property that transformers has renamed and peft asks for."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield


def _four_bit() -> object:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError:
        raise ModelError(
            "student.finetuning_type is qlora, which needs bitsandbytes:"
            " pip install 'sodakd[qlora]'"
        ) from None
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _device() -> dict[str, str]:
    return {"": "cuda" if torch.cuda.is_available() else "cpu"}
