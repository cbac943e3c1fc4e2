"""Training of a pretrained student against a plain loop: tokens a CPU-second, and memory.

    python benchmarks/train.py FOLDER python.jsonl.gz [--pairs 2] [--threads 1] [--lora]

FOLDER holds a model, the other file rows of MBXP: a program and the same with one token changed
are a pair's answers. A contender takes two steps of AdamW on `margin`, and the second is measured.
Peers are what a loop in plain transformers does: questions with both answers, padded to one
length, all logits in float32; by autocast in bfloat16. Tokens are those of questions and answers,
the same for all. Each contender has a process of its own, for its peak of memory; seconds of the
CPU hold on a machine in use too.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from transformers import PreTrainedModel

from sodakd.inference.loading import open_tokenizer
from sodakd.records import TrainLogRow
from sodakd.settings.student import StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.text.mutations import mutations
from sodakd.training.model_io import open_model, with_adapters
from sodakd.training.schedule import Example, encode
from sodakd.training.train import train
from sodakd.types import Language

if TYPE_CHECKING:
    from peft import PeftModel

MARGIN, WEIGHT, RATE = 0.5, 0.1, 1e-5
CONTENDERS = ("ours bfloat16", "peer bfloat16", "ours float32", "peer float32")


def read_pairs(path: Path, count: int) -> list[Example]:
    """Pairs of the programs of a file that have some length: a change in the middle of each."""
    pairs = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            code = row["prompt"] + (row.get("canonical_solution") or "")
            changed = mutations(code, Language(row["language"]), 3)
            if len(code) >= 500 and changed:
                pairs.append(Example(row["description"], code, changed[len(changed) // 2]))
    return pairs[:count]


def ours(
    folder: Path, pairs: Sequence[Example], student: StudentSettings, half: bool, threads: int
) -> list[tuple[float, float]]:
    """Train by `train`; the clocks after each step."""
    settings = TrainingSettings(
        optimizer="adamw", learning_rate=RATE, loss="margin", margin=MARGIN,
        contrast_weight=WEIGHT, max_steps=2, logging_steps=1, warmup_steps=0, save_steps=100,
        per_device_train_batch_size=len(pairs), threads=threads, bf16=half,
    )  # fmt: skip
    clocks = []

    def note(_: TrainLogRow) -> None:
        clocks.append((time.perf_counter(), time.process_time()))

    with tempfile.TemporaryDirectory() as out:
        train(folder, pairs, settings, 0, Path(out), note, student)
    return clocks


def peer(
    folder: Path, pairs: Sequence[Example], student: StudentSettings, half: bool, threads: int
) -> list[tuple[float, float]]:
    """Train by a plain loop; the clocks after each step."""
    torch.set_num_threads(threads)
    _, layout = open_tokenizer(folder)
    encoded = encode(pairs, layout, 4096)
    rows = [(each.prompt, each.chosen) for each in encoded]
    rows += [(each.prompt, each.rejected or ()) for each in encoded]
    width = max(len(prompt) + len(answer) for prompt, answer in rows)
    tokens = torch.zeros(len(rows), width, dtype=torch.long)
    seen, answered = torch.zeros_like(tokens), torch.zeros(len(rows), width)
    for at, (prompt, answer) in enumerate(rows):
        end = len(prompt) + len(answer)
        tokens[at, :end] = torch.tensor([*prompt, *answer])
        seen[at, :end] = 1
        answered[at, len(prompt) : end] = 1
    model: PreTrainedModel | PeftModel = open_model(folder, student)
    if student.finetuning_type == "lora":
        model = with_adapters(cast("PreTrainedModel", model), student, 0)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE, fused=True)
    model.train()
    clocks = []
    for _ in range(2):
        with torch.autocast("cpu", torch.bfloat16) if half else nullcontext():
            logits = model(input_ids=tokens, attention_mask=seen, use_cache=False).logits
        logp = logits[:, :-1].float().log_softmax(-1).gather(2, tokens[:, 1:, None])[..., 0]
        means = (logp * answered[:, 1:]).sum(1) / answered[:, 1:].sum(1)
        right, wrong = means.chunk(2)
        (WEIGHT * (MARGIN - right + wrong).relu().mean() - right.mean()).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        clocks.append((time.perf_counter(), time.process_time()))
    return clocks


TRAINERS: dict[str, Callable[..., list[tuple[float, float]]]] = {"ours": ours, "peer": peer}


def contend(options: argparse.Namespace) -> None:
    """Train as one contender, and print what it took."""
    pairs = read_pairs(options.rows, options.pairs)
    who, precision = options.contender.split()
    half = precision == "bfloat16"
    student = StudentSettings(
        model_name_or_path=str(options.folder),
        finetuning_type="lora" if options.lora else "full",
        dtype="bfloat16" if options.lora and half else "float32",
    )
    _, layout = open_tokenizer(options.folder)
    tokens = sum(
        2 * len(each.prompt) + len(each.chosen) + len(each.rejected or ())
        for each in encode(pairs, layout, 4096)
    )
    first, second = TRAINERS[who](options.folder, pairs, student, half, options.threads)
    wall, cpu = second[0] - first[0], second[1] - first[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{options.contender:<14} {tokens:>6} tokens  {tokens / wall:>7.1f} a second"
        f"  {tokens / cpu:>7.1f} a CPU-second  {peak:>5.2f} GB",
        flush=True,
    )


def main() -> None:
    """Run each contender in its own process, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--lora", action="store_true")
    parser.add_argument("--contender", choices=CONTENDERS)
    options = parser.parse_args()
    if options.contender is not None:
        contend(options)
        return
    for name in CONTENDERS:
        subprocess.run([sys.executable, *sys.argv, "--contender", name], check=True)


if __name__ == "__main__":
    main()
