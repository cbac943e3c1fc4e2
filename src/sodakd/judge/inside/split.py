"""Split mode of Python: a program and its tests in two processes, with a socket between them.

The tests use what they name and the program defines (`peer.py`): a program cannot forge what it
does not hold. Nothing but the standard library is imported here.
"""

import ast
import builtins
import io
import os
import re
import signal
import socket
import symtable
import sys
import types
from collections.abc import Callable, Mapping

from sodakd.judge.inside.peer import GoneError, Peer
from sodakd.judge.inside.plain import Json
from sodakd.judge.inside.said import UNREAD, limit, raised

# --- the program -------------------------------------------------------------------------------


def space(*, as_main: bool) -> dict[str, object]:
    """Where a program's names are put: a module, as pickles, dataclasses and processes look for."""
    name = "__main__" if as_main else "solution"
    module = sys.modules[name] = types.ModuleType(name)
    module.__file__ = "solution.py"
    return vars(module)


def compiled(code: str, write: Callable[[bytes], object]) -> types.CodeType | None:
    """The program as Python reads it; None, and why is written, where it cannot be read."""
    try:
        return compile(code, "solution.py", "exec")
    except UNREAD as error:
        write(b"compile " + raised(error).encode(errors="replace"))
        return None


def serve(
    code: str, space: dict[str, object], socket: int, write: Callable[[bytes], object]
) -> None:
    """Define the program, then do what the tests ask until they hang up."""
    program = compiled(code, write)
    if program is None:
        return
    peer = Peer(socket, space, guarded=False)
    try:
        exec(program, space)
        peer.ready()
    except BaseException as error:
        peer.failed(error)
    peer.serve()


# --- the tests ---------------------------------------------------------------------------------


class _Solution(types.ModuleType):
    """The program, for tests that import it."""

    def __init__(self, peer: Peer) -> None:
        super().__init__("solution")
        self._peer = peer

    def __getattr__(self, name: str) -> object:
        found = {} if name.startswith("__") else self._peer.named([name])
        if name not in found:
            raise AttributeError(name)
        return found[name]


def test(script: str, entry_point: str, socket: int) -> dict[str, Json]:
    """Run the script; names that neither it nor Python defines are the program's.

    So is the entry point, whatever Python has under that name.
    """
    peer = Peer(socket, guarded=True)
    report = _tested(peer, script, entry_point)
    return {"outcome": "gone", "output": ""} if peer.gone else report


def _tested(peer: Peer, script: str, entry_point: str) -> dict[str, Json]:
    space: dict[str, object] = {"__name__": "tests"}
    try:
        peer.answer()
        found = peer.named(free_names(script, entry_point))
        space.update(found)
        sys.modules["solution"] = _Solution(peer)
        compiled = compile(script, "tests.py", "exec")
        _run(compiled, space)
        run_uncalled(script, lambda: {**peer.named([entry_point]), **space}, entry_point)
        plain = any(not callable(value) for value in found.values())
        if not peer.asked and not plain and ast.parse(script).body:
            return {"outcome": "no_verdict", "output": "the tests ask nothing of the program"}
    except GoneError:
        return {"outcome": "gone", "output": ""}
    except BaseException as error:
        if "sodakd_raised" in error.__dict__:
            outcome = limit(error) or "runtime_error"
            return {"outcome": outcome, "output": str(error.__dict__["sodakd_raised"])}
        if isinstance(error, AssertionError):
            return {"outcome": "wrong_answer", "output": raised(error)}
        return {"outcome": limit(error) or "runtime_error", "output": raised(error)}
    return {"outcome": "passed", "output": ""}


def rehearse() -> None:
    """Do both parts once: a fork of who has done so needs a fifth less time for them.

    The other part is a fork: a thread would leave its memory to all that are forked later.
    """
    for part in (0, 1):
        ends = socket.socketpair()
        child = os.fork()
        own = part if child else 1 - part
        ends[1 - own].close()
        if own:
            serve("def f(x):\n    return [x]\n", space(as_main=False), ends[own].detach(), bytes)
        else:
            script = "def check(g):\n    assert g([1]) == [[1]]\n    g(2)\ncheck(f)\n"
            test(script, "f", ends[own].detach())
        if child == 0:
            os._exit(0)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    sys.modules.pop("solution", None)


def _run(script: types.CodeType, space: dict[str, object]) -> None:
    try:
        exec(script, space)
    except SystemExit as end:
        if "sodakd_raised" in end.__dict__:
            raise
        if end.code or type(end) is not SystemExit:
            raise AssertionError(f"the tests ended with {end.code}") from end


RUNNABLE = re.compile(
    r"^(?:(?:async )?def test|class (?:\w+\(|Test)|def check\b(?![\s\S]*^check\())", re.MULTILINE
)
"""Scripts with what a runner of tests would call."""


def run_uncalled(script: str, names: Callable[[], Mapping[str, object]], entry_point: str) -> None:
    """Call what a runner of tests would, of what the script defines and does not use itself.

    `check` with the entry point, functions `test...` that take nothing, classes `Test...`, and
    cases of unittest: those even where the script runs them, for that fails without an exception.
    `names` gives what they find, where there is anything to call.
    """
    if not RUNNABLE.search(script):
        return
    tree, space = ast.parse(script), names()
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    bases = {
        base.id
        for node in ast.walk(tree)
        for base in getattr(node, "bases", ())
        if isinstance(base, ast.Name)
    }
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        found = space.get(node.name)
        if isinstance(node, ast.ClassDef):
            if isinstance(found, type) and node.name not in bases:
                _run_class(found, used=node.name in used)
        elif node.name in used:
            continue
        elif isinstance(found, types.FunctionType):
            takes = found.__code__.co_argcount - len(found.__defaults__ or ())
            if node.name == "check" and takes == 1 and entry_point in space:
                found(space[entry_point])
            elif node.name.startswith("test") and takes == 0:
                _finished(found())


def _finished(found: object) -> None:
    if isinstance(found, types.CoroutineType):
        __import__("asyncio").run(found)


def _run_class(kind: type, *, used: bool) -> None:
    unittest = sys.modules.get("unittest")
    if unittest is not None and issubclass(kind, unittest.TestCase):
        _run_cases(unittest, kind)
    elif kind.__name__.startswith("Test") and type(kind) is type and not used:
        for name in filter(lambda name: name.startswith("test"), vars(kind)):
            case = kind()
            for ready in ("setup_class", "setup_method", "setup", name, "teardown_method"):
                method = getattr(case, ready, None)
                if isinstance(method, types.MethodType):
                    _finished(method(*[None] * (method.__func__.__code__.co_argcount - 1)))


def _run_cases(unittest: types.ModuleType, kind: type) -> None:
    said = io.StringIO()
    cases = unittest.defaultTestLoader.loadTestsFromTestCase(kind)
    result = unittest.TextTestRunner(said, verbosity=0).run(cases)
    if not result.wasSuccessful():
        first = (result.failures + result.errors)[0][1].strip().rpartition("\n")[2]
        raise AssertionError(first)


def free_names(script: str, entry_point: str) -> list[str]:
    """The names that a script uses and Python does not define, and the entry point where used."""
    top = symtable.symtable(script, "tests.py", "exec")
    used: dict[str, None] = {}
    tables = [top]
    for table in tables:  # grows meanwhile
        tables += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (table is top or symbol.is_global()):
                used[symbol.get_name()] = None
    return [name for name in used if name == entry_point or not hasattr(builtins, name)]
