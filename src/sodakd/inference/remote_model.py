"""A model behind a server as a `TextGenerator`: a student need not be in this process."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from sodakd.errors import EndpointError
from sodakd.inference.canary import CANARY_TOKENS, Canary, CanaryReport, EngineOutput, compare
from sodakd.inference.completions import Completion, Finish, Message, NullMeter, Request
from sodakd.inference.openai import Client
from sodakd.inference.protocols import NO_GENERATIONS, Generation, OnGeneration
from sodakd.inference.run_async import run_sync


class ServedModel:
    """Answers batches of prompts through a client. What was cut off is kept as it is."""

    def __init__(self, client: Client) -> None:
        self._client = client

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
        requests = {
            number: Request(
                messages=(Message(role="user", content=prompt),),
                max_tokens=max_new_tokens,
                temperature=temperature,
                seed=seed + number,  # equal prompts are samples, and must differ
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
            endpoint = self._client.endpoint
            lacking = [each for each in found if _generation(each) is None]
            raise EndpointError(
                f"{endpoint.model} at {endpoint.base_url} gave no answer to {len(lacking)} of"
                f" {len(found)} prompts, the first because: {lacking[0].error or _FILTERED}; all"
                " others are kept: mend it, then run the same command again"
            )
        return [answers[number] for number in range(len(prompts))]

    def check(self, canary: Canary, tolerance: float) -> CanaryReport:
        """Hold what the server says against the canary: by the text alone where it says no more.

        Raises:
            ModelError: it does not answer as the trained model did.
            EndpointError: the server refuses, or is out of order.
        """
        try:
            found = self._answers(canary, logprobs=True)
        except EndpointError:  # some servers refuse a request for log-probabilities
            found = self._answers(canary, logprobs=False)
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
        endpoint = self._client.endpoint
        return compare(canary, heard, tolerance, f"{endpoint.model} at {endpoint.base_url}")

    def _answers(self, canary: Canary, *, logprobs: bool) -> list[Completion]:
        found = self.complete(
            [
                Request(
                    messages=(Message(role="user", content=row.prompt),),
                    max_tokens=CANARY_TOKENS,
                    logprobs=logprobs,
                )
                for row in canary.rows
            ]
        )
        for each in found:
            if not each.is_answer:
                raise EndpointError(
                    f"the server does not answer the canary's prompts: {each.error}"
                )
        return found

    def complete(
        self,
        requests: Sequence[Request],
        on_completion: Callable[[int, Completion], None] | None = None,
    ) -> list[Completion]:
        """Completions in the order of the requests, with how each ended and what it took.

        `on_completion` is called, in another thread, with each request's index and completion as it
        comes.
        """
        return run_sync(self._all(requests, on_completion))

    async def _all(
        self,
        requests: Sequence[Request],
        on_completion: Callable[[int, Completion], None] | None,
    ) -> list[Completion]:
        found: dict[int, Completion] = {}
        queue = iter(enumerate(requests))

        async def work() -> None:
            for number, request in queue:
                found[number] = await self._client.complete(request, NullMeter())
                if on_completion is not None:
                    on_completion(number, found[number])

        async with self._client:
            count = min(len(requests), self._client.max_in_flight)
            workers = [asyncio.ensure_future(work()) for _ in range(count)]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
        return [found[number] for number in range(len(requests))]


_FILTERED = "the server's filter held it back"


def _generation(found: Completion) -> Generation | None:
    """What the model said; None where the server failed, refused, or cut it by a filter.

    An answer that ended for an unknown reason counts as cut off.
    """
    if not found.is_answer or found.finish is Finish.FILTERED:
        return None
    return Generation(found.text, ended=found.finish is Finish.STOP, usage=found.usage)
