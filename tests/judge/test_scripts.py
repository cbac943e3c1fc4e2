"""Python's test scripts run in the program's own process: what passes, and what may forge it."""

from collections.abc import Iterator

import pytest

from sodakd.assertions import as_calls
from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Isolation, Language, Outcome, TestScript, Verdict
from tests.judge.script_cases import CALLED, FORGING, HONEST, WRONG

pytestmark = pytest.mark.toolchain

PASSED, WRONG_ANSWER = Outcome.PASSED, Outcome.WRONG_ANSWER
RAISED, NO_VERDICT = Outcome.RUNTIME_ERROR, Outcome.NO_VERDICT

TWICE = "def f(x):\n    return 2 * x\n"
LEAVING: dict[str, tuple[str, str, Outcome]] = {
    "a file that ends by success": ("import sys\nprint(1)\nsys.exit(0)\n", "\n", PASSED),
    "a file whose main says so": ("def main(): pass\nraise SystemExit(main())\n", "\n", PASSED),
    "a file that leaves as in a terminal": ("print(1)\nexit()\n", "\n", PASSED),
    "a file that quits": ("quit(0)\n", "\n", PASSED),
    "a file that leaves at once": ("import os\nos._exit(0)\n", "\n", PASSED),
    "a file of unittest": (
        "import unittest\nclass T(unittest.TestCase):\n    def test(self): pass\n"
        "if __name__ == '__main__': unittest.main()\n",
        "\n",
        PASSED,
    ),
    "a file that fails": ("import sys\nsys.exit(3)\n", "\n", RAISED),
    "a file that fails with a text": ("import sys\nsys.exit('no')\n", "\n", RAISED),
    "a file that fails at once": ("import os\nos._exit(3)\n", "\n", RAISED),
    "a file of unittest that fails": (
        "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.fail()\n"
        "if __name__ == '__main__': unittest.main()\n",
        "\n",
        RAISED,
    ),
    "a script that ends by success": (TWICE, "assert f(2) == 4\nimport sys\nsys.exit(0)\n", PASSED),
    "a script that ends by what it found": (
        TWICE,
        "import sys\nsys.exit(0 if f(2) == 4 else 1)\n",
        PASSED,
    ),
    "a script that found a mistake": (
        TWICE,
        "import sys\nsys.exit(0 if f(2) == 5 else 1)\n",
        WRONG_ANSWER,
    ),
    "a script that leaves at once": (TWICE, "import os\nassert f(2) == 4\nos._exit(0)\n", PASSED),
    "a script that fails at once": (TWICE, "import os\nf(2)\nos._exit(1)\n", NO_VERDICT),
    "a script of unittest": (
        TWICE,
        "import unittest\nclass T(unittest.TestCase):\n"
        "    def test(self): self.assertEqual(f(2), 4)\nunittest.main()\n",
        PASSED,
    ),
    "a program that leaves before its script": (
        f"{TWICE}import sys\nsys.exit(0)\n",
        "assert f(2) == 5\n",
        RAISED,
    ),
    "a program that leaves within its script": (
        "import sys\ndef f(x):\n    sys.exit(0)\n",
        "import math\nassert f(2) == 4\n",
        RAISED,
    ),
    "a program that leaves at once": (
        "import os\ndef f(x):\n    os._exit(0)\n",
        "import math\nassert f(2) == 4\n",
        NO_VERDICT,
    ),
    "a program that leaves at once by a name of its own": (
        "from os import _exit\ndef f(x):\n    _exit(0)\n",
        "import math\nassert f(2) == 4\n",
        NO_VERDICT,
    ),
}
"""Programs and scripts that leave: an end by success counts where the tests leave, or where there
are none."""

