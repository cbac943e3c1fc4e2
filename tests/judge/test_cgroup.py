"""Control groups of version 2, over a hierarchy of plain files: none is ours to change in CI.

`scripts/vm.sh` tries them in a kernel that has them.
"""

import os
from pathlib import Path

import pytest

from sodakd.judge import Judge, cgroup
from sodakd.judge.sandbox.memory import Memory
from sodakd.judge.sandbox.worker import OomCounter
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language
from tests.judge.programs import good


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "user.slice"
    group = home / f"sodakd-{os.getpid()}-7"
    group.mkdir(parents=True)
    for name in ("cgroup.procs", "memory.events", "memory.stat", "memory.swap.max"):
        (group / name).touch()
    (home / "cgroup.controllers").write_text("cpu io memory pids\n")
    (home / "cgroup.subtree_control").write_text("cpu memory pids\n")
    monkeypatch.setattr(cgroup, "_homes", lambda: [(2, home)])
    return home


def test_a_group_of_version_2_gets_its_limits_and_is_counted_by_its_files(home: Path) -> None:
    made = cgroup.make_cgroup("7", memory=123, processes=45)
    assert made is not None
    assert (made.version, made.folder.parent) == (2, home)
    join, events, statistics = made.descriptors
    assert (made.folder / "memory.max").read_text() == "123"
    assert (made.folder / "pids.max").read_text() == "45"
    assert (made.folder / "memory.swap.max").read_text() == "0"
    killed = OomCounter(events)
    assert not killed()
    (made.folder / "memory.events").write_text("oom 3\noom_kill 2\noom_group_kill 0\n")
    assert killed()
    assert not killed()
    (made.folder / "memory.stat").write_text("anon 987654321\nfile 5\nshmem 7\n")
    assert Memory(statistics, ())._group() == 987654321
    os.write(join, b"0")
    assert (made.folder / "cgroup.procs").read_text() == "0"
    made.close()


def test_a_group_that_was_not_given_to_us_is_left_alone(home: Path) -> None:
    (home / "cgroup.subtree_control").write_text("cpu\n")
    (home / "cgroup.procs").write_text("1\n2\n")
    assert cgroup.make_cgroup("7", memory=123, processes=45) is None
    assert not (home / "sodakd-self").exists()


def test_a_group_that_has_no_such_limits_is_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "cgroup.subtree_control").write_text("\n")
    (home / "cgroup.controllers").write_text("cpu\n")
    monkeypatch.setattr(cgroup, "_given", lambda _: True)
    assert cgroup.make_cgroup("7", memory=123, processes=45) is None
    assert not (home / "sodakd-self").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_group_is_given_to_the_user_who_has_it_and_not_what_is_above(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not cgroup._given(home)
    os.chown(home, 1000, 1000)
    assert cgroup._given(home)
    os.chown(home.parent, 1000, 1000)  # a manager of the user's made it, for somebody else
    assert not cgroup._given(home)


@pytest.mark.toolchain
def test_a_judge_that_is_closed_leaves_no_group_behind() -> None:
    for _ in range(3):
        with Judge(JudgeSettings(calibrate=False), workers=1) as judge:
            assert judge.judge(good(Language.PYTHON).by_calls()).passed
    assert not [*Path("/sys/fs/cgroup").rglob(f"sodakd-{os.getpid()}-*")]


@pytest.mark.parametrize("mark", ["user.delegate", "trusted.delegate"])
def test_in_a_group_that_was_given_to_us_its_processes_make_room(home: Path, mark: str) -> None:
    (home / "cgroup.subtree_control").write_text("\n")
    (home / "cgroup.procs").write_text("17\n")
    try:
        os.setxattr(home, mark, b"1")
    except OSError:
        pytest.skip("this file system keeps no such attributes, or they are root's")
    made = cgroup.make_cgroup("7", memory=123, processes=45)
    assert made is not None
    made.close()
    assert (home / "sodakd-self" / "cgroup.procs").read_text() == "17"
    assert (home / "cgroup.subtree_control").read_text() == "+memory +pids"
