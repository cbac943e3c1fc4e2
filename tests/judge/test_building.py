"""What the judge builds once is whole, found again, and gone where nobody has used it for long."""

import os
import time
from pathlib import Path

import pytest

from sodakd.judge.build_cache import cached_build

LONG_AGO = time.time() - 40 * 24 * 3600


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SODAKD_CACHE", str(tmp_path))
    return tmp_path


def _write(folder: Path) -> None:
    (folder / "it").write_text("whole")


def test_what_nobody_used_for_long_goes_as_its_follower_comes(home: Path) -> None:
    unused, used, other = (
        cached_build("a", b"1", _write),
        cached_build("a", b"2", _write),
        cached_build("ab", b"1", _write),
    )
    for folder in (unused, used, other):
        os.utime(folder, (LONG_AGO, LONG_AGO))
    assert cached_build("a", b"2", lambda _: pytest.fail("it is there")) == used
    follower = cached_build("a", b"3", _write)
    assert not unused.exists()
    assert sorted(home.iterdir()) == sorted([used, follower, other])
    assert (used / "it").read_text() == (other / "it").read_text() == "whole"


def test_what_could_not_be_built_leaves_nothing(home: Path) -> None:
    def fail(folder: Path) -> None:
        _write(folder)
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        cached_build("a", b"1", fail)
    assert not [*home.iterdir()]
