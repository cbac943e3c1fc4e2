"""The report says how many questions got tests, why others got none, and what these are worth."""

from pathlib import Path

from sodakd.jsonl import read_rows, write_rows
from sodakd.report.agreement import AgreementRow, agreement_rows
from sodakd.report.page import render
from sodakd.report.reading import read_folder
from sodakd.run import Step
from tests.report.folder import finish


def test_tests_by_agreement_are_shown_by_language_over_all_steps(tmp_path: Path) -> None:
    folder = finish(tmp_path / "run")
    assert agreement_rows(read_folder(folder)) == []
    assert "Tests by agreement" not in render(read_folder(folder))
    path = folder / "manifest.jsonl"
    tallies = {
        "seeds/tests": {
            "tested python": 6, "no_function python": 1, "crash python": 2, "tested c": 1,
            "mutants python": 30, "killed python": 24, "mutants c": 10, "killed c": 10,
        },
        "cycle-1/questions": {"tested python": 1, "kept": 1},
        "cycle-2/pairs": {"faults python": 8, "faults_killed python": 6},
    }  # fmt: skip
    steps = [
        Step(step=name, kind="rows", path="x", sha256="x", rows=1, tally=tally)
        for name, tally in tallies.items()
    ]
    write_rows(path, [*read_rows(path, Step), *steps])
    rows = agreement_rows(read_folder(folder))
    assert rows == [
        AgreementRow("Python", "10", "70.0 % of 10", "crash 2, no function 1", "80.0 % of 30",
                     "75.0 % of 8"),
        AgreementRow("C", "1", "100.0 % of 1", "", "100.0 % of 10", "none"),
        AgreementRow("all", "11", "72.7 % of 11", "crash 2, no function 1", "85.0 % of 40",
                     "75.0 % of 8"),
    ]  # fmt: skip
    assert "crash 2, no function 1" in render(read_folder(folder))
