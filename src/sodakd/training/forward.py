"""A batch through a model: as one row without padding where a model can, else as a padded grid."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import PreTrainedModel

from sodakd.errors import TrainingError
from sodakd.inference.chat_format import ChatFormat
from sodakd.training.attention import PACKED
from sodakd.training.packing import Batch, pack
from sodakd.training.schedule import TokenizedExample
from sodakd.training.token_logps import goes_by_parts, logps_of_states, logps_of_table

BatchLayout = Literal["packed", "padded"]
_TOLERANCE = {torch.float32: 1e-3}
_HALF_TOLERANCE = 0.15
_OTHER = (TrainingError, TypeError, ValueError, RuntimeError, AttributeError, KeyError)
"""What a model of another make raises."""
_PROBES = (("Add two numbers.", "return a + b"), ("Say what is longer, a or b, in a word.", "a"))


def packed(
    model: PreTrainedModel, batch: Batch, *, states: bool = False
) -> Float[Tensor, "predictions size"]:
    """Logits that predict the answers' tokens; no layer sees padding (`attention.py`).

    `states`: what the logits are computed from, in their place.
    """
    row = {
        "input_ids": batch.tokens,
        "position_ids": batch.positions,
        "use_cache": False,
        "grid": batch.grid,
        "shared": batch.shared,
    }
    if states:
        whole: Tensor = model.get_decoder()(**row).last_hidden_state[0]
        return whole.index_select(0, batch.predict_index)
    logits: Tensor = model(logits_to_keep=batch.predict_index, **row).logits[0]
    return logits


def padded(
    model: PreTrainedModel, batch: Batch, *, states: bool = False
) -> Float[Tensor, "predictions size"]:
    """The same from sequences padded to the right, with the model's own attention."""
    grid = batch.grid
    places, shape = grid.sequences * grid.longest, (grid.sequences, grid.longest)
    tokens = batch.tokens.new_zeros(places).index_copy(0, grid.index, batch.tokens[0])
    mask = batch.tokens.new_zeros(places)
    mask[grid.index] = 1
    if batch.shared is not None:
        tokens[batch.shared.place] = batch.tokens[0, batch.shared.token]
        mask[batch.shared.place] = 1
    cells = grid.index[batch.predict_index]
    inputs = {
        "input_ids": tokens.view(shape),
        "attention_mask": mask.view(shape),
        "use_cache": False,
    }
    if states:
        whole: Tensor = model.get_decoder()(**inputs).last_hidden_state
        return whole.flatten(0, 1).index_select(0, cells)
    columns, column = (cells % grid.longest).unique(return_inverse=True)
    logits: Tensor = model(logits_to_keep=columns, **inputs).logits
    return logits[cells // grid.longest, column]


LAYOUTS: dict[BatchLayout, Callable[..., Float[Tensor, "predictions size"]]] = {
    "packed": packed,
    "padded": padded,
}


@dataclass(frozen=True)
class Forward:
    """How a batch goes through a model. `by_states`: its logits are its states times its head."""

    layout: BatchLayout
    by_states: bool = False

    def logps(self, model: PreTrainedModel, batch: Batch) -> Float[Tensor, " asked"]:
        """The log-probabilities of the tokens that the batch asks for (`Batch.asked`).

        A table of logits that is large is never whole, where a model's head is one matrix.
        """
        forward = LAYOUTS[self.layout]
        head = _matrix(model) if self.by_states else None
        if head is None or not goes_by_parts(len(batch.predict_index), len(head)):
            return logps_of_table(forward(model, batch), *batch.asked())
        return logps_of_states(forward(model, batch, states=True), head, *batch.asked())


def _matrix(model: PreTrainedModel) -> Tensor | None:
    """The matrix of a model's head; None where it is more than that: a bias, or an adapter."""
    head = model.get_output_embeddings()
    plain = type(head) is nn.Linear and head.bias is None
    return cast("Tensor", head.weight) if plain else None


def choose_forward(model: PreTrainedModel, chat_format: ChatFormat, longest: int) -> Forward:
    """The way that gives a model's own logits, which is tried: packed, and by states, if it can be.

    The model's attention is left set for the layout that was chosen. `longest` is the length of the
    longest sequence to come: one beyond a sliding window cannot be packed.
    """
    probes = [
        TokenizedExample(tuple(chat_format.prompt(text)), tuple(chat_format.answer(answer)), None)
        for text, answer in _PROBES
    ]
    batch = pack(probes, rejected=False).to(model.device)
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            right = padded(model, batch)
            layout = _layout(model, batch, longest, right)
            return Forward(layout, _by_states(model, batch, layout, right))
    except _OTHER:
        return Forward("padded")  # it answers in training alone, as four bits on a CPU do
    finally:
        model.train(training)


def _layout(model: PreTrainedModel, batch: Batch, longest: int, right: Tensor) -> BatchLayout:
    """`packed` where the model gives the same logits so as padded; else `padded`."""
    window = getattr(model.config, "sliding_window", None)
    if isinstance(window, int) and window < longest:
        return "padded"
    own = model.config._attn_implementation
    try:
        model.set_attn_implementation(PACKED)
        if _same(packed(model, batch), right):
            return "packed"
    except _OTHER:
        pass  # it takes no attention of ours, or has none that is plain
    model.set_attn_implementation(own)
    return "padded"


def _by_states(model: PreTrainedModel, batch: Batch, layout: BatchLayout, right: Tensor) -> bool:
    """Whether the logits are the states times the head, and nothing else: no cap, no scale."""
    head = _matrix(model)
    try:
        return head is not None and _same(
            LAYOUTS[layout](model, batch, states=True) @ head.mT, right
        )
    except _OTHER:
        return False


def _same(found: Tensor, right: Tensor) -> bool:
    tolerance = _TOLERANCE.get(right.dtype, _HALF_TOLERANCE)
    found, right = found.float(), right.float()
    return bool((found - right).abs().max() <= tolerance * right.std())
