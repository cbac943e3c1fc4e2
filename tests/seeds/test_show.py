"""What a source holds, in the terminal: the first failures by name, the others as a number."""

from io import StringIO

from rich.console import Console

from sodakd.seeds.seed import FilteredSeed, Seed
from sodakd.seeds.show import SeedTally, show_verdicts
from sodakd.types import JudgeStage, Language, Outcome, Verdict


def test_of_many_failures_the_first_are_named_and_the_others_counted() -> None:
    tally = SeedTally()
    for number in range(50):
        outcome = Outcome.PASSED if number % 2 else Outcome.WRONG_ANSWER
        tally.add(
            FilteredSeed(
                seed=Seed(file="rows.jsonl", row=number, text="Add up."),
                language=Language.PYTHON,
                seen_in="default",
                reason=None,
                verdict=Verdict(outcome=outcome, stage=JudgeStage.RUN),
            )
        )
    said = StringIO()
    show_verdicts(tally, Console(file=said, width=120))
    assert said.getvalue().count("wrong_answer:") == len(tally.failed) == 20
    assert "rows.jsonl#38: wrong_answer" in said.getvalue()
    assert "and 5 more" in said.getvalue()
