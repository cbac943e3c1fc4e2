"""OpenAI's Batch API in a process of its own, with lines that fail, and a count of what it did.

The first line of its output is its base URL. A batch is ready after `--seconds`.
"""

import argparse
import hashlib
import json
import re
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FILES: dict[str, str] = {}
BATCHES: dict[str, dict[str, Any]] = {}
COUNTS: Counter[str] = Counter()
OPTIONS = argparse.Namespace()


def _line(row: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Whether a request is answered, and what the file says of it. Chance is by id and round."""
    COUNTS[f"line {row['custom_id']}"] += 1
    times = COUNTS[f"line {row['custom_id']}"]
    place = int(hashlib.sha256(f"{row['custom_id']} {times}".encode()).hexdigest(), 16) % 1000
    head = {"id": "r", "custom_id": row["custom_id"]}
    if place < 1000 * OPTIONS.fail:
        COUNTS["failed"] += 1
        return False, {**head, "response": None, "error": {"code": "batch_expired"}}
    if OPTIONS.refuse:
        refusal = {"error": {"message": "the maximum context length is 8 tokens"}}
        return False, {**head, "response": {"status_code": 400, "body": refusal}, "error": None}
    usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
    COUNTS["answered"] += 1
    choice = {
        "message": {"role": "assistant", "content": f"reply {times}"},
        "finish_reason": "stop",
    }
    body = {"model": "m", "choices": [choice], "usage": usage}
    return True, {**head, "response": {"status_code": 200, "body": body}, "error": None}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if OPTIONS.html:
            self.send(b"<html>a captive portal</html>")
        elif self.path.endswith("/files"):
            name = f"file-{len(FILES)}"
            FILES[name] = "\n".join(re.findall(r'^\{"custom_id".*$', body, re.MULTILINE))
            self.say({"id": name})
        else:
            row = json.loads(body)
            COUNTS["batches"] += 1
            batch = {
                "id": f"batch-{COUNTS['batches']}", "status": "in_progress", "ready":
                time.monotonic() + OPTIONS.seconds, "metadata": row["metadata"],
                "input": row["input_file_id"],
            }  # fmt: skip
            BATCHES[str(batch["id"])] = batch
            self.say(batch)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith("/books"):
            self.say({k: v for k, v in COUNTS.items() if not k.startswith("line ")})
        elif path.endswith("/batches"):
            self.say({"data": list(BATCHES.values())})
        elif path.endswith("/content"):
            self.send(FILES[path.split("/")[-2]].encode())
        else:
            self.say(self.batch(path.rpartition("/")[2]))

    def batch(self, name: str) -> dict[str, Any]:
        batch = BATCHES[name]
        held = len(FILES[batch["input"]].splitlines())
        if batch["status"] == "in_progress" and (OPTIONS.broken or held > OPTIONS.most):
            code, message = OPTIONS.broken or "token_limit_exceeded", "Enqueued limit reached"
            batch["status"] = "failed"
            batch["errors"] = {"object": "list", "data": [{"code": code, "message": message}]}
            COUNTS["refused"] += 1
        if batch["status"] == "in_progress" and time.monotonic() > batch["ready"]:
            lines = [_line(json.loads(line)) for line in FILES[batch["input"]].splitlines()]
            for field, answered in (("output_file_id", True), ("error_file_id", False)):
                rows = [json.dumps(row) for found, row in lines if found is answered]
                if rows:
                    batch[field] = f"{name}-{field}"
                    FILES[f"{name}-{field}"] = "\n".join(rows) + "\n"
            batch["status"] = "completed"
        return batch

    def say(self, row: dict[str, Any]) -> None:
        self.send(json.dumps(row).encode())

    def send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.2, help="until a batch is ready")
    parser.add_argument("--fail", type=float, default=0.0, help="share of lines that fail")
    parser.add_argument("--most", type=int, default=10**9, help="requests in a batch")
    parser.add_argument("--broken", default="", help="the code with which every batch fails")
    parser.add_argument("--refuse", action="store_true", help="every prompt, for its length")
    parser.add_argument("--html", action="store_true", help="answer a POST with an HTML page")
    parser.parse_args(namespace=OPTIONS)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
