"""Chat completions of a folder's model, by transformers alone, in a process of its own.

    python -m tests.servers.model FOLDER --port 8000 [--no-logprobs]

It loads the folder when it starts, and never again: once the folder changes, it is a stale engine.
The first line of its output is its base URL.
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

OPTIONS = argparse.Namespace()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # one thread: a kept connection would keep others waiting
    model: Any
    tokenizer: Any

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        self.say({})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        row = self.tokenizer.apply_chat_template(
            asked["messages"], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        found = self.model.generate(
            **row, max_new_tokens=asked["max_tokens"], do_sample=False,
            output_logits=True, return_dict_in_generate=True,
        )  # fmt: skip
        tokens = found.sequences[0, row["input_ids"].shape[1] :].tolist()
        text = self.tokenizer.decode(tokens, skip_special_tokens=True)
        choice: dict[str, object] = {
            "message": {"role": "assistant", "content": text}, "finish_reason": "length",
        }  # fmt: skip
        if asked.get("logprobs") and not OPTIONS.no_logprobs:
            content = [
                {
                    "token": self.tokenizer.decode([token]),
                    "logprob": float(logits[0].log_softmax(-1)[token]),
                }
                for token, logits in zip(tokens, found.logits, strict=True)
            ]
            choice["logprobs"] = {"content": content}
        usage = {"prompt_tokens": row["input_ids"].shape[1], "completion_tokens": len(tokens)}
        self.say({"model": asked["model"], "choices": [choice], "usage": usage})

    def say(self, row: dict[str, object]) -> None:
        content = json.dumps(row).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-logprobs", action="store_true")
    parser.parse_args(namespace=OPTIONS)
    torch.set_num_threads(1)
    Handler.tokenizer = AutoTokenizer.from_pretrained(OPTIONS.folder)
    Handler.model = cast("Any", AutoModelForCausalLM.from_pretrained(OPTIONS.folder)).eval()
    server = HTTPServer(("127.0.0.1", OPTIONS.port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
