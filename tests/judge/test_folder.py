"""Folders that programs filled are measured and removed, however deep they are."""

import os
from pathlib import Path

import pytest

from sodakd.judge.sandbox.folder import over_disk_quota, remove_tree
from sodakd.judge.sandbox.job import _HOME

DEEP = 3000


def tower(folder: Path) -> None:
    """Folders within one another, deeper than any path or stack reaches."""
    home = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    for _ in range(DEEP):
        Path("x" * 100).mkdir()
        os.chdir("x" * 100)
    os.fchdir(home)
    os.close(home)


@pytest.mark.heavy
def test_a_tower_of_folders_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "room"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("1")
    (folder / "closed").mkdir()
    (folder / "closed" / "inner").mkdir(mode=0)
    (folder / "closed").chmod(0)
    tower(folder)
    assert over_disk_quota(str(folder), 10**9)
    remove_tree(str(folder))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "file").exists()


def test_what_is_not_there_or_no_folder_is_left(tmp_path: Path) -> None:
    remove_tree(str(tmp_path / "nothing"))
    (tmp_path / "link").symlink_to(tmp_path)
    remove_tree(str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(("size", "most", "much"), [(10**5, 10**6, False), (10**6, 10**5, True)])
def test_files_are_measured(tmp_path: Path, size: int, most: int, much: bool) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"1" * size)
    assert over_disk_quota(str(tmp_path), most) is much


def test_a_jobs_own_tmp_is_moved_and_no_other_place_of_that_name() -> None:
    text = "/tmp/a:/var/tmp/b:/sodakd/tmp/c=>/tmp/d;/tmp /tmpfs"
    assert _HOME.sub("/job", text) == "/job/a:/var/tmp/b:/sodakd/tmp/c=>/job/d;/tmp /tmpfs"
