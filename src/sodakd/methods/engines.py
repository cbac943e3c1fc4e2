"""The table of engines: what a recipe's `generation.backend` opens a student's folder with.

One engine is open at a time. It is closed before another student is opened or trained: a server
never lives on over a change of weights. Before its first answer an engine meets the canary that the
trainer left in the folder.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sodakd.errors import ModelError
from sodakd.inference.canary import Canary, read_canary
from sodakd.inference.endpoint import Endpoint, with_secrets
from sodakd.inference.folder import weights_dtype
from sodakd.inference.model_server import Command, Server
from sodakd.inference.openai import Client, RetryPolicy
from sodakd.inference.protocols import TextGenerator
from sodakd.inference.remote_model import ServedModel
from sodakd.settings.generation import Backend, GenerationSettings

LOG = "generation.log"


@dataclass(frozen=True)
class EngineConfig:
    """The settings that an engine is opened with. A server's output goes into the log.

    `section` is what the file that has them calls them. What a run has `trained` must have its
    canary, without which nobody knows with whose weights a server answers. `plain`: prompts are
    texts that the model continues.
    """

    settings: GenerationSettings
    threads: int | None
    log: Path
    section: str = "generation"
    trained: bool = True
    plain: bool = False


@dataclass(frozen=True)
class Engine:
    """A student that answers. `checked` says how it met its canary."""

    model: TextGenerator
    checked: str
    close: Callable[[], None]


class StudentEngine:
    """The engine of one student at a time: opening another one closes it."""

    def __init__(self, settings: GenerationSettings, threads: int | None, folder: Path) -> None:
        self._config = EngineConfig(settings, threads, folder / LOG)
        self._open: tuple[Path, Engine] | None = None

    def open(self, student: Path) -> Engine:
        """The student of a folder, ready to answer; the one that was open before is closed.

        Raises:
            ModelError: it cannot be loaded, or does not answer as the trained model did.
            EndpointError: its server does not start, or refuses.
        """
        if self._open is not None and self._open[0] == student:
            return self._open[1]
        self.close()
        engine = BACKENDS[self._config.settings.backend](self._config, student)
        self._open = (student, engine)
        return engine

    def close(self) -> None:
        """End the open engine, if there is one."""
        if self._open is not None:
            engine = self._open[1]
            self._open = None
            engine.close()


def _transformers(config: EngineConfig, student: Path) -> Engine:
    from sodakd.inference.transformers import TransformersModel

    settings = config.settings
    model = TransformersModel.open(
        student,
        config.threads,
        device=settings.device,
        dtype=settings.dtype,
        batch_size=settings.batch_size,
        keys=f"{config.section}.",
        plain=config.plain,
    )
    compared = model.check(student, settings.canary_tolerance)
    checked = f"{compared or 'the folder has no canary'}; {model.how}"
    return Engine(model, checked, lambda: None)


def _server(config: EngineConfig, student: Path) -> Engine:
    settings = config.settings
    if settings.base_url is not None:
        return _served(config, student, settings.base_url, lambda: None)
    return _started(config, student, (*settings.command, *settings.arguments))


def _vllm(config: EngineConfig, student: Path) -> Engine:
    """vLLM computes as the trainer did: in the same precision, and by no config of the model's.

    Else it would take float16 for float32, and a repetition penalty that a model may come with.
    """
    settings = config.settings
    words = list(settings.command)
    if "{model}" not in words:
        words += ["{model}", "--host", "127.0.0.1", "--port", "{port}"]
    own = {"--dtype": _dtype(settings, student), "--generation-config": "vllm"}
    given = {word.partition("=")[0] for word in (*words, *settings.arguments)}
    for flag, value in own.items():
        if flag not in given:
            words += [flag, value]
    return _started(config, student, (*words, *settings.arguments))


BACKENDS: Mapping[Backend, Callable[[EngineConfig, Path], Engine]] = {
    "transformers": _transformers,
    "server": _server,
    "vllm": _vllm,
}


def _started(config: EngineConfig, student: Path, words: tuple[str, ...]) -> Engine:
    if "torch" in sys.modules:  # a process that trained may hold what the server needs
        from sodakd.inference.devices import free_memory

        free_memory()
    settings = config.settings
    server = Server(
        Command(
            words=words,
            model=str(student.resolve()),
            port=settings.port,
            start_seconds=settings.start_seconds,
            log=config.log,
            section=config.section,
        )
    )
    try:
        return _served(config, student, server.start(), server.stop)
    except BaseException:
        server.stop()
        raise


def _served(
    config: EngineConfig, student: Path, base_url: str, close: Callable[[], None]
) -> Engine:
    settings = config.settings
    client = Client(
        Endpoint(
            base_url,
            settings.model or str(student.resolve()),
            os.environ.get(settings.api_key_env or "", "").strip() or None,
            headers=with_secrets(settings.headers),
            query=settings.query or {},
            extra_body=settings.extra_body or {},
            plain=config.plain,
        ),
        settings.max_in_flight,
        RetryPolicy(attempts=settings.attempts, timeout=settings.timeout),
        empty_is_said=True,
        role="student",
    )
    model = ServedModel(client)
    checked = "taken at its word"
    if config.trained:
        canary = _canary(student)
        tolerance = settings.canary_tolerance or canary.tolerance(_dtype(settings, student))
        checked = str(model.check(canary, tolerance))
    with config.log.open("a", encoding="utf-8") as log:
        log.write(f"sodakd: {student} at {base_url}: {checked}\n")
    return Engine(model, checked, close)


def _canary(student: Path) -> Canary:
    found = read_canary(student)
    if found is None:
        raise ModelError(
            f"{student} has no canary.json, so nobody can tell whether a server answers with its"
            " weights: train it again, or set generation.backend to transformers"
        )
    return found


def _dtype(settings: GenerationSettings, student: Path) -> str:
    """The precision that the recipe asks for, else that of the weights."""
    if settings.dtype is not None:
        return settings.dtype
    return weights_dtype(student)
