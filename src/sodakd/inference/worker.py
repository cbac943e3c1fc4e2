"""Run as a program: a student of a folder behind a server on loopback, one of several side by side.

    python -m sodakd.inference.worker FOLDER --port PORT [--host 127.0.0.1] [--device cpu] ...

It speaks as much of OpenAI's interface as our own client asks for. A request's `seed` is that of
its prompt (`noise_seeds`); log-probabilities are told of the canary's prompts alone.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from aiohttp import web

from sodakd.errors import ModelError
from sodakd.inference.canary import TOKEN_ID
from sodakd.inference.in_process_client import LocalModel
from sodakd.inference.protocols import Generation, Prompt
from sodakd.inference.transformers import TransformersModel

_MOST_BYTES = 2**26
"""Of a request: a prompt is no longer."""


class _Answers:
    """The handlers of the server."""

    def __init__(self, model: TransformersModel, places: int) -> None:
        self._model = model
        self._client = LocalModel(lambda: model, places)

    async def serve(self, host: str, port: int) -> None:
        """Answer until the process is ended."""
        application = web.Application(client_max_size=_MOST_BYTES)
        application.router.add_get("/health", self._health)
        application.router.add_post("/v1/chat/completions", self._complete)
        application.router.add_post("/v1/completions", self._complete)
        runner = web.AppRunner(application, access_log=None)
        async with self._client:
            await runner.setup()
            await web.TCPSite(runner, host, port).start()
            await asyncio.Event().wait()

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({})

    async def _complete(self, request: web.Request) -> web.Response:
        asked = await request.json()
        chat = "messages" in asked
        text = asked["messages"][-1]["content"] if chat else asked["prompt"]
        heard = self._model.heard(text) if asked.get("logprobs") else None
        told = None
        if heard is not None:
            said = Generation(heard.text, ended=True)
            rows = zip(heard.tokens or (), heard.logprobs or (), strict=True)
            told = {
                "content": [
                    {"token": f"{TOKEN_ID}{token}", "logprob": logprob} for token, logprob in rows
                ]
            }
        else:
            temperature, seed = asked.get("temperature") or 0.0, asked.get("seed") or 0
            prompt = Prompt(0, text, asked["max_tokens"], temperature, seed)
            try:
                said = await self._client.answer(prompt)
            except ModelError as error:  # it will not answer the others either
                _give_up(error)
        content = {"message": {"role": "assistant", "content": said.text}}
        choice = {
            **(content if chat else {"text": said.text}),
            "finish_reason": "stop" if said.ended else "length",
            "logprobs": told,
        }
        usage = None if said.usage is None else said.usage.model_dump()
        return web.json_response({"choices": [choice], "usage": usage})


def _give_up(error: ModelError) -> None:
    print(f"error: {error}", flush=True)
    os._exit(1)  # the others of the batch are in threads that do not end


def main() -> None:
    """Open the student, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--threads", type=int, default=1, help="of a small model")
    parser.add_argument("--device")
    parser.add_argument("--dtype")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--sharers", type=int, default=1, help="processes in the same memory")
    parser.add_argument("--keys", default="generation.", help="what the settings' names begin with")
    parser.add_argument("--plain", action="store_true", help="prompts are texts to go on with")
    options = parser.parse_args()
    try:
        model = TransformersModel.open(
            options.folder,
            options.threads,
            device=options.device,
            dtype=options.dtype,
            batch_size=options.batch_size,
            keys=options.keys,
            plain=options.plain,
            sharers=options.sharers,
        )
    except ModelError as error:
        sys.exit(f"error: {error}")
    print(f"sodakd: {options.folder}: {model.how}", flush=True)
    asyncio.run(_Answers(model, options.batch_size).serve(options.host, options.port))


if __name__ == "__main__":
    main()
