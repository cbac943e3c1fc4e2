"""Walls without rights; and weaker ones without namespaces, of which every verdict says so."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sodakd.errors import JudgeError
from sodakd.judge import Judge, Program
from sodakd.judge.sandbox.landlock import version
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, Outcome, SandboxKind, TestCase
from tests.judge import stdio_cases
from tests.judge.programs import HOSTILE, good, hostile, programs
from tests.judge.test_programs import skip_where_missing

ROOT = Path(__file__).parents[2]
TESTS = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=2),))
needs_landlock = pytest.mark.skipif(version() < 6, reason="Landlock is older than Linux 6.12")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
needs_python = pytest.mark.skipif(
    not Path("/usr/bin/python3").exists(), reason="no Python that every user may run"
)
CHOSEN = {
    "python": [
        "abstract_unix", "call_ptrace", "children_memory", "daemon", "deepest_folder",
        "environment", "fill_disk", "frames", "inode_bomb", "kill_everyone", "memfd",
        "read_secrets",
        "remove_everything", "reparented", "symlink_out", "tcp", "thread_bomb", "write_outside",
    ],
    "c": ["include_shadow", "incbin", "own_read", "preinit"],
}  # fmt: skip
CHOSEN_BOMBS = {"python": ["fork_bomb"]}


@pytest.fixture
def folder() -> Iterator[Path]:
    # Below /tmp itself: the folders of pytest are root's alone.
    folder = Path(f"/tmp/sodakd-walls-{os.getpid()}-{time.monotonic_ns()}")
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]), **more}


def elsewhere(folder: Path, asked: dict[str, object], **more: str) -> list[str]:
    words = json.dumps({"folder": str(folder), **asked})
    done = subprocess.run(
        [sys.executable, "-m", "tests.judge.elsewhere", words],
        cwd=ROOT, capture_output=True, text=True, timeout=550, check=False,
        env=environment(**more),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


@needs_root
@needs_python
@pytest.mark.toolchain
def test_a_user_without_rights_holds_hostile_programs(folder: Path) -> None:
    asked = {"user": "nobody", "forbid": False, "programs": CHOSEN}
    lines = elsewhere(folder, asked, SODAKD_NO_CGROUP="1")
    assert lines == [SandboxKind.NAMESPACES.value, f"tried {2 * sum(map(len, CHOSEN.values()))}"]


@needs_root
@needs_python
@pytest.mark.toolchain
@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "bombs"),
    [
        *((one, False) for one in Language),
        pytest.param(Language.PYTHON, True, marks=pytest.mark.alone),
        pytest.param(Language.C, True, marks=pytest.mark.alone),
    ],
)
def test_a_user_without_rights_holds_every_hostile_program_as_root_does(
    folder: Path, language: Language, bombs: bool
) -> None:
    skip_where_missing(language)
    names = hostile(language, bombs=bombs)
    asked = {"user": "nobody", "forbid": False, "programs": {language.value: names}}
    lines = elsewhere(folder, asked, SODAKD_NO_CGROUP="1")
    assert lines == [SandboxKind.NAMESPACES.value, f"tried {2 * len(names)}"]


@needs_landlock
@needs_root
@needs_python
@pytest.mark.toolchain
@pytest.mark.parametrize("chosen", [CHOSEN, pytest.param(CHOSEN_BOMBS, marks=pytest.mark.alone)])
@pytest.mark.parametrize(("user", "group"), [("root", True), ("nobody", False)])
def test_where_namespaces_are_forbidden_landlock_holds_hostile_programs(
    folder: Path, user: str, group: bool, chosen: dict[str, list[str]]
) -> None:
    asked: dict[str, object] = {"user": user, "forbid": True, "programs": chosen}
    lines = elsewhere(folder, asked, **({} if group else {"SODAKD_NO_CGROUP": "1"}))
    assert lines == ["landlock", f"tried {2 * sum(map(len, chosen.values()))}"]


@needs_landlock
@needs_root
@needs_python
@pytest.mark.toolchain
@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("user", ["root", "nobody"])
@pytest.mark.parametrize("language", Language)
def test_landlock_holds_every_hostile_program(folder: Path, user: str, language: Language) -> None:
    names = [found.name for found in programs(HOSTILE, language)]
    asked: dict[str, object] = {"user": user, "forbid": False, "programs": {language.value: names}}
    lines = elsewhere(folder, asked, SODAKD_WALLS="landlock")
    assert lines == ["landlock", f"tried {2 * len(names)}"]


@needs_landlock
@needs_root
@needs_python
@pytest.mark.toolchain
@pytest.mark.slow
@pytest.mark.parametrize(
    ("user", "walls", "languages"),
    [
        ("root", "landlock", ["python"]),
        ("nobody", "landlock", ["python", "c", "cpp"]),
        ("nobody", "namespaces", ["python", "c", "javascript"]),
    ],
)
def test_programs_that_read_standard_input_are_held_as_well(
    folder: Path, user: str, walls: str, languages: list[str]
) -> None:
    count = sum(len(stdio_cases.hostile(Language(one))) for one in languages)
    asked: dict[str, object] = {"user": user, "forbid": False, "programs": {}, "stdio": languages}
    lines = elsewhere(folder, asked, **({"SODAKD_WALLS": walls} if walls == "landlock" else {}))
    assert lines == [walls, f"tried {count}"]


def landlocked(code: str) -> str:
    """Judges one program behind Landlock, whoever we are; what its verdict says."""
    return (
        "import os, sys\nfrom pathlib import Path\nfrom unittest.mock import patch\n"
        "from sodakd.judge import Judge, Program\n"
        "from sodakd.settings.stages import JudgeSettings\n"
        "from sodakd.types import CallTests, Language, TestCase\n"
        "python = Path('/usr/bin/python3').resolve\n"
        "patch('sodakd.judge.worker_process.interpreter', python).start()\n"
        "tests = CallTests(entry_point='f', cases=(TestCase(arguments=(1,), expected=2),))\n"
        "settings = JudgeSettings(cpu_seconds=30, calibrate=False)\n"
        "with Judge(settings, workers=1) as judge:\n"
        "    print('begins', flush=True)\n"
        f"    verdict = judge.judge(Program({code!r}, Language.PYTHON, tests))\n"
        "    print(verdict.walls, verdict.outcome, verdict.output)\n"
    )


ATTACKS = {
    "changes the rights of a file": "os.chmod(HOME + '/secret', 0o777)",
    "changes the time of a file": "os.utime(HOME + '/secret', (1, 1))",
    "gives a file an attribute": "os.setxattr(HOME + '/secret', 'user.a', b'1')",
    "links a file to its own folder": "os.link(HOME + '/secret', 'secret')",
    "takes a file away": "os.unlink(HOME + '/secret')",
    "renames a file": "os.rename(HOME + '/secret', 'secret')",
    "cuts a file": "os.truncate(HOME + '/secret', 0)",
    "watches a folder": "libc(libc_.inotify_init1(0))",
    "sets the limits of the judge": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "slows down all of its user": "os.setpriority(os.PRIO_USER, os.getuid(), 19)",
    "moves the judge to a core": "os.sched_setaffinity(os.getppid(), {0})",
    "signals the judge": "os.kill(os.getppid(), 0)",
    "reads what the judge was started with": "open(f'/proc/{os.getppid()}/cmdline').read()",
    "reads the environment of another": "open(f'/proc/{os.getppid()}/environ').read()",
    "speaks to a server of the user's": "socket.socket(socket.AF_UNIX).connect(HOME + '/server')",
    "sends to a server of the user's": (
        "socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', HOME + '/server')"
    ),
}


@needs_landlock
@needs_python
@pytest.mark.toolchain
def test_landlock_leaves_nothing_to_what_it_says_nothing_of(folder: Path) -> None:
    import socket

    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o666)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(str(folder / "server"))
    folder.chmod(0o777)
    (folder / "server").chmod(0o777)
    tried = "".join(
        f"    try:\n        {line}\n        done.append({name!r})\n"
        "    except OSError:\n        pass\n"
        for name, line in ATTACKS.items()
    )
    code = (
        "import ctypes, os, resource, socket\nlibc_ = ctypes.CDLL(None)\n"
        "def libc(result):\n    if result < 0:\n        raise OSError\n"
        f"HOME = {str(folder)!r}\ndef f(x):\n    done = []\n{tried}    return done or 2\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", landlocked(code)], capture_output=True, text=True, timeout=100,
        env=environment(SODAKD_WALLS="landlock", SODAKD_CACHE=str(folder / "cache")), check=False,
    )  # fmt: skip
    server.close()
    assert done.stdout.split("\n")[1] == "landlock passed ", done.stdout + done.stderr[-2000:]
    assert (folder / "secret").read_text() == "secret"


@needs_landlock
@needs_python
@pytest.mark.toolchain
def test_no_program_outlives_a_judge_that_is_killed_behind_landlock(folder: Path) -> None:
    code = (
        "import os, time\ndef f(x):\n    for _ in range(3):\n        if os.fork() == 0:\n"
        "            os.setsid()\n            if os.fork() == 0:\n                time.sleep(60)\n"
        "            os._exit(0)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", landlocked(code)], stdout=subprocess.PIPE, cwd=ROOT,
        env=environment(SODAKD_WALLS="landlock", SODAKD_CACHE=str(folder / "cache")),
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"begins\n"
    deadline = time.monotonic() + 60
    below: list[psutil.Process] = []
    while len(below) < 6 and time.monotonic() < deadline:
        time.sleep(0.1)
        below = psutil.Process(process.pid).children(recursive=True)
    assert len(below) >= 6  # who watches, the worker, the program, three daemons
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    _, alive = psutil.wait_procs(below, timeout=10)
    assert not alive


@pytest.mark.toolchain
def test_without_a_wall_the_judge_refuses_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SODAKD_WALLS", "none")
    with (
        Judge(JudgeSettings(calibrate=False), workers=1) as judge,
        pytest.raises(JudgeError, match=r"allow_unsandboxed: true.* To mend it: "),
    ):
        judge.judge(good(Language.PYTHON).by_calls())


@pytest.mark.toolchain
def test_what_is_judged_without_a_wall_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SODAKD_WALLS", "none")
    monkeypatch.setenv("SODAKD_CACHE", str(folder / "cache"))
    monkeypatch.setattr("sodakd.judge.worker_process.interpreter", Path("/usr/bin/python3").resolve)
    settings = JudgeSettings(cpu_seconds=1, calibrate=False, allow_unsandboxed=True)
    with Judge(settings, workers=1) as judge:
        verdict = judge.judge(good(Language.PYTHON).by_calls())
        assert verdict.passed
        assert verdict.walls is SandboxKind.NONE
        assert "WITHOUT a sandbox" in verdict.warning
        assert judge.notes() == [verdict.warning]
        loop = Program("while True:\n    pass", Language.PYTHON, TESTS)
        assert judge.judge(loop).outcome is Outcome.TIMEOUT
        assert judge.judge(good(Language.PYTHON).by_script()).passed


@pytest.mark.toolchain
def test_behind_namespaces_nothing_warns() -> None:
    with Judge(JudgeSettings(calibrate=False), workers=1) as judge:
        verdict = judge.judge(good(Language.PYTHON).by_calls())
        assert (verdict.walls, verdict.warning, judge.notes()) == (SandboxKind.NAMESPACES, "", [])


WRITES = """
import os