BROKEN = {
    "a module": ("import numpy as np\nassert np.allclose(f(2), 4)\n", "numpy is missing"),
    "a module, later": ("def test_f():\n    import pytest\n    assert f(2) == 4\n", "pytest"),
    "a module, in a case": (
        "import unittest\nclass T(unittest.TestCase):\n"
        "    def test(self):\n        from scipy import stats\n",
        "scipy is missing",
    ),
    "a module of theirs": ("from my_solution import f\nassert f(2) == 4\n", "my_solution"),
    "a module beside them": ("from .solution import f\nassert f(2) == 4\n", "attempted relative"),
    "a name of a module": (
        "from math import twice\nassert f(2) == 4\n",
        "name 'twice' from 'math'",
    ),
    "a file": (
        "from solution import f\nimport json\n"
        "for given, wanted in json.load(open('cases.json')):\n    assert f(given) == wanted\n",
        "cases.json is missing",
    ),
    "a file, by its path": (
        "import pathlib\ndef test_f():\n    assert f(pathlib.Path('a').read_text()) == 4\n",
        "a is missing",
    ),
    "a fixture": ("def test_f(tmp_path):\n    assert f(2) == 4\n", "needs tmp_path"),
    "a fixture of a class": (
        "class TestF:\n    def test_f(self, client):\n        assert f(2) == 4\n",
        "needs client",
    ),
    "a function of nobody's": ("assert close(f(1), 2)\n", "they use close, and nobody"),
    "a module that they forgot": (
        "import unittest\nclass T(unittest.TestCase):\n"
        "    def test(self): self.assertTrue(math.isclose(f(2), 4))\n",
        "they use math, and nobody",
    ),
    "no Python": ("assert f(2) = 4\n", "cannot be read: SyntaxError"),
    "Python 2": ("print f(2)\n", "cannot be read: SyntaxError"),
    "a NUL": ("assert f(2) == 4\0\n", "cannot be read"),
}
"""Scripts that cannot run here, whatever the program is, and what is said of them."""


OF_THE_PROGRAM = {
    "the entry point": ("def g(x): return 2 * x\n", "assert f(2) == 4\n"),
    "a name beside a missing entry point": (
        "def g(x): return 2 * x\n",
        "assert close(f(2), 4)\n",
    ),
    "a name within it": ("def f(x): return close(x)\n", "assert f(2) == 4\n"),
    "a name that it mentions": (f"{TWICE}# close\n", "assert close(f(2), 4)\n"),
    "a class": (TWICE, "assert f(Pair(1, 2)) == 4\n"),
    "what a call should have given": (
        "def f(x): raise ValueError\n",
        "try:\n    found = f(2)\nexcept ValueError:\n    pass\nassert found == 4\n",
    ),
}
"""Names that are not there, and whose lack is the program's."""
UNWRITTEN = {
    "a file that it is told to write": (TWICE, "f('a')\nassert open('a').read() == 'aa'\n"),
    "a file that it names": (
        "PLACE = 'a'\ndef f(x): pass\n",
        "assert open('a').read() == 'aa'\n",
    ),
    "a file that it opens": ("def f(x): return open(x)\n", "import math\nassert f('a')\n"),
    "a file that it should write at once": ("x = 1\n", "assert open('a').read() == 'aa'\n"),
}
"""Files that are not there, and whose lack is the program's."""


@pytest.fixture(scope="module", params=["warm", "cold"])
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    settings = JudgeSettings(cpu_seconds=2, memory_mb=256)
    with Judge(settings, 1, warm=request.param == "warm") as judge:
        yield judge


def judged(judge: Judge, code: str, script: str, *, calls: bool = False) -> Verdict:
    entry = "add" if "add(" in code or "as add" in code or "class add" in code else "f"
    asked = TestScript(entry_point=entry, script=script, as_main=not script.strip())
    tests = as_calls(asked) if calls else asked
    verdict = judge.judge(Program(code, Language.PYTHON, tests))
    assert verdict.isolation is (Isolation.SPLIT if calls else Isolation.IN_PROCESS)
    return verdict


@pytest.mark.parametrize("name", HONEST)
def test_a_right_program_passes_its_script(judge: Judge, name: str) -> None:
    verdict = judged(judge, *HONEST[name])
    assert verdict.passed, verdict.output


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_program_does_not_pass_its_script(judge: Judge, name: str) -> None:
    verdict = judged(judge, *WRONG[name])
    assert verdict.outcome in (WRONG_ANSWER, RAISED, NO_VERDICT)


@pytest.mark.parametrize("name", CALLED)
def test_no_program_agrees_with_assertions_that_are_calls(judge: Judge, name: str) -> None:
    verdict = judged(judge, *CALLED[name], calls=True)
    assert verdict.outcome in (WRONG_ANSWER, RAISED)


