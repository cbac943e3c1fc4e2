"""Colours and words of the report: one meaning, one colour, on every plot."""

from sodakd.records import Difficulty
from sodakd.report.plots import LegendEntry
from sodakd.report.reading import Folder
from sodakd.types import LEVELS, FaultKind, Outcome

DIFFICULTIES = {
    kind: LegendEntry(kind.value, f"var(--d{at})") for at, kind in enumerate(Difficulty)
}
LEVEL_KEYS = [LegendEntry(f"level {level}", f"var(--l{level})") for level in LEVELS]
OUTCOMES = {
    kind: LegendEntry(kind.value.replace("_", " "), f"var(--o{at})")
    for at, kind in enumerate(Outcome)
}
FINDINGS = {
    "fault": LegendEntry("a fault", "var(--d4)"),
    "remark": LegendEntry("remarks", "var(--d2)"),
    "none": LegendEntry("nothing", "var(--d0)"),
}
FAULTS: dict[FaultKind | None, str] = {
    **{kind: kind.value.replace("_", " ") for kind in FaultKind},
    None: "student's own",
}
ASKS = ["solve", "fault", "grade", "invent", "test", "evolve", "inspire", "refine", "compare"]


def student_keys(folder: Folder) -> dict[str, LegendEntry]:
    """Return each student's colour: in the first arm from light to dark, else one for an arm."""
    found = {}
    for place, arm in enumerate(("", *folder.arms)):
        names = [row.name for row in folder.students if row.arm == arm]
        light, dark = _ARM_COLOURS[min(place, len(_ARM_COLOURS) - 1)]
        for at, name in enumerate(names):
            share = 100 if len(names) < 2 else round(100 * at / (len(names) - 1))
            mixed = f"color-mix(in oklab,var(--{dark}) {share}%,var(--{light}))"
            colour = f"var(--{dark})" if light == dark else mixed
            found[name] = LegendEntry(name, colour, dashed=place > 1)
    return found


_ARM_COLOURS = (
    ("base", "base"), ("first", "last"), ("control", "control"), ("n3", "n3"), ("n4", "n4"),
)  # fmt: skip
"""Light and dark of the base, of the first arm, and of those after it."""


def nominal(name: str, names: list[str]) -> LegendEntry:
    """A colour for a name that has no order among its fellows."""
    return LegendEntry(name, f"var(--n{(names.index(name) if name in names else len(names)) % 6})")
