"""Trainings; a process: `python -m tests.training.together STUDENT OUT WAY:PORT,... CASE ...`."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from sodakd.records import TrainLogRow
from sodakd.settings.student import FROM_SCRATCH, StudentSettings
from sodakd.settings.training import TrainingSettings
from sodakd.training.schedule import Example
from tests import warm
from tests.training.questions import synthetic

LORA = StudentSettings(model_name_or_path="any", finetuning_type="lora", dtype="float32")
SETTINGS = TrainingSettings(
    max_steps=3, per_device_train_batch_size=8, logging_steps=1, warmup_steps=0,
    optimizer="adamw", learning_rate=1e-4, contrast_weight=0.5,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A training."""

    settings: TrainingSettings
    examples: tuple[Example, ...]
    student: StudentSettings = FROM_SCRATCH


def _case(
    examples: Sequence[Example] = (), student: StudentSettings = FROM_SCRATCH, **changes: object
) -> Case:
    given = tuple(examples or synthetic(21))  # the third step has five examples
    return Case(SETTINGS.model_copy(update=changes), given, student)


def _of_one_question() -> Sequence[Example]:
    """Six answers, every other one with a fault: a step of them is one process's."""
    first = synthetic(1)[0].prompt
    return [
        Example(first, each.chosen, each.rejected if number % 2 else None)
        for number, each in enumerate(synthetic(6, seed=1))
    ]


KILLED = "margin, by tokens, killed"
CASES: Mapping[str, Case] = {
    "none": _case(),
    "first_difference": _case(loss="first_difference"),
    "odds_ratio, one process without examples": _case(_of_one_question(), loss="odds_ratio"),
    "simpo, accumulated": _case(
        loss="simpo", per_device_train_batch_size=2, gradient_accumulation_steps=4
    ),
    "unlikelihood, by muon": _case(
        loss="unlikelihood", optimizer="muon", gradient_checkpointing=True
    ),
    "dpo, of an adapter": _case(student=LORA, loss="dpo"),
    KILLED: _case(loss="margin", max_tokens_per_batch=400, max_steps=8, save_steps=2),
}

LAUNCHES: Mapping[str, Mapping[str, str]] = {
    "DDP": {},
    "FSDP2": {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"},
    "ZeRO-2": {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "2"},
}
"""What `accelerate launch` sets, by what its config says."""


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def start(*words: str) -> list[tuple[warm.Started, IO[str]]]:
    """Start this module as a launcher of two processes would: each, and what it says."""
    started = list[tuple[warm.Started, IO[str]]]()
    for rank in range(2):
        place = {
            "RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2,
            "MASTER_ADDR": "127.0.0.1", "GLOO_SOCKET_IFNAME": "lo",
        }  # fmt: skip
        environment = os.environ | {name: str(value) for name, value in place.items()}
        read, write = os.pipe()
        process = warm.start(words, environment, write, write, module=__name__)
        os.close(write)
        started.append((process, os.fdopen(read, encoding="utf-8")))
    return started


def train_together(student: Path, out: Path, by: str, port: str, names: Sequence[str]) -> None:
    """Train cases one after the other as rank 0, which tells each step, or follow it."""
    from sodakd.training.group import follow, join_group
    from sodakd.training.launch import read_launch
    from sodakd.training.train import train

    def tell(row: TrainLogRow) -> None:
        print(f"step {row.step}", flush=True)

    os.environ.update(LAUNCHES[by], MASTER_PORT=port)
    launch = read_launch()
    assert launch is not None
    with join_group(launch) as group:
        if not group.leads:
            follow(group)
        for name in names if group.leads else ():
            case, folder = CASES[name], out / by / name
            folder.mkdir(parents=True, exist_ok=True)
            train(student, case.examples, case.settings, 0, folder, tell, case.student, ["Add."])


if __name__ == "__main__":
    from sodakd.cli import main

    given, written, ways, *cases = sys.argv[1:]
    for way in ways.split(","):
        by, port = way.split(":")
        main(partial(train_together, Path(given), Path(written), by, port, cases))
