"""The table of engines: what a recipe's `generation.backend` opens a student's folder with.

One engine is open at a time. It is closed before another student is opened or trained: a server
never lives on over a change of weights. Before its first answer an engine meets the canary that the
trainer left in the folder. What answers elsewhere, in servers or in workers of this machine, is
several places of one model.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sodakd.errors import ModelError
from sodakd.inference.canary import Canary, read_canary
from sodakd.inference.dispatch import Place
from sodakd.inference.endpoint import Endpoint, with_secrets
from sodakd.inference.folder import weights_dtype
from sodakd.inference.machine_shares import MachineShare, machine_shares
from sodakd.inference.model_server import Command, Server
from sodakd.inference.noise_seeds import noise_seeds
from sodakd.inference.openai import Client, RetryPolicy
from sodakd.inference.protocols import TextGenerator
from sodakd.inference.remote_model import Seeds, ServedModel, count_up
from sodakd.settings.generation import Backend, GenerationSettings

LOG = "generation.log"
SHARERS = "{sharers}"
"""In a worker's words: how many share the memory where it is started."""
_ANY_TIME = 10_000_000.0
"""Seconds: a worker answers when it can, as a model in this process does."""


def _untold(_: str) -> None:
    """It stands in the log."""


@dataclass(frozen=True)
class EngineConfig:
    """The settings that an engine is opened with. A server's output goes into the log.

    `section` is what the file that has them calls them. What a run has `trained` must have its
    canary, without which nobody knows with whose weights a server answers. `plain`: prompts are
    texts that the model continues. `tell` gets a line for each of several servers that is lost.
    """

    settings: GenerationSettings
    threads: int | None
    log: Path
    section: str = "generation"
    trained: bool = True
    plain: bool = False
    tell: Callable[[str], None] = _untold

    def remark(self, words: str) -> None:
        """Write a line into the log, and tell it."""
        self.note(words)
        self.tell(words)

    def note(self, words: str) -> None:
        """Write a line into the log."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"sodakd: {words}\n")


@dataclass(frozen=True)
class Engine:
    """A student that answers. `checked` says how it met its canary."""

    model: TextGenerator
    checked: str
    close: Callable[[], None]


class StudentEngine:
    """The engine of one student at a time: opening another one closes it."""

    def __init__(
        self,
        settings: GenerationSettings,
        threads: int | None,
        folder: Path,
        tell: Callable[[str], None] = _untold,
    ) -> None:
        self._config = EngineConfig(settings, threads, folder / LOG, tell=tell)
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
    if settings.ray or len(machine_shares_of(config)) > 1:
        return _workers(config, student)
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


def _workers(config: EngineConfig, student: Path) -> Engine:
    """The student in several processes, which come to the answers of one.

    What each would decide by measuring is decided here, for all of them.
    """
    from sodakd.inference.devices import resolve_device
    from sodakd.inference.fitting import fitting_dtype

    settings, keys = config.settings, f"{config.section}."
    device = resolve_device(settings.device, keys)
    words = [
        "{python}", "-m", "sodakd.inference.worker", "{model}", "--host", "{host}",
        "--port", "{port}", "--threads", str(config.threads or 1), "--keys", keys,
        "--batch-size", str(settings.batch_size), "--sharers", SHARERS,
    ]  # fmt: skip
    if settings.device or not settings.ray:  # a node has its own
        words += ["--device", device.type]
    dtype = settings.dtype or fitting_dtype(student, device)
    words += ["--dtype", dtype] if dtype else []
    words += ["--plain"] if config.plain else []
    asked = settings.model_copy(
        update={
            "dtype": dtype,
            "max_in_flight": settings.batch_size,
            "timeout": _ANY_TIME,
            "start_seconds": _ANY_TIME,
        }
    )
    trained = config.trained and read_canary(student) is not None  # as where there is one process
    return _started(replace(config, settings=asked, trained=trained), student, words, noise_seeds)


def _server(config: EngineConfig, student: Path) -> Engine:
    settings = config.settings
    if settings.base_urls:
        clients = [_client(config, student, url) for url in settings.base_urls]
        return _served(config, student, [Place.of(client) for client in clients], lambda: None)
    return _started(config, student, (*settings.command, *settings.arguments))


def _vllm(config: EngineConfig, student: Path) -> Engine:
    """vLLM computes as the trainer did: in the same precision, and by no config of the model's.

    Else it would take float16 for float32, and a repetition penalty that a model may come with.
    """
    settings = config.settings
    words = list(settings.command)
    if "{model}" not in words:
        words += ["{model}", "--host", "{host}", "--port", "{port}"]
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


def machine_shares_of(config: EngineConfig) -> Sequence[MachineShare]:
    """What each of several processes or servers has of this machine; empty for one alone."""
    settings = config.settings
    own = settings.backend == "transformers"
    if settings.workers == 1 or (settings.workers is None and not own):
        return ()
    from sodakd.inference.devices import visible_gpus

    gpus = visible_gpus() if settings.device in {None, "cuda"} else []
    count = settings.workers or len(gpus)
    cores = sorted(os.sched_getaffinity(0))
    return machine_shares(count, gpus, cores) if count > 1 else ()


def _started(
    config: EngineConfig, student: Path, words: Sequence[str], seeds: Seeds = count_up
) -> Engine:
    """Start a server, or one for each share of the machine or of a cluster's nodes; ask them."""
    if config.settings.ray:
        from sodakd.methods.node_servers import NodeServers

        found: LocalServers | NodeServers = NodeServers(config, student, words)
    else:
        found = LocalServers(config, student, words)
    try:
        places = []
        for url, name, ended in found.wait():
            client = _client(config, student, url)
            places.append(Place(client, name or Place.of(client).name, ended))
        return _served(config, student, places, found.stop, seeds)
    except BaseException:
        found.stop()
        raise


