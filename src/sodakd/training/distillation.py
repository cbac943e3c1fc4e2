"""What a teacher's weights hold of a student's answers: the most probable tokens in each place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sodakd.errors import TrainingError
from sodakd.inference.chat_format import ChatFormat
from sodakd.inference.devices import free_memory, resolve_device
from sodakd.inference.fitting import fitting_dtype
from sodakd.inference.loading import load_model
from sodakd.inference.model_meter import ModelMeter, ModelShape
from sodakd.settings.training import TrainingSettings
from sodakd.training.attention import PACKED
from sodakd.training.forward import choose_forward
from sodakd.training.kept_tensors import kept_tensors
from sodakd.training.micro_batches import micro_batches
from sodakd.training.packing import TopTokens, pack
from sodakd.training.schedule import TokenizedExample

TEACHER = "teacher.safetensors"


@dataclass(frozen=True)
class Distillation:
    """What a training matches in the place of answers: a teacher's token probabilities.

    `teacher` is a model's folder, whose tokenizer has the student's tokens. In each place its
    `top_k` most probable tokens count, and all others as one; `beta` is that of `divergence`.
    `on_read` is told how many answers and tokens the teacher has read.
    """

    teacher: Path
    top_k: int
    beta: float
    device: str | None = None
    dtype: str | None = None
    on_read: Callable[[int, int], None] | None = None


def read_by_teacher(
    distillation: Distillation,
    examples: Sequence[TokenizedExample],
    chat_format: ChatFormat,
    vocab: int,
    settings: TrainingSettings,
    file: Path,
    identity: str,
) -> list[TopTokens]:
    """What the teacher holds most probable in each place of the correct answers.

    `vocab`: the student's tokens. It is kept in `file`, as `kept_tensors` does. The teacher is
    opened for it, and closed behind it.

    Raises:
        ModelError: the teacher cannot be loaded.
        TrainingError: the GPU's memory is too small for it.
    """

    def compute() -> dict[str, Tensor]:
        try:
            return _read(distillation, examples, chat_format, vocab, settings)
        except torch.OutOfMemoryError as error:
            raise TrainingError(
                "the GPU's memory is too small for the teacher: set teacher.dtype to bfloat16,"
                " training.max_tokens_per_batch to less, or teacher.device to cpu"
            ) from error
        finally:
            free_memory()

    kept = kept_tensors(file, identity, compute)
    if distillation.on_read is not None:
        distillation.on_read(len(examples), sum(each.length for each in examples))
    lengths = [len(each.chosen) for each in examples]
    rows = zip(kept["tokens"].split(lengths), kept["logp"].split(lengths), strict=True)
    return [TopTokens(tokens.long(), logp) for tokens, logp in rows]


@torch.no_grad()
def _read(
    distillation: Distillation,
    examples: Sequence[TokenizedExample],
    chat_format: ChatFormat,
    vocab: int,
    settings: TrainingSettings,
) -> dict[str, Tensor]:
    """Tokens and log-probs of the answers' places, one answer after another."""
    device = resolve_device(distillation.device, "teacher.")
    dtype = distillation.dtype or fitting_dtype(distillation.teacher, device)
    model = load_model(distillation.teacher, dtype)
    model.to(device).eval()  # type: ignore[arg-type]
    forward = choose_forward(model, chat_format, max(each.longest for each in examples))
    if forward.layout == "packed":
        model.set_attn_implementation(PACKED)
    meter = ModelMeter(model, "teacher", ModelShape.of(model), torch.get_num_threads())
    vocab = min(vocab, model.config.get_text_config(decoder=True).vocab_size)
    count = min(distillation.top_k, vocab)
    found: dict[int, TopTokens] = {}
    tokens = 0
    with meter.working():
        for places in micro_batches(examples, settings, forward.layout, rejected=False):
            batch = pack([examples[at] for at in places], rejected=False).to(device)
            top = forward.top_tokens(model, batch, count, vocab)
            lengths = [len(examples[at].chosen) for at in places]
            each = zip(
                places,
                top.tokens.int().cpu().split(lengths),
                top.logp.cpu().split(lengths),
                strict=True,
            )
            found |= {at: TopTokens(own, logp) for at, own, logp in each}
            read = batch.positions.numel()
            meter.read(read, len(batch.predict_index), int(batch.positions.sum()) + read)
            tokens += sum(examples[at].length for at in places)
            if distillation.on_read is not None:
                distillation.on_read(len(found), tokens)
    rows = [found[at] for at in range(len(examples))]
    return {
        "tokens": torch.cat([row.tokens for row in rows]),
        "logp": torch.cat([row.logp for row in rows]),
    }
