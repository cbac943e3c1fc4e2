"""What a program leaves on the descriptors that it was born with, the next one does not find."""

from collections.abc import Iterator

import pytest

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Language, TestCase
from tests.judge.test_programs import skip_where_missing

pytestmark = pytest.mark.toolchain

LEAVES = {
    Language.PYTHON: """\
import fcntl, os

def f(n):
    for name in os.listdir("/proc/self/fd"):
        if int(name) in (1, 2, 3):
            continue
        for leave in (
            lambda fd: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
            lambda fd: fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND),
            lambda fd: os.write(fd, b"\\1" + bytes(7)),
            lambda fd: os.write(fd, b"left" * 4096),
        ):
            try:
                leave(int(name))
            except OSError:
                pass
    return n
""",
    Language.JAVASCRIPT: """\
const fs = require('fs');
function f(n) {
  for (const fd of fs.readdirSync('/proc/self/fd').map(Number)) {
    if (fd >= 1 && fd <= 3) continue;
    for (const bytes of [[1, 0, 0, 0, 0, 0, 0, 0], Array(16384).fill(7)])
      try { fs.writeSync(fd, Buffer.from(bytes)); } catch { }
  }
  return n;
}
""",
}
"""Programs that write to all they have but their output, lock it, and open it in another way."""
SEES = {
    Language.PYTHON: """\
import fcntl, os

def f(n):
    seen = []
    for fd in sorted(map(int, os.listdir("/proc/self/fd"))):
        try:
            flags = fcntl.fcntl(fd, fcntl.F_GETFL)
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            seen.append(f"{fd}:{flags}:free")
        except BlockingIOError:
            seen.append(f"{fd}:{flags}:locked")
        except OSError:
            pass
    return seen
""",
    Language.JAVASCRIPT: """\
const fs = require('fs');
function f(n) {
  const seen = [];
  for (const fd of fs.readdirSync('/proc/self/fd').map(Number)) {
    try {
      const told = fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      const [, flags] = /flags:\\s*(\\d+)/.exec(told);
      const [, count] = /eventfd-count:\\s*(\\w+)/.exec(told) ?? [];
      seen.push(`${fd}:${count ?? flags}`);
    } catch { }
  }
  return seen;
}
""",
}
"""Programs that give what they can see of their descriptors."""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(), workers=1) as judge:
        yield judge


def seen(judge: Judge, language: Language, argument: int) -> str:
    # The verdict on a program that gives something else than its tests expect says what it gave;
    # another argument, and it is tried once more.
    tests = CallTests(entry_point="f", cases=(TestCase(arguments=(argument,), expected=None),))
    said = judge.judge(Program(SEES[language], language, tests)).output
    assert "gave ['0:" in said, said
    return said.partition(" gave ")[2]


@pytest.mark.parametrize("language", LEAVES)
def test_what_a_program_leaves_on_its_descriptors_the_next_does_not_find(
    judge: Judge, language: Language
) -> None:
    skip_where_missing(language)
    before = seen(judge, language, 1)
    tests = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=1),))
    for number in range(2):
        left = judge.judge(Program(f"{LEAVES[language]}\n", language, tests, id=str(number)))
        assert left.passed, left.output
    assert seen(judge, language, 2) == before
