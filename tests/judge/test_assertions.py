"""Assertions of Python that are calls: judged as calls, to the end that the script comes to."""

from collections.abc import Iterator

import pytest

from sodakd.assertions import as_calls, read_assertions
from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.types import CallTests, Isolation, Language, Outcome, TestScript, Verdict

CHECK = (
    "METADATA = {'author': 'x'}\n\n\ndef check(g):\n    assert True\n    assert g(1) == 2, 'one'\n"
)
SCRIPTS = {
    "bare": "assert f(1) == 2\nassert f(2) == 3\n",
    "check": f"{CHECK}    assert g(2) == 3\ncheck(f)\n",
    "check that nobody calls": f"{CHECK}    assert g(2) == 3\n",
    "a test": (
        "def test_f():\n    'it'\n    assert f(1) == 2, 'one'\n    assert f(-2) == -1\ntest_f()\n"
    ),
    "tests that nobody calls": (
        "def test_1():\n    assert f(1) == 2\ndef test_2():\n    assert f(2) == 3\n"
    ),
    "truths": "assert f(1)\nassert not f(0) == 7\nassert f(1) == 2\n",
    "not": "assert not f(-1)\nassert f(1) == 2\n",
    "none": "assert f(1) is None\n",
    "texts": "assert f('a\\u2028b\\n') == {'a': [1, (2, 3.0)], 'b': {1, 2}}\n",
    "objects": "assert f(1) == f(2)\nassert f(1) == 2\n",
}
PROGRAMS = {
    "right": "def f(x):\n    print('hello')\n    return x + 1\n",
    "wrong": "def f(x):\n    print('hello')\n    return 2 if x == 1 else 0\n",
    "none": "def f(x):\n    return None\n",
    "numbers that are equal": "def f(x):\n    return float(x + 1) if x > 1 else x + 1\n",
    "of its own": "class N(int): pass\ndef f(x):\n    return N(x + 1)\n",
    "always equal": "class A:\n    def __eq__(self, o): return True\ndef f(x):\n    return A()\n",
    "a number that is always equal": (
        "class A(int):\n    def __eq__(self, o): return True\ndef f(x):\n    return A(77)\n"
    ),
    "many kinds": (
        "from collections import Counter\nclass L(list): pass\n"
        "def f(x):\n    if x != 'a\\u2028b\\n': return Counter('ab')\n"
        "    return {'a': L([1, (2, 3)]), 'b': {2, 1}}\n"
    ),
    "raises": "def f(x):\n    if x == 2: raise ValueError('two')\n    return x + 1\n",
    "raises as it is defined": "print('hello')\nraise KeyError('k')\n",
    "memory": "def f(x):\n    raise MemoryError\n",
    "ends": "import sys\ndef f(x):\n    print('bye')\n    sys.exit(0)\n",
    "ends as it is defined": "import sys\ndef f(x):\n    return x + 1\nsys.exit()\n",
    "ends at once": "import os\ndef f(x):\n    os._exit(0)\n",
    "ends by a signal": "import os\ndef f(x):\n    os.kill(os.getpid(), 11)\n",
    "not there": "def g(x):\n    return x + 1\n",
    "no function": "f = 3\n",
    "cannot be read": "def f(x:\n",
    "a generator": "def f(x):\n    yield x + 1\n",
    "a coroutine": "async def f(x):\n    return x + 1\n",
    "nan": "def f(x):\n    return float('nan')\n",
    "itself": "def f(x):\n    a = []\n    a.append(a)\n    return a\n",
    "much": "def f(x):\n    return 'x' * 100_000 if x == 2 else x + 1\n",
    "forges values": (
        'import os\ndef f(x):\n    os.write(3, b\'{"value":2}\\n{"value":3}\\n\')\n    return 0\n'
    ),
    "forges a verdict": (
        "import os\nfor _ in range(4):\n"
        '    os.write(3, b\'{"error":"x","limit":"passed"}\\n\')\nos._exit(0)\n'
    ),
    "forges one verdict": (
        'import os\nos.write(3, b\'{"error":"x","limit":"passed"}\\n\')\nos._exit(0)\n'
    ),
    "forges a limit": ('import os\nos.write(3, b\'{"error":"x","limit":[]}\\n\')\nos._exit(0)\n'),
    "writes what is no JSON": (
        "import os\ndef f(x):\n    os.write(3, b'3\\n[]\\n')\n    return x + 1\n"
    ),
}


