"""Prices and sums. Money is kept in whole nano-dollars: sums are exact."""

from dataclasses import dataclass

from sodakd.types import FrozenModel, Usage

NANO = 1_000_000_000
FEMTO_IN_NANO = 1_000_000


@dataclass(frozen=True)
class Prices:
    """US dollars per million tokens. Where they are not `known` they count as nothing, and say so.

    `discount` is 0.5 for OpenAI's Batch API.
    """

    prompt: float
    completion: float
    known: bool = True
    discount: float = 1.0

    @property
    def femto(self) -> tuple[int, int]:
        """Femto-dollars of a prompt's and of an answer's token."""
        return round(self.prompt * self.discount * NANO), round(
            self.completion * self.discount * NANO
        )

    def cost_of(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Nano-dollars of so many tokens, rounded up: what costs anything is never nothing."""
        prompt, completion = self.femto
        return -(-(prompt_tokens * prompt + completion_tokens * completion) // FEMTO_IN_NANO)

    def usage_cost(self, usage: Usage) -> int:
        """Nano-dollars of a usage."""
        return self.cost_of(usage.prompt_tokens, usage.completion_tokens)


@dataclass(frozen=True)
class LedgerTotals:
    """Calls, tokens and nano-dollars: what is spent, and apart what calls in flight may still take.

    `lost` of the calls may have been paid for and brought no answer; they are counted at the most
    they can have cost, `lost_money`. What is reserved is in none of the others.
    """

    calls: int
    tokens: int
    money: int
    lost: int = 0
    lost_money: int = 0
    reserved_calls: int = 0
    reserved_tokens: int = 0
    reserved_money: int = 0

    @property
    def dollars(self) -> float:
        return self.money / NANO


@dataclass(frozen=True)
class SpendRow:
    """Calls of one kind in one step, and what they took or will take. Money in US dollars."""

    step: str
    ask: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    money: float


@dataclass(frozen=True)
class Spend(SpendRow):
    """What one kind of ask cost in one step. Steps of no arm have an empty one."""

    arm: str


class SpendGroup(FrozenModel):
    """A row of `sodakd ledger`: calls of one group. `lost` calls are not in the others.

    `unpriced` of the asks have a price that is unknown: they are in the money as nothing. `reused`
    ones were answered from another run's ledger. Of `untold` calls the server did not tell the
    tokens: they are booked at the most they can have taken. `open` ones have not come back.
    """

    group: str
    asks: int
    answered: int
    failed: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    money: float
    lost: int
    lost_money: float
    unpriced: int = 0
    reused: int = 0
    untold: int = 0
    open: int = 0


class Amount(FrozenModel):
    """What asks took, in whole numbers. `lost` calls are not in the others.

    Over all asks `calls` and `lost`, the tokens of both and the money of both are the ledger's
    running totals.
    """

    asks: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    nano_dollars: int = 0
    lost: int = 0
    lost_tokens: int = 0
    lost_nano_dollars: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        mine, theirs = dict(self), dict(other)
        return Amount(**{name: mine[name] + theirs[name] for name in mine})

    @property
    def all_calls(self) -> int:
        return self.calls + self.lost

    @property
    def all_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens + self.lost_tokens

    @property
    def all_nano_dollars(self) -> int:
        return self.nano_dollars + self.lost_nano_dollars