@pytest.mark.parametrize("name", FORGING)
def test_where_a_program_may_forge_its_pass_the_verdict_says_so(judge: Judge, name: str) -> None:
    judged(judge, *FORGING[name])  # `isolation` is held against what it must be there
    assert judged(judge, TWICE, f"import math\nassert f({len(name)}) == {2 * len(name)}\n").passed


@pytest.mark.parametrize("name", LEAVING)
def test_an_end_by_success_counts_where_the_tests_leave(judge: Judge, name: str) -> None:
    code, script, outcome = LEAVING[name]
    verdict = judged(judge, code, script)
    assert verdict.outcome is outcome, verdict.output


@pytest.mark.parametrize("name", OF_THE_PROGRAM)
def test_a_name_that_the_program_may_have_to_define_is_its_own_lack(
    judge: Judge, name: str
) -> None:
    verdict = judged(judge, *OF_THE_PROGRAM[name])
    assert (verdict.outcome, verdict.output[:9]) == (RAISED, "NameError")


@pytest.mark.parametrize("name", BROKEN)
def test_tests_that_cannot_run_are_no_verdict_on_the_program(judge: Judge, name: str) -> None:
    script, said = BROKEN[name]
    for code in (TWICE, TWICE.replace("2", "3")):
        verdict = judged(judge, code, script)
        assert verdict.outcome is NO_VERDICT
        assert said in verdict.output


@pytest.mark.parametrize("name", UNWRITTEN)
def test_a_file_that_the_program_may_have_to_write_is_its_own_lack(judge: Judge, name: str) -> None:
    verdict = judged(judge, *UNWRITTEN[name])
    assert (verdict.outcome, verdict.output[:9]) == (RAISED, "FileNotFo")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_assertion_that_says_nothing_is_named_by_its_line(judge: Judge, end: str) -> None:
    script = f"import math{end}assert f(2) == 4{end}assert f(3) == 7{end}"
    verdict = judged(judge, TWICE, script)
    assert verdict.outcome is WRONG_ANSWER
    assert verdict.output == "AssertionError: line 3 of the tests: assert f(3) == 7"
    said = judged(judge, TWICE, "import math\nassert f(3) == 7, 'seven'\n")
    assert said.output == "AssertionError: seven"


@pytest.mark.parametrize(
    "body",
    [
        "    for _ in range(5000): x = [x]\n    return x\n",
        "    x = []\n    x.append(x)\n    return x\n",
    ],
)
def test_a_value_that_is_nested_too_deep_is_named_so(judge: Judge, body: str) -> None:
    verdict = judged(judge, f"def f(x):\n{body}", "assert f(2) == 4\n", calls=True)
    assert (verdict.outcome, verdict.output) == (
        WRONG_ANSWER,
        "f(2) gave a value that is nested too deep",
    )


def test_what_a_program_itself_lacks_is_its_own_failure(judge: Judge) -> None:
    for code in ("import numpy\ndef f(x): return 4\n", "def f(x):\n    import numpy\n"):
        verdict = judged(judge, code, "import math\nassert f(2) == 4\n")
        assert verdict.outcome is RAISED
        assert "numpy" in verdict.output
    assert judged(judge, "g = 1\n", "from solution import f\nassert f(2)\n").outcome is RAISED


@pytest.mark.parametrize(
    "script", ["assert candidate({}) == 4", "import math\n    assert candidate({}) == 4"]
)
def test_an_entry_point_may_be_an_expression(judge: Judge, script: str) -> None:
    check = f"def check(candidate):\n    {script.format(2)}\n"
    code = "class Solution:\n    def f(self, x):\n        return 2 * x\n"
    tests = as_calls(TestScript(entry_point="Solution().f", script=check))
    assert judge.judge(Program(code, Language.PYTHON, tests)).passed
    wrong = judge.judge(Program(code.replace("2 *", "3 *"), Language.PYTHON, tests))
    assert wrong.outcome is WRONG_ANSWER
    missing = judge.judge(Program("x = 1\n", Language.PYTHON, tests))
    assert missing.outcome is RAISED
    assert "'Solution' is not defined" in missing.output
