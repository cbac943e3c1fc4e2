"""Go's standard library, compiled once: what programs are compiled and linked against."""

import hashlib
import os
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.building import built, run
from sodakd.judge.inside.wall import seen

_SOURCES = Path(__file__).with_name("inside") / "go"

GO_PACKAGES = tuple(
    """
    bufio bytes cmp container/heap container/list container/ring context crypto/md5 crypto/rand
    crypto/sha1 crypto/sha256 crypto/sha512 embed encoding/base64 encoding/binary encoding/csv
    encoding/hex encoding/json errors flag fmt hash/crc32 hash/fnv html io io/fs io/ioutil iter log
    maps math math/big math/bits math/cmplx math/rand math/rand/v2 net os os/exec os/signal path
    path/filepath reflect regexp runtime runtime/debug slices sort strconv strings sync sync/atomic
    syscall testing testing/internal/testdeps text/tabwriter text/template time
    unicode unicode/utf16 unicode/utf8 unsafe
    """.split()  # noqa: SIM905
)

_OURS = {
    "github.com/stretchr/testify/assert": "assert.go",
    "sodakd/values": "values.go",
}
"""Packages of ours, beside the standard library, and their sources."""

_FLAGS = "-dwarf=false"
"""No debugger will see a program; the linker need not read past what one would want."""


@dataclass(frozen=True)
class GoLibrary:
    """Two lists of compiled packages (`importcfg`), which differ in `testing`.

    `packages` has Go's own. `slim` has ours, which links in half the time.
    """

    packages: Path
    slim: Path


def go_root() -> Path:
    """Where Go is installed. Raises `JudgeError` where it is not."""
    places = [Path(sysconfig.get_paths()["purelib"]) / "go"]
    where = shutil.which("go")
    if where:
        places.append(Path(where).resolve().parent.parent)
    places += [Path("/usr/local/go")]
    for place in places:
        if (place / "pkg" / "tool" / "linux_amd64" / "compile").exists():
            return place.resolve()
    raise JudgeError("Go (1.21 or newer) is not installed")


def go_library(root: Path, version: str) -> GoLibrary:
    """The library of the Go at `root`, compiled where it is not in the cache yet."""
    sources = b"".join(path.read_bytes() for path in sorted(_SOURCES.glob("*.go")))
    key = " ".join((version, _FLAGS, *GO_PACKAGES)).encode() + sources
    home = built("go", key, lambda target: _compile(root, target))
    return GoLibrary(_listed(home, "packages"), _listed(home, "slim"))


def _compile(root: Path, target: Path) -> None:
    compiler = str(root / "pkg" / "tool" / "linux_amd64" / "compile")
    environment = {
        "GOCACHE": str(target / "cache"), "GOROOT": str(root), "GOFLAGS": "-trimpath",
        "HOME": str(target), "PATH": "/usr/bin:/bin", "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local", "GOTELEMETRY": "off",
    }  # fmt: skip
    form = "{{if .Export}}{{.ImportPath}}={{.Export}}{{end}}"
    listed = run(
        str(root / "bin" / "go"), "list", "-export", "-deps", f"-gcflags=all={_FLAGS}", "-f", form,
        *GO_PACKAGES, environment=environment, folder=target,
    )  # fmt: skip
    (target / "lib").mkdir()
    packages = {}
    for line in listed.splitlines():
        name, _, path = line.partition("=")
        packages[name] = f"lib/{name.replace('/', '_')}.a"
        shutil.copyfile(path, target / packages[name])
    shutil.rmtree(target / "cache")
    _write(target / "packages", packages)

    def add(name: str, source: str, kept: str, listed: str) -> str:
        run(
            compiler, "-o", kept, "-p", name, "-complete", _FLAGS, "-importcfg", listed,
            "-trimpath", f"{_SOURCES}=>{name}", str(_SOURCES / source), folder=target,
        )  # fmt: skip
        return kept

    for name, source in _OURS.items():
        packages[name] = add(name, source, f"lib/ours_{source.removesuffix('.go')}.a", "packages")
    _write(target / "packages", packages)
    slim = {name: path for name, path in packages.items() if not name.startswith("testing")}
    slim["testing"] = add("testing", "testing.go", "lib/slim_testing.a", "packages")
    _write(target / "slim", slim)


def _write(file: Path, packages: dict[str, str]) -> None:
    lines = [f"packagefile {name}={path}" for name, path in packages.items()]
    file.write_text("\n".join(lines) + "\n")


def _listed(home: Path, name: str) -> Path:
    """The list with whole paths, named by its place: a cache that was moved gets one of its own."""
    listed = home / f"{name}-{hashlib.sha256(str(home).encode()).hexdigest()[:8]}"
    if not listed.exists():
        part = listed.with_suffix(f".{os.getpid()}")
        part.write_text((home / name).read_text().replace("=lib/", f"={seen(str(home))}/lib/"))
        part.replace(listed)
    return listed
