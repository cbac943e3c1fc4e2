"""Pair training against peers: triples and useful tokens a second, and memory.

    python benchmarks/train.py FOLDER python.jsonl.gz [java.jsonl.gz ...] [--kinds one-token anew]
        [--batch 8] [--steps 3] [--rounds 5] [--threads 1] [--bf16] [--lora] [--checkpointing]
        [--contenders ours ...] [--python peers/bin/python]

FOLDER holds a model, or is `10m` for a random Llama of 10 million parameters; the other files are
rows of MBXP, whose programs are prompts and answers (`pair_data.py`: lengths, and the two kinds of
faults). A contender (`pair_trainers.py`) takes one step, and then `--steps` that are measured, in a
process of its own; contenders alternate, and of each the median of its rounds is told. Useful
tokens are those of prompts and both answers, counted once, the same for all. Memory is the greatest
above what the model took before the first step. Ratios are those of CPU-seconds, which hold on a
machine in use too.

TRL's contenders need TRL 1.16 and datasets, in `--python`'s environment if not in this one:

    cp -a .venv peers && peers/bin/python -m pip install trl==1.16.0 'datasets>=5.2'

LLaMA-Factory is none of them: 0.9.5 wants transformers before 5.7 and TRL before 0.25. Its pairs
are padded and their logits whole, as those of `TRL CPO-SimPO` are.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from pair_data import KINDS, code_triples, read_programs
from pair_measure import measure, told
from pair_task import Task, settings_for
from pair_trainers import CONTENDERS
from transformers.utils import logging

from sodakd.inference.loading import open_tokenizer
from sodakd.settings.student import StudentSettings, StudentShape
from sodakd.training.from_scratch import init_student
from sodakd.training.model_io import open_model
from sodakd.training.precision import choose_computing

Rounds = Mapping[str, Sequence[Mapping[str, Any]]]


def contend(options: argparse.Namespace) -> None:
    """Train as one contender, and print what it took as a line of JSON."""
    logging.disable_progress_bar()
    student = StudentSettings(
        model_name_or_path=str(options.folder),
        finetuning_type="lora" if options.lora else "full",
        dtype="bfloat16" if options.lora and options.bf16 else "float32",
    )
    settings = settings_for(
        options.batch, options.steps + 1, half=options.bf16, checkpointing=options.checkpointing
    ).model_copy(update={"threads": options.threads})
    choose_computing(options.folder, settings, student)
    tokenizer, layout = open_tokenizer(options.folder)
    count = options.batch * (options.steps + 1)
    examples = code_triples(options.rows, layout, count, options.kinds[0], 0)
    model: Any = open_model(options.folder, student)
    if torch.cuda.is_available():
        model.cuda()
    with tempfile.TemporaryDirectory() as out:
        task = Task(model, tokenizer, layout, examples, settings, student, Path(out))
        trainer = CONTENDERS[options.contender](task)
        print(json.dumps(told(task, 1, measure(trainer, 1))), flush=True)


def make_llama(rows: Sequence[Path], out: Path) -> None:
    """A random Llama of 10 million parameters, with 8,192 tokens that are learnt from the rows."""
    shape = StudentShape(
        hidden_size=256, num_hidden_layers=8, num_attention_heads=4, intermediate_size=1024,
        vocab_size=8192, max_position_embeddings=2048, initializer_range=0.02,
    )  # fmt: skip
    init_student([text for path in rows for text, _ in read_programs(path)], shape, 0, out)


def table(rounds: Rounds) -> str:
    """Medians, and by how much ours is ahead of each."""
    first = next(iter(rounds.values()))
    own, peak = _median(first, "cpu_seconds"), _memory(first)
    lines = [
        f"{'':<24}{'triples/s':>10}{'tokens/s':>10}{'/CPU-s':>8}{'GB':>7}{'faster':>8}{'memory':>8}"
    ]
    for name, rows in rounds.items():
        seconds, cpu = _median(rows, "seconds"), _median(rows, "cpu_seconds")
        triples, tokens = rows[0]["triples"], rows[0]["tokens"]
        lines.append(
            f"{name:<24}{triples / seconds:>10.2f}{tokens / seconds:>10.0f}{triples / cpu:>8.2f}"
            f"{_memory(rows) / 1e9:>7.2f}{cpu / own:>7.2f}x{peak / _memory(rows):>8.2f}"
        )
    return "\n".join(lines)


def _median(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return float(statistics.median(sum(row[name]) for row in rows))


def _memory(rows: Sequence[Mapping[str, Any]]) -> float:
    return float(statistics.median(row["peak"] - row["start"] for row in rows))


def compete(options: argparse.Namespace, folder: Path, kind: str) -> dict[str, list[Any]]:
    """Run the contenders alternately, each in its own process; one that fails is named."""
    rounds: dict[str, list[Any]] = {name: [] for name in options.contenders}
    shared = [str(folder), *map(str, options.rows), "--kinds", kind]
    shared += [f"--{name}={getattr(options, name)}" for name in ("batch", "steps", "threads")]
    shared += [f"--{name}" for name in ("bf16", "lora", "checkpointing") if getattr(options, name)]
    for turn in range(options.rounds):
        for name in options.contenders if turn % 2 == 0 else options.contenders[::-1]:
            ran = subprocess.run(
                [options.python, __file__, *shared, "--contender", name],
                stdout=subprocess.PIPE, check=False,
            )  # fmt: skip
            if ran.returncode == 0:
                row = json.loads(ran.stdout.splitlines()[-1])
                rounds[name].append(row)
                speed = row["triples"] / sum(row["cpu_seconds"])
                print(f"# {kind}, {name}: {speed:.2f} triples a CPU-second", flush=True)
            else:
                print(f"{name} failed with {ran.returncode}", file=sys.stderr, flush=True)
    return {name: rows for name, rows in rounds.items() if rows}


def main() -> None:
    """Run each contender in its own process, one after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--kinds", choices=KINDS, nargs="+", default=list(KINDS))
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    for name in ("bf16", "lora", "checkpointing"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--contenders", choices=CONTENDERS, nargs="+", default=list(CONTENDERS))
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender is not None:
        contend(options)
        return
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder
        if str(folder) == "10m":
            folder = Path(made) / "10m"
            make_llama(options.rows, folder)
        for kind in options.kinds:
            rounds = compete(options, folder, kind)
            print(
                f"{options.folder}, faults {kind}, {options.batch} triples a step, medians of"
                f" {options.rounds} rounds\n{table(rounds)}\n",
                flush=True,
            )


if __name__ == "__main__":
    main()
