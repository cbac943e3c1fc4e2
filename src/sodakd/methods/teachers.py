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
    del folder
    endpoint, patience = endpoint_of(settings), _patience(settings)
    client = Client(endpoint, settings.max_in_flight, patience)
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
    server = _server(settings, folder / "teacher.log")

    def open_model() -> Client:
        endpoint = Endpoint(server.start(), name, None, settings.token_limit)
        return Client(endpoint, settings.max_in_flight, _patience(settings))

    return _chat(settings, name, open_model)


@cache
def _server(settings: TeacherSettings, log: Path) -> Server:
    """One server for a run, however often its ledger is opened."""
    asked = (*settings.command, "{model}", "--host", "127.0.0.1", "--port", "{port}")
    words = settings.command if "{model}" in settings.command else asked
    return Server(
        Command(
            words=(*words, *settings.arguments),
            model=settings.model_name_or_path or "",
            port=settings.port,
            start_seconds=settings.start_seconds,
            log=log,
        )
    )


def _chat(
    settings: TeacherSettings,
    model: str,
    open_model: Callable[[], AbstractAsyncContextManager[Session]],
    seed: int | None = None,
) -> ChatTeacher:
    seed = settings.seed if seed is None else seed
    sampling = Sampling(settings.temperature, settings.max_tokens, seed)
    return ChatTeacher(model, open_model, sampling, settings.max_in_flight)


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
