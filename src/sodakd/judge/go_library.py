"""Go's standard library, compiled once: what programs are compiled and linked against."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.build_cache import SANDBOX, cached_build, run_tool, tool_output

_SOURCES = SANDBOX / "go"
_LEFT_OUT = re.compile(
    r"(?:^|.*/)(?:internal|vendor)(?:/.*|$)|(?:debug|database|go|plugin|runtime/race)(?:/.*|$)"
    r"|(?:expvar|net/rpc|net/http/f?cgi|net/http/pprof|testing/cryptotest)(?:/.*|$)"
)
"""Packages of the standard library that no test of a program asks for: tools for tools, servers of
other protocols. They would take a fifth of the time and of the disk."""
_MORE = ("go/ast", "go/format", "go/parser", "go/token", "testing/internal/testdeps")

_OURS = {
    "github.com/stretchr/testify/assert": "assert.go",
    "sodakd/values": "values.go",
}
"""Packages of ours, beside the standard library, and their sources."""

_FLAGS = "-dwarf=false"
"""No debugger will see a program; the linker need not read past what one would want."""


def go_root() -> Path:
    """Where Go is installed: it says so itself. Raises `JudgeError` where there is none."""
    beside = os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])
    go = shutil.which("go", path=beside) or "/usr/local/go/bin/go"
    try:
        root = Path(tool_output(go, "env", "GOROOT")).resolve()
    except (OSError, subprocess.SubprocessError) as error:
        raise JudgeError(f"Go (1.21 or newer) is not installed, {go}: {error}") from error
    if not (root / "pkg" / "tool" / "linux_amd64" / "compile").exists():
        raise JudgeError(f"Go (1.21 or newer) is not whole: {root} has no compiler")
    return root


def go_library(root: Path, version: str) -> Path:
    """The list of the packages of the Go at `root`, compiled where the cache has none yet, with the
    places beside it where they lie (`lib/`)."""
    sources = b"".join(path.read_bytes() for path in sorted(_SOURCES.glob("*.go")))
    key = " ".join((version, _FLAGS, _LEFT_OUT.pattern, *_MORE)).encode() + sources
    return cached_build("go", key, lambda target: _compile(root, target)) / "packages"


def _compile(root: Path, target: Path) -> None:
    compiler = str(root / "pkg" / "tool" / "linux_amd64" / "compile")
    environment = {
        "GOCACHE": str(target / "cache"), "GOROOT": str(root), "GOFLAGS": "-trimpath",
        "HOME": str(target), "PATH": "/usr/bin:/bin", "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local", "GOTELEMETRY": "off",
    }  # fmt: skip
    go = str(root / "bin" / "go")
    names = run_tool(go, "list", "std", environment=environment, folder=target).split()
    wanted = [name for name in names if not _LEFT_OUT.fullmatch(name)]
    form = "{{if .Export}}{{.ImportPath}}={{.Export}}{{end}}"
    listed = run_tool(
        go, "list", "-export", "-deps", f"-gcflags=all={_FLAGS}", "-f", form,
        *wanted, *_MORE, environment=environment, folder=target,
    )  # fmt: skip
    (target / "lib").mkdir()
    packages = {}
    for line in listed.splitlines():
        name, _, path = line.partition("=")
        packages[name] = f"lib/{name.replace('/', '_')}.a"
        shutil.copyfile(path, target / packages[name])
    shutil.rmtree(target / "cache")
    _write(target / "packages", packages)

    for name, source in _OURS.items():
        packages[name] = f"lib/ours_{source.removesuffix('.go')}.a"
        run_tool(
            compiler, "-o", packages[name], "-p", name, "-complete", _FLAGS, "-importcfg",
            "packages", "-trimpath", f"{_SOURCES}=>{name}", str(_SOURCES / source), folder=target,
        )  # fmt: skip
    _write(target / "packages", packages)


def _write(file: Path, packages: dict[str, str]) -> None:
    lines = [f"packagefile {name}={path}" for name, path in packages.items()]
    file.write_text("\n".join(lines) + "\n")
