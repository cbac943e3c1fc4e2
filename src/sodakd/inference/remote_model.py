"""A model behind servers as a `TextGenerator`: a student need not be in this process."""

from collections.abc import Callable, Mapping, Sequence

from sodakd.errors import EndpointError
from sodakd.inference.canary import CANARY_TOKENS, Canary, CanaryReport, EngineOutput, compare
from sodakd.inference.completions import Completion, Finish, Message, Request
from sodakd.inference.dispatch import Dispatcher, Place
from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.inference.run_async import run_sync

Seeds = Callable[[Sequence[str], int], Sequence[int]]
"""A seed for each prompt, of a batch's own. Equal prompts are samples, and must differ."""


def count_up(prompts: Sequence[str], seed: int) -> Sequence[int]:
    """Seeds as any server takes them."""
    return range(seed, seed + len(prompts))


def _untold(_: str) -> None:
    """Where nobody listens, a lost server is told by what comes of it."""


class ServedModel:
    """Answers batches of prompts through servers. What was cut off is kept as it is."""

    def __init__(
        self,
        places: Sequence[Place],
        tell: Callable[[str], None] = _untold,
        seeds: Seeds = count_up,
    ) -> None:
        self._servers = Dispatcher(places, tell)
        self._seeds = seeds

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        on_generation: OnGeneration | None = None,
        cached: Mapping[int, Generation] = NO_GENERATIONS,
    ) -> list[Generation]:
        """Return generations in the order of the prompts; `on_generation` gets each as it comes.

        Raises:
            EndpointError: the server refuses, is out of order, or gave no answer to some prompt: an
                empty one would count as the model's.
        """
        seeds = self._seeds(prompts, seed)
        requests = {
            number: Request(
                messages=(Message(role="user", content=prompt),),
                max_tokens=max_new_tokens,
                temperature=temperature,
                seed=seeds[number],
            )
            for number, prompt in enumerate(prompts)
            if number not in cached
        }
        numbers = list(requests)
        answers = dict(cached)

        def told(place: int, found: Completion) -> None:
            said = _generation(found)
            if said is not None:
                answers[numbers[place]] = said
                if on_generation is not None:
                    on_generation(numbers[place], said)

        found = self.complete(list(requests.values()), told)
        if len(answers) < len(prompts):
            lacking = [each for each in found if _generation(each) is None]
            names = ", ".join(place.name for place in self._servers.places)
            raise EndpointError(
                f"{names} gave no answer to {len(lacking)} of {len(found)} prompts, the first"
                f" because: {lacking[0].error or _FILTERED}; all others are kept: mend it, then run"
                " the same command again"
            )
        return [answers[number] for number in range(len(prompts))]

    def check(self, canary: Canary, tolerance: float) -> str:
        """Hold what each server says against the canary: by the text alone where it says no more.

        One that does not answer at all is lost. Returns how the others met it, in words.

        Raises:
            ModelError: one of them does not answer as the trained model did.
            EndpointError: none of them answers.
        """
        reports = []
        for place in self._servers.places:
            try:
                reports.append(_check(place, canary, tolerance))
            except EndpointError as error:
                self._servers.lose({place: str(error)})
        worst = max(reports, key=lambda report: (report.text_alone, report.largest))
        return str(worst) if len(reports) == 1 else f"{worst}, on each of {len(reports)} servers"

    def complete(
        self,
        requests: Sequence[Request],
        on_completion: Callable[[int, Completion], None] | None = None,
    ) -> list[Completion]:
        """Completions in the order of the requests, with how each ended and what it took.

        `on_completion` is called, in another thread, with each request's index and completion as it
        comes.
        """
        return run_sync(self._servers.complete(requests, on_completion))


def _check(place: Place, canary: Canary, tolerance: float) -> CanaryReport:
    try:
        found = _answers(place, canary, logprobs=True)
    except EndpointError:  # some servers refuse a request for log-probabilities
        if place.is_silent:
            raise
        found = _answers(place, canary, logprobs=False)
    heard = [
        EngineOutput(each.text)
        if each.logprobs is None
        else EngineOutput(
            each.text,
            pieces=[piece for piece, _ in each.logprobs],
            logprobs=[logprob for _, logprob in each.logprobs],
        )
        for each in found
    ]
    return compare(canary, heard, tolerance, place.name)


def _answers(place: Place, canary: Canary, *, logprobs: bool) -> list[Completion]:
    requests = [
        Request(
            messages=(Message(role="user", content=row.prompt),),
            max_tokens=CANARY_TOKENS,
            logprobs=logprobs,
        )
        for row in canary.rows
    ]
    found = run_sync(Dispatcher([place], _untold).complete(requests))
    for each in found:
        if not each.is_answer:
            raise EndpointError(f"the server does not answer the canary's prompts: {each.error}")
    return found


_FILTERED = "the server's filter held it back"


def _generation(found: Completion) -> Generation | None:
    """What the model said; None where the server failed, refused, or cut it by a filter.

    An answer that ended for an unknown reason counts as cut off.
    """
    if not found.is_answer or found.finish is Finish.FILTERED:
        return None
    return Generation(found.text, ended=found.finish is Finish.STOP, usage=found.usage)
