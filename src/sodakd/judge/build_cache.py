"""What the judge builds once and keeps, and how it asks the tools of this machine."""

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from sodakd.errors import JudgeError

SANDBOX = Path(__file__).with_name("sandbox")
"""Where the sources lie of what runs inside the box."""
_OLD = 30 * 24 * 3600
"""Seconds after which what was built and not used since may go."""


def cache() -> Path:
    """Where what is built once is kept: $SODAKD_CACHE, else the user's cache folder."""
    own = os.environ.get("SODAKD_CACHE")
    if own:
        return Path(own).resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").resolve() / "sodakd"


def cached_build(name: str, key: bytes, build: Callable[[Path], None]) -> Path:
    """A folder of the cache, made by `build` where it is not there yet; whole or not at all.

    What a new one follows on, and nobody used for a month, goes.
    """
    home = cache()
    target = home / f"{name}-{hashlib.sha256(key).hexdigest()[:16]}"
    if target.exists():
        with suppress(OSError):  # another user's
            os.utime(target)
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
    for other in home.glob(f"{name}-*"):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > _OLD:
                shutil.rmtree(other, ignore_errors=True)
    return target


def build_sandbox_library() -> Path:
    """Return the compiled inner wall. Raises `JudgeError` where no C compiler is there."""
    sources = {name: SANDBOX / f"{name}.c" for name in ("contain", "forks", "fork")}

    def build(target: Path) -> None:
        for name, out in (("forks", "contain.so"), ("fork", "fork.node")):
            run_tool("gcc", "-O2", "-shared", "-fPIC", "-o", str(target / out), str(sources[name]))

    if platform.machine() != "x86_64":
        raise JudgeError(f"the sandbox knows x86_64 alone; found {platform.machine()}")
    key = b"".join(source.read_bytes() for source in sources.values())
    return cached_build("contain", key, build) / "contain.so"


def which(*names: str) -> str:
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise JudgeError(f"{names[0]} is not installed")


def tool_output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return (done.stdout or done.stderr).strip()


def tool_errors(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr


def run_tool(
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
