"""A server of models that solve `Add K to x.`: which numbers K each adds right, its name tells.

    python -m tests.servers.solver --latency 0.05

`all`, `odd`, `even` and `none`, also as a file; `seeded` adds right by half of the seeds. The
first line of its output is its base URL. `GET /books` tells how many answers it delivered.
"""

import argparse
import json
import re
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DELIVERED: Counter[str] = Counter()
OPTIONS = argparse.Namespace(latency=0.0, port=0)


def solves(model: str, number: int, seed: int) -> bool:
    """Whether a model adds a number right."""
    return {
        "all": True,
        "odd": number % 2 == 1,
        "even": number % 2 == 0,
        "none": False,
        "seeded": seed % 4 < 2,
    }[model]


class Handler(BaseHTTPRequestHandler):
    """Chat completions, and completions of a text."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # also of /health, which a server that was started is asked for
        self._reply({"delivered": DELIVERED["answers"]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        chat = self.path.endswith("/chat/completions")
        prompt = asked["messages"][-1]["content"] if chat else asked["prompt"]
        number = int(re.findall(r"Add (\d+) to x", prompt)[-1])
        right = solves(Path(asked["model"]).stem, number, asked.get("seed") or 0)
        body = f"    return x + {number if right else number + 1}\n"
        time.sleep(OPTIONS.latency)
        if chat:
            said = f"```python\ndef add{number}(x):\n{body}```\n"
            choice = {"message": {"content": said}, "finish_reason": "stop"}
        else:
            choice = {"text": body, "finish_reason": "stop"}
        usage = {"prompt_tokens": len(prompt), "completion_tokens": 10 + number}
        self._reply({"choices": [choice], "usage": usage})
        DELIVERED["answers"] += 1

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def _reply(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--port", type=int, default=0)
    parser.parse_args(namespace=OPTIONS)
    server = ThreadingHTTPServer(("127.0.0.1", OPTIONS.port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    server.serve_forever()