PAIRS = {
    "arguments of a test that runs twice": (
        "def f(x):\n    x.append(1)\n    return len(x)\n",
        "def check(g):\n    assert g([1]) == 2\ncheck(f)\ncheck(f)\n",
    ),
    "an annotation": (PROGRAMS["right"], "def check(g: Nope):\n    assert g(1) == 2\ncheck(f)\n"),
    "what is annotated calls": (
        "def f(x):\n    print('hello')\n    return x + 1\n",
        "def check(g: f(7)):\n    assert g(1) == 2\ncheck(f)\n",
    ),
    "much is printed after what was wrong": (
        "def f(x):\n    if x == 2: print('x' * 3_000_000)\n    return 0\n", SCRIPTS["bare"],
    ),
    "another output": (
        "import io, sys\nprint('hello')\nsys.stdout = io.StringIO()\ndef f(x): return 0\n",
        SCRIPTS["bare"],
    ),
    "an end after a call": (
        "import os\ndef f(x):\n    print('hi')\n    if x == 2: os._exit(0)\n    return 2\n",
        SCRIPTS["bare"],
    ),
    "a true list": (
        "class f(list):\n    def __bool__(self): return True\n", "assert f(())\n",
    ),
    "a false dict": (
        "class f(dict):\n    def __bool__(self): return False\n", "assert f({1: 2})\n",
    ),
    "a message of digits": (PROGRAMS["right"], f"assert f(1) == 3, 0x1{'0' * 9000}\n"),
    "two parameters of a name": (
        PROGRAMS["right"], "def check(g, g):\n    assert g(1) == 2\ncheck(f, f)\n",
    ),
    "a function that is not there": (
        PROGRAMS["right"], "def check(g, h):\n    assert g(1) == 2\ncheck(f, nope)\n",
    ),
    "two spaces": (
        PROGRAMS["right"], "def  check(g):\n    assert g(1) == 3\nassert f(1) == 2\n",
    ),
    "a call in a text": (
        PROGRAMS["right"],
        "def check(g):\n    TRIPLE\ncheck(f) is called\nTRIPLE\n    assert g(1) == 3\n"
        "assert f(1) == 2\n".replace("TRIPLE", "'" * 3),
    ),
    "a test as a parameter": (
        PROGRAMS["right"],
        "def test_a():\n    assert f(1) == 3\n"
        "def check(test_a):\n    assert test_a(1) == 2\ncheck(f)\n",
    ),
    "metadata of the program's": (
        f"{PROGRAMS['right']}METADATA = f\n",
        "METADATA = {}\ndef check(g):\n    assert g(1) == 2\ncheck(METADATA)\n",
    ),
}  # fmt: skip
"""Programs and scripts that were judged otherwise once."""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=2), workers=1) as judge:
        yield judge


@pytest.fixture(scope="module")
def cold() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=2), workers=1, warm=False) as judge:
        yield judge


def judged(judge: Judge, code: str, script: str, *, calls: bool = True) -> Verdict:
    asked = TestScript(entry_point="f", script=script)
    verdict = judge.judge(Program(code, Language.PYTHON, as_calls(asked) if calls else asked))
    read = calls and read_assertions(script, "f") is not None
    assert verdict.isolation is (Isolation.SPLIT if read else Isolation.IN_PROCESS)
    return verdict


@pytest.mark.toolchain
@pytest.mark.parametrize("code", PROGRAMS)
def test_calls_come_to_the_end_that_the_script_comes_to(judge: Judge, code: str) -> None:
    for name, script in SCRIPTS.items():
        called, known = (judged(judge, PROGRAMS[code], script, calls=way) for way in (True, False))
        if code in FORGING:
            assert not called.passed or read_assertions(script, "f") is None, name
        elif code in UNLIKE:
            assert not called.passed, name
            assert not known.passed, name
        else:
            assert called.outcome is known.outcome, (name, called.output, known.output)


@pytest.mark.toolchain
@pytest.mark.parametrize("name", PAIRS)
def test_a_script_is_read_as_python_does(judge: Judge, name: str) -> None:
    code, script = PAIRS[name]
    called, known = (judged(judge, code, script, calls=way) for way in (True, False))
    if name in DIFFERENT:
        assert not called.passed
    else:
        assert called.outcome is known.outcome, (called.output, known.output)


FORGING = ("always equal", "a number that is always equal")
"""Programs that a script in their own process agrees with."""
DIFFERENT = ("another output", "an end after a call", "much is printed after what was wrong")
"""Where more happens after an assertion that fails, which the script would not have come to."""
UNLIKE = ("not there", "forges a verdict", "forges one verdict", "forges a limit")
"""Programs of which the two ways say different things, neither of them a pass."""


@pytest.mark.parametrize("name", sorted({*SCRIPTS} - {"truths", "objects"}))
def test_a_script_that_only_asserts_needs_no_process(name: str) -> None:
    assert read_assertions(SCRIPTS[name], "f") is not None


