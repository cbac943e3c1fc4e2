"""Stage 1 and the engine on a GPU: equality, pair training against TRL, tokens a second.

    ./benchmarks/gpu.sh --smoke          # two steps of everything at its real size
    ./benchmarks/gpu.sh [--seconds 460]  # what is reported

| part | what it shows |
|---|---|
| `versions` | what is installed |
| `equality` | each attention on 4 layers against padded rows that share nothing |
| `pairs` | Qwen2.5-1.5B, random: ours by each attention, nothing shared, TRL DPO and CPO-SimPO |
| `lora` | Qwen2.5-7B, r = 16, gradient checkpointing: ours and TRL DPO |
| `product` | `train` and its student's answers, as on the CPU |
| `engine` | tokens a second beside transformers' `generate` |

Each job has a process and a limit of its own: one that fails costs itself alone, and is told as
`failed`. What cannot hold its activations is run once more with gradient checkpointing, and ours
beside it. Rows are appended to `--out`/results.jsonl and told as they come, and stand in
`--out`/table.txt at the end. `--tiny` has small models, for a machine without a GPU.
"""

import argparse
import importlib
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import gpu_equality
import gpu_parts
from gpu_sizes import REAL, TINY, Row, Size

PARTS = ("versions", "equality", "pairs", "lora", "product", "engine")
OUT_OF_MEMORY = "OutOfMemoryError"
PRELOADED = ("peft", "trl.trainer.dpo_trainer", "trl.experimental.cpo")
HALF_ALONE = ("varlen",)
"""Attentions that do not compute in float32."""


@dataclass(frozen=True)
class Job:
    """A part's function with its arguments, and the seconds that it may take."""

    part: str
    name: str
    work: Callable[..., Row]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    limit: int = 120


def jobs(options: argparse.Namespace, folder: str) -> list[Job]:
    """All jobs of the parts that were asked for, in their order."""
    found = [Job("versions", "versions", gpu_parts.versions)]
    found += [
        Job(
            "equality",
            f"{attention or 'chosen'} {'bfloat16' if half else 'float32'}",
            gpu_equality.equality,
            {"attention": attention, "half": half},
        )
        for attention in options.attentions
        for half in (False, True)
        if half or attention not in HALF_ALONE
    ]
    contenders = [("ours", each) for each in options.attentions]
    contenders += [(name, None) for name in ("ours, nothing shared", "TRL DPO", "TRL CPO-SimPO")]
    first, second = [], []
    for kind in options.kinds:
        these = [_pairs(options, *each, kind) for each in contenders]
        first += these
        second += these[::-1]
    found += first
    found += [
        _pairs(options, name, attention, options.kinds[0], lora=True)
        for name, attention in (contenders[0], ("TRL DPO", None))
    ]
    for on_cpu in (True, False):
        found.append(
            Job(
                "product",
                "on the CPU" if on_cpu else "on the card",
                gpu_parts.product,
                {"folder": folder, "on_cpu": on_cpu},
            )
        )
    found += [
        Job("engine", f"{count} prompts", gpu_parts.engine, {"prompts": count})
        for count in options.prompts
    ]
    if not options.smoke:
        found += second
    return [job for job in found if job.part in options.parts]


def _pairs(
    options: argparse.Namespace,
    contender: str,
    attention: str | None,
    kind: str,
    *,
    lora: bool = False,
) -> Job:
    name = contender if attention is None else f"{contender}, {attention}"
    warm_up, steps = (1, 1) if options.smoke else (options.warm_up, options.steps)
    return Job(
        "lora" if lora else "pairs",
        f"{name}, {kind}",
        gpu_parts.pairs,
        {
            "contender": contender, "attention": attention, "kind": kind, "lora": lora,
            "batch": options.batch // 2 if lora else options.batch, "warm_up": warm_up,
            "steps": max(1, steps // 2) if lora else steps, "checkpointing": lora,
        },
    )  # fmt: skip


def with_checkpointing(job: Job) -> Job:
    """The same job with gradient checkpointing."""
    return Job(
        job.part, f"{job.name}, checkpointing", job.work,
        {**job.arguments, "checkpointing": True}, job.limit,
    )  # fmt: skip


def run(job: Job, size: Size, method: str, limit: float, log: Path) -> Row:
    """A job's row, or why there is none, from a process that lives no longer than `limit`."""
    context = multiprocessing.get_context(method)
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(job, size, send, log))  # type: ignore[attr-defined]
    began = time.perf_counter()
    process.start()
    send.close()
    row: Row = {"failed": f"longer than {limit:.0f} s"}
    if receive.poll(limit):
        try:
            row = receive.recv()
        except EOFError:
            process.join(10)
            row = {"failed": f"ended with {process.exitcode}"}
    process.join(5 if "failed" not in row else 0)
    if process.is_alive():
        process.kill()
        process.join()
    took = round(time.perf_counter() - began, 1)
    return {"part": job.part, "job": job.name, **row, "took": took}


