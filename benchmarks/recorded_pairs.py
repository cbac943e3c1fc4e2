"""Stage 1 on recorded pairs, with a tiny student from scratch: what it learns, loss by loss.

    python benchmarks/recorded_pairs.py pairwise_data.json --steps 150

The file holds rows of an `instruction` and a `response` of two texts, a correct and a faulty one,
as the SODA paper released them. The student first reads the correct texts for a while, as a
pretrained model has read code; then each loss trains a copy of it on the pairs. Ranking accuracy
and log-probabilities are measured on all pairs before and after, apart from the trainer.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from sodakd.inference.chat_format import ChatFormat
from sodakd.inference.loading import open_tokenizer
from sodakd.settings.student import StudentShape
from sodakd.settings.training import LossName, TrainingSettings
from sodakd.training.from_scratch import init_student
from sodakd.training.schedule import Example
from sodakd.training.train import train

LOSSES: tuple[LossName, ...] = ("none", "first_difference", "margin", "odds_ratio", "simpo")
SHAPE = StudentShape(
    hidden_size=96, num_hidden_layers=2, intermediate_size=192, vocab_size=1500,
    max_position_embeddings=3072,
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """Means over pairs. Log-probabilities are per token, in nats; ranked is a share."""

    ranked: float
    chosen: float
    rejected: float


def read_pairs(path: Path, most: int) -> list[Example]:
    """The pairs whose three texts have `most` letters together, at most."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    pairs = [Example(row["instruction"], *row["response"]) for row in rows]
    return [pair for pair in pairs if len(pair.prompt + pair.chosen + (pair.rejected or "")) < most]


def measure(folder: Path, pairs: Sequence[Example]) -> Measured:
    """Mean log-probabilities of both answers, and how often the correct one's is higher."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    _, layout = open_tokenizer(folder)
    rows = [
        (_logp(model, layout, pair.prompt, pair.chosen),
         _logp(model, layout, pair.prompt, pair.rejected or ""))
        for pair in pairs
    ]  # fmt: skip
    return Measured(
        fmean(chosen > rejected for chosen, rejected in rows),
        fmean(chosen for chosen, _ in rows),
        fmean(rejected for _, rejected in rows),
    )


def _logp(model: PreTrainedModel, layout: ChatFormat, prompt: str, answer: str) -> float:
    asked, answered = layout.prompt(prompt), layout.answer(answer)
    ids = torch.tensor([[*asked, *answered]])
    with torch.inference_mode():
        logits = model(input_ids=ids).logits[0, len(asked) - 1 : -1].log_softmax(-1)
    found = logits.gather(1, ids[0, len(asked) :, None]).mean()
    return float(found)


def make_base(pairs: Sequence[Example], folder: Path, steps: int, shape: StudentShape) -> Path:
    """A student that has read the correct texts for some steps."""
    texts = [text for pair in pairs for text in (pair.prompt, pair.chosen)]
    init_student(texts, shape, 0, folder / "raw")
    (folder / "base").mkdir()
    correct = [Example(pair.prompt, pair.chosen, None) for pair in pairs]
    train(folder / "raw", correct, settings("none", steps), 0, folder / "base")
    return folder / "base"


def settings(loss: LossName, steps: int) -> TrainingSettings:
    """Stage 1 as the embedded recipe has it, in small batches."""
    weight = 0.04 if loss == "first_difference" else 0.5
    return TrainingSettings(
        loss=loss, max_steps=steps, per_device_train_batch_size=4, logging_steps=max(1, steps // 5),
        contrast_weight=weight, margin=3.0 if loss == "first_difference" else 0.5, save_steps=10000,
    )  # fmt: skip


def stage_1(
    base: Path, pairs: Sequence[Example], loss: LossName, steps: int, folder: Path
) -> Measured:
    """What a copy of the base ranks and likes after its training on the pairs."""
    folder.mkdir()
    train(base, pairs, settings(loss, steps), 1, folder)
    return measure(folder, pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--steps", type=int, default=150, help="of each training")
    parser.add_argument("--letters", type=int, default=100_000, help="of a pair, at most")
    parser.add_argument("--losses", nargs="+", default=list(LOSSES), choices=LOSSES)
    options = parser.parse_args()
    pairs = read_pairs(options.pairs, options.letters)
    with tempfile.TemporaryDirectory() as name:
        base = make_base(pairs, Path(name), options.steps, SHAPE)
        print(f"{len(pairs)} pairs, {options.steps} steps")
        rows = {"base": measure(base, pairs)}
        for loss in options.losses:
            rows[loss] = stage_1(base, pairs, loss, options.steps, Path(name) / loss)
    print(f"{'':<18}{'ranked':>8}{'chosen':>9}{'rejected':>10}{'gap':>8}")
    for name, row in rows.items():
        gap = row.chosen - row.rejected
        shown = f"{row.chosen:9.3f}{row.rejected:10.3f}{gap:8.3f}"
        print(f"{name:<18}{100 * row.ranked:6.0f} %{shown}")


if __name__ == "__main__":
    main()
