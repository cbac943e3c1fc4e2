"""A batch through a model: as one row without padding where a model can, else as a padded grid."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import PreTrainedModel

from sodakd.errors import TrainingError
from sodakd.inference.chat_format import ChatFormat
from sodakd.training.attention import ATTENTIONS, PACKED, attentions_for
from sodakd.training.packing import Batch, TopTokens, pack
from sodakd.training.schedule import TokenizedExample
from sodakd.training.token_logps import (
    PART_BYTES,
    goes_by_parts,
    logps_of_states,
    logps_of_table,
)

BatchLayout = Literal["packed", "padded"]
_TOLERANCE = {torch.float32: 1e-3}
_HALF_TOLERANCE = 0.15
_OTHER = (TrainingError, TypeError, ValueError, RuntimeError, AttributeError, KeyError)
"""What a model of another make raises."""
_PROBES = (
    ("Add two numbers.", "return a + b", "return a - b"),
    ("Add two numbers.", "return b + a", "return a + b + 1"),
    ("Say what is longer, a or b, in a word.", "a", None),
)
_DROPOUTS = ("attention_dropout", "attn_pdrop")
"""What configs call the dropout of attention."""


def packed(
    model: PreTrainedModel, batch: Batch, attention: str, *, states: bool = False
) -> Float[Tensor, "predictions size"]:
    """Logits that predict the answers' tokens; no layer sees padding, or a beginning twice.

    `attention`: a name of `ATTENTIONS`. `states`: what the logits are computed from, in their
    place.
    """
    row = {
        "input_ids": batch.tokens,
        "position_ids": batch.positions,
        "use_cache": False,
        "row_attention": ATTENTIONS[attention](batch.tree, batch.tokens.device),
        "longest": batch.tree.longest,
    }
    if states:
        whole: Tensor = model.get_decoder()(**row).last_hidden_state[0]
        return whole.index_select(0, batch.predict_index)
    logits: Tensor = model(logits_to_keep=batch.predict_index, **row).logits[0]
    return logits


def padded(
    model: PreTrainedModel, batch: Batch, *, states: bool = False
) -> Float[Tensor, "predictions size"]:
    """The same from whole sequences padded to the right, with the model's own attention."""
    tree, device = batch.tree, batch.tokens.device
    sequences, longest = len(tree), tree.longest
    places = [tree.places(at) for at in range(sequences)]
    cell_of = torch.empty(tree.tokens, dtype=torch.long)
    for at in reversed(range(sequences)):  # a shared token is read where it stands first
        cell_of[places[at]] = torch.arange(at * longest, at * longest + len(places[at]))
    tokens, mask = batch.tokens.new_zeros(2, sequences, longest)
    for at, place in enumerate(places):
        tokens[at, : len(place)] = batch.tokens[0, place.to(device)]
        mask[at, : len(place)] = 1
    cells = cell_of.to(device)[batch.predict_index]
    inputs = {"input_ids": tokens, "attention_mask": mask, "use_cache": False}
    if states:
        whole: Tensor = model.get_decoder()(**inputs).last_hidden_state
        return whole.flatten(0, 1).index_select(0, cells)
    columns, column = (cells % longest).unique(return_inverse=True)
    logits: Tensor = model(logits_to_keep=columns, **inputs).logits
    return logits[cells // longest, column]


@dataclass(frozen=True)
class Forward:
    """How a batch goes through a model.

    `by_states`: its logits are its states times its head. `attention`: a packed row's, a name of
    `ATTENTIONS`.
    """

    layout: BatchLayout
    by_states: bool = False
    attention: str = "split"

    def logps(self, model: PreTrainedModel, batch: Batch) -> Float[Tensor, " asked"]:
        """The log-probabilities of the tokens that the batch asks for (`Batch.asked`).

        A table of logits that is large is never whole, where a model's head is one matrix.
        """
        head = _matrix(model) if self.by_states else None
        if head is None or not goes_by_parts(len(batch.predict_index), len(head)):
            return logps_of_table(self.predict(model, batch), *batch.asked())
        return logps_of_states(self.predict(model, batch, states=True), head, *batch.asked())

    def top_tokens(self, model: PreTrainedModel, batch: Batch, count: int, vocab: int) -> TopTokens:
        """The `count` most probable of the first `vocab` tokens, at each token of the answers.

        Their probabilities are shares of all tokens of the model, which may be more.
        """
        head = _matrix(model) if self.by_states else None
        tokens, logps = [], []
        for part in self.predict(model, batch, states=head is not None).split(
            max(1, PART_BYTES // (4 * vocab))
        ):
            table = (part if head is None else part @ head.mT).float().log_softmax(-1)
            top = table[:, :vocab].topk(count)
            tokens.append(top.indices)
            logps.append(top.values)
        return TopTokens(
            torch.cat(tokens)[batch.predicted_by], torch.cat(logps)[batch.predicted_by]
        )

    def predict(
        self, model: PreTrainedModel, batch: Batch, *, states: bool = False
    ) -> Float[Tensor, "predictions size"]:
        """Logits that predict the answers' tokens, or the states that they are computed from."""
        if self.layout == "padded":
            return padded(model, batch, states=states)
        return packed(model, batch, self.attention, states=states)


def called_through(
    wrapper: nn.Module, model: nn.Module, method: Callable[[], Tensor]
) -> Float[Tensor, "*shape"]:
    """What a method of a model gives, within a forward pass of what wraps it.

    DDP and FSDP do their part before and after a forward pass of theirs, and see no other call.
    """
    if wrapper is model:
        return method()
    own = vars(model).get("forward")

    def once() -> Tensor:
        restore()
        return method()

    def restore() -> None:
        vars(model).pop("forward", None)
        if own is not None:
            vars(model)["forward"] = own

    vars(model)["forward"] = once
    try:
        return cast("Tensor", wrapper())
    finally:
        restore()


def _matrix(model: PreTrainedModel) -> Tensor | None:
    """The matrix of a model's head; None where it is more than that: a bias, or an adapter."""
    head = model.get_output_embeddings()
    plain = type(head) is nn.Linear and head.bias is None
    return cast("Tensor", head.weight) if plain else None


def choose_forward(
    model: PreTrainedModel, chat_format: ChatFormat, longest: int, attention: str | None = None
) -> Forward:
    """The way that gives a model's own logits, which is tried: packed, and by states, if it can be.

    The model's attention is left set for the layout that was chosen. `longest` is the length of the
    longest sequence to come: one beyond a sliding window cannot be packed. `attention` is the only
    one to be tried, for a benchmark.

    Raises TrainingError where the `attention` that is named cannot be taken.
    """
    batch = pack(_probes(chat_format), rejected=True).to(model.device)
    training = model.training
    model.eval()
    try:
        right = _Answer.of(model, batch, Forward("padded"))
        forward = _layout(model, batch, longest, right, attention)
        return replace(forward, by_states=_by_states(model, batch, forward, right))
    except _OTHER:
        if attention is not None:
            raise
        return Forward("padded")  # it answers in training alone, as four bits on a CPU do
    finally:
        model.train(training)


def _probes(chat_format: ChatFormat) -> list[TokenizedExample]:
    """Prompts and answers of several lengths: one prompt has two answers and two faulty ones."""
    return [
        TokenizedExample(
            tuple(chat_format.prompt(text)),
            tuple(chat_format.answer(answer)),
            tuple(chat_format.answer(faulty)) if faulty else None,
        )
        for text, answer, faulty in _PROBES
    ]


@dataclass(frozen=True)
class _Answer:
    """What a model makes of a batch: logits, and the gradients of its vectors (norms, biases)."""

    logits: Tensor
    gradient: Tensor
    dtype: torch.dtype

    @classmethod
    def of(cls, model: PreTrainedModel, batch: Batch, forward: Forward) -> "_Answer":
        """What it makes of it in one way."""
        vectors = [each for each in model.parameters() if each.requires_grad and each.ndim == 1]
        with torch.enable_grad():
            logits = forward.predict(model, batch)
            loss = logps_of_table(logits, *batch.asked()).sum()
            found: tuple[Tensor | None, ...] = ()
            if vectors:
                found = torch.autograd.grad(loss, vectors, allow_unused=True)
        gradient = [logits.new_zeros(1, dtype=torch.float32)]
        gradient += [each.float() for each in found if each is not None]
        return cls(logits.detach().float(), torch.cat(gradient), logits.dtype)

    def equals(self, right: "_Answer") -> bool:
        """Whether it is the right one, but for rounding."""
        tolerance = _TOLERANCE.get(right.dtype, _HALF_TOLERANCE)
        off = (self.gradient - right.gradient).norm()
        return bool(
            (self.logits - right.logits).abs().max() <= tolerance * right.logits.std()
            and off <= tolerance * right.gradient.norm()
        )


def _layout(
    model: PreTrainedModel, batch: Batch, longest: int, right: _Answer, attention: str | None
) -> Forward:
    """`packed` with the first attention that gives what `padded` gives; else `padded`."""
    window = getattr(model.config, "sliding_window", None)
    problem = f"it has a sliding window of {window} tokens"
    if not isinstance(window, int) or window >= longest:
        own = model.config._attn_implementation
        dropout = any(getattr(model.config, name, 0) for name in _DROPOUTS)
        for name in (attention,) if attention else attentions_for(model.device, dropout):
            forward = Forward("packed", attention=name)
            try:
                model.set_attn_implementation(PACKED)
                if _Answer.of(model, batch, forward).equals(right):
                    return forward
                problem = "its logits or gradients are others"
            except Exception as error:  # kernels, and their compilers, have errors of their own
                problem = f"{type(error).__name__}: {error}"
        model.set_attn_implementation(own)
    if attention is not None:
        raise TrainingError(f"attention {attention} cannot train this model here: {problem}")
    return Forward("padded")


def _by_states(model: PreTrainedModel, batch: Batch, forward: Forward, right: _Answer) -> bool:
    """Whether the logits are the states times the head, and nothing else: no cap, no scale."""
    head = _matrix(model)
    if head is None:
        return False
    try:
        with torch.no_grad():
            logits = (forward.predict(model, batch, states=True) @ head.mT).float()
    except _OTHER:
        return False
    return replace(right, logits=logits).equals(right)
