"""Training and answering of the embedded student against plain transformers, in one run.

    python benchmarks/student.py [--rounds 5] [--steps 40] [--threads 1]
    python benchmarks/student.py --real FOLDER [--gguf FILE] [--server http://127.0.0.1:8115/v1]
                                 [--prompts 8 32] [--tokens 64] [--rounds 3]

Peers: `transformers.Trainer` with padded batches of the same examples, model and AdamW, and
`model.generate` with left padding. Contenders alternate; the figures are medians of rounds, and
the ratio is what to read. `first_difference` is off, since the peer has no contrast.

With `--real` a pretrained model of a folder answers prompts as a teacher gets them: by the queue,
by `model.generate`, by llama.cpp (`--gguf`, with `xllamacpp` in this environment), by vLLM if it
is here, and by a server of the same model (`--server`). Tokens are those of the answers, seconds
include the prompts, of which each round has new ones: some peers keep what they read. Seconds of
the CPU, this process's and its children's, hold on a machine in use.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import cast

import torch
from lint import cpu_seconds
from student_engines import engines
from torch.utils.data import Dataset
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback

from sodakd.inference.chat_format import Tokenizer, chat_format_for
from sodakd.inference.transformers import TransformersModel
from sodakd.settings.student import StudentShape
from sodakd.settings.training import TrainingSettings
from sodakd.synthetic.codegen_python import print_python
from sodakd.synthetic.generate import draw_questions, program_of
from sodakd.synthetic.splits import Split
from sodakd.teacher.render_prompt import render
from sodakd.teacher.requests import Solve
from sodakd.training.from_scratch import init_student
from sodakd.training.schedule import Example
from sodakd.training.train import train
from sodakd.types import Question

BATCH = 32
ANSWERS = 256
MOST_TOKENS = 64


def timed(work: Callable[[], int]) -> float:
    """Tokens a second of one piece of work, which returns its tokens."""
    began = time.perf_counter()
    tokens = work()
    return tokens / (time.perf_counter() - began)


def ours(start: Path, examples: Sequence[Example], steps: int, threads: int) -> int:
    """Train with `fit`."""
    settings = TrainingSettings(
        max_steps=steps, optimizer="adamw", threads=threads, save_steps=10_000
    )
    with tempfile.TemporaryDirectory() as folder:
        return train(start, examples, settings, 0, Path(folder))[-1].tokens


def peers(start: Path, examples: Sequence[Example], steps: int) -> int:
    """Train with `transformers.Trainer` and its padding collator."""
    tokenizer = AutoTokenizer.from_pretrained(start)
    layout = chat_format_for(cast("Tokenizer", tokenizer))
    rows = []
    for example in examples:
        prompt = layout.prompt(example.prompt)
        answer = layout.answer(example.chosen)
        rows.append({"input_ids": prompt + answer, "labels": [-100] * len(prompt) + answer})
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=AutoModelForCausalLM.from_pretrained(start),
            args=TrainingArguments(
                output_dir=folder,
                max_steps=steps,
                per_device_train_batch_size=BATCH,
                report_to="none",
                disable_tqdm=True,
                save_strategy="no",
                dataloader_pin_memory=False,
                seed=0,
            ),
            train_dataset=cast("Dataset[object]", rows),
            data_collator=DataCollatorForSeq2Seq(tokenizer),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.log = lambda *_: None  # type: ignore[method-assign]
        trainer.train()
    mean = sum(len(row["input_ids"]) for row in rows) / len(rows)
    return round(steps * BATCH * mean)


def our_answers(student: TransformersModel, questions: Sequence[Question]) -> int:
    """Answer with the project's decode; forced to the full length by an untrained student."""
    student.generate([each.text for each in questions], max_new_tokens=MOST_TOKENS)
    return len(questions) * MOST_TOKENS


