"""Models and tokenizers of local folders: safetensors alone, and no code of a folder is run."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from sodakd.errors import ModelError, SodakdError
from sodakd.inference.chat_format import ChatFormat, Tokenizer, chat_format_for
from sodakd.inference.devices import DTYPES
from sodakd.inference.folder import ending_tokens, weight_files

if TYPE_CHECKING:
    from transformers import BitsAndBytesConfig


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Return a folder's tokenizer. Of several chat templates it has the default one alone.

    Raises:
        ModelError: it cannot be loaded.
    """
    with _loading("tokenizer", folder):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True
        )
    if isinstance(tokenizer.chat_template, dict):
        named = tokenizer.chat_template
        if "default" not in named and len(named) != 1:
            raise ModelError(
                f"the tokenizer of {folder} has several chat templates ({', '.join(named)}) and"
                " none by the name default; name a file with one: student.chat_template"
            )
        tokenizer.chat_template = named.get("default") or next(iter(named.values()))
    return tokenizer


def open_tokenizer(folder: Path) -> tuple[PreTrainedTokenizerBase, ChatFormat]:
    """Return a folder's tokenizer, which has a layout from then on, and that layout.

    Raises:
        ModelError: there is none, or it has no layout.
    """
    tokenizer = load_tokenizer(folder)
    return tokenizer, chat_format_for(cast("Tokenizer", tokenizer), ending_tokens(folder))


def load_model(
    folder: Path, dtype: str | None = None, quantization: "BitsAndBytesConfig | None" = None
) -> PreTrainedModel:
    """Return a folder's causal language model; in the dtype of its weights if none is given.

    Weights that are `quantization`'s to shrink are loaded onto the GPU, if there is one.

    Raises:
        ModelError: it cannot be loaded, or lacks weights, which transformers would draw at random.
        torch.OutOfMemoryError: a GPU's memory is too small for it.
    """
    weight_files(folder)
    place = None
    if quantization is not None:
        place = {"": "cuda" if torch.cuda.is_available() else "cpu"}
    with _loading("model", folder):
        loaded = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            dtype="auto" if dtype is None else DTYPES[dtype],
            quantization_config=quantization,
            device_map=place,
            output_loading_info=True,
        )
    return _whole(loaded, folder)


def load_backbone(folder: Path) -> PreTrainedModel:
    """Return a folder's encoder or causal model in float32, without its head: it gives states.

    Raises:
        ModelError: it cannot be loaded, lacks weights, or is an encoder with a decoder.
    """
    weight_files(folder)
    with _loading("model", folder), _quiet():
        if AutoConfig.from_pretrained(folder, local_files_only=True).is_encoder_decoder:
            raise ModelError(
                f"{folder} is an encoder with a decoder: name an encoder, or a causal model"
            )
        loaded = AutoModel.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    return _whole(loaded, folder, unused="pooler.")


def _whole(loaded: object, folder: Path, unused: str = "\0") -> PreTrainedModel:
    """What `from_pretrained` gave, if no weights are missing but those that begin as `unused`."""
    model, found = cast("tuple[PreTrainedModel, Mapping[str, Collection[str]]]", loaded)
    missing = sorted(name for name in found["missing_keys"] if not name.startswith(unused))
    if missing:
        raise ModelError(
            f"the weights of {folder} are not those of a {type(model).__name__}: {len(missing)}"
            f" are missing ({', '.join(missing[:3])}); fetch or save the model again"
        )
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Have transformers report no weights that are left out: the head's are, and what is missing
    is an error of ours."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


@contextmanager
def _loading(what: str, folder: Path) -> Iterator[None]:
    """Turn whatever a library raises on files of somebody else's into one error."""
    try:
        yield
    except (SodakdError, torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:  # tokenizers raises Exception itself
        said = " ".join(str(error).split())[:500] or type(error).__name__
        raise ModelError(
            f"the {what} of {folder} cannot be loaded: {said}; a model's folder holds config.json,"
            " a tokenizer, and weights as safetensors"
        ) from error
