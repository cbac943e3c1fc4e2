"""A tiny Qwen2 with a ChatML template that answers asks in the right form, made in a minute.

    python -m tests.servers.tiny_teacher CODE_ALPACA.json FOLDER [--steps 300]

It reads CodeAlpaca's short Python answers that run, and learns the form of each kind of reply: a
program in a fence, a fault with its kind, five lines of points, a JSON object. Its programs run and
seldom do what was asked; a loop of distillation needs no more. `--steps 0` leaves its weights
random: then nothing that it says can be read.
"""

import argparse
import json
import random
import string
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import (
    AutoTokenizer,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2Tokenizer,
    get_scheduler,
)

from sodakd.settings.training import TrainingSettings
from sodakd.teacher.render_prompt import render
from sodakd.teacher.requests import Fault, Grade, Invent, Solve, TeacherRequest
from sodakd.training.optimizer import make_optimizer
from sodakd.types import FaultKind, Language, Question

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
PROGRAMS = 4
INVENTIONS = 10
"""So few that a model of this size learns them by heart. The last digit of an ask's variant chooses
one of them: a server that takes the likeliest token would else invent the same each time."""
VARIANTS = 40


@dataclass(frozen=True)
class Lesson:
    """An ask and the reply to it."""

    ask: TeacherRequest
    reply: str


def lessons(rows: Sequence[dict[str, str]], seed: int) -> Iterator[Lesson]:
    """Endless lessons of all four kinds, from rows of CodeAlpaca."""
    rng = random.Random(seed)
    texts = [row["instruction"] for row in rows if 5 < len(row["instruction"].split()) < 25]
    programs = list(islice(_running(rows), PROGRAMS))
    while True:
        program, text = rng.choice(programs), rng.choice(texts)
        question = Question.new(
            text=text, language=Language.PYTHON, tests=None, source="x", level=None
        )
        fenced = f"```python\n{program}\n```\n"
        yield Lesson(Solve(question=question), fenced)
        kinds = tuple(rng.sample(list(FaultKind), len(FaultKind)))
        broken = program.replace("(", "", 1) if rng.random() < 0.5 else program.replace("=", "")
        words = f"Fault: {kinds[0]}\n```python\n{broken}\n```\n"
        yield Lesson(Fault(question=question, correct=program, kinds=kinds), words)
        yield _graded(question, fenced, rng)
        for _ in range(3):  # the hardest to learn: a level and a digit to be found in the prompt
            yield _invented(question, texts, rng)


def _invented(question: Question, texts: Sequence[str], rng: random.Random) -> Lesson:
    """The text that the variant's last digit stands for, at the level that is asked for."""
    level, variant = rng.randint(1, 5), rng.randrange(VARIANTS)
    invented = json.dumps({"level": level, "text": texts[variant % INVENTIONS]})
    asked = Invent(question=question, level=level, variant=variant)
    return Lesson(asked, f"```json\n{invented}\n```\n")


def _graded(question: Question, fenced: str, rng: random.Random) -> Lesson:
    """All points for a program; none for what a student says that cannot write one yet."""
    words = "".join(rng.choices(string.ascii_lowercase + " :=()`\n", k=rng.randrange(40)))
    good = rng.random() < 0.5
    ask = Grade(question=question, answer=fenced if good else words)
    points = "\n".join(f"Rule {number}: {1 if good else 0}" for number in range(1, 6))
    return Lesson(ask, f"It is {'a' if good else 'no'} program.\n{points}\n")


def _running(rows: Sequence[dict[str, str]]) -> Iterator[str]:
    """Short answers that are whole Python programs and run to their end."""
    for row in rows:
        code = row["output"].strip()
        if not (30 < len(code) < 90 and "(" in code and "=" in code) or "input" in code:
            continue
        done = subprocess.run(
            [sys.executable, "-I", "-c", code], capture_output=True, timeout=10, check=False
        )
        if done.returncode == 0:
            yield code


def make_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE with ChatML's marks: a server knows the end of a turn by them.

    It cuts texts as Qwen2 does. Who reads a folder of a Qwen2 does that, whatever is saved there.
    """
    tokenizer = Tokenizer(BPE())
    qwen2 = Qwen2Tokenizer().backend_tokenizer
    tokenizer.pre_tokenizer, tokenizer.normalizer = qwen2.pre_tokenizer, qwen2.normalizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=1500,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        chat_template=CHATML,
        model_max_length=4096,
    )


def make(source: Path, folder: Path, steps: int, seed: int = 0) -> None:
    """Write the teacher's folder."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # as tiny as this, threads wait for each other
    rows = json.loads(source.read_text(encoding="utf-8"))
    drawn = lessons(rows, seed)
    some = list(islice(drawn, 400))
    tokenizer = make_tokenizer([f"{render(each.ask)}\n{each.reply}" for each in some])
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=96, intermediate_size=256, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=4096,
        tie_word_embeddings=True, initializer_range=0.08,
        bos_token_id=None, eos_token_id=end, pad_token_id=0,
    )  # fmt: skip
    model = Qwen2ForCausalLM(config)
    if steps:
        _train(model, tokenizer, drawn, steps)
    model.generation_config.eos_token_id = end
    model.generation_config.pad_token_id = 0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    read = AutoTokenizer.from_pretrained(folder)
    for each in some:
        assert read.encode(each.reply) == tokenizer.encode(each.reply), "learnt with other tokens"


def _train(
    model: Qwen2ForCausalLM, tokenizer: PreTrainedTokenizerFast, drawn: Iterator[Lesson], steps: int
) -> None:
    optimizer = make_optimizer(model, TrainingSettings(learning_rate=3e-3))
    schedule = get_scheduler("linear", optimizer, num_warmup_steps=10, num_training_steps=steps)
    for step in range(steps):
        rows = [_ids(tokenizer, lesson) for lesson in islice(drawn, 6)]
        longest = max(len(ids) for ids, _ in rows)
        ids = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in rows])
        labels = torch.tensor(
            [[-100] * ask + ids[ask:] + [-100] * (longest - len(ids)) for ids, ask in rows]
        )
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 50 == 0 or step == steps - 1:
            print(f"step {step}  loss {loss.item():.3f}", flush=True)


def _ids(tokenizer: PreTrainedTokenizerFast, lesson: Lesson) -> tuple[list[int], int]:
    """Token ids of a lesson, and how many of them are the ask."""
    asked = f"<|im_start|>user\n{render(lesson.ask)}<|im_end|>\n<|im_start|>assistant\n"
    ask = tokenizer.encode(asked, add_special_tokens=False)
    return ask + tokenizer.encode(f"{lesson.reply}<|im_end|>", add_special_tokens=False), len(ask)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="rows with `instruction` and `output`")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    make(options.source, options.folder, options.steps)


if __name__ == "__main__":
    main()