def f(place):
    try:
        with open(os.path.join(place, "written"), "w") as file:
            file.write("1")
    except OSError as error:
        return str(error.errno)
    return "written"
"""
BELOW = """
import sys
from sodakd.judge.worker_process import Worker
from sodakd.judge.program import Program
from sodakd.judge.protocol import encode_limits, encode_task
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, TestCase

place = sys.argv[1]
tests = CallTests(entry_point="f", cases=(TestCase(arguments=(place,), expected=""),))
worker = Worker(2**28, 64, [place.rpartition("/")[0]], Language.PYTHON)
task = encode_task(
    Program(sys.argv[2], Language.PYTHON, tests), encode_limits(JudgeSettings(), 1.0), warm=False
)
print(worker.ask([task])[0]["values"])
worker.close()
"""


@needs_root
def test_a_mount_below_what_is_shown_is_read_only_too() -> None:
    shown = Path(f"/var/sodakd-shown-{os.getpid()}")
    (shown / "below").mkdir(parents=True)
    mount = (
        f'mount -t tmpfs -o mode=777 tmpfs {shown}/below && chmod 777 {shown}/below && exec "$@"'
    )
    try:
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", mount, "sh", sys.executable, "-c", BELOW,
             str(shown / "below"), WRITES],
            cwd=ROOT, capture_output=True, text=True, timeout=100, check=False, env=environment(),
        )  # fmt: skip
    finally:
        shutil.rmtree(shown)
    assert json.loads(done.stdout)["value"] == str(errno.EROFS), done.stderr[-1000:]
