"""The last lines of a run of the tests: what was left out, what was skipped, and what mends it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

LEFT_OUT: Mapping[str, tuple[str, str]] = {
    "slow": ("take minutes", "pytest -n 0 -m slow"),
    "alone": ("need the machine for themselves", 'pytest -n 0 -m "alone and not slow"'),
    "toolchain": (
        "run programs in the sandbox (gcc, and other compilers)",
        'pytest -m "toolchain and not (alone or slow)"',
    ),
    "heavy": (
        "take seconds: models, a browser, servers that fail, long texts",
        'pytest -m "heavy and not (alone or slow)"',
    ),
}
"""By marker: what its tests do, and how to run them. A test counts under the first it has."""

_EXTRAS = "./scripts/setup.sh dev"
MENDS: Mapping[str, str] = {
    r"; (?P<command>[a-z].*)$": "",
    r": (?P<command>(?:apt-get|pip|npm) .*)$": "",
    r"is not t?here$": "put it into ../shared/data",
    r"(?:pyarrow|huggingface_hub|Ray|transformers serve)\b": _EXTRAS,
    r"TensorBoard": "pip install tensorboard",
    r"VLLM": "SODAKD_TEST_VLLM=PYTHON, one with vLLM",
    r"LLAMA_CPP": "LLAMA_CPP=FOLDER LLAMA_CPP_PYTHON=PYTHON",
    r"openssl|setpriv|unshare is": "apt-get install openssl util-linux",
    r"user namespaces": "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, as root",
    r"\broot\b": "run the tests as root",
    r"Landlock": "a newer kernel: ./scripts/vm.sh",
    r"every user may run": "apt-get install python3",
}
"""By a pattern of a skip's reason: what mends it. The first that is found counts; a reason
that ends in a command, after a colon or a semicolon, says it itself."""

_LEFT_OUT = pytest.StashKey[dict[str, int]]()


def mend(reason: str) -> str:
    """What makes a skipped test run; empty where nobody knows."""
    for pattern, command in MENDS.items():
        found = re.search(pattern, reason)
        if found:
            return command or found["command"]
    return ""


def skips(reasons: Sequence[str]) -> Iterator[str]:
    """Lines on what was skipped, one cause at a time; what one command mends is one cause."""
    causes: dict[str, list[str]] = {}
    for reason in reasons:
        causes.setdefault(mend(reason) or reason, []).append(reason)
    for cause, alike in sorted(causes.items(), key=lambda item: -len(item[1])):
        others = len(set(alike)) - 1
        yield f"{len(alike):>5}  {alike[0]}" + (f" (and {others} like it)" if others else "")
        if cause != alike[0]:
            yield f"       to run them: {cause}"


def left_out(counts: Mapping[str, int]) -> Iterator[str]:
    """Lines on what was not selected, and how to run it."""
    for name, (why, command) in LEFT_OUT.items():
        if counts.get(name):
            yield f"{counts[name]:>5}  {name}: they {why}"
            yield f"       to run them: {command}"


def pytest_configure(config: pytest.Config) -> None:
    """Nothing was left out so far."""
    config.stash[_LEFT_OUT] = {}


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Count what is left out by its first marker."""
    for item in items:
        marker = next((name for name in LEFT_OUT if item.get_closest_marker(name)), "")
        counts = item.config.stash[_LEFT_OUT]
        counts[marker] = counts.get(marker, 0) + 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of xdist says to the one that prints what it left out: each leaves out the same."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[_LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a process of xdist said."""
    node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print both."""
    skipped = terminalreporter.stats.get("skipped", [])
    counts: dict[str, int] = config.stash[_LEFT_OUT]
    reasons = [str(one.longrepr[2]).removeprefix("Skipped: ") for one in skipped]
    for head, lines in (
        ("skipped", [*skips(reasons)]),
        ("left out", [] if config.option.keyword else [*left_out(counts)]),
    ):
        if lines:
            terminalreporter.section(head)
            for line in lines:
                terminalreporter.write_line(line)
