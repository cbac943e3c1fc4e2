"""What isolation costs a program: `/bin/true` in a job of its own beside a plain subprocess.

    python benchmarks/isolation.py [--blocks 10] [--count 50]

Contenders alternate block by block on one core, behind the outer wall; medians over blocks. `bwrap`
runs outside, where it is installed.
"""

import argparse
import os
import resource  # noqa: F401  # os.wait4 wants it, when the wall hides it
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable

from sodakd.judge.build_cache import build_sandbox_library
from sodakd.judge.sandbox.job import Job
from sodakd.judge.sandbox.namespaces import enter_namespaces, path_inside
from sodakd.judge.sandbox.sandbox import Limits, Sandbox, SandboxState
from sodakd.judge.sandbox.seccomp import raise_filter

TRUE = "/bin/true"
BWRAP = ("bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--unshare-all")


def in_blocks(
    contenders: dict[str, Callable[[], None]], blocks: int, count: int
) -> dict[str, float]:
    """Median milliseconds of each."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(blocks):
        for name, run in contenders.items():
            begun = time.perf_counter()
            for _ in range(count):
                run()
            taken[name].append(1000 * (time.perf_counter() - begun) / count)
    return {name: statistics.median(times) for name, times in taken.items()}


def plain() -> None:
    """A subprocess as anybody starts one."""
    subprocess.run([TRUE], stdin=subprocess.DEVNULL, capture_output=True, check=True)


def bubblewrapped() -> None:
    """The same in a box of bubblewrap's."""
    subprocess.run([*BWRAP, TRUE], stdin=subprocess.DEVNULL, capture_output=True, check=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=10)
    parser.add_argument("--count", type=int, default=50)
    given = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if shutil.which("bwrap"):
        found = in_blocks(
            {
                "plain": plain,
                "bwrap": bubblewrapped,
            },
            given.blocks,
            given.count,
        )
        print(f"bwrap  {found['bwrap']:6.2f} ms, {found['bwrap'] / found['plain']:.2f}x plain")
    library = build_sandbox_library()
    with tempfile.TemporaryDirectory() as room:
        own_ids = enter_namespaces([str(library.parent)], room)
        raise_filter()
        box = Sandbox(path_inside(str(library)), SandboxState("namespaces", own_ids=own_ids))
        null = os.open(os.devnull, os.O_RDWR)
        limits = Limits()

        def job() -> None:
            with Job(box, limits) as one:
                ended = one.wait(one.spawn((TRUE,), (null, null, null)))
                assert ended.status == 0

        found = in_blocks({"plain": plain, "job": job}, given.blocks, given.count)
        print(f"plain  {found['plain']:6.2f} ms")
        print(
            f"job    {found['job']:6.2f} ms, {found['job'] / found['plain']:.2f}x plain", flush=True
        )
        os._exit(0)


if __name__ == "__main__":
    main()
