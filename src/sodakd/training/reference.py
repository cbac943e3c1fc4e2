"""Log-probabilities of answers by the weights that a training begins with."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel

from sodakd.settings.training import TrainingSettings
from sodakd.training.forward import Forward
from sodakd.training.kept_tensors import kept_tensors
from sodakd.training.micro_batches import micro_batches
from sodakd.training.objective import to_grid
from sodakd.training.packing import pack
from sodakd.training.schedule import TokenizedExample

REFERENCE = "reference.safetensors"


def with_reference(
    model: PreTrainedModel,
    forward: Forward,
    examples: Sequence[TokenizedExample],
    settings: TrainingSettings,
    file: Path,
    identity: str,
) -> tuple[TokenizedExample, ...]:
    """The examples with the sums of their answers' log-probabilities by the model as it stands.

    They are kept in `file`, and read from it where it is of the same training: one that goes on
    compares with the same numbers. A file that cannot be read is computed again.
    """
    kept = kept_tensors(
        file, identity, lambda: {"logps": _compute(model, forward, examples, settings)}
    )
    pairs = zip(examples, kept["logps"].tolist(), strict=True)
    return tuple(replace(each, reference=(chosen, rejected)) for each, (chosen, rejected) in pairs)


@torch.no_grad()
def _compute(
    model: PreTrainedModel,
    forward: Forward,
    examples: Sequence[TokenizedExample],
    settings: TrainingSettings,
) -> Tensor:
    """Two sums for each example: of its correct answer, and of its faulty one or 0."""
    found = torch.zeros(len(examples), 2)
    training = model.training
    model.eval()
    for places in micro_batches(examples, settings, forward.layout, rejected=True):
        batch = pack([examples[at] for at in places], rejected=True).to(model.device)
        logp = forward.logps(model, batch)[: len(batch.target)]
        sums = to_grid(logp, batch.answers)[0].sum(1).cpu()
        paired = [at for at in places if examples[at].rejected is not None]
        found[places, 0], found[paired, 1] = sums[: len(places)], sums[len(places) :]
    model.train(training)
    return found
