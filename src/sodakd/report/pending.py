"""What an unfinished run does not have yet, in words."""

from sodakd.report.reading import Folder


def pending_parts(folder: Folder) -> list[str]:
    """Return a sentence for each part that is not there yet; none for a finished run."""
    said = []
    base = next((row for row in folder.students if not row.arm), None)
    done = folder.tallies
    if base is None or base.step("student") not in done:
        said.append("the base student has not been made yet")
    elif not base.evaluation:
        said.append("the base student has not been evaluated yet")
    if folder.results is None:
        for arm in folder.arms:
            steps = [step for step in done if step.startswith(f"{arm}/")]
            if steps:
                said.append(f"{arm} is on its way: the last step that ended is {steps[-1]}")
            else:
                said.append(f"{arm} has not begun yet")
        said.append("there are no results yet")
    if not folder.spend:
        said.append("the spending has not been added up yet")
    return said
