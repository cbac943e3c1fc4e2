"""How far a trained scorer agrees with the teacher in a comparison whose arms differ in who grades.

    python benchmarks/scorer_agreement.py runs/graded soda-scorer-verdict soda-scorer-answer

`runs/graded` is a folder of `sodakd compare` with the method `soda`, whose answers the teacher
grades, and the variants named. Until the scorer of cycle 2 has graded, their students are the same
and answer the same. Figures are means over seeds, with the lowest and the highest.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from sodakd.jsonl import read_rows
from sodakd.records import Feedback
from sodakd.scoring.figures import Estimate, ScorerCheck

_CHECKS = {"scorer-check": "held-back grades", "refresh-check": "the newest student's answers"}


def main() -> None:
    """Print the figures of each variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("compared", type=Path)
    parser.add_argument("variants", nargs="+")
    options = parser.parse_args()
    seeds = sorted(path.parent for path in options.compared.glob("seed-*/results.json"))
    for variant in options.variants:
        print(f"{variant}, {len(seeds)} seeds")
        for file, words in _CHECKS.items():
            found = [
                row
                for seed in seeds
                for row in read_rows(seed / f"{variant}/cycle-2/{file}.jsonl", ScorerCheck)
            ]
            spearman, auc = [row.spearman for row in found], [row.auc for row in found]
            print(f"  {words}: Spearman {_range(spearman)}, AUC of passing {_range(auc)}")
        alike = [each for seed in seeds for each in _alike(seed, variant)]
        print(f"  the same difficulty: {100 * fmean(alike):.0f} % of {len(alike):,} answers")


def _alike(seed: Path, variant: str) -> list[bool]:
    """Whether the scorer's grade of each answer came to the difficulty that the teacher's did."""
    mine, teachers = (_by_question(seed / arm) for arm in (variant, "soda"))
    graded = {name: row for name, row in mine.items() if row.grader == "scorer"}
    assert all(row.solution == teachers[name].solution for name, row in graded.items())
    return [row.difficulty == teachers[name].difficulty for name, row in graded.items()]


def _by_question(arm: Path) -> dict[str, Feedback]:
    return {row.question.id: row for row in read_rows(arm / "cycle-2/feedback.jsonl", Feedback)}


def _range(figures: Sequence[Estimate]) -> str:
    values = [each.value for each in figures if each.value is not None]
    return f"{fmean(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
