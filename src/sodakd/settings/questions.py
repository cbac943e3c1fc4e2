"""The questions of the first cycle."""

from sodakd.settings.ranges import Count, Levels
from sodakd.types import Frozen, Language


class QuestionSettings(Frozen):
    """The questions of the first cycle, and what the embedded world draws them from."""

    seeds: Count = 800
    levels: Levels = (1, 1, 2, 2, 2, 3)
    language: Language = Language.PYTHON