def their_answers(start: Path, questions: Sequence[Question]) -> int:
    """Answer with `model.generate`, left-padded, sorted by length, in one batch."""
    tokenizer = AutoTokenizer.from_pretrained(start)
    model = AutoModelForCausalLM.from_pretrained(start).eval()
    layout = chat_format_for(cast("Tokenizer", tokenizer))
    prompts = sorted((layout.prompt(each.text) for each in questions), key=len)
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(row)) + row for row in prompts])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts])
    model.generate(
        ids, attention_mask=mask, max_new_tokens=MOST_TOKENS, do_sample=False, pad_token_id=0
    )
    return len(questions) * MOST_TOKENS


def real(options: argparse.Namespace) -> None:
    """Alternate the engines for each number of prompts, and print medians of tokens a second."""
    folder, rounds = options.real, options.rounds
    model = TransformersModel.open(folder)
    drawn = draw_questions(rounds * sum(options.prompts), (1, 2, 3, 4, 5), Split.DEV, seed=1)
    asked = [render(Solve(question=each)) for each in drawn]
    places = max(options.prompts)
    found, absent = engines(
        folder, model, asked, places, options.tokens, options.gguf, options.server
    )
    print(f"{folder.name}: {model.how}; load {os.getloadavg()[0]:.1f}")
    for each in absent:
        print(f"not here: {each}", flush=True)
    fresh = iter(asked)
    for count in options.prompts:
        speeds: dict[str, list[tuple[float, float]]] = {name: [] for name in found}
        for _ in range(rounds):
            prompts = list(islice(fresh, count))
            for name, answer in found.items():
                began, used = time.perf_counter(), cpu_seconds()
                texts = answer(prompts)
                seconds, cpu = time.perf_counter() - began, cpu_seconds() - used
                said = sum(len(model._layout.answer(text)) for text in texts)
                speeds[name].append((said / seconds, said / cpu))
        ours = [statistics.median(each) for each in zip(*speeds["queue"], strict=True)]
        for name, rows in speeds.items():
            wall, cpu = (statistics.median(each) for each in zip(*rows, strict=True))
            ratio = f"   the queue {ours[0] / wall:.2f}x, by CPU-seconds {ours[1] / cpu:.2f}x"
            print(
                f"{count:>4} prompts  {name:<9} {wall:>7.1f} tok/s  {cpu:>7.1f} a CPU-second"
                + ratio * (name != "queue"),
                flush=True,
            )


def show(name: str, own: Sequence[float], peer: Sequence[float]) -> None:
    """Medians and their ratio."""
    mine, other = statistics.median(own), statistics.median(peer)
    print(f"{name:<12} ours {mine:>9,.0f} tok/s   peer {other:>9,.0f} tok/s   {mine / other:.2f}x")


def main() -> None:
    """Alternate the contenders and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--prompts", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--server")
    options = parser.parse_args()
    if options.real is not None:
        real(options)
        return
    torch.set_num_threads(options.threads)
    drawn = draw_questions(2000, (1, 2, 3, 4, 5), Split.TRAIN, seed=1)
    examples = [Example(each.text, print_python(program_of(each)), None) for each in drawn]
    exam = draw_questions(ANSWERS, (1, 2, 3, 4, 5), Split.DEV, seed=1)
    train: tuple[list[float], list[float]] = ([], [])
    answer: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder) / "student"
        texts = [text for each in examples for text in (each.prompt, each.chosen)]
        init_student(texts, StudentShape(), 0, start)
        student = TransformersModel.open(start)
        for _ in range(options.rounds):
            train[0].append(timed(lambda: ours(start, examples, options.steps, options.threads)))
            train[1].append(timed(lambda: peers(start, examples, options.steps)))
            answer[0].append(timed(lambda: our_answers(student, exam)))
            answer[1].append(timed(lambda: their_answers(start, exam)))
    show("training", *train)
    show("answering", *answer)


if __name__ == "__main__":
    main()
