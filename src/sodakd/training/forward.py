"""Logits of a packed batch: as one row without padding where a model can, else as a padded grid."""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedModel

from sodakd.errors import TrainingError
from sodakd.inference.chat_format import ChatFormat
from sodakd.training.attention import PACKED
from sodakd.training.packing import Batch, pack
from sodakd.training.schedule import TokenizedExample

BatchLayout = Literal["packed", "padded"]
_TOLERANCE = {torch.float32: 1e-3}
_HALF_TOLERANCE = 0.15
_PROBES = (("Add two numbers.", "return a + b"), ("Say what is longer, a or b, in a word.", "a"))


def packed(model: PreTrainedModel, batch: Batch) -> Float[Tensor, "answers vocab"]:
    """Logits that predict the answers' tokens; no layer sees padding (`attention.py`)."""
    logits: Tensor = model(
        input_ids=batch.tokens,
        position_ids=batch.positions,
        logits_to_keep=batch.predict_index,
        use_cache=False,
        grid=batch.grid,
    ).logits[0]
    return logits


def padded(model: PreTrainedModel, batch: Batch) -> Float[Tensor, "answers vocab"]:
    """The same logits from sequences padded to the right, with the model's own attention."""
    grid = batch.grid
    places, shape = grid.sequences * grid.longest, (grid.sequences, grid.longest)
    tokens = batch.tokens.new_zeros(places).index_copy(0, grid.index, batch.tokens[0])
    mask = batch.tokens.new_zeros(places)
    mask[grid.index] = 1
    cells = grid.index[batch.predict_index]
    columns, column = (cells % grid.longest).unique(return_inverse=True)
    logits: Tensor = model(
        input_ids=tokens.view(shape),
        attention_mask=mask.view(shape),
        logits_to_keep=columns,
        use_cache=False,
    ).logits
    return logits[cells // grid.longest, column]


FORWARDS: dict[BatchLayout, Callable[[PreTrainedModel, Batch], Float[Tensor, "answers vocab"]]] = {
    "packed": packed,
    "padded": padded,
}


def choose_layout(model: PreTrainedModel, chat_format: ChatFormat, longest: int) -> BatchLayout:
    """`packed` where the model gives the same logits so as padded, which is tried; else `padded`.

    The model's attention is left set for the layout that was chosen. `longest` is the length of the
    longest sequence to come: one beyond a sliding window cannot be packed.
    """
    window = getattr(model.config, "sliding_window", None)
    if isinstance(window, int) and window < longest:
        return "padded"
    own = model.config._attn_implementation
    probes = [
        TokenizedExample(tuple(chat_format.prompt(text)), tuple(chat_format.answer(answer)), None)
        for text, answer in _PROBES
    ]
    batch = pack(probes, rejected=False).to(model.device)
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            right = padded(model, batch).float()
            model.set_attn_implementation(PACKED)
            found = packed(model, batch).float()
    except (TrainingError, TypeError, ValueError, RuntimeError, AttributeError, KeyError):
        same = False  # it takes no attention of ours, or has none that is plain
    else:
        tolerance = _TOLERANCE.get(model.dtype, _HALF_TOLERANCE)
        same = bool((found - right).abs().max() <= tolerance * right.std())
    finally:
        model.train(training)
    if same:
        return "packed"
    model.set_attn_implementation(own)
    return "padded"
