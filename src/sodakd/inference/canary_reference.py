"""The canary as the trainer's process computes it: by transformers' plain forward.

No cache, no packed rows and no attention of ours: one prompt at a time, and the whole of it again
for each token.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from transformers import PreTrainedModel

from sodakd.inference.canary import (
    CANARY_TOKENS,
    PROMPTS,
    Canary,
    CanaryRow,
    RunnerUp,
    write_canary,
)
from sodakd.inference.chat_format import ChatFormat
from sodakd.inference.devices import resolve_device
from sodakd.inference.loading import load_model, open_tokenizer

PLAIN = "eager"


def record_canary(
    model: PreTrainedModel, layout: ChatFormat, prompts: Sequence[str] = PROMPTS
) -> Canary:
    """What the model answers to the canary's prompts. The model is left as it was."""
    training = model.training
    with attention_implementation(model, PLAIN), torch.no_grad():
        model.eval()
        try:
            rows = tuple(_row(model, layout, prompt) for prompt in prompts)
        finally:
            model.train(training)
    dtype = str(next(model.parameters()).dtype).removeprefix("torch.")
    return Canary(dtype=dtype, stops=tuple(sorted(layout.stops)), rows=rows)


def record_folder_canary(folder: Path) -> None:
    """Write the canary of a folder whose model nobody trained here: a pretrained student.

    Raises:
        ModelError: the model cannot be loaded.
    """
    (_, layout), model = open_tokenizer(folder), load_model(folder)
    write_canary(record_canary(model.eval().to(resolve_device(None)), layout), folder)


@contextmanager
def attention_implementation(model: PreTrainedModel, name: str) -> Iterator[None]:
    """Use another implementation of attention for a while."""
    before = model.config._attn_implementation
    model.set_attn_implementation(name)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def _row(model: PreTrainedModel, layout: ChatFormat, prompt: str) -> CanaryRow:
    ids = layout.prompt(prompt)
    tokens: list[int] = []
    logprobs: list[float] = []
    rivals: list[RunnerUp] = []
    while len(tokens) < CANARY_TOKENS and not (tokens and tokens[-1] in layout.stops):
        row = torch.tensor([[*ids, *tokens]], device=model.device)
        logits = model(input_ids=row, use_cache=False).logits[0, -1]
        best = logits.float().log_softmax(-1).topk(2)
        token, second = best.indices.tolist()
        logprob, rival = best.values.tolist()
        tokens.append(token)
        logprobs.append(logprob)
        rivals.append(RunnerUp(token=second, piece=layout.token_text(second), logprob=rival))
    return CanaryRow(
        prompt=prompt,
        tokens=tuple(tokens),
        pieces=tuple(layout.token_text(token) for token in tokens),
        logprobs=tuple(logprobs),
        rivals=tuple(rivals),
        text=layout.text([token for token in tokens if token not in layout.stops]),
    )