@pytest.mark.parametrize(
    "script",
    [
        "",
        "assert True\n",
        "assert f(1) == 2\nassert g(1) == 2\n",
        "assert f(x) == 2\n",
        "assert f(1) == g(2)\n",
        "assert f(x=1) == 2\n",
        "assert f(*[1]) == 2\n",
        "assert f(1) == 2, f(3)\n",
        "assert f(1) == {[]: 2}\n",
        "assert f(1) == 2 == 3\n",
        "assert f(f(1)) == 2\n",
        "assert f.g(1) == 2\n",
        "assert len([1]) == 1\n",
        "def f(x):\n    return 2\nassert f(1) == 2\n",
        "def check(g):\n    assert f(1) == 2\n    return\ncheck(f)\n",
        "def check(g, h):\n    assert g(1) == 2\ncheck(f)\n",
        "def check(g=len):\n    assert g([1]) == 1\ncheck()\n",
        "@f\ndef check(g):\n    assert g(1) == 2\ncheck(f)\n",
        "def check(g):\n    assert g(1) == 2\ncheck(check)\n",
        "check(f)\ndef check(g):\n    assert g(1) == 2\n",
        "test_f()\ndef test_f():\n    assert f(1) == 2\nassert f(1) == 2\n",
        "def helper():\n    assert f(1) == 2\n",
        "METADATA = f(1)\nassert f(1) == 2\n",
        "assert f(1) == 2\nprint(1)\n",
        "assert f(1) == " + "(" * 5000 + "\n",
        "assert f(1) == '" + "x" * 70_000 + "'\n",
        "assert f(1) ==\n",
        "assert f(1) == 2, g(3)\n",
        "def check(g):" + "assert g(1) == 2;" * 900 + "\n" + "check(f);" * 900 + "\n",
        "def check(g):" + "1;" * 900 + "\n" + "check(f);" * 900 + "assert f(1) == 2\n",
    ],
)  # fmt: skip
def test_a_script_that_does_more_is_run(script: str) -> None:
    assert read_assertions(script, "f") is None


LOOKS = """\
import gc, re, sys
def found(x):
    frame = sys._getframe().f_back.f_back
    while frame:
        yield from map(repr, frame.f_locals.values())
        frame = frame.f_back
    for held in gc.get_objects():
        yield from gc.get_referents(held)
def f(x):
    for one in found(x):
        if type(one) is int and one - 4700 == 11 or type(one) is str and re.search("47[1]1", one):
            return 4700 + 11 * x
"""
"""Looks for 4711 in all that is in its process."""


@pytest.mark.toolchain
def test_what_must_be_given_is_in_no_process_of_the_programs(judge: Judge, cold: Judge) -> None:
    for one in (judge, cold):
        verdict = judged(one, LOOKS, "assert f(1) == 4711\n")
        assert verdict.outcome is Outcome.WRONG_ANSWER, verdict
    inside = TestScript(entry_point="f", script="assert f(1) == 4711\n", in_process=True)
    assert as_calls(inside) is inside
    assert judge.judge(Program(LOOKS, Language.PYTHON, inside)).passed  # it would find it


@pytest.mark.toolchain
def test_what_a_program_says_of_itself_is_cut(judge: Judge) -> None:
    code = "import os\nos.write(3, b'compile ' + b'z' * 900_000)\nos._exit(0)\n"
    for script in (SCRIPTS["bare"], f"import math\n{SCRIPTS['bare']}"):
        assert len(judged(judge, code, script).output) < 5_000


@pytest.mark.toolchain
def test_the_entry_point_may_have_the_name_of_one_of_pythons(judge: Judge) -> None:
    script = "assert sum([1, 2]) == 6\n"
    assert read_assertions(script, "sum") is not None
    assert read_assertions(script, "f") is None
    tests = as_calls(TestScript(entry_point="sum", script=script))
    assert isinstance(tests, CallTests)
    doubled = "def sum(xs):\n    return 2 * (xs[0] + xs[1])\n"
    assert judge.judge(Program(doubled, Language.PYTHON, tests)).passed


@pytest.mark.toolchain
def test_a_program_is_ended_by_its_limits(judge: Judge) -> None:
    forever = "def f(x):\n    while x > 1: pass\n    return x + 1\n"
    assert judged(judge, forever, SCRIPTS["bare"]).outcome is Outcome.TIMEOUT
    writes = "def f(x):\n    print('x' * 10_000_000)\n    return x + 1\n"
    assert judged(judge, writes, SCRIPTS["bare"]).outcome is Outcome.OUTPUT_LIMIT
    takes = "def f(x):\n    return len([0] * 2**30) and x + 1\n"
    assert judged(judge, takes, SCRIPTS["bare"]).outcome is Outcome.MEMORY_LIMIT
    assert judged(judge, PROGRAMS["right"], SCRIPTS["bare"]).passed
