"""The tables of docs/scale.md: memory and time of a cycle by student and number of GPUs, on paper.

    python benchmarks/scale.py [--gpu H200] [--mfu 0.3] [--triples 8000] [--answers 2500]

FLOPs are counted by the product's own `ModelShape`, on models without weights; all else is the
arithmetic that the page shows. Nothing is measured here.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from gpu_sizes import qwen
from pair_data import ANSWERS, PROMPTS
from transformers import (
    PretrainedConfig,
    PreTrainedModel,
    Qwen2ForCausalLM,
    Starcoder2Config,
    Starcoder2ForCausalLM,
)

from sodakd.inference.model_meter import ModelShape, causal_pairs
from sodakd.inference.peak_flops import PEAKS

GPUS = (1, 8, 64)
FULL, LORA = 18, 2
"""Bytes a parameter: float32 with AdamW computed in bfloat16; frozen in bfloat16."""
BANDWIDTH = {"H200": 4.8e12, "H100": 3.35e12, "A100": 2.0e12}
"""Bytes a second of a GPU's memory, by the maker's data sheets."""
GB = 1e9


@dataclass(frozen=True)
class Student:
    """A model on paper. `keys`: the width of all key heads. `gated`: with three large matrices."""

    name: str
    layers: int
    width: int
    inner: int
    keys: int
    gated: bool
    parameters: int
    shape: ModelShape

    @property
    def key_bytes(self) -> int:
        """Keys and values of a token in bfloat16."""
        return 2 * 2 * self.layers * self.keys

    @property
    def layer_bytes(self) -> int:
        """What a token leaves for the backward pass of a layer, in bfloat16."""
        return (8 if self.gated else 4) * self.inner + 16 * self.width + 4 * self.keys

    @property
    def activation_bytes(self) -> int:
        """The same of all layers."""
        return self.layers * self.layer_bytes

    @property
    def checkpoint_bytes(self) -> int:
        """The same where each layer is computed again: its inputs, and one layer."""
        return 2 * self.layers * self.width + self.layer_bytes

    @property
    def triple_flops(self) -> int:
        """FLOPs of training on a prompt, a right answer and one written anew, prompt once."""
        prompt, answer = PROMPTS.mean, ANSWERS.mean
        pairs = causal_pairs(prompt) + 2 * (causal_pairs(answer) + answer * prompt)
        return self.shape.training(prompt + 2 * answer, 2 * answer, pairs)

    def answer_flops(self, prompt: int, tokens: int) -> int:
        """FLOPs of an answer."""
        return self.shape.forward(prompt + tokens, tokens, causal_pairs(prompt + tokens))

    def answers_a_second(self, prompt: int, tokens: int, rows: int, gpu: str) -> float:
        """The most that a GPU's memory allows: weights and keys are read for each token."""
        keys = rows * self.key_bytes * (prompt + tokens / 2)
        step = (2 * self.parameters + keys) / BANDWIDTH[gpu]
        reading = rows * self.shape.forward(prompt, 0, causal_pairs(prompt)) / PEAKS[gpu][0]
        return rows / (tokens * step + reading)


def students() -> list[Student]:
    """The shapes of Qwen2.5-0.5B, 1.5B and 7B, and of StarCoder2-15B."""
    starcoder = Starcoder2Config(
        num_hidden_layers=40, hidden_size=6144, num_attention_heads=48, num_key_value_heads=4,
        intermediate_size=24_576, vocab_size=49_152, tie_word_embeddings=False, bos_token_id=0,
        eos_token_id=0,
    )  # fmt: skip
    configs: list[tuple[str, PretrainedConfig, Callable[..., PreTrainedModel]]] = [
        ("0.5B", qwen(24, 896, 14, 2, 4864, 151_936, tied=True), Qwen2ForCausalLM),
        ("1.5B", qwen(28, 1536, 12, 2, 8960, 151_936, tied=True), Qwen2ForCausalLM),
        ("7B", qwen(28, 3584, 28, 4, 18_944, 152_064, tied=False), Qwen2ForCausalLM),
        ("16B", starcoder, Starcoder2ForCausalLM),
    ]
    found = []
    for name, config, kind in configs:
        with torch.device("meta"):
            model = kind(config)
        found.append(
            Student(
                name=name,
                layers=config.num_hidden_layers,
                width=config.hidden_size,
                inner=config.intermediate_size,
                keys=config.hidden_size // config.num_attention_heads * config.num_key_value_heads,
                gated=kind is Qwen2ForCausalLM,
                parameters=sum(each.numel() for each in model.parameters()),
                shape=ModelShape.of(model) or _none(),
            )
        )
    return found


