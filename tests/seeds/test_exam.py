"""Questions that stand in a benchmark of the exam are no seeds, and are counted by its name."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sodakd.evaluate.benchmarks.registry import BENCHMARKS
from sodakd.methods.exam import load_benchmarks
from sodakd.seeds.load import load_seeds
from sodakd.seeds.read import read_rows_of
from sodakd.seeds.seed import FilteredSeed, Reason
from sodakd.settings.questions import QuestionSettings
from sodakd.settings.stages import BenchmarkSettings, EvaluationSettings
from sodakd.types import Language
from tests.methods.test_exam import MBPP_ROWS, write_mbpp
from tests.real_data import real_data
from tests.tiny import sodakd

HEADER = """\
import java.util.*;

class {0} {{
    /**
     * {1}
     *
     * > {0}(2)
     * 4
     * > {0}(90)
     * 101
     */
    public static int {0}(int n) {{
"""
MBPP = (BenchmarkSettings(name="mbpp"),)


def sifted(source: Path, data: Path, *excluded: Path) -> list[FilteredSeed]:
    """The seeds of a source, of which none may stand in MBPP or in what is excluded."""
    questions = QuestionSettings(
        source=str(source), exclude=tuple(map(str, excluded)), near_duplicate=1.0
    )
    exam = load_benchmarks(EvaluationSettings(benchmarks=MBPP, data=str(data)))
    return list(load_seeds(questions, 0, benchmarks=exam))


def test_the_test_split_is_refused_as_it_stands_and_in_another_languages_clothes(
    tmp_path: Path,
) -> None:
    mbpp = write_mbpp(tmp_path)
    assert [row.counted_as for row in sifted(mbpp, mbpp)] == ["kept"] + ["overlaps_mbpp"] * 3
    translated = tmp_path / "java.jsonl"
    names = ("nothing", "doubleOf", "squareOf", "after")
    write(
        translated,
        [
            {"prompt": HEADER.format(name, row["text"]), "language": "java",
             "test": "class Main {}", "task_id": f"MBJP/{row['task_id']}", "entry_point": name}
            for name, row in zip(names, MBPP_ROWS, strict=True)
        ],
    )  # fmt: skip
    found = sifted(translated, mbpp)
    assert [row.counted_as for row in found][1:] == ["overlaps_mbpp"] * 3
    assert found[1].reason is Reason.OVERLAPS_EVALUATION


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_the_seeds_of_a_recipe_are_shown_without_what_its_exam_holds(tmp_path: Path) -> None:
    mbpp, recipe = write_mbpp(tmp_path), tmp_path / "r.yaml"
    exam = f"{{benchmarks: [{{name: mbpp}}], data: '{mbpp}'}}"
    recipe.write_text(f"questions: {{source: '{mbpp}'}}\nevaluation: {exam}\n")
    done = sodakd("seeds", str(recipe))
    assert re.search(r"overlaps_evaluation\W+3\b", done.stdout), done.stdout + done.stderr


def test_what_is_excluded_by_hand_is_counted_by_the_name_of_its_file(tmp_path: Path) -> None:
    mbpp, other, seeds = write_mbpp(tmp_path), tmp_path / "other.jsonl", tmp_path / "seeds.jsonl"
    text = "Write a Python function that sorts the words of a sentence by their last letter."
    write(other, [{"text": text}])
    write(seeds, [{"text": f"{text} Please."}, {"text": "Write a function that adds two numbers."}])
    found = sifted(seeds, mbpp, other)
    assert [row.counted_as for row in found] == ["overlaps_other.jsonl", "kept"]


@pytest.mark.heavy
@pytest.mark.parametrize("language", BENCHMARKS["mbxp"].languages)
def test_translations_of_an_exams_tasks_are_refused(language: Language, tmp_path: Path) -> None:
    """MBXP's tasks are MBPP's 511 to 974: numbered from 11 on they are an exam."""
    rows = [row.values for row in read_rows_of(str(real_data("mbpp/mbpp.jsonl")))]
    exam = tmp_path / "mbpp.jsonl"
    write(exam, [{**row, "task_id": int(str(row["task_id"])) - 500} for row in rows[510:]])
    found = sifted(real_data(f"mbxp/{language}.jsonl.gz"), exam)
    kept = [row.seed.text for row in found if row.kept]
    assert len(kept) == (language is Language.JAVA)  # where it says "null", and MBPP "None"
    assert len(found) > 400


@pytest.mark.heavy
def test_of_released_mbpp_the_test_split_is_refused_to_the_last_task() -> None:
    mbpp = real_data("mbpp/mbpp.jsonl")
    counts = Counter(
        (10 < row.seed.row <= 510, row.counted_as == "overlaps_mbpp")
        for row in sifted(mbpp, mbpp)
        if row.reason is not Reason.EXACT_DUPLICATE
    )
    assert counts[True, False] == 0
    assert counts[True, True] == 500
    assert counts[False, False] > 400
