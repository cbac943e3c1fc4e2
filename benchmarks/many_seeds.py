"""Peak memory and CPU time of `sodakd seeds` on a file of many rows with tests.

python benchmarks/many_seeds.py 100000          # APPS's kind: 4 kB a row, 15 cases each
python benchmarks/many_seeds.py 100000 mbpp     # MBPP's: three assertions each
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

_STEMS = (
    "array tree graph string number value index sum count node edge path list matrix row column"
    " digit letter word prime factor square cube queue stack heap sort search find compute print"
    " integer sequence minimum maximum distance weight order pair triple range interval limit"
)
_WORDS = [f"{stem}{number}" for stem in _STEMS.split() for number in range(40)]
Row = dict[str, object]


def _text(draw: random.Random, count: int) -> str:
    return " ".join(draw.choice(_WORDS) for _ in range(count))


def _apps(number: int, draw: random.Random) -> Row:
    more = [" ".join(str(draw.randrange(10**6)) for _ in range(20)) for _ in range(15)]
    cases = {
        "inputs": [f"{number} {place}\n{line}\n" for place, line in enumerate(more)],
        "outputs": [f"{number + place}\n" for place in range(len(more))],
    }
    program = "import sys\nd = sys.stdin.read().split()\nprint(int(d[0]) + int(d[1]))"
    return {
        "question": f"{_text(draw, 180)} task {number}",
        "solutions": json.dumps([f"{program}  # {number}\n"]),
        "input_output": json.dumps(cases),
        "starter_code": "",
    }


def _mbpp(number: int, draw: random.Random) -> Row:
    name = f"f{number}"
    return {
        "text": f"Write a python function {name} to {_text(draw, 20)}.",
        "code": f"def {name}(xs):\n    return sum(xs)\n",
        "test_list": [f"assert {name}([{number}, {one}]) == {number + one}" for one in range(3)],
    }


_KINDS: Mapping[str, Callable[[int, random.Random], Row]] = {"apps": _apps, "mbpp": _mbpp}


def main(count: int, kind: str = "apps") -> None:
    """Make a file of so many rows of a kind, read it, and print what that took."""
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number in range(count):
                file.write(json.dumps(_KINDS[kind](number, draw)) + "\n")
        size = path.stat().st_size
        out = ("--out", str(path.with_name("out.jsonl")))
        subprocess.run([sys.executable, "-m", "sodakd", "seeds", str(path), *out], check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{count:,} rows of {kind} ({size / 2**20:,.0f} MiB):"
        f" {used.ru_maxrss / 2**10:,.0f} MiB at most,"
        f" {used.ru_utime + used.ru_stime:,.0f} CPU seconds"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("count", type=int)
    parser.add_argument("kind", choices=sorted(_KINDS), nargs="?", default="apps")
    main(**vars(parser.parse_args()))
