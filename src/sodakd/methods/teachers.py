"""The table of teachers: what a recipe's `teacher.kind` opens."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sodakd.inference.batch_api import MOST_REQUESTS, BatchApi
from sodakd.inference.endpoint import Endpoint
from sodakd.inference.hub import find_model
from sodakd.inference.model_server import Command, Server
from sodakd.inference.openai import Client, RetryPolicy
from sodakd.settings.teacher import TeacherKind, TeacherSettings
from sodakd.shipped import find_answers
from sodakd.synthetic.teacher import WorldTeacher
from sodakd.teacher.batch_client import BatchClient
from sodakd.teacher.dispatcher import Teacher
from sodakd.teacher.llm_teacher import LLMTeacher, ModelOpener, Sampling
from sodakd.teacher.replay import ReplayTeacher
from sodakd.teacher.spend_report import read_totals
from sodakd.teacher.teacher_endpoint import endpoint_of

if TYPE_CHECKING:
    from sodakd.inference.transformers import TransformersModel


LOG = "teacher.log"


def open_teacher(settings: TeacherSettings, folder: Path) -> Teacher:
    """The teacher of a recipe. A server it needs is started at its first call, not here."""
    return TEACHERS[settings.kind](settings, folder)


def _openai(settings: TeacherSettings, folder: Path) -> Teacher:
    endpoint, patience, name = endpoint_of(settings), _patience(settings), settings.model or ""
    if settings.batch_api:
        batches = BatchClient(BatchApi(endpoint, patience, settings.batch_poll))
        return _chat(settings, name, lambda: batches, places=MOST_REQUESTS)
    spent = read_totals(folder / "ledger.sqlite")
    client = Client(
        endpoint,
        settings.max_in_flight,
        patience,
        answered_before=spent is not None and spent.calls > spent.lost,
    )
    return _chat(settings, name, lambda: client)


def _transformers(settings: TeacherSettings, folder: Path) -> Teacher:
    from sodakd.inference.in_process_client import LocalModel

    name = settings.model_name_or_path or ""

    def open_model() -> "TransformersModel":
        from sodakd.inference.transformers import TransformersModel

        opened = TransformersModel.open(
            find_model(name),
            device=settings.device,
            dtype=settings.dtype,
            batch_size=settings.batch_size,
            keys="teacher.",
            role="teacher",
        )
        with (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(f"sodakd: {name}: {opened.how}\n")
        return opened

    model = LocalModel(open_model, settings.max_in_flight)
    # A local model draws by its seed alone: without one, asking again would bring the same answer.
    return _chat(settings, name, lambda: model, settings.seed or 0)


def _vllm(settings: TeacherSettings, folder: Path) -> Teacher:
    name = settings.model_name_or_path or ""
    asked = (*settings.command, "{model}", "--host", "127.0.0.1", "--port", "{port}")
    words = settings.command if "{model}" in settings.command else asked
    log = folder / LOG
    server = Server(
        Command((*words, *settings.arguments), name, settings.port, settings.start_seconds, log)
    )
    clients: dict[str, Client] = {}

    def open_model() -> Client:
        url, extra = server.start(), settings.extra_body or {}
        if url not in clients:
            endpoint = Endpoint(url, name, None, settings.token_limit, extra_body=extra)
            clients[url] = Client(endpoint, settings.max_in_flight, _patience(settings))
        return clients[url]

    return _chat(settings, name, open_model)


def _chat(
    settings: TeacherSettings,
    model: str,
    open_model: ModelOpener,
    seed: int | None = None,
    places: int | None = None,
) -> LLMTeacher:
    seed = settings.seed if seed is None else seed
    sampling = Sampling(
        settings.temperature,
        settings.max_tokens,
        seed,
        settings.system_prompt,
        settings.extra_body or {},
    )
    prompts = None if settings.prompts is None else Path(settings.prompts)
    return LLMTeacher(model, open_model, sampling, places or settings.max_in_flight, prompts)


def _patience(settings: TeacherSettings) -> RetryPolicy:
    return RetryPolicy(attempts=settings.attempts, timeout=settings.timeout)


TeacherFactory = Callable[[TeacherSettings, Path], Teacher]

TEACHERS: Mapping[TeacherKind, TeacherFactory] = {
    "world": lambda _, __: WorldTeacher(),
    "openai": _openai,
    "replay": lambda settings, folder: ReplayTeacher.open(
        find_answers(Path(settings.file or "")), settings.unrecorded, folder / LOG
    ),
    "transformers": _transformers,
    "vllm": _vllm,
}
