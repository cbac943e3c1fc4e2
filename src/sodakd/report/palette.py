"""Colours and words of the report: one meaning, one colour, on every plot."""

from sodakd.records import Difficulty
from sodakd.report.plots import Key
from sodakd.types import FaultKind, Outcome

CONTROL = "sft"

DIFFICULTIES = {kind: Key(kind.value, f"var(--d{at})") for at, kind in enumerate(Difficulty)}
LEVELS = [Key(f"level {level}", f"var(--l{level})") for level in range(1, 6)]
OUTCOMES = {
    kind: Key(kind.value.replace("_", " "), f"var(--o{at})") for at, kind in enumerate(Outcome)
}
FINDINGS = {
    "fault": Key("a fault", "var(--d4)"),
    "remark": Key("remarks", "var(--d2)"),
    "none": Key("nothing", "var(--d0)"),
}
FAULTS = {kind: kind.value.replace("_", " ") for kind in FaultKind}
ASKS = ["solve", "fault", "grade", "invent"]
STAGES = ["train", "pairs", "feedback", "questions", "evaluation", "other"]


def student(name: str, cycles: int) -> Key:
    """A student's name in words and its colour: cycles go from light to dark."""
    if name == CONTROL:
        return Key("static SFT", "var(--control)", dashed=True)
    number = name.removeprefix("cycle-")
    if not number.isdigit():
        return Key(name, "var(--base)")
    share = 100 if cycles < 2 else round(100 * (int(number) - 1) / (cycles - 1))
    return Key(f"cycle {number}", f"color-mix(in oklab,var(--last) {share}%,var(--first))")


def nominal(name: str, names: list[str]) -> Key:
    """A colour for a name that has no order among its fellows."""
    return Key(name, f"var(--n{(names.index(name) if name in names else len(names)) % 6})")
