"""Where a method's calls to the teacher went: by stage, over seeds."""

from collections import Counter
from collections.abc import Sequence

from sodakd.efficiency import STAGES, stage_of
from sodakd.evaluate.over_seeds import OverSeeds, over_seeds
from sodakd.run import Step
from sodakd.types import FrozenModel


class StageCalls(FrozenModel):
    """What a stage of a method asked of the teacher, over seeds; what it had before counts too."""

    stage: str
    calls: OverSeeds
    tokens: OverSeeds


def stage_calls(seeds: Sequence[Sequence[Step]]) -> tuple[StageCalls, ...]:
    """Return what each stage asked that asked at all; `seeds` are a method's finished steps."""
    calls: list[Counter[str]] = [Counter() for _ in seeds]
    tokens: list[Counter[str]] = [Counter() for _ in seeds]
    for place, steps in enumerate(seeds):
        for step in steps:
            tally, stage = step.tally, stage_of(step.step)
            calls[place][stage] += tally.get("teacher_calls", 0)
            tokens[place][stage] += tally.get("prompt_tokens", 0)
            tokens[place][stage] += tally.get("completion_tokens", 0)
    return tuple(
        StageCalls(
            stage=stage,
            calls=over_seeds([each[stage] for each in calls]),
            tokens=over_seeds([each[stage] for each in tokens]),
        )
        for stage in STAGES
        if any(each[stage] for each in (*calls, *tokens))
    )
