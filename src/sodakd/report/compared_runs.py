"""`read_runs`: finished runs of one recipe with different seeds, as a comparison reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sodakd.errors import RunError
from sodakd.jsonl import read_log
from sodakd.recipe_file import differences
from sodakd.records import Results, StudentResult, StudentRow
from sodakd.report.reading import read_header, read_results
from sodakd.run import Step, read_manifest
from sodakd.run_header import variants_of
from sodakd.settings.changes import MAY_CHANGE

BASE = "base"
_MEND = "restore the file, have the run made again (sodakd run), or leave it out"


@dataclass(frozen=True)
class ComparedRun:
    """A finished run: its folder, its recipe as written, its results and its students' rows."""

    folder: Path
    recipe: Mapping[str, JsonValue]
    results: Results
    students: Sequence[StudentRow]

    def of(self, method: str) -> list[StudentResult]:
        """The students of a method, in the order they came."""
        names = [row.name for row in self.students if row.arm == (method if method != BASE else "")]
        return [row for row in self.results.standings if row.name in names]

    def steps(self, method: str) -> list[Step]:
        """The finished steps of a method; none of the base, which asks nothing.

        Raises `RunError` where they tell of fewer calls than the results do.
        """
        if method == BASE:
            return []
        path = self.folder / method / "manifest.jsonl"
        steps = read_manifest(path)
        told = sum(step.tally.get("teacher_calls", 0) for step in steps)
        if told < (calls := self.of(method)[-1].teacher_calls):
            raise RunError(
                f"{path} tells of {told:,} of the {calls:,} calls to the teacher; {_MEND}"
            )
        return steps

    def kept(self, method: str) -> StudentResult:
        """The student a method came to: the one that is handed out, else its last one."""
        own = self.of(method)
        first = method == self.results.arms[0].name
        named = [row for row in self.results.standings if row.name == self.results.kept]
        return named[0] if first and named else own[-1]


def read_runs(folders: Sequence[Path], methods: Sequence[str]) -> list[ComparedRun]:
    """Return the runs by their seeds; `methods` are compared alone, or all arms.

    Raises:
        RunError: a folder is no finished run, or lacks what its results tell; two have the same
            seed; their recipes differ in more than that; a run has no such arm.
    """
    runs = sorted(map(_read, folders), key=lambda run: run.results.seed)
    _require_alike(runs, methods)
    return runs


def _read(folder: Path) -> ComparedRun:
    _, recipe = read_header(folder)
    results = read_results(folder / "results.json")
    if results is None:
        raise RunError(
            f"the run in {folder} is not finished; go on with it (sodakd run, sodakd compare), or"
            " leave it out"
        )
    students = read_log(folder / "students.jsonl", StudentRow)
    known = {row.name for row in students}
    lacking = [row.name for row in results.standings if row.name not in known]
    if lacking:
        raise RunError(f"{folder / 'students.jsonl'} lacks {', '.join(lacking)}; {_MEND}")
    return ComparedRun(folder, recipe, results, students)


def _require_alike(runs: Sequence[ComparedRun], methods: Sequence[str]) -> None:
    """Raise `RunError` where runs are not of one recipe with a seed each, or lack a method.

    All arms but the first, whose spending the others have, may differ where `methods` are named,
    and always the settings of variants that are not compared: a folder keeps those it once had.
    """
    if not runs:
        raise RunError("there is no run to compare: name folders of finished runs")
    first, *others = runs
    by_seed: dict[int, Path] = {}
    for run in runs:
        before = by_seed.setdefault(run.results.seed, run.folder)
        if before != run.folder:
            raise RunError(
                f"{before} and {run.folder} have the same seed, {run.results.seed}: name one"
            )
    for run in runs:
        arms = [arm.name for arm in run.results.arms]
        for name in methods:
            if name not in arms:
                raise RunError(f"no method {name!r} in {run.folder}; there are: {', '.join(arms)}")
    alike = all(run.results.arms[0] == first.results.arms[0] for run in others)
    free = {*MAY_CHANGE, "seed"} - ({"arms"} if not methods or not alike else set())
    compared = methods or [arm.name for arm in first.results.arms]
    named = {name for run in runs for name in variants_of(run.recipe)}
    free |= {f"variants.{name}" for name in named.difference(compared)}
    for run in others:
        lines = [
            line
            for line in differences(dict(first.recipe), dict(run.recipe))
            if not any(f"{line.partition(':')[0]}.".startswith(f"{key}.") for key in free)
        ]
        if lines:
            listed = "\n".join(f"  {line}" for line in lines)
            raise RunError(
                f"{first.folder} and {run.folder} differ in more than their seed:\n{listed}\n"
                "compare runs of one recipe"
            )