def _none() -> ModelShape:
    raise TypeError("a mixture of experts has no FLOPs here")


def memory(found: Sequence[Student], options: argparse.Namespace) -> Iterable[Sequence[str]]:
    """What a GPU has to hold in training, in GB."""
    tokens = options.tokens
    yield ["student", "parameters", *(f"states, {n} GPU{'s' * (n > 1)}" for n in GPUS), "LoRA",
           f"{tokens:,} tokens", "checkpointed"]  # fmt: skip
    for each in found:
        states = [each.parameters * FULL / n for n in GPUS]
        yield [
            each.name,
            f"{each.parameters / 1e9:.2f} G",
            *(f"{size / GB:.1f}" for size in states),
            f"{each.parameters * LORA / GB:.1f}",
            f"{tokens * each.activation_bytes / GB:.0f}",
            f"{tokens * each.checkpoint_bytes / GB:.1f}",
        ]


def training(found: Sequence[Student], options: argparse.Namespace) -> Iterable[Sequence[str]]:
    """Seconds of a training, computed and sent between GPUs."""
    peak, triples, step = PEAKS[options.gpu][0], options.triples, options.step
    yield ["student", "TFLOP a triple", *(f"{n} GPU{'s' * (n > 1)}" for n in GPUS),
           "sent a step", "sent, 8 GPUs", "sent, 64 GPUs"]  # fmt: skip
    for each in found:
        seconds = triples * each.triple_flops / (peak * options.mfu)
        sent = each.parameters * (2 + 2 + 4)
        steps = triples / step
        yield [
            each.name,
            f"{each.triple_flops / 1e12:.2f}",
            *(_time(seconds / n) for n in GPUS),
            f"{sent / GB:.0f} GB",
            _time(steps * sent / options.near),
            _time(steps * sent / options.far),
        ]


def answering(found: Sequence[Student], options: argparse.Namespace) -> Iterable[Sequence[str]]:
    """Seconds of all answers of a cycle, at what the memory of GPUs allows."""
    yield ["student", "keys a token", f"{options.rows} answers at a time", "answers a second",
           *(f"{n} GPU{'s' * (n > 1)}" for n in GPUS)]  # fmt: skip
    for each in found:
        prompt, tokens = options.prompt, options.answer_tokens
        rate = each.answers_a_second(prompt, tokens, options.rows, options.gpu)
        keys = options.rows * each.key_bytes * (prompt + tokens)
        yield [
            each.name,
            f"{each.key_bytes / 1e6:.3f} MB",
            f"{(2 * each.parameters + keys) / GB:.1f} GB",
            f"{rate:.0f}",
            *(_time(options.answers / rate / n) for n in GPUS),
        ]


def check(found: Sequence[Student], options: argparse.Namespace) -> Iterable[Sequence[str]]:
    """The formulas beside what `benchmarks/gpu.sh` measured, of the 1.5B."""
    one = next(each for each in found if each.name == "1.5B")
    tokens = 16 * (PROMPTS.mean + 2 * ANSWERS.mean)
    size = one.parameters * FULL + tokens * one.activation_bytes
    yield ["triples a second", "MFU", "memory by the formulas"]
    for rate in options.rates:
        share = rate * one.triple_flops / PEAKS["H200"][0]
        yield [f"{rate}", f"{share:.0%}", f"{size / GB:.1f} GB"]


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def show(rows: Iterable[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    head, *others = rows
    print("", *(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head))), sep="\n")
    for row in others:
        print(f"| {' | '.join(row)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpu", choices=sorted(BANDWIDTH), default="H200")
    parser.add_argument("--mfu", type=float, default=0.3, help="of training")
    parser.add_argument("--triples", type=int, default=8000, help="of a training, epochs counted")
    parser.add_argument("--step", type=int, default=64, help="triples of a step")
    parser.add_argument("--tokens", type=int, default=16_384, help="computed at a time on a GPU")
    parser.add_argument("--answers", type=int, default=2500, help="of the student in a cycle")
    parser.add_argument("--prompt", type=int, default=327, help="tokens of a question")
    parser.add_argument("--answer-tokens", type=int, default=300)
    parser.add_argument("--rows", type=int, default=64, help="answers at a time on a GPU")
    parser.add_argument("--near", type=float, default=400e9, help="bytes a second within a machine")
    parser.add_argument("--far", type=float, default=50e9, help="between machines, for each GPU")
    parser.add_argument("--rates", type=float, nargs="+", default=[41.9, 54.0], help="measured")
    options = parser.parse_args()
    found = students()
    for table in (check, memory, training, answering):
        print(f"\n{(table.__doc__ or '').strip()}")
        show(table(found, options))


if __name__ == "__main__":
    main()