def _child(job: Job, size: Size, send: Connection, log: Path) -> None:
    with log.open("a", encoding="utf-8") as written:
        written.write(f"== {job.part}: {job.name}\n")
        written.flush()
        os.dup2(written.fileno(), 1)
        os.dup2(written.fileno(), 2)
        try:
            send.send(job.work(size, **job.arguments))
        except BaseException as error:
            traceback.print_exc()
            sys.stderr.flush()
            send.send({"failed": f"{type(error).__name__}: {str(error)[:300]}"})


def table(rows: Sequence[Row]) -> str:
    """The rows as they are read: one line each, figures beside their names."""
    lines = []
    for row in rows:
        shown = {
            name: value
            for name, value in row.items()
            if name not in {"part", "job", "steps", "losses", "answers", "contender", "kind"}
            and value is not None
        }
        said = "  ".join(f"{name}={_figure(value)}" for name, value in shown.items())
        lines.append(f"{row['part']:<9} {row['job']:<42} {said}")
    return "\n".join(lines)


def comparison(rows: Sequence[Row]) -> str:
    """Pair training as medians of a contender's rounds, and by how much our fastest is ahead."""
    groups: dict[tuple[str, str, bool], dict[str, list[Row]]] = {}
    for row in rows:
        if "step_seconds" in row:
            group = groups.setdefault((row["part"], row["kind"], row["checkpointing"]), {})
            group.setdefault(row["job"], []).append(row)
    lines = []
    for (part, kind, checkpointing), jobs_of in groups.items():
        own = [name for name in jobs_of if jobs_of[name][0]["contender"] == "ours"]
        if not own:
            continue
        best = min(own, key=lambda name: _middle(jobs_of[name], "step_seconds"))
        lines.append(f"{part}, faults {kind}, gradient checkpointing {checkpointing}")
        for name, each in jobs_of.items():
            seconds, peak = _middle(each, "step_seconds"), _middle(each, "peak_gb")
            faster = seconds / _middle(jobs_of[best], "step_seconds")
            memory = _middle(jobs_of[best], "peak_gb") / peak
            lines.append(
                f"  {name:<44}{_middle(each, 'triples_a_second'):>8.2f} triples/s"
                f"{_middle(each, 'tokens_a_second'):>9.0f} tokens/s{peak:>8.1f} GB"
                f"  ours is {faster:.2f}x as fast, with {memory:.2f} of its memory"
            )
    return "\n".join(lines)


def _middle(rows: Sequence[Row], name: str) -> float:
    return float(statistics.median(row[name] for row in rows))


def _figure(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def main() -> None:
    """Run the jobs one after another, and tell each row as it comes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", "gpu-results")))
    parser.add_argument("--seconds", type=float, default=460, help="of all jobs together")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--attentions", nargs="+", default=[None])
    parser.add_argument("--kinds", nargs="+", default=["anew"])
    parser.add_argument("--batch", type=int, default=16, help="triples a step; half for the 7B")
    parser.add_argument("--warm-up", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20, help="timed; half for the 7B")
    parser.add_argument("--prompts", type=int, nargs="+", default=[32, 128])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        rows = run_all(options, folder)
    compared = comparison(rows)
    print(compared, flush=True)
    (options.out / "table.txt").write_text(f"{table(rows)}\n\n{compared}\n", encoding="utf-8")


def run_all(options: argparse.Namespace, folder: str) -> list[Row]:
    """The rows of all jobs for which there is time; each is written and told as it comes."""
    ends = time.perf_counter() + options.seconds
    size = TINY if options.tiny else REAL
    if options.smoke:
        size = replace(size, new_tokens=8)
    log = options.out / "log.txt"
    for name in PRELOADED:
        with suppress(ImportError):
            importlib.import_module(name)
    # A fork has everything imported; where it cannot open the card, a new process can.
    probe = Job("versions", "versions", gpu_parts.versions)
    method = "spawn" if "failed" in run(probe, size, "fork", 60, log) else "fork"
    rows: list[Row] = []
    waiting = jobs(options, folder)
    own = {job.part: job for job in reversed(waiting)}
    lost: set[tuple[str, str]] = set()
    while waiting and (left := ends - time.perf_counter()) > 5:
        job = waiting.pop(0)
        if (job.part, job.name) in lost:
            continue
        rows.append(run(job, size, method, min(job.limit, left), log))
        with (options.out / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(rows[-1]) + "\n")
        print(table(rows[-1:]), flush=True)
        failed = rows[-1].get("failed")
        if failed is not None:
            lost.add((job.part, job.name))
        if OUT_OF_MEMORY in (failed or "") and job.arguments.get("checkpointing") is False:
            told = {row["job"] for row in rows}
            less = {each.name: each for each in map(with_checkpointing, (own[job.part], job))}
            waiting[:0] = [each for name, each in less.items() if name not in told]
    return rows


if __name__ == "__main__":
    main()
