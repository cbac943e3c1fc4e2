"""Who answers a benchmark's tasks: a model in this process, or one behind a server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from sodakd.errors import EndpointError
from sodakd.evaluate.benchmarks.task import BenchmarkTask
from sodakd.inference.completions import Completion, Finish, Message, Request
from sodakd.inference.protocols import Generation, TextGenerator
from sodakd.inference.remote_model import ServedModel

_BATCH = 64


@dataclass(frozen=True)
class SampleRequest:
    """One sample that is still to be drawn: of which task, and the how manieth of it."""

    task: BenchmarkTask
    number: int


@dataclass(frozen=True)
class SamplingParams:
    """How samples are drawn. A sample's own seed is `seed` and its number."""

    temperature: float
    max_new_tokens: int
    seed: int


OnSamples = Callable[[Sequence[SampleRequest], Sequence[Generation]], None]
"""Takes samples and their answers, as soon as they are there."""


class SampleBackend(Protocol):
    """Answers tasks; `keep` is called as answers come."""

    def answer(
        self, wanted: Sequence[SampleRequest], drawing: SamplingParams, keep: OnSamples
    ) -> None: ...


class LocalBackend:
    """A model in this process: so many tasks at a time."""

    def __init__(self, model: TextGenerator) -> None:
        self._model = model

    def answer(
        self, wanted: Sequence[SampleRequest], drawing: SamplingParams, keep: OnSamples
    ) -> None:
        """Batches of samples of one number, so that a batch has one seed."""
        for number, found in groupby(wanted, lambda one: one.number):
            same = list(found)
            for start in range(0, len(same), _BATCH):
                batch = same[start : start + _BATCH]

                def came(
                    place: int, said: Generation, asked: Sequence[SampleRequest] = batch
                ) -> None:
                    keep([asked[place]], [said])

                self._model.generate(
                    [one.task.question.text for one in batch],
                    max_new_tokens=drawing.max_new_tokens,
                    temperature=drawing.temperature,
                    seed=drawing.seed + number,
                    came=came,
                )


class RemoteBackend:
    """A model behind a server: each answer is kept when it comes."""

    def __init__(self, model: ServedModel) -> None:
        self._model = model

    def answer(
        self, wanted: Sequence[SampleRequest], drawing: SamplingParams, keep: OnSamples
    ) -> None:
        """What could not be had is no answer: it is asked for again by the next run.

        Raises:
            EndpointError: the server was given up, or some calls failed in every attempt.
        """
        requests = [
            Request(
                messages=(Message(role="user", content=one.task.question.text),),
                max_tokens=drawing.max_new_tokens,
                temperature=drawing.temperature,
                seed=drawing.seed + one.number,
            )
            for one in wanted
        ]
        failed: list[Completion] = []

        def came(place: int, found: Completion) -> None:
            if not found.is_answer or found.finish is Finish.FILTERED:
                failed.append(found)
            else:
                said = Generation(found.text, ended=found.finish is not Finish.LENGTH)
                keep([wanted[place]], [said])

        self._model.complete(requests, came=came)
        if failed:
            why = failed[0].error or "the server's filter held it back"
            raise EndpointError(
                f"{len(failed)} of {len(wanted)} answers could not be had, the first because:"
                f" {why}; all others are kept: mend it, then run the same command again"
            )
