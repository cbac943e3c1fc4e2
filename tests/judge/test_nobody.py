"""The hostile programs once more, as a user without rights and without a control group."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sodakd.types import Language
from tests.judge.programs import programs
from tests.judge.test_hostile import HOSTILE
from tests.judge.test_programs import skip_where_missing


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as a user already")
@pytest.mark.parametrize(
    "language",
    [
        Language.PYTHON,
        Language.C,
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in Language
            if one not in {Language.PYTHON, Language.C}
        ),
    ],
)
def test_a_user_without_rights_holds_hostile_programs_as_root_does(language: Language) -> None:
    skip_where_missing(language)
    if not Path("/usr/bin/python3").exists():
        pytest.skip("no Python that every user may run")
    # Below /tmp itself: the folders of pytest are root's alone.
    folder = Path(f"/tmp/sodakd-nobody-{os.getpid()}-{language}")
    folder.mkdir()
    root = Path(__file__).parents[2]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.judge.as_nobody", str(folder), language.value],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])},
        )
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
    assert done.returncode == 0, done.stderr[-2000:]
    *wrong, last = done.stdout.splitlines()
    assert not wrong
    assert int(last.removeprefix("tried ")) == 2 * len(list(programs(HOSTILE, language)))
