"""The report counts what static tools found, by cycle, by tool and rule."""

from pathlib import Path

from sodakd.jsonl import read_rows, write_rows
from sodakd.records import Feedback
from sodakd.report.lint import finding_figures, rule_table
from sodakd.report.page import render
from sodakd.report.reading import read_folder
from sodakd.run import Step
from sodakd.types import Finding, Severity
from tests.report.folder import finish


def mixed(folder: Path) -> Path:
    """Of forty answers of a cycle thirty have nothing, five a remark, five a fault and a remark."""
    remark = Finding(tool="ruff", rule="F401", line=1, message="`<os>` imported but unused")
    fault = Finding(tool="ruff", rule="F821", line=2, message="one", severity=Severity.ERROR)
    for number in (1, 2):
        path = folder / f"soda/cycle-{number}/feedback.jsonl"
        rows = read_rows(path, Feedback)
        found = [()] * 30 + [(remark,)] * 5 + [(remark, fault)] * 5
        write_rows(
            path,
            [
                row.model_copy(update={"findings": one})
                for row, one in zip(rows, found, strict=True)
            ],
        )
    return folder


def test_rules_are_counted_by_cycle_and_faults_come_first(tmp_path: Path) -> None:
    table = rule_table(read_folder(mixed(finish(tmp_path / "run"))))
    assert table.students == ("soda-1", "soda-2")
    assert [(row.rule.rule, row.students, row.rule.programs) for row in table.rows] == [
        ("F821", (5, 5), 10),
        ("F401", (10, 10), 20),
    ]


def test_answers_are_shown_by_the_worst_that_was_found(tmp_path: Path) -> None:
    shares, rules = finding_figures(read_folder(mixed(finish(tmp_path / "run"))))
    assert "soda-1, a fault: 5" in shares.body
    assert "soda-1, remarks: 5" in shares.body
    assert "soda-1, nothing: 30" in shares.body
    assert "ruff F401, soda-2: 10 findings" in rules.body


def test_the_page_names_rules_and_what_was_not_installed(tmp_path: Path) -> None:
    folder = mixed(finish(tmp_path / "run"))
    path = folder / "manifest.jsonl"
    step = Step(
        step="cycle-1/feedback", kind="rows", path="x", sha256="x", rows=40,
        tally={"findings": 0, "lint_missing oxlint": 40},
    )  # fmt: skip
    write_rows(path, [*read_rows(path, Step), step])
    page = render(read_folder(folder))
    assert "Not installed where this ran: oxlint." in page
    assert "&lt;os&gt;" in page


def test_a_run_whose_answers_no_tool_read_has_no_such_figure(tmp_path: Path) -> None:
    folder = finish(tmp_path / "run")
    for number in (1, 2):
        path = folder / f"soda/cycle-{number}/feedback.jsonl"
        rows = read_rows(path, Feedback)
        write_rows(path, [row.model_copy(update={"findings": ()}) for row in rows])
    read = read_folder(folder)
    assert finding_figures(read) == []
    assert "No static tool has read an answer yet." in render(read)
