"""A comparison is made from run folders alone: figures by hand, what is refused, what is shown."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from markupsafe import escape

from sodakd.cli.compare import Equal, parse_seeds, with_equal
from sodakd.errors import DataError, RunError
from sodakd.jsonl import write_rows
from sodakd.records import ArmDescription, PassRate, Results, StudentResult, StudentRow
from sodakd.report.comparison import Comparison, compare_runs
from sodakd.report.comparison_page import write_comparison
from sodakd.report.comparison_tables import comparison_tables
from sodakd.report.pareto import pareto_plot
from sodakd.report.plots import Line, Point
from sodakd.report.template import linked
from sodakd.run import Step
from tests.tiny import sodakd_looks, write_recipe


def _step(name: str, calls: int, tokens: int) -> Step:
    tally = {"teacher_calls": calls, "prompt_tokens": tokens // 2, "completion_tokens": tokens // 2}
    return Step(step=name, kind="rows", path=f"{name}.jsonl", sha256="", rows=1, tally=tally)


PASSED = {  # by seed: the base, soda-1, soda-2, sft, lion, of 100 questions
    0: (20, 30, 50, 40, 10),
    1: (22, 31, 54, 41, 10),
    2: (24, 33, 52, 45, 10),
}
ARMS = ("soda", "sft", "lion")
STEPS = {
    "soda": [
        _step("cycle-1/pairs", 400, 3000),
        _step("cycle-1/student", 0, 0),
        _step("cycle-1/feedback", 100, 1000),
        _step("cycle-2/pairs", 500, 6000),
    ],
    "sft": [_step("solutions", 1000, 10000)],
    "lion": [_step("cycle-1/solutions", 400, 0)],
}
NAMES = ("base", "soda-1", "soda-2", "sft", "lion")


def _write_run(
    folder: Path, seed: int, passed: Sequence[int], arms: Sequence[str] = ARMS, cycles: int = 2
) -> Path:
    """A finished run's folder, as far as a comparison reads it."""
    owners = ("", "soda", "soda", "sft", "lion")
    students = [
        StudentRow(name=name, arm=arm, steps="", weights="", evaluation="")
        for name, arm in zip(NAMES, owners, strict=True)
        if not arm or arm in arms
    ]
    calls = dict(zip(NAMES, (0, 500, 1000, 1000, 400), strict=True))
    counts = dict(zip(NAMES, passed, strict=True))
    standings = [
        StudentResult(
            name=row.name,
            groups=(
                PassRate(group="all", passed=counts[row.name], total=100, low=0, high=1),
                PassRate(group="level 1", passed=1, total=10, low=0, high=1, by="level"),
            ),
            teacher_calls=calls[row.name],
            teacher_tokens=10 * calls[row.name],
            money=calls[row.name] / 1e4,
            train_steps=8,
            train_tokens=100,
        )
        for row in students
    ]
    results = Results(
        arms=tuple(ArmDescription(name=arm, title=f"<i>{arm}</i>", how="") for arm in arms),
        kept="soda-2",
        seed=seed,
        standings=tuple(standings),
    )
    recipe = {"name": "small", "seed": seed, "cycles": cycles, "arms": list(arms)}
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"sodakd": "0.1.0", "recipe": recipe}))
    (folder / "results.json").write_text(results.model_dump_json())
    write_rows(folder / "students.jsonl", students)
    for name in arms:
        (folder / name).mkdir()
        write_rows(folder / name / "manifest.jsonl", STEPS[name])
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return [_write_run(tmp_path / f"seed-{seed}", seed, passed) for seed, passed in PASSED.items()]


def test_figures_of_three_seeds_are_those_counted_by_hand(folders: list[Path]) -> None:
    found = compare_runs(list(reversed(folders)))
    assert found.seeds == (0, 1, 2)
    assert [row.method for row in found.methods] == ["base", *ARMS]
    soda = found.methods[1]
    assert soda.students == ("soda-2",) * 3
    assert soda.groups[0].pass_at_1.mean == pytest.approx(0.52)
    assert soda.groups[0].gain.values == pytest.approx((0.30, 0.32, 0.28))
    assert soda.groups[0].relative_gain == pytest.approx(0.30 / 0.22)
    assert found.best_other == "sft"
    first, second, third = found.differences
    assert (first.method, first.other) == ("soda", "sft")
    assert first.difference.values == pytest.approx((0.10, 0.13, 0.07))
    assert first.effect == pytest.approx(0.10 / 0.03)
    assert first.relative == pytest.approx(0.10 / 0.42)
    assert (first.won, first.tied, first.lost) == (3, 0, 0)
    assert (first.p, first.p_holm) == (2 / 8, 4 / 8)
    assert (second.method, second.other) == ("soda", "lion")
    assert (third.method, third.other, third.p_holm) == ("sft", "lion", 2 / 8)
    assert soda.money is not None
    assert soda.teacher_calls.mean == 1000
    assert soda.money.mean == pytest.approx(0.1)
    assert [row.student for row in found.curve] == list(NAMES)


