"""What an unfinished run does not have yet, in words."""

from sodakd.report.reading import Cycle, Folder


def missing(folder: Folder) -> list[str]:
    """A sentence for each part that is not there yet; none for a finished run."""
    said = []
    if not folder.base_log:
        said.append("the base student has not been trained yet")
    elif not folder.base_evaluation:
        said.append("the base student has not been evaluated yet")
    if folder.results is None:
        said += [words for cycle in folder.cycles if (words := _of_cycle(cycle, folder))]
        if folder.has_control:
            said += _of_control(folder)
        said.append("there are no results yet")
    if not folder.spend:
        said.append("the spending has not been added up yet")
    return said


def _of_cycle(cycle: Cycle, folder: Folder) -> str:
    at = f"cycle {cycle.number}"
    if not cycle.log:
        return f"{at} has not been trained yet" + (" (its pairs are there)" if cycle.pairs else "")
    if not cycle.evaluation:
        return f"{at} has not been evaluated yet"
    if not cycle.feedback:
        return f"{at} has no feedback yet"
    if not cycle.questions and cycle.number < len(folder.cycles):
        return f"cycle {cycle.number + 1} has no new questions yet"
    return ""


def _of_control(folder: Folder) -> list[str]:
    if not folder.control_log:
        return ["the static control has not been trained yet"]
    if not folder.control_evaluation:
        return ["the static control has not been evaluated yet"]
    return []
