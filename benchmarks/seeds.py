"""pass@1 over the seeds of a recipe: mean, 95 % t interval, and paired differences.

for seed in 0 1 2; do sodakd run recipes/embedded.yaml seed=$seed; done
python benchmarks/seeds.py runs/embedded-0 runs/embedded-1 runs/embedded-2
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sodakd.evaluate.over_seeds import over_seeds
from sodakd.records import PassRate, Results

GROUPS: Mapping[str, Sequence[str]] = {
    "all": ("all",),
    "levels 2-5": ("levels 2-5",),
    "levels 1-3": ("level 1", "level 2", "level 3"),
    "levels 4-5": ("level 4", "level 5"),
}


def share(groups: Sequence[PassRate], names: Sequence[str]) -> float:
    """pass@1 in % over some groups together."""
    chosen = [group for group in groups if group.group in names]
    return 100 * sum(group.passed for group in chosen) / sum(group.total for group in chosen)


def said(values: Sequence[float]) -> str:
    """Mean, half of its 95 % t interval, and the values."""
    found = over_seeds(values)
    listed = " ".join(f"{value:.1f}" for value in values)
    half = "" if found.high is None else f" ± {found.high - found.mean:.1f}"
    return f"{found.mean:.1f}{half} ({listed})"


def main(folders: Sequence[str]) -> None:
    """Print a Markdown table of the runs in these folders."""
    runs = [
        Results.model_validate_json((Path(folder) / "results.json").read_text(encoding="utf-8"))
        for folder in folders
    ]
    names = [standing.name for standing in runs[0].standings]
    print("| student | " + " | ".join(GROUPS) + " |")
    print("|---" * (len(GROUPS) + 1) + "|")
    table: dict[str, dict[str, list[float]]] = {}
    for place, name in enumerate(names):
        table[name] = {
            group: [share(run.standings[place].groups, parts) for run in runs]
            for group, parts in GROUPS.items()
        }
        print(f"| {name} | " + " | ".join(said(values) for values in table[name].values()) + " |")
    last = next(name for name in reversed(names) if name != "sft")
    for other in ("base", "sft"):
        if other in table:
            cells = [
                said([a - b for a, b in zip(table[last][group], table[other][group], strict=True)])
                for group in GROUPS
            ]
            print(f"| {last} less {other} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