def test_where_the_calls_went_adds_up_to_the_calls_of_the_method(folders: list[Path]) -> None:
    found = compare_runs(folders)
    stages = {row.method: [(each.stage, each.calls.mean) for each in row.stages]
              for row in found.methods}  # fmt: skip
    assert stages["soda"] == [("pairs", 900), ("feedback", 100)]
    assert stages["sft"] == [("pairs", 1000)]
    assert stages["lion"] == [("pairs", 400)]
    assert stages["base"] == []
    table = next(each for each in comparison_tables(found) if "by stage" in each.title)
    rows = [["soda", "900 (90 %)", "100 (10 %)"], ["sft", "1,000 (100 %)", ""]]
    assert table.rows == [*rows, ["lion", "400", ""]]


def test_files_that_lack_what_the_results_tell_are_named(folders: list[Path]) -> None:
    manifest = folders[1] / "soda/manifest.jsonl"
    whole = manifest.read_bytes()
    manifest.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    with pytest.raises(RunError, match=r"soda/manifest.jsonl tells of 500 of the 1,000 calls"):
        compare_runs(folders)
    assert len(compare_runs(folders, ["sft", "lion"]).seeds) == 3
    manifest.write_bytes(whole)
    students = folders[2] / "students.jsonl"
    students.write_bytes(b"".join(students.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(RunError, match=r"students.jsonl lacks lion; restore the file"):
        compare_runs(folders)
    (folders[0] / "results.json").write_text("")
    with pytest.raises(RunError, match=r"results.json cannot be read: .*EOF[^\n]*$"):
        compare_runs(folders)


def test_names_in_the_pareto_picture_have_lines_of_their_own() -> None:
    places = {"a": Point(0, 0.3), "b": Point(0, 0.3), "c": Point(0, 0.31), "d": Point(5, 0.3)}
    lines = [Line(name, [point], "var(--a)") for name, point in places.items()]
    drawn = pareto_plot(lines, "US $", "pass@1", "title")
    found = re.findall(r'<text class="tick over" x="[\d.]+" y="([\d.]+)"[^>]*>([abcd])<', drawn)
    heights = {name: float(y) for y, name in found}
    left = sorted(heights[name] for name in "abc")
    assert all(low + 10 < high for low, high in pairwise(left))
    assert heights["d"] < left[1]


def test_methods_that_are_named_are_compared_alone_and_in_that_order(folders: list[Path]) -> None:
    found = compare_runs(folders, ["lion", "sft"])
    assert [row.method for row in found.methods] == ["base", "lion", "sft"]
    assert [(row.method, row.other, row.lost) for row in found.differences] == [("lion", "sft", 3)]


def test_remarks_say_what_so_few_seeds_cannot_show_and_which_calls_are_left(
    folders: list[Path],
) -> None:
    found = compare_runs(folders)
    assert any("no p is below 0.25, and none below 0.5" in words for words in found.remarks)
    assert "Not equal in teacher calls, soda's being 100 %: lion 40 %." in found.remarks
    others = compare_runs(folders, ["lion", "sft"])
    assert "Not equal in teacher calls, soda's being 100 %: lion 40 %." in others.remarks
    alone = compare_runs(folders[:1])
    assert alone.remarks[0].startswith("One seed says nothing of chance")
    assert alone.methods[1].groups[0].pass_at_1.low is None


def test_runs_that_cannot_be_compared_are_named(folders: list[Path], tmp_path: Path) -> None:
    twin = _write_run(tmp_path / "twin", 1, PASSED[1])
    with pytest.raises(RunError, match="same seed, 1"):
        compare_runs([*folders, twin])
    longer = _write_run(tmp_path / "longer", 7, PASSED[1], cycles=3)
    with pytest.raises(RunError, match=r"differ in more than their seed:\n  cycles: 2 -> 3"):
        compare_runs([*folders, longer])
    fewer = _write_run(tmp_path / "fewer", 8, PASSED[1], arms=("soda", "sft"))
    with pytest.raises(RunError, match="arms"):
        compare_runs([*folders, fewer])
    with pytest.raises(RunError, match=r"no method 'lion' in .*fewer"):
        compare_runs([*folders, fewer], ["soda", "lion"])
    assert len(compare_runs([*folders, fewer], ["soda", "sft"]).seeds) == 4
    (fewer / "results.json").unlink()
    with pytest.raises(RunError, match="is not finished"):
        compare_runs([fewer])
    with pytest.raises(RunError, match="no run to compare"):
        compare_runs([])


def test_variants_that_are_not_compared_may_differ_and_those_that_are_may_not(
    folders: list[Path],
) -> None:
    for number, folder in enumerate(folders):
        head = json.loads((folder / "run.json").read_text())
        head["recipe"]["variants"] = {"soda-a": "cycles=4"} if number else {"lion": "cycles=4"}
        (folder / "run.json").write_text(json.dumps(head))
    assert len(compare_runs(folders, ["soda", "sft"]).seeds) == 3
    with pytest.raises(RunError, match=r"differ in more than their seed:\n  variants\.lion: "):
        compare_runs(folders)


def test_the_page_and_the_file_hold_the_comparison_and_names_are_escaped(
    folders: list[Path], tmp_path: Path
) -> None:
    found = compare_runs(folders)
    page = write_comparison(found, tmp_path / "out")
    html = page.read_text(encoding="utf-8")
    assert "&lt;i&gt;soda&lt;/i&gt;" in html
    assert "<i>soda</i>" not in html
    assert "src=" not in html
    for title in (table.title for table in comparison_tables(found)):
        assert str(escape(title)) in html
    assert "pass@1, all, by US $ for the teacher" in html
    assert "Where the calls went" in html
    text = (tmp_path / "out/compare.json").read_text(encoding="utf-8")
    assert Comparison.model_validate_json(text) == found


def test_the_command_makes_the_table_from_folders_without_running(
    folders: list[Path], tmp_path: Path
) -> None:
    done = sodakd_looks("compare", "--from", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "soda less sft" in done.stdout
    before = (tmp_path / "compare.json").read_bytes()
    again = sodakd_looks(
        "compare", "--from", *map(str, reversed(folders)), "--out", str(tmp_path / "b")
    )
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "b/compare.json").read_bytes() == before
    empty = sodakd_looks("compare", "--from", str(tmp_path / "b"))
    assert (empty.returncode, "holds no finished one" in empty.stderr) == (2, True)
    twice = sodakd_looks("compare", "--from", str(tmp_path), "--seeds", "0", "--jobs", "2")
    assert (twice.returncode, "--seeds, --jobs with --from" in twice.stderr) == (2, True)
    (folders[0] / "results.json").unlink()
    part = sodakd_looks("compare", "--from", str(tmp_path))
    assert (part.returncode, "left out, for they are not finished" in part.stderr) == (0, True)


def test_a_recipe_keeps_what_it_says_is_equal(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    assert with_equal(recipe, ["seed=1"], None) == ["seed=1", "equal=money"]
    assert with_equal(recipe, ["equal=tokens"], None) == ["equal=tokens"]
    recipe.write_text(f"{recipe.read_text()}equal: calls\n")
    assert with_equal(recipe, [], None) == []
    assert with_equal(recipe, [], Equal.TOKENS) == ["equal=tokens"]


def test_links_of_titles_are_links_and_all_else_is_text() -> None:
    assert linked("a ([b](https://c.org/d?e&f))") == 'a (<a href="https://c.org/d?e&amp;f">b</a>)'
    for text in ("[a](javascript:b)", '[a](https://b" onclick="c)', "<i>[a]</i>"):
        assert "<" not in linked(text)


def test_seeds_are_read_as_people_write_them() -> None:
    assert parse_seeds("0-3") == [0, 1, 2, 3]
    assert parse_seeds("4, 0-2,1") == [4, 0, 1, 2]
    for wrong in ("", "a", "3-1", "1-", "-1", "0-99999", "1..3"):
        with pytest.raises(DataError, match="--seeds"):
            parse_seeds(wrong)
