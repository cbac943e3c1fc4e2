"""A judge that is ended leaves no folder: neither asked to end nor, for long, when killed."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sodakd.judge import scratch
from sodakd.judge.scratch import ScratchDir, remove_stale
from tests.tiny import command, heed_interrupts

LOOP = {"id": "a", "language": "python", "code": "import time\ntime.sleep(60)"}


def old(folder: Path) -> Path:
    os.utime(folder, (0, 0))
    return folder


def test_folders_whose_owner_is_gone_are_swept_and_no_other(tmp_path: Path) -> None:
    def made(name: str) -> Path:
        (tmp_path / name / "0" / "inner").mkdir(parents=True)
        return old(tmp_path / name)

    gone, held = made("sodakd-box-held_gone"), made("sodakd-box-held_held")
    foreign, young = made("sodakd-box-foreign"), made("sodakd-box-held_young")
    os.utime(young)
    target = made("target")
    (tmp_path / "sodakd-box-held_link").symlink_to(target)
    lock = os.open(held, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    remove_stale(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {held.name, foreign.name, young.name, target.name, "sodakd-box-held_link"}
    assert (target / "0" / "inner").is_dir()
    os.close(lock)
    remove_stale(tmp_path)
    assert not held.exists()
    assert not gone.exists()


def test_a_room_is_held_by_its_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    own = ScratchDir()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    try:
        old(Path(own.name))
        remove_stale(tmp_path)
        assert Path(own.name).is_dir()
        os.close(own._lock)  # what the kernel does with the descriptors of a killed process
        remove_stale(tmp_path)
        assert not Path(own.name).exists()
    finally:
        child.kill()
        child.wait()
    scratch.sweep_once.cache_clear()


@pytest.mark.toolchain
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_judge_that_is_asked_to_end_leaves_no_folder(
    number: signal.Signals, tmp_path: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(LOOP) + "\n", encoding="utf-8")
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    process = subprocess.Popen(
        command("judge", str(file), "--no-calibrate", "--cpu-seconds", "1"),
        env={**os.environ, "TMPDIR": str(rooms)},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - it has no threads
    )
    until = time.monotonic() + 120
    while not [*rooms.glob("sodakd-box-held_*")] and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 128 + number, said
    assert "Traceback" not in said
    assert not [*rooms.iterdir()]
