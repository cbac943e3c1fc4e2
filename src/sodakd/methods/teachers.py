"""The table of teachers: what a recipe's `teacher.kind` opens."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sodakd.models.batches import Batches
from sodakd.models.endpoint import Endpoint
from sodakd.models.hub import find_model
from sodakd.models.openai import Client, Patience
from sodakd.models.serving import Command, Server
from sodakd.settings.teacher import TeacherKind, TeacherSettings
from sodakd.teacher.asks import CallingTeacher, Teacher
from sodakd.teacher.batch import BatchTeacher
from sodakd.teacher.chat import ChatTeacher, Sampling, Session
from sodakd.teacher.endpoint import endpoint_of
from sodakd.teacher.replay import ReplayTeacher
from sodakd.teacher.statement import look_up_spent
from sodakd.world.teacher import WorldTeacher

if TYPE_CHECKING:
    from sodakd.models.transformers import TransformersModel


def open_teacher(
    settings: TeacherSettings, folder: Path
) -> Teacher | CallingTeacher | BatchTeacher:
    """The teacher of a recipe. A server it needs is started at its first call, not here."""
    return TEACHERS[settings.kind](settings, folder)


def _world(settings: TeacherSettings, folder: Path) -> Teacher:
    del settings, folder
    return WorldTeacher()


def _replay(settings: TeacherSettings, folder: Path) -> Teacher:
    del folder
    return ReplayTeacher.open(Path(settings.file or ""))


def _openai(settings: TeacherSettings, folder: Path) -> CallingTeacher | BatchTeacher:
    endpoint, patience = endpoint_of(settings), _patience(settings)
    spent = look_up_spent(folder / "ledger.sqlite")
    client = Client(
        endpoint,
        settings.max_in_flight,
        patience,
        answered_before=spent is not None and spent.calls > spent.lost,
    )
    chat = _chat(settings, settings.model or "", lambda: client)
    if settings.batch_api:
        return BatchTeacher(chat, Batches(endpoint, patience, settings.batch_poll))
    return chat


def _transformers(settings: TeacherSettings, folder: Path) -> CallingTeacher:
    del folder
    from sodakd.models.local import LocalModel

    name = settings.model_name_or_path or ""

    def open_model() -> "TransformersModel":
        from sodakd.models.transformers import TransformersModel

        return TransformersModel.open(
            find_model(name),
            device=settings.device,
            dtype=settings.dtype,
            batch_size=settings.batch_size,
            keys="teacher.",
        )

    model = LocalModel(open_model, settings.max_in_flight)
    # A local model draws by its seed alone: without one, asking again would bring the same answer.
    return _chat(settings, name, lambda: model, settings.seed or 0)


def _vllm(settings: TeacherSettings, folder: Path) -> CallingTeacher:
    name = settings.model_name_or_path or ""
    asked = (*settings.command, "{model}", "--host", "127.0.0.1", "--port", "{port}")
    words = settings.command if "{model}" in settings.command else asked
    server = _server(
        (*words, *settings.arguments),
        name,
        settings.port,
        settings.start_seconds,
        folder / "teacher.log",
    )

    clients: dict[str, Client] = {}

    def open_model() -> Client:
        url, extra = server.start(), settings.extra_body or {}
        if url not in clients:
            endpoint = Endpoint(url, name, None, settings.token_limit, extra_body=extra)
            clients[url] = Client(endpoint, settings.max_in_flight, _patience(settings))
        return clients[url]

    return _chat(settings, name, open_model)


@cache
def _server(
    words: tuple[str, ...], model: str, port: int | None, start_seconds: float, log: Path
) -> Server:
    """One server for a run, however often its ledger is opened."""
    return Server(Command(words, model, port, start_seconds, log))


def _chat(
    settings: TeacherSettings,
    model: str,
    open_model: Callable[[], AbstractAsyncContextManager[Session]],
    seed: int | None = None,
) -> ChatTeacher:
    seed = settings.seed if seed is None else seed
    sampling = Sampling(
        settings.temperature,
        settings.max_tokens,
        seed,
        settings.system_prompt,
        settings.extra_body or {},
    )
    prompts = None if settings.prompts is None else Path(settings.prompts)
    return ChatTeacher(model, open_model, sampling, settings.max_in_flight, prompts)


def _patience(settings: TeacherSettings) -> Patience:
    return Patience(attempts=settings.attempts, timeout=settings.timeout)


Opener = Callable[[TeacherSettings, Path], Teacher | CallingTeacher | BatchTeacher]

TEACHERS: Mapping[TeacherKind, Opener] = {
    "world": _world,
    "openai": _openai,
    "replay": _replay,
    "transformers": _transformers,
    "vllm": _vllm,
}
