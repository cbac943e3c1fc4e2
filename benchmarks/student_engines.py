"""Engines that answer for `student.py --real`: our queue, and its peers as far as they are here."""

import atexit
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from sodakd.inference.devices import cpu_threads
from sodakd.inference.dispatch import Place
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.openai import Client, RetryPolicy
from sodakd.inference.remote_model import ServedModel
from sodakd.inference.transformers import TransformersModel
from sodakd.run import cpu_count

Answering = Callable[[Sequence[str]], list[str]]
"""Texts of one greedy answer to each prompt."""


def queue(model: TransformersModel, tokens: int) -> Answering:
    """Our own decode, by workers for all cores."""
    return lambda prompts: [
        each.text
        for each in model.generate(prompts, max_new_tokens=tokens, batch_size=len(prompts))
    ]


def generate(folder: Path, model: TransformersModel, tokens: int) -> Answering:
    """transformers' own, in our precision: one left-padded batch on all cores."""
    layout, dtype = model._layout, model._model.dtype
    plain: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()

    def answer(prompts: Sequence[str]) -> list[str]:
        rows = [layout.prompt(prompt) for prompt in prompts]
        width, pad = max(map(len, rows)), min(layout.stops)
        ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        with cpu_threads(cpu_count()):
            found = plain.generate(  # type: ignore[operator]
                ids,
                attention_mask=mask,
                max_new_tokens=tokens,
                do_sample=False,
                eos_token_id=sorted(layout.stops),
                pad_token_id=pad,
            )
        return [layout.text(_until(row, layout.stops)) for row in found[:, width:].tolist()]

    return answer


def llama_cpp(gguf: Path, places: int, context: int, tokens: int) -> Answering:
    """llama.cpp's server in this process, with so many places of so many tokens."""
    xllamacpp = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.verbosity = -1
    params.n_parallel, params.n_ctx = places, places * context
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = cpu_count()
    server = xllamacpp.Server(params)
    answer = served(f"{server.listening_address}/v1", places, tokens)

    def held(prompts: Sequence[str]) -> list[str]:
        assert server is not None  # it serves as long as it is referenced
        return answer(prompts)

    return held


def vllm(folder: Path, model: TransformersModel, tokens: int) -> Answering:
    """vLLM, in our precision. Its processes sleep while others answer: they look for work all the
    time, on the same cores.
    """
    peer = importlib.import_module("vllm")
    layout, dtype = model._layout, str(model._model.dtype).removeprefix("torch.")
    engine = peer.LLM(str(folder), dtype=dtype, generation_config="vllm", max_model_len=4096)
    how = peer.SamplingParams(
        temperature=0.0, max_tokens=tokens, stop_token_ids=sorted(layout.stops)
    )

    workers = psutil.Process().children(recursive=True)

    def wake() -> None:
        for each in workers:
            each.resume()

    def answer(prompts: Sequence[str]) -> list[str]:
        asked = [{"prompt_token_ids": layout.prompt(prompt)} for prompt in prompts]
        wake()
        try:
            return [each.outputs[0].text for each in engine.generate(asked, how, use_tqdm=False)]
        finally:
            for each in workers:
                each.suspend()

    atexit.register(wake)
    for each in workers:
        each.suspend()
    return answer


def served(url: str, places: int, tokens: int) -> Answering:
    """A server of the same model."""
    client = Client(Endpoint(url, "model", None), places, RetryPolicy(timeout=3600))
    served = ServedModel([Place.of(client)])
    return lambda prompts: [each.text for each in served.generate(prompts, max_new_tokens=tokens)]


def engines(
    folder: Path, model: TransformersModel, asked: Sequence[str], places: int, tokens: int,
    gguf: Path | None, url: str | None,
) -> tuple[dict[str, Answering], list[str]]:  # fmt: skip
    """The contenders by name, ours first, and why others are none."""
    found = {"queue": queue(model, tokens), "generate": generate(folder, model, tokens)}
    absent = []
    if gguf is None or importlib.util.find_spec("xllamacpp") is None:
        absent.append("llama.cpp (pip install xllamacpp, and name --gguf FILE)")
    else:
        context = max(len(model._layout.prompt(each)) for each in asked) + tokens + _TEMPLATE
        found["llama.cpp"] = llama_cpp(gguf, places, context, tokens)
    if importlib.util.find_spec("vllm") is None:
        absent.append("vLLM (pip install vllm)")
    else:
        found["vLLM"] = vllm(folder, model, tokens)
    if url is not None:
        found["server"] = served(url, places, tokens)
    return found, absent


_TEMPLATE = 64
"""Tokens by which a file's own chat template may be longer than the folder's."""


def _until(row: Sequence[int], stops: frozenset[int]) -> list[int]:
    return list(row[: next((at for at, token in enumerate(row) if token in stops), len(row))])
