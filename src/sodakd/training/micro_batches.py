"""The batches that one optimiser step is computed in, by examples or by tokens."""

from collections import Counter
from collections.abc import Sequence

from sodakd.errors import TrainingError
from sodakd.settings.training import TrainingSettings
from sodakd.training.forward import BatchLayout
from sodakd.training.packing import PackedRow
from sodakd.training.schedule import TokenizedExample


def micro_batches(
    examples: Sequence[TokenizedExample],
    settings: TrainingSettings,
    layout: BatchLayout,
    *,
    rejected: bool,
) -> list[list[int]]:
    """The places of a step's examples, in batches none of which is larger than the settings allow.

    `max_tokens_per_batch` counts what a layout computes: the tokens of a packed row, or the places
    of a padded grid. Like lengths then stand together, and all of a prompt's. An example that alone
    has more tokens is a batch: `check_budget` refuses it before a training.
    """
    size, budget = settings.per_device_train_batch_size, settings.max_tokens_per_batch
    if budget is None:
        places = range(len(examples))
        return [list(places[at : at + size]) for at in range(0, len(examples), size)]
    batches: list[list[int]] = []
    tokens = _Tokens(layout, rejected)
    for at in _by_length(examples):
        if batches and tokens.with_one_more(examples[at]) <= budget:
            batches[-1].append(at)
            continue
        tokens = _Tokens(layout, rejected)
        tokens.with_one_more(examples[at])
        batches.append([at])
    return batches


def shares(examples: Sequence[TokenizedExample], ranks: int) -> list[list[int]]:
    """The places of a step's examples that each of so many ranks computes.

    All of a prompt's are on one rank, and the ranks have like numbers of tokens. There may be ranks
    that have none.
    """
    tokens = Counter[tuple[int, ...]]()
    for each in examples:
        tokens[each.prompt] += len(each.prompt) + len(each.chosen) + len(each.rejected or ())
    load, rank_of = [0] * ranks, dict[tuple[int, ...], int]()
    for prompt, count in tokens.most_common():
        rank_of[prompt] = load.index(min(load))
        load[rank_of[prompt]] += count
    of = [rank_of[each.prompt] for each in examples]
    return [[at for at, own in enumerate(of) if own == rank] for rank in range(ranks)]


def check_budget(
    examples: Sequence[TokenizedExample],
    settings: TrainingSettings,
    layout: BatchLayout,
    *,
    rejected: bool,
) -> None:
    """Raise TrainingError where the largest example alone exceeds `max_tokens_per_batch`."""
    budget = settings.max_tokens_per_batch
    if budget is None:
        return
    largest = max(_Tokens(layout, rejected).with_one_more(each) for each in examples)
    if largest > budget:
        raise TrainingError(
            f"the largest of {len(examples)} examples takes {largest} tokens with its answers, and"
            f" training.max_tokens_per_batch is {budget}: set it to {largest} or more, and run"
            " again"
        )


def _by_length(examples: Sequence[TokenizedExample]) -> list[int]:
    """The places of examples by length, those of one prompt together."""
    longest: dict[tuple[int, ...], int] = {}
    for each in examples:
        longest[each.prompt] = max(longest.get(each.prompt, 0), each.longest)
    prompts = [each.prompt for each in examples]
    return sorted(range(len(examples)), key=lambda at: (longest[prompts[at]], prompts[at]))


class _Tokens:
    """How many tokens a growing batch has as it is computed."""

    def __init__(self, layout: BatchLayout, rejected: bool) -> None:
        self.layout, self.rejected = layout, rejected
        self.row = PackedRow()
        self.longest = self.sequences = 0

    def with_one_more(self, example: TokenizedExample) -> int:
        """Count an example in, and return the tokens of all."""
        answers = [example.chosen]
        if self.rejected and example.rejected is not None:
            answers.append(example.rejected)
        for answer in answers:
            self.row.add(example.prompt, answer)
            self.longest = max(self.longest, len(example.prompt) + len(answer) - 1)
            self.sequences += 1
        return len(self.row.tokens) if self.layout == "packed" else self.sequences * self.longest
