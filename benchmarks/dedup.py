"""Speed, memory and recall of deduplication, beside datasketch and text-dedup, in one run.

python benchmarks/dedup.py 100000
python benchmarks/dedup.py 100000 --peers PYTHON      # of an environment that has both peers
python benchmarks/dedup.py 1000000

The questions are made here: 12 to 60 words, drawn as often as Zipf's law has them, behind one of
some openings; a fifth is one of the others with a word or two changed, a twentieth a copy. Each
contender gets the same file of texts in a process of its own, looks at word 3-grams with 64
permutations and Jaccard 0.7, on one core, and says which rows it would leave out. The figures are
CPU seconds, reading included, since other work on a machine changes them less, and peak memory.
Recall is of the pairs that were made and are of Jaccard 0.7 or more by exact count: a row of the
pair is left out.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

_OPENINGS = (
    "Write a function that", "Create a program to", "Given a list of numbers,", "Implement a class",
    "Write a Python script which", "You are given a string.", "How can I", "Design a way to",
)  # fmt: skip
_BATCH = 1024
_THRESHOLD, _PERMUTATIONS, _SHINGLE = 0.7, 64, 3


def make(path: Path, count: int) -> list[tuple[int, int]]:
    """Write so many texts, and return the pairs of them that are near each other."""
    draw = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgk"
    vocabulary = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(30_000)]
    weights, total = [], 0.0
    for rank in range(len(vocabulary)):
        total += 1 / (rank + 10)
        weights.append(total)
    made: list[tuple[int, str]] = []
    near = []
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            kind = draw.random()
            if number > 100 and kind < 0.25:
                origin, old = made[draw.randrange(len(made))]
                text = old if kind < 0.05 else _changed(old, draw.choice(vocabulary), draw)
                if _jaccard(old, text) >= _THRESHOLD:
                    near.append((number, origin))
            else:
                words = draw.choices(vocabulary, cum_weights=weights, k=draw.randint(12, 60))
                text = f"{draw.choice(_OPENINGS)} {' '.join(words)}."
                if len(made) < 200_000:
                    made.append((number, text))
            file.write(json.dumps({"number": number, "text": text}) + "\n")
    return near


def _changed(text: str, word: str, draw: random.Random) -> str:
    words = text.split()
    for _ in range(draw.choice((1, 1, 2))):
        words[draw.randrange(len(words))] = word
    return " ".join(words)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1))}


def _jaccard(one: str, other: str) -> float:
    left, right = _runs(one), _runs(other)
    return len(left & right) / len(left | right)


def _texts(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)["text"]


def ours(path: Path) -> set[int]:
    """sodakd's library."""
    from sodakd.dedup.corpus import Corpus
    from sodakd.dedup.near import Limits, find_duplicates

    limits = Limits(jaccard=_THRESHOLD)
    corpus, texts = Corpus(limits.bands), _texts(path)
    while batch := list(islice(texts, _BATCH)):
        corpus.add(batch)
    return {one.number for one in find_duplicates(corpus, limits)}


def datasketch(path: Path) -> set[int]:
    """datasketch, as its documentation has it: a query for each text, which is put in else."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=_THRESHOLD, num_perm=_PERMUTATIONS)
    runs = ([" ".join(run).encode() for run in _runs(text)] for text in _texts(path))
    dropped = set()
    for number, one in enumerate(MinHash.generator(runs, num_perm=_PERMUTATIONS)):
        if index.query(one):
            dropped.add(number)
        else:
            index.insert(number, one)
    return dropped


def text_dedup(path: Path) -> set[int]:
    """text-dedup's own command; of what it writes the numbers of the rows that are left."""
    import contextlib

    from datasets import load_from_disk
    from text_dedup import minhash

    out = path.with_name("out")
    options = {
        "path": "json", "data_files": path, "split": "train", "column": "text", "output": out,
        "cache_dir": path.with_name("cache"), "ngram": _SHINGLE, "threshold": _THRESHOLD,
        "num_perm": _PERMUTATIONS, "num_proc": 1,
    }  # fmt: skip
    given = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    with contextlib.redirect_stdout(sys.stderr):
        minhash.main(given, standalone_mode=False)
    kept = set(load_from_disk(str(out))["number"])
    return set(range(sum(1 for _ in _texts(path)))) - kept


CONTENDERS: Mapping[str, Callable[[Path], set[int]]] = {
    "sodakd": ours,
    "datasketch": datasketch,
    "text-dedup": text_dedup,
}


def contend(name: str, path: Path) -> None:
    """One contender in this process: print what it took."""
    dropped = CONTENDERS[name](path)
    # text-dedup works in processes that it starts.
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    mib = max(one.ru_maxrss for one in used) / 1024
    print(json.dumps({"cpu": seconds, "mib": mib, "rows": sorted(dropped)}))


def main(count: int, peers: str, only: str) -> None:
    """Make the file, let each contender have it, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.jsonl"
        near = make(path, count)
        size = path.stat().st_size / 2**20
        print(f"{count:,} texts, {size:,.0f} MiB, {len(near):,} made near an earlier one")
        first = 0.0
        for name in CONTENDERS:
            python = sys.executable if name == "sodakd" else peers
            if not python or (only and name not in only.split(",")):
                continue
            command = [python, __file__, "0", "--contender", name, "--file", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name:12} failed: {done.stderr.strip()[-300:]}")
                continue
            found = json.loads(done.stdout.splitlines()[-1])
            first = first or found["cpu"]
            dropped = set(found["rows"])
            hits = sum(not dropped.isdisjoint(pair) for pair in near)
            print(
                f"{name:12} {found['cpu']:9.1f} CPU s  {count / found['cpu']:9,.0f} a second"
                f"  {found['cpu'] / first:5.1f} x  {found['mib']:7,.0f} MiB  left out"
                f" {len(dropped):,}  recall {100 * hits / len(near):.1f} %",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("count", type=int)
    parser.add_argument("--peers", default="", help="a Python that has datasketch and text-dedup")
    parser.add_argument("--only", default="", help="contenders, with commas")
    parser.add_argument("--contender", default="", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        contend(given.contender, given.file)
    else:
        main(given.count, given.peers, given.only)
