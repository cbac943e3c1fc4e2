"""The checks of a run's scorer on the report, beside what the teacher itself would reach."""

from pathlib import Path

from sodakd.jsonl import write_rows
from sodakd.report.reading import read_folder
from sodakd.report.scores import check_rows
from sodakd.scoring.figures import Consistency, Estimate, ScorerCheck
from tests.report.folder import finish


def test_a_check_has_the_teachers_agreement_with_itself_where_it_was_asked_twice(
    tmp_path: Path,
) -> None:
    folder = finish(tmp_path)
    itself = Estimate(value=0.9, low=0.8, high=0.95)
    consistency = Consistency(answers=50, spearman=itself, kappa=itself, mae=Estimate())
    found = ScorerCheck(scorer="soda/cycle-2/scorer", answers=40, questions=40, judged=40)
    for name, check in (
        ("scorer-check", found.model_copy(update={"consistency": consistency})),
        ("refresh-check", found),
    ):
        write_rows(folder / "soda/cycle-2" / f"{name}.jsonl", [check])
    first, second = check_rows(read_folder(folder))
    assert first.ceiling == "0.90 (0.80 to 0.95)"
    assert second.ceiling == "-"
    assert "consistency" not in (folder / "soda/cycle-2/refresh-check.jsonl").read_text()
