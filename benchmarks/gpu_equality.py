"""Equality of packed rows, by each attention, with padded rows that share nothing."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from gpu_sizes import Row, Size, make_model, make_tokenizer, name_of, triples
from torch import Tensor
from transformers import PreTrainedModel

from sodakd.settings.training import LossName, TrainingSettings
from sodakd.training.forward import Forward, choose_forward
from sodakd.training.losses import LOSSES
from sodakd.training.objective import StepTotals, objective
from sodakd.training.packing import Batch, first_difference, pack
from sodakd.training.schedule import TokenizedExample


def plain_logps(model: PreTrainedModel, examples: Sequence[TokenizedExample]) -> Tensor:
    """Log-probabilities in the order of `Batch.asked`, from one padded row for each answer."""
    answers = [(each.prompt, each.chosen) for each in examples]
    answers += [(each.prompt, each.rejected or ()) for each in examples]
    rows = [[*prompt, *answer] for prompt, answer in answers]
    width = max(map(len, rows))
    device = model.device
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows], device=device)
    seen = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    logits = model(input_ids=tokens, attention_mask=seen, use_cache=False).logits
    table = logits.float().log_softmax(-1)
    whole = table[:, :-1].gather(2, tokens[:, 1:, None])[..., 0]
    found = [
        whole[at, len(prompt) - 1 : len(prompt) + len(answer) - 1]
        for at, (prompt, answer) in enumerate(answers)
    ]
    for at, each in enumerate(examples):
        rejected = each.rejected or ()
        place = first_difference(each.chosen, rejected)
        found.append(table[at, len(each.prompt) + place - 1, rejected[place]][None])
    return torch.cat(found)


def _packed(examples: Sequence[TokenizedExample], loss: LossName) -> Batch:
    scope = LOSSES[loss].scope
    return pack(examples, rejected=scope != "first", differing=scope == "differing")


def _outcome(
    model: PreTrainedModel,
    logps: Callable[[], Tensor],
    examples: Sequence[TokenizedExample],
    loss: LossName,
) -> tuple[Tensor, Tensor, Tensor]:
    """The log-probabilities of answers, the objective of a loss, and all gradients."""
    batch = _packed(examples, loss).to(model.device)
    found = logps()
    if LOSSES[loss].scope == "first":  # faulty answers are only read at their first difference
        chosen = sum(len(each.chosen) for each in examples)
        if len(found) > len(batch.target) + len(examples):
            found = torch.cat([found[:chosen], found[-len(examples) :]])
    settings = TrainingSettings(loss=loss, margin=3.0, contrast_weight=1.0)
    value = objective(found, batch, StepTotals.of(examples), settings).loss
    model.zero_grad()
    value.backward()
    gradient = torch.cat(
        [p.grad.float().flatten() for p in model.parameters() if p.grad is not None]
    )
    return found.detach().float(), value.detach().float(), gradient


def equality(size: Size, attention: str | None, half: bool) -> Row:
    """Losses, log-probabilities and gradients of packed rows against padded ones, nothing shared.

    In bfloat16 both have the error of rounding: ours is to be no more than 1.5 times theirs. In
    float32 it may be 1e-5 as well.
    """
    examples = triples(size, size.small, 4, "one-token") + triples(size, size.small, 4, "anew")
    exact = make_model(size.small, torch.float32)
    model = make_model(size.small, torch.bfloat16 if half else torch.float32)
    exact.load_state_dict(model.state_dict())
    forward = _forward(model, attention, examples)
    ways = {"ours": forward, "padded": Forward("padded", by_states=True)}
    kept = {"ours": model.config._attn_implementation, "padded": "sdpa"}
    errors: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for loss in (name for name, each in LOSSES.items() if not each.needs_reference):
        right = _outcome(exact, partial(plain_logps, exact, examples), examples, loss)
        batch = _packed(examples, loss).to(model.device)
        for name, way in ways.items():
            model.set_attn_implementation(kept[name])
            found = _outcome(model, partial(way.logps, model, batch), examples, loss)
            errors[name].append(_errors(found, right))
    row: Row = {"attention": name_of(forward), "dtype": "bfloat16" if half else "float32"}
    for name, each in errors.items():
        for kind, values in zip(("logp", "loss", "gradient"), zip(*each, strict=True), strict=True):
            row[f"{name}_{kind}"] = max(values)
    kinds = ("logp", "loss", "gradient")
    limit = {kind: max(1.5 * row[f"padded_{kind}"], 0 if half else 1e-5) for kind in kinds}
    row["equal"] = all(row[f"ours_{kind}"] <= limit[kind] for kind in kinds)
    return row


def _errors(found: Sequence[Tensor], right: Sequence[Tensor]) -> tuple[float, float, float]:
    """The greatest errors of log-probabilities, of the loss, and of the gradient by its length."""
    logp, loss, gradient = (each - of for each, of in zip(found, right, strict=True))
    return (
        logp.abs().max().item(),
        loss.abs().item(),
        (gradient.norm() / right[2].norm()).item(),
    )


def _forward(
    model: PreTrainedModel, attention: str | None, examples: Sequence[TokenizedExample]
) -> Forward:
    _, layout = make_tokenizer()
    return choose_forward(model, layout, max(each.longest for each in examples), attention)
