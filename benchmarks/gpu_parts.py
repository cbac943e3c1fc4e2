"""Parts of `gpu.py`, each of which runs in a process of its own and returns a row of figures."""

import importlib.metadata
import json
import os
import platform
import random
import statistics
import tempfile
import time
from pathlib import Path

import torch
from gpu_sizes import Row, Size, make_model, make_tokenizer, name_of, triples
from pair_data import Kind
from pair_measure import measure, told
from pair_task import Task, settings_for
from pair_trainers import CONTENDERS, ours

from sodakd.inference.transformers import TransformersModel
from sodakd.settings.student import StudentSettings, StudentShape
from sodakd.settings.training import TrainingSettings
from sodakd.training.from_scratch import init_student
from sodakd.training.schedule import Example
from sodakd.training.train import train


def versions(size: Size) -> Row:
    """What is installed, and the card."""
    del size
    names = ("torch", "transformers", "accelerate", "peft", "trl", "datasets", "pyarrow", "triton")
    found: Row = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    if torch.cuda.is_available():
        found["card"] = torch.cuda.get_device_name()
        torch.zeros(1, device="cuda").add_(1).item()
    return found


def pairs(
    size: Size, contender: str, attention: str | None, kind: Kind, batch: int, warm_up: int,
    steps: int, checkpointing: bool, lora: bool,
) -> Row:  # fmt: skip
    """Training of triples: seconds a step, triples and useful tokens a second, memory.

    Weights are float32 and computed in bfloat16; beside adapters they are bfloat16.
    """
    config = size.large if lora else size.middle
    model = make_model(config, torch.bfloat16 if lora else torch.float32)
    tokenizer, layout = make_tokenizer()
    settings = settings_for(batch, warm_up + steps, half=True, checkpointing=checkpointing)
    student = StudentSettings(
        model_name_or_path="random",
        finetuning_type="lora" if lora else "full",
        dtype="bfloat16" if lora else "float32",
    )
    with tempfile.TemporaryDirectory() as out:
        examples = triples(size, config, batch * (warm_up + steps), kind)
        task = Task(model, tokenizer, layout, examples, settings, student, Path(out))
        trainer = ours(task, attention) if contender == "ours" else CONTENDERS[contender](task)
        row = told(task, warm_up, measure(trainer, warm_up))
    step = statistics.median(row["seconds"])
    return {
        "contender": contender,
        "attention": name_of(trainer.forward) if hasattr(trainer, "forward") else None,
        "kind": kind,
        "checkpointing": checkpointing,
        "step_seconds": step,
        "triples_a_second": row["triples"] / steps / step,
        "tokens_a_second": row["tokens"] / steps / step,
        "peak_gb": row["peak"] / 1e9,
        "above_start_gb": (row["peak"] - row["start"]) / 1e9,
        "steps": row["seconds"],
    }


def product(size: Size, folder: str, on_cpu: bool) -> Row:
    """`train` of a student from scratch and its answers; on the card, against what the CPU gave."""
    del size
    if on_cpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    place = Path(folder)
    rng = random.Random(0)
    numbers = [(rng.randrange(99), rng.randrange(99)) for _ in range(64)]
    examples = [
        Example(f"Add {a} and {b}.", f"def f():\n    return {a} + {b}\n",
                f"def f():\n    return {a} - {b}\n")
        for a, b in numbers
    ]  # fmt: skip
    start, out = place / "start", place / ("cpu" if on_cpu else "card")
    if on_cpu:
        init_student([each.chosen + each.prompt for each in examples], StudentShape(), 0, start)
    settings = TrainingSettings(
        max_steps=20, logging_steps=1, per_device_train_batch_size=8, loss="margin", threads=1
    )
    losses = [row.loss for row in train(start, examples, settings, 0, out)]
    engine = TransformersModel.open(place / "cpu", threads=1, device="cpu" if on_cpu else None)
    asked = [each.prompt for each in examples[:16]]
    answers = [each.text for each in engine.generate(asked, max_new_tokens=24)]
    row: Row = {"place": out.name, "losses": losses, "answers": answers}
    if on_cpu:
        (place / "cpu.json").write_text(json.dumps(row), encoding="utf-8")
        return row
    right = json.loads((place / "cpu.json").read_text(encoding="utf-8"))
    differ = max(abs(a - b) for a, b in zip(losses, right["losses"], strict=True))
    same = sum(a == b for a, b in zip(answers, right["answers"], strict=True))
    return row | {
        "loss_differs": differ,
        "answers_equal": f"{same} of {len(answers)}",
        "equal": differ <= 1e-4 and same == len(answers),
    }


def engine(size: Size, prompts: int) -> Row:
    """Tokens a second of our engine and of transformers' `generate`, both in bfloat16."""
    model = make_model(size.middle, torch.bfloat16).eval()
    _, layout = make_tokenizer()
    rng = random.Random(0)
    texts = ["".join(rng.choices("abcdefgh ", k=size.prompts.draw(rng))) for _ in range(prompts)]
    rows = [layout.prompt(text) for text in texts]
    width, pad = max(map(len, rows)), min(layout.stops)
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows], device=model.device)
    mask = torch.tensor(
        [[0] * (width - len(row)) + [1] * len(row) for row in rows], device=model.device
    )
    served = TransformersModel(model, layout, batch_size=prompts)

    def ours() -> None:
        served.generate(texts, max_new_tokens=size.new_tokens)

    def theirs() -> None:
        model.generate(
            ids, attention_mask=mask, max_new_tokens=size.new_tokens, do_sample=False,
            eos_token_id=sorted(layout.stops), pad_token_id=pad,
        )  # fmt: skip

    seconds: dict[str, list[float]] = {"ours": [], "generate": []}
    for turn in range(3):  # the first warms up
        for name, answer in (("ours", ours), ("generate", theirs)):
            began = time.perf_counter()
            answer()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if turn:
                seconds[name].append(time.perf_counter() - began)
    tokens = prompts * size.new_tokens
    return {"prompts": prompts, "how": served.how} | {
        f"{name}_tokens_a_second": tokens / statistics.median(each)
        for name, each in seconds.items()
    }
