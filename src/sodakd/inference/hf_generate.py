"""The decode of transformers itself: `model.generate` over a left-padded batch."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, PreTrainedModel

from sodakd.inference.token_sampling import Ended, TokenSelector


class ForcedToken(LogitsProcessor):
    """Leaves one token possible in each row, that which a `TokenSelector` selects.

    It tells of rows' ends. `generate` goes on with a row that has ended until all have.
    """

    def __init__(
        self, chooser: TokenSelector, width: int, stops: frozenset[int], ended: Ended
    ) -> None:
        self._chooser = chooser
        self._width = width
        self._stops = stops
        self._ended = ended
        self.told: set[int] = set()

    def __call__(
        self, input_ids: Int[Tensor, "rows places"], scores: Float[Tensor, "rows vocab"]
    ) -> Float[Tensor, "rows vocab"]:
        """Scores of -inf but for the chosen tokens."""
        token = self._chooser.select(scores, input_ids.shape[1] - self._width)
        for row, drawn in enumerate(token.tolist()):
            if drawn in self._stops and row not in self.told:
                self.told.add(row)
                self._ended(row, input_ids[row, self._width :].tolist())
        return torch.full_like(scores, float("-inf")).scatter_(1, token[:, None], 0.0)


@torch.inference_mode()
def decode(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    steps: int,
    stops: frozenset[int],
    chooser: TokenSelector,
    ended: Ended,
) -> list[list[int]]:
    """Answers of one batch as token ids, without the token that ended them; each told as it ends.

    A model's own generation config (a penalty, a top-p) fills gaps of this one: see
    `empty_generation_config`.
    """
    width = max(map(len, prompts))
    pad = min(stops)  # hidden by the mask, and cut off behind the token that ends a row
    ids = torch.full((len(prompts), width), pad)
    mask = torch.zeros(len(prompts), width, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    chosen = ForcedToken(chooser, width, stops, ended)
    answered = model.generate(  # type: ignore[operator]
        ids.to(model.device),
        attention_mask=mask.to(model.device),
        generation_config=GenerationConfig(
            max_new_tokens=steps,
            do_sample=False,
            eos_token_id=sorted(stops),
            pad_token_id=pad,
        ),
        logits_processor=LogitsProcessorList([chosen]),
    )
    answers = [_until(row, stops) for row in answered[:, width:].tolist()]
    for row, answer in enumerate(answers):
        if row not in chosen.told:
            ended(row, answer)
    return answers


def empty_generation_config() -> GenerationConfig:
    """A generation config that changes nothing: `generate` fills gaps from the model's own."""
    return GenerationConfig()


def _until(row: list[int], stops: frozenset[int]) -> list[int]:
    return row[: next((at for at, token in enumerate(row) if token in stops), len(row))]
