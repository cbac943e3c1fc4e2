"""Parts of `gpu.py`, each of which runs in a process of its own and returns a row of figures."""

import importlib.metadata
import json
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from pair_data import ANSWERS, PROMPTS, Kind, LengthLaw, random_triples
from pair_trainers import CONTENDERS, Task, measure, ours, settings_for, told
from torch import Tensor, nn
from transformers import PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

from sodakd.inference.chat_format import ChatFormat, Tokenizer, chat_format_for
from sodakd.inference.transformers import TransformersModel
from sodakd.settings.student import StudentSettings, StudentShape
from sodakd.settings.training import LossName, TrainingSettings
from sodakd.training.forward import Forward, choose_forward
from sodakd.training.from_scratch import init_student, train_tokenizer
from sodakd.training.objective import StepTotals, objective
from sodakd.training.packing import first_difference, pack
from sodakd.training.schedule import Example, TokenizedExample
from sodakd.training.train import train

Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How large the models are, and how long what they are trained on."""

    small: Qwen2Config
    middle: Qwen2Config
    large: Qwen2Config
    prompts: LengthLaw = PROMPTS
    answers: LengthLaw = ANSWERS
    new_tokens: int = 128


def _qwen(
    layers: int,
    width: int,
    heads: int,
    groups: int,
    inner: int,
    vocab: int,
    tied: bool,
    spread: float = 0.02,
) -> Qwen2Config:
    return Qwen2Config(
        num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads,
        num_key_value_heads=groups, intermediate_size=inner, vocab_size=vocab,
        tie_word_embeddings=tied, max_position_embeddings=4096, initializer_range=spread,
    )  # fmt: skip


REAL = Size(
    small=_qwen(4, 512, 8, 2, 1408, 8192, tied=True, spread=0.05),
    middle=_qwen(28, 1536, 12, 2, 8960, 151_936, tied=True),  # Qwen2.5-1.5B
    large=_qwen(28, 3584, 28, 4, 18_944, 152_064, tied=False),  # Qwen2.5-7B
)
TINY = Size(
    small=_qwen(2, 64, 4, 2, 128, 512, tied=True, spread=0.2),
    middle=_qwen(2, 64, 4, 2, 128, 1024, tied=True),
    large=_qwen(2, 64, 4, 2, 128, 1024, tied=False),
    prompts=LengthLaw(20, 50, 33),
    answers=LengthLaw(8, 30, 16),
    new_tokens=8,
)
LOSSES: Sequence[LossName] = ("margin", "odds_ratio", "simpo", "unlikelihood", "first_difference")


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make_model(config: Qwen2Config, dtype: torch.dtype) -> PreTrainedModel:
    """A model with random weights, which are drawn where it will compute."""
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with _device():
            return Qwen2ForCausalLM(deepcopy(config))
    finally:
        torch.set_default_dtype(before)


def make_tokenizer() -> tuple[Any, ChatFormat]:
    """A tokenizer of 300 tokens, which stands for that of a model with random weights."""
    tokenizer = train_tokenizer(["def add(a, b):\n    return a + b\n"], 300, 4096)
    return tokenizer, chat_format_for(cast("Tokenizer", tokenizer))


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


def _outcome(
    model: PreTrainedModel,
    logps: Callable[[], Tensor],
    examples: Sequence[TokenizedExample],
    loss: LossName,
) -> tuple[Tensor, Tensor, Tensor]:
    """The log-probabilities of answers, the objective of a loss, and all gradients."""
    whole = loss != "first_difference"
    batch = pack(examples, rejected=whole).to(model.device)
    found = logps()
    if not whole:  # faulty answers are only read at their first difference
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
    examples = _triples(size, size.small, 4, "one-token") + _triples(size, size.small, 4, "anew")
    exact = make_model(size.small, torch.float32)
    model = make_model(size.small, torch.float32)
    if half:
        cast("nn.Module", model).to(torch.bfloat16)
        exact.load_state_dict(model.state_dict())
    forward = _forward(model, attention, examples)
    ways = {"ours": forward, "padded": Forward("padded", by_states=True)}
    kept = {"ours": model.config._attn_implementation, "padded": "sdpa"}
    errors: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for loss in LOSSES:
        right = _outcome(exact, partial(plain_logps, exact, examples), examples, loss)
        batch = pack(examples, rejected=loss != "first_difference").to(model.device)
        for name, way in ways.items():
            model.set_attn_implementation(kept[name])
            found = _outcome(model, partial(way.logps, model, batch), examples, loss)
            errors[name].append(_errors(found, right))
    row: Row = {"attention": _name(forward), "dtype": "bfloat16" if half else "float32"}
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


def _name(forward: Forward) -> str:
    return "padded" if forward.layout == "padded" else forward.attention


def _triples(size: Size, config: Qwen2Config, count: int, kind: Kind) -> list[TokenizedExample]:
    return random_triples(
        config.vocab_size, 1, count, kind, 0, prompts=size.prompts, answers=size.answers
    )


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
        examples = _triples(size, config, batch * (warm_up + steps), kind)
        task = Task(model, tokenizer, layout, examples, settings, student, Path(out))
        trainer = ours(task, attention) if contender == "ours" else CONTENDERS[contender](task)
        row = told(task, warm_up, measure(trainer, warm_up))
    step = statistics.median(row["seconds"])
    return {
        "contender": contender,
        "attention": _name(trainer.forward) if hasattr(trainer, "forward") else None,
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
