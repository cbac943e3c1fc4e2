"""Judges the hostile programs of languages as user 65534, without a control group.

    python -m tests.judge.as_nobody FOLDER LANGUAGE ...

Started by root, who gives its rights up first. Prints a line for each thing that is not as it must
be, and a count at the end. FOLDER is an empty folder for the judge's cache.
"""

import os
import sys
from pathlib import Path
from unittest.mock import patch

from sodakd.judge import Judge
from sodakd.judge.toolchains import interpreter
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language
from tests.judge.programs import ROOT, good, passed_unsaid, programs

NOBODY = 65534


def main(folder: Path, languages: list[Language]) -> None:
    """Judge them all."""
    folder.chmod(0o755)
    os.chown(folder, NOBODY, NOBODY)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.environ.update(HOME=str(folder), SODAKD_CACHE=str(folder / "cache"), SODAKD_NO_CGROUP="1")
    if not os.access(interpreter(), os.X_OK):  # one of root's home
        patch("sodakd.judge.worker_process.interpreter", Path("/usr/bin/python3").resolve).start()
    tried = 0
    with Judge(JudgeSettings(cpu_seconds=1, memory_mb=256), workers=1) as judge:
        for language in languages:
            for found in programs(ROOT / "hostile", language):
                for program in (found.by_calls(), found.by_script()):
                    tried += 1
                    if passed_unsaid(found, judge.one(program)):
                        print(f"{language} {found.name} passed")
                    if not judge.one(good(language).by_calls()).passed:
                        print(f"{language} {found.name} harmed the next")
    print(f"tried {tried}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Language(name) for name in sys.argv[2:]])
