"""A chat-completions server whose answers are CodeAlpaca's own, in a process of its own.

    python -m tests.servers.alpaca CODE_ALPACA.json

A task is solved by the `output` of the row that holds it; a fault is that program without a sign; a
grade counts what the answer has of the program; an invented task is another row's. The first line
of its output is its base URL; `GET /books` tells how many answers it gave, and how many twice.
"""

import argparse
import asyncio
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

from aiohttp import web

_TASK = re.compile(r"<task>\n(.*?)\n</task>", re.DOTALL)
_GIVEN = re.compile(r"<(?:program|answer)>\n(.*?)\n</(?:program|answer)>", re.DOTALL)
_LEVEL = re.compile(r"must have level (\d)")


class Alpaca:
    """The rows, and what was asked and answered."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        whole = [row for row in rows if not row["input"] and _is_python(row["output"])]
        self.programs = {row["instruction"].strip(): row["output"].strip() for row in whole}
        self.tasks = list(self.programs)
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()

    def answer(self, prompt: str) -> str:
        """The reply to a prompt of ours, the same each time."""
        task = _found(_TASK, prompt)
        program = self.programs.get(task, "print('?')")
        if prompt.startswith("Write a program"):
            return f"```python\n{program}\n```\n"
        if prompt.startswith("Below are"):
            broken = _found(_GIVEN, prompt).replace("(", "", 1)
            return f"Fault: syntax\n```python\n{broken}\n```\n"
        if prompt.startswith("Assess"):
            had = set(_found(_GIVEN, prompt).split()) & set(program.split())
            points = f"{len(had) / len(set(program.split())):.0f}"
            rules = "\n".join(f"Rule {number}: {points}" for number in range(1, 6))
            return f"It has {len(had)} words of a right one.\n{rules}\n"
        number = int(hashlib.sha256(prompt.encode()).hexdigest(), 16) % len(self.tasks)
        invented = {"text": self.tasks[number], "level": int(_found(_LEVEL, prompt))}
        return f"```json\n{json.dumps(invented)}\n```\n"

    async def complete(self, request: web.Request) -> web.Response:
        """Answer a request as OpenAI's API does."""
        body = await request.read()
        key = hashlib.sha256(body).hexdigest()
        self.asked[key] += 1
        prompt = json.loads(body)["messages"][-1]["content"]
        text = self.answer(prompt)
        counts = {"prompt_tokens": len(prompt) // 4, "completion_tokens": len(text) // 4}
        self.answered[key] += 1
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {**counts, "total_tokens": sum(counts.values())}
        return web.json_response({"id": "c", "model": "m", "choices": [choice], "usage": usage})

    async def books(self, request: web.Request) -> web.Response:
        """What was answered so far."""
        twice = sum(count > 1 for count in self.answered.values())
        answers = sum(self.answered.values())
        return web.json_response({"answers": answers, "answered_twice": twice})


def _found(pattern: re.Pattern[str], prompt: str) -> str:
    match = pattern.search(prompt)
    return match[1].strip() if match else ""


def _is_python(text: str) -> bool:
    try:
        compile(text, "row", "exec")
    except (SyntaxError, ValueError):
        return False
    return "(" in text and "input(" not in text


async def serve(alpaca: Alpaca) -> None:
    """Serve until the process ends; the first line of output is the base URL."""
    application = web.Application(client_max_size=2**24)
    application.router.add_post("/v1/chat/completions", alpaca.complete)
    application.router.add_get("/books", alpaca.books)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="rows with `instruction`, `input` and `output`")
    source: Path = parser.parse_args().source
    asyncio.run(serve(Alpaca(json.loads(source.read_text(encoding="utf-8")))))


if __name__ == "__main__":
    main()
