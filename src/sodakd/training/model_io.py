"""A student's model as training needs it: full weights, or frozen ones with adapters (LoRA)."""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

import torch
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from sodakd.errors import ModelError
from sodakd.inference.chat_format import ChatFormat, Tokenizer, chat_format_for, with_fixed_day
from sodakd.inference.folder import CONFIG, INDEX, ending_tokens, read_config, weight_files
from sodakd.inference.loading import load_model, load_tokenizer
from sodakd.settings.student import StudentSettings
from sodakd.training.disk_errors import share_files
from sodakd.weights import link_or_copy

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import BitsAndBytesConfig


def open_model(folder: Path, student: StudentSettings) -> PreTrainedModel:
    """Return the model of a folder (safetensors; no code of the folder is run), to be trained.

    Raises:
        ModelError: it cannot be loaded, or QLoRA has no bitsandbytes here.
    """
    four_bit = _four_bit() if student.finetuning_type == "qlora" else None
    return load_model(folder, student.dtype, four_bit)


def with_adapters(
    model: PreTrainedModel, student: StudentSettings, seed: int, task: str = "CAUSAL_LM"
) -> "PeftModel":
    """The model, frozen, with a LoRA adapter to be trained (arXiv 2106.09685; QLoRA 2305.14314).

    `task` is peft's name of what the model is for.
    """
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    if student.finetuning_type == "qlora":
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    lora = student.lora
    config = LoraConfig(
        r=lora.r,
        lora_alpha=lora.lora_alpha,
        lora_dropout=lora.lora_dropout,
        target_modules=list(lora.target_modules) or "all-linear",
        task_type=task,
    )
    with torch.random.fork_rng(devices=[]), _peft_asks_old_names():
        torch.manual_seed(seed)
        return cast("PeftModel", get_peft_model(model, config))


def merge_adapters(
    trained: "PeftModel", start: Path, student: StudentSettings, opened: StudentSettings
) -> PreTrainedModel:
    """The model of `start` with what the adapter learned in its weights, in the student's dtype.

    An adapter that was trained beside rounded weights is merged into the weights themselves:
    QLoRA's, and one of a float32 student that was computed in bfloat16, as `opened` says.
    """
    if student.finetuning_type == "lora" and opened == student:
        return cast("PreTrainedModel", trained.merge_and_unload())
    from peft import PeftModel

    whole = open_model(start, student.model_copy(update={"finetuning_type": "full"}))
    with TemporaryDirectory() as folder, _peft_asks_old_names():
        trained.save_pretrained(folder)
        return cast("PreTrainedModel", PeftModel.from_pretrained(whole, folder).merge_and_unload())


def save_student(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, chat_format: ChatFormat, out: Path
) -> None:
    """Write a folder that transformers and vLLM load, and whose answers end where they should."""
    model.generation_config = _plain_generation(tokenizer, chat_format)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    share_files(out)


def _plain_generation(
    tokenizer: PreTrainedTokenizerBase, chat_format: ChatFormat
) -> GenerationConfig:
    """The tokens that begin, end and fill texts, and nothing else.

    A base's sampling settings are not kept: the student is trained and measured without them, and
    many published ones (a temperature without sampling) are refused when they are written.
    """
    stops = sorted(chat_format.stops)
    return GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=stops[0] if len(stops) == 1 else stops,
        pad_token_id=tokenizer.pad_token_id,
    )


def link_pretrained(source: Path, out: Path, chat_template: str | None = None) -> None:
    """Lay a pretrained model into a folder of its own: its weights take no further room
    where the disk can do that.

    Its tokenizer has a chat template from then on: its own, the one given, or the default one. Of
    its generation config the tokens that end an answer are kept.

    Raises:
        ModelError: the source is no model that can be a student: no safetensors, no tokenizer, or
            a tokenizer with more tokens than the model.
    """
    weights = weight_files(source)
    index = [source / INDEX] if len(weights) > 1 else []
    for path in [*weights, *index]:
        link_or_copy(path, out / path.name)
    shutil.copyfile(source / CONFIG, out / CONFIG)
    tokenizer = load_tokenizer(source)
    if chat_template is not None:
        tokenizer.chat_template = chat_template
    if isinstance(tokenizer.chat_template, str):
        tokenizer.chat_template = with_fixed_day(tokenizer.chat_template)
    chat_format = chat_format_for(cast("Tokenizer", tokenizer), ending_tokens(source))
    size = read_config(source / CONFIG).get("vocab_size")
    if isinstance(size, int) and len(tokenizer) > size:
        raise ModelError(
            f"the tokenizer of {source} has {len(tokenizer)} tokens and its model {size}: they do"
            " not belong together"
        )
    _plain_generation(tokenizer, chat_format).save_pretrained(out)
    tokenizer.save_pretrained(out)


@contextmanager
def _peft_asks_old_names() -> Iterator[None]:
    """Say nothing of a property that transformers has renamed and peft asks for."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield


def _four_bit() -> "BitsAndBytesConfig":
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
