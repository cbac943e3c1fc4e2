"""As much of the Hugging Face hub as an upload needs, over real HTTP, in a process of its own.

    python -m tests.servers.hub --token SECRET --folder DIR

Files that are committed appear in `DIR/REPO_TYPE/OWNER/NAME/`. `.safetensors`, `.gguf` and
`.parquet` go by Git LFS: the batch says where to, the content is put there, and a commit that names
an object that was not put, or one of another hash, is refused. `DIR/requests.jsonl` has a line for
every request: its method, path and headers.
"""

import argparse
import base64
import hashlib
import json
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

LARGE = (".safetensors", ".gguf", ".parquet")
_LOCK = Lock()


class Hub(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def __init__(self, token: str, folder: Path, *arguments: object) -> None:
        self.token = token
        self.folder = folder
        super().__init__(*arguments)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._chunks()
        self._note()
        path = self.path.partition("?")[0]
        if self.command == "PUT" and path.startswith("/objects/"):
            self._store(path.rpartition("/")[2], body)
        elif self.headers.get("Authorization") != f"Bearer {self.token}":
            self._send(401, {"error": "Invalid credentials in Authorization header"})
        elif path == "/api/validate-yaml":
            said = json.loads(body)["content"]
            fine = said.startswith("---\n") and "\n---\n" in said[4:]
            self._send(200, {"errors": [] if fine else [{"message": "no header"}], "warnings": []})
        elif path == "/api/repos/create":
            self._create(json.loads(body))
        elif "/preupload/" in path:
            self._preupload(json.loads(body))
        elif path.endswith("/info/lfs/objects/batch"):
            self._batch(json.loads(body))
        elif path == "/verify":
            self._verify(json.loads(body))
        elif "/commit/" in path:
            self._commit(path, body)
        else:
            self._send(
                404, {"error": f"no {self.command} {path}"}, {"X-Error-Code": "EntryNotFound"}
            )

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline().strip(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _note(self) -> None:
        row = {"method": self.command, "path": self.path, "headers": dict(self.headers.items())}
        with _LOCK, (self.folder / "requests.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _send(
        self, status: int, value: dict[str, object], headers: dict[str, str] | None = None
    ) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _base(self) -> str:
        return f"http://{self.headers['Host']}"

    def _repo(self, kind: str, name: str) -> Path:
        return self.folder / kind / name

    def _create(self, wanted: dict[str, object]) -> None:
        owner = wanted.get("organization") or "somebody"
        kind, name = wanted.get("type") or "model", f"{owner}/{wanted['name']}"
        if owner == "forbidden":
            self._send(403, {"error": "You don't have the rights to create a model under it"})
            return
        repo = self._repo(str(kind), name)
        known = repo.exists()
        repo.mkdir(parents=True, exist_ok=True)
        if not known:
            settings = repo.with_name(f"{repo.name}.settings.json")
            kept = {key: wanted[key] for key in ("private", "visibility") if key in wanted}
            settings.write_text(json.dumps(kept), encoding="utf-8")
        prefix = "datasets/" if kind == "dataset" else ""
        found: dict[str, object] = {"url": f"{self._base()}/{prefix}{name}", "name": name}
        self._send(409 if known else 200, found)

    def _preupload(self, wanted: dict[str, list[dict[str, str]]]) -> None:
        files = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
            }
            for one in wanted["files"]
        ]
        self._send(200, {"files": files})

    def _batch(self, wanted: dict[str, list[dict[str, object]]]) -> None:
        objects = [
            {
                "oid": one["oid"],
                "size": one["size"],
                "actions": {
                    "upload": {"href": f"{self._base()}/objects/{one['oid']}"},
                    "verify": {"href": f"{self._base()}/verify"},
                },
            }
            for one in wanted["objects"]
        ]
        found: dict[str, object] = {"transfer": "basic", "objects": objects}
        self._send(200, found, {"Content-Type": "application/vnd.git-lfs+json"})

    def _store(self, oid: str, body: bytes) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            self._send(400, {"error": "another hash"})
            return
        objects = self.folder / "objects"
        objects.mkdir(exist_ok=True)
        (objects / oid).write_bytes(body)
        self._send(200, {})

    def _verify(self, wanted: dict[str, str]) -> None:
        self._send(200 if (self.folder / "objects" / wanted["oid"]).exists() else 404, {})

    def _commit(self, path: str, body: bytes) -> None:
        _, _, kinds, owner, name, *_ = path.split("/")
        repo = self._repo(kinds.removesuffix("s"), f"{owner}/{name}")
        for line in body.decode().splitlines():
            row = json.loads(line)
            value = row["value"]
            if row["key"] == "file":
                content = base64.b64decode(value["content"])
            elif row["key"] == "lfsFile":
                stored = self.folder / "objects" / value["oid"]
                if not stored.exists() or stored.stat().st_size != value["size"]:
                    self._send(400, {"error": f"{value['path']} was not uploaded"})
                    return
                content = stored.read_bytes()
            else:
                continue
            target = repo / value["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        oid = hashlib.sha1(body).hexdigest()
        url = f"{self._base()}/{owner}/{name}/commit/{oid}"
        self._send(200, {"success": True, "commitOid": oid, "commitUrl": url})


def main() -> None:
    """Serve until killed; the first line printed is the address."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--token", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    handler = partial(Hub, options.token, options.folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