class LocalServers:
    """A server on this machine, or one for each share of it; all are being started."""

    def __init__(
        self, config: EngineConfig, student: Path, words: Sequence[str], host: str = "127.0.0.1"
    ) -> None:
        if "torch" in sys.modules:  # a process that trained may hold what the server needs
            from sodakd.inference.devices import free_memory

            free_memory()
        self._shares = machine_shares_of(config)
        commands = _commands(config, student, words, self._shares)
        self.servers = [Server(replace(command, host=host)) for command in commands]
        try:
            for server in self.servers:
                server.launch()
        except BaseException:
            self.stop()
            raise

    def wait(self) -> Iterator[tuple[str, str, Callable[[], str | None]]]:
        """The URL of each once it answers, its name where there are several, and why it ended."""
        for number, server in enumerate(self.servers):
            yield server.wait(), self.name(number), server.ended

    def name(self, number: int) -> str:
        """What a server is called where there are several."""
        if not self._shares:
            return ""
        process, share = self.servers[number].process, self._shares[number]
        return f"worker {number + 1} of {len(self._shares)} (process {process}, {share.name})"

    def stop(self) -> None:
        """End them all."""
        for server in self.servers:
            server.stop()


def _commands(
    config: EngineConfig, student: Path, words: Sequence[str], shares: Sequence[MachineShare]
) -> Sequence[Command]:
    settings, log = config.settings, config.log
    sharers = str(shares[0].sharers if shares else 1)
    one = Command(
        words=[word.replace(SHARERS, sharers) for word in words],
        model=str(student.resolve()),
        port=settings.port,
        start_seconds=settings.start_seconds,
        log=log,
        section=config.section,
    )
    return [
        replace(
            one,
            port=None if one.port is None else one.port + number,
            log=log.with_stem(f"{log.stem}-{number + 1}"),
            environment=share.environment,
            cores=share.cores,
        )
        for number, share in enumerate(shares)
    ] or [one]


def _client(config: EngineConfig, student: Path, base_url: str) -> Client:
    settings = config.settings
    return Client(
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


def _served(
    config: EngineConfig,
    student: Path,
    places: Sequence[Place],
    stop: Callable[[], None],
    seeds: Seeds = count_up,
) -> Engine:
    settings = config.settings
    model = ServedModel(places, config.remark, seeds)
    checked = "taken at its word"
    if config.trained:
        canary = _canary(student)
        tolerance = settings.canary_tolerance or canary.tolerance(_dtype(settings, student))
        checked = model.check(canary, tolerance)
    config.note(f"{student} at {', '.join(place.name for place in places)}: {checked}")
    return Engine(model, checked, stop)


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
