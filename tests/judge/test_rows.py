"""Rows of `sodakd judge`: no test is left out unsaid, and every mistake is named first."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import JsonValue

from sodakd.errors import DataError
from sodakd.judge import Judge, JudgeSettings, Language, Outcome
from sodakd.judging.rows import ParsedRows, read_programs
from sodakd.types import TestScript
from tests.judge.test_programs import skip_where_missing

GOOD, WRONG = "def add(a, b):\n    return a + b\n", "def add(a, b):\n    return a - b\n"
CASES: JsonValue = [{"arguments": [1, 2], "expected": 3}]
CALLS: JsonValue = {"entry_point": "add", "cases": CASES}
TYPED: dict[str, JsonValue] = {"entry_point": "f", "cases": [{"arguments": [1], "expected": 2}]}

Values = dict[str, JsonValue]


def signed(arguments: list[JsonValue], returns: str) -> Values:
    return {**TYPED, "signature": {"arguments": arguments, "returns": returns}}


def file_of(folder: Path, rows: Iterable[Values], name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def given(folder: Path, *rows: Values, language: Language | None = None) -> ParsedRows:
    return read_programs(file_of(folder, rows), None, language)


def refused(folder: Path, row: Values, language: Language | None = None) -> str:
    with pytest.raises(DataError) as caught:
        given(folder, row, language=language)
    return str(caught.value)


READS: Values = {"cases": [{"stdin": "1 2", "stdout": "3"}]}
READER = "a, b = map(int, input().split())\nprint(a + b)\n"


@pytest.mark.toolchain
def test_rows_of_programs_that_read_standard_input_are_judged(tmp_path: Path) -> None:
    rounded: Values = {
        "tests": {"cases": [{"stdin": "1 2", "stdout": "3.0001"}], "tolerance": 0.01}
    }
    rows: list[tuple[Values, bool]] = [
        ({"code": READER, "tests": READS}, True),
        ({"answer": f"So:\n```python\n{READER}```\n", "tests": json.dumps(READS)}, True),
        ({"code": READER.replace("+", "-"), "tests": READS}, False),
        ({"code": READER, **rounded}, True),
        ({"code": "print('3 ')", "tests": {**READS, "comparison": "exact"}}, True),
        ({"code": "print(' 3')", "tests": {**READS, "comparison": "exact"}}, False),
    ]
    found = given(tmp_path, *(row for row, _ in rows), language=Language.PYTHON)
    assert all(row.tested and not row.unread for row in found.rows)
    with Judge(workers=1) as judge:
        verdicts = judge.judge_all([row.program for row in found.rows])
    assert [one.passed for one in verdicts] == [passes for _, passes in rows]


@pytest.mark.parametrize(
    ("tests", "says"),
    [
        ({"cases": [{"stdin": "1"}]}, "tests.cases.0.stdout is missing"),
        (
            {"cases": [{"stdin": ["1"], "stdout": "1"}]},
            "0.stdin must be a text; found a list",
        ),
        ({"cases": [], "comparison": "tokens"}, "tests.cases must hold 1 or more, and holds 0"),
        ({**READS, "comparison": "words"}, "must be 'tokens', 'exact' or 'lines'; found"),
        ({**READS, "tolerance": -1}, "tests.tolerance must be greater"),
        (
            {**READS, "entry_point": "f"},
            'tests.entry_point is no key that .* .."stdin": ',
        ),
    ],
)
def test_runs_that_are_none_are_refused(tests: Values, says: str, tmp_path: Path) -> None:
    assert re.search(
        says, refused(tmp_path, {"code": READER, "language": "python", "tests": tests})
    )


FORMS: dict[str, Values] = {
    "calls": {"tests": CALLS},
    "script": {"test": "assert add(1, 2) == 3"},
    "list": {"tests": ["assert add(1, 2) == 3"]},
    "mbpp": {"test_list": ["assert add(1, k) == 3"], "test_setup_code": "k = 2",
             "challenge_test_list": ["assert add(0, 0) == 1"]},
    "imports": {"test_list": ["assert math.floor(add(1, 2)) == 3"],
                "test_imports": ["import math"]},
    "humaneval": {"test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
                  "entry_point": "add"},
    "pytest": {"test": "def test_add():\n    assert add(1, 2) == 3\n"},
    "list as JSON": {"test_list": '["assert add(1, 2) == 3"]'},
    "list as Python writes it": {"test_list": "['assert add(1, 2) == 3', 'assert add(0, 0) == 0']"},
    "calls as JSON": {"tests": json.dumps(CALLS)},
    "calls as Python writes them": {"tests": repr(CALLS)},
    "class": {"test": "class TestIt:\n    def test_it(self):\n        assert add(1, 2) == 3\n"},
    "unittest": {"test": "import unittest\nclass It(unittest.TestCase):\n"
                 "    def test_it(self):\n        self.assertEqual(add(1, 2), 3)\n"},
    "entry point beside": {"entry_point": "add", "tests": {"cases": CASES}},
}  # fmt: skip


@pytest.mark.toolchain
@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_program_fails_and_a_right_one_passes_in_every_form(
    form: str, tmp_path: Path
) -> None:
    row = {"language": "python", **FORMS[form]}
    read = given(tmp_path, {**row, "code": GOOD}, {**row, "code": WRONG})
    assert [row.tested for row in read.rows] == [True, True]
    assert not read.notes
    with Judge(JudgeSettings(calibrate=False), workers=1) as judge:
        found = judge.judge_all([row.program for row in read.rows])
    assert [one.outcome for one in found] == [Outcome.PASSED, Outcome.WRONG_ANSWER]


def test_assertions_that_are_calls_are_read_as_calls(tmp_path: Path) -> None:
    rows = [{"language": "python", "code": GOOD, **FORMS[form]} for form in FORMS]
    scripts = {
        form: row.program.tests.script
        for form, row in zip(FORMS, given(tmp_path, *rows).rows, strict=True)
        if isinstance(row.program.tests, TestScript)
    }
    assert [*scripts] == ["mbpp", "imports", "class", "unittest"]
    asked: Values = {"tests": {"script": "assert add(1, 2) == 3", "in_process": True}}
    (row,) = given(tmp_path, {"language": "python", "code": GOOD, **asked}).rows
    assert isinstance(row.program.tests, TestScript)


@pytest.mark.parametrize(
    ("entry", "language", "right"),
    [
        ("Solution().add", "python", True),
        ("Solution.add", "python", True),
        ("add", "python", True),
        ("add(", "python", False),
        ("x = 1", "python", False),
        ("add", "c", True),
        ("Solution().add", "c", False),
        ("Solution.add", "go", False),
        ("Solution().add", "cpp", True),
        ("new Solution().add", "java", True),
        ("Solution.add", "java", True),
        ("add(", "java", False),
    ],
)
def test_an_entry_point_is_checked_where_a_row_is_read(
    entry: str, language: str, right: bool, tmp_path: Path
) -> None:
    tests: Values = {**signed(["int"], "int"), "entry_point": entry}
    row: Values = {"language": language, "code": GOOD, "tests": tests}
    if right:
        assert len(given(tmp_path, row).rows) == 1
    else:
        said = refused(tmp_path, row)
        assert f"entry_point is {entry!r}" in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"code": ' + "[" * 5000 + "]" * 5000 + "}", "line 2: no JSON: lists and objects"),
        ('{"code": ' + "9" * 200_000 + "}", "line 2: no JSON: an integer of 200000 digits"),
        ("\udcff", "line 2: not UTF-8"),
    ],
)
def test_a_line_that_nobody_could_read_is_named(line: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"code": "x = 1"}\n' + line.encode(errors="surrogateescape") + b"\n")
    with pytest.raises(DataError, match=says):
        read_programs(path, None, Language.PYTHON)


@pytest.mark.parametrize("key", ["input_output", "ut", "verification_info", "public_tests"])
def test_a_row_says_which_of_its_tests_are_not_read(key: str, tmp_path: Path) -> None:
    read = given(tmp_path, {"language": "python", "code": "x = 1", key: {"inputs": [[1]]}})
    assert [row.unread for row in read.rows] == [[key]]
    assert read.notes == [
        f"tests in {key!r} are not read (1 rows): tests stand in tests, test or test_list"
    ]


@pytest.mark.toolchain
def test_a_completion_goes_on_from_its_prompt(tmp_path: Path) -> None:
    prompt = "def add(a, b):\n    '''Add.'''\n"
    row: Values = {"prompt": prompt, "entry_point": "add", "test": "def check(f):\n    f(1, 2)\n"}
    read = given(tmp_path, {**row, "completion": "    return a + b\n"}, {**row, "completion": GOOD})
    assert [one.program.code for one in read.rows] == [f"{prompt}    return a + b\n", GOOD]
    assert read.rows[0].program.language is Language.PYTHON
    wrong = {**row, "test": "def check(f):\n    assert f(1, 2) == 4\n", "completion": GOOD}
    with Judge(JudgeSettings(calibrate=False), workers=1) as judge:
        found = judge.judge_all([one.program for one in (*read.rows, *given(tmp_path, wrong).rows)])
    assert [one.outcome for one in found] == [Outcome.PASSED] * 2 + [Outcome.WRONG_ANSWER]
    short = "add = lambda a, b: a + b\n"
    (named,) = given(tmp_path, {**row, "completion": short}).rows
    assert named.program.code == short


@pytest.mark.toolchain
@pytest.mark.parametrize("language", [Language.JAVASCRIPT, Language.TYPESCRIPT])
@pytest.mark.parametrize("entry_point", ["Solution().add", "new Solution().add", "Solution.add"])
def test_a_method_is_what_a_check_is_given(
    language: Language, entry_point: str, tmp_path: Path
) -> None:
    skip_where_missing(language)
    test = "function check(candidate) { console.assert(candidate(1, 2) === 3); }\n"
    static = ("static ",) if entry_point == "Solution.add" else ()
    rows: list[Values] = [
        {
            "language": language.value,
            "code": f"class Solution {{ {kind}add(a, b) {{ return a + b + {more}; }} }}",
            "entry_point": entry_point,
            "test": test,
        }
        for kind in ("", *static)
        for more in (0, 1)
    ]
    with Judge(JudgeSettings(calibrate=False), workers=1) as judge:
        found = judge.judge_all([one.program for one in given(tmp_path, *rows).rows])
    right = [Outcome.PASSED, Outcome.WRONG_ANSWER]
    assert [one.outcome for one in found] == right * (1 + len(static)), found


@pytest.mark.parametrize(
    ("language", "script"),
    [
        ("python", "def check(candidate):\n    assert candidate(1)\n"),
        ("python", "def helper():\n    assert add(1, 2) == 3\n"),
        ("javascript", "function check(f) { if (f(1) !== 1) throw 1 }"),
    ],
)
def test_a_script_that_runs_no_test_is_refused(language: str, script: str, tmp_path: Path) -> None:
    said = refused(tmp_path, {"language": language, "code": "x = 1", "test": script})
    assert "calls none" in said
    assert "line 1" in said


def test_rows_without_a_test_and_keys_that_look_like_tests_are_named(tmp_path: Path) -> None:
    rows: list[Values] = [
        {"language": "python", "code": "x = 1", "unit_tests": ["assert x == 2"]},
        {"language": "python", "code": "x = 1", "unitTests": "assert x == 2", "test": " "},
        {"language": "python", "code": "x = 1", "test": "# none", "contest": "a", "test_time": 3},
    ]
    read = given(tmp_path, *rows)
    assert [row.tested for row in read.rows] == [False, False, False]
    assert [note.split("'")[1] for note in read.notes] == ["unit_tests", "unitTests"]


def test_an_id_without_tests_in_the_file_of_tests_is_an_error_that_names_it(
    tmp_path: Path,
) -> None:
    tests = file_of(tmp_path, [{"id": "a", "tests": CALLS}, {"id": "z", "tests": CALLS}], "t.jsonl")
    rows: list[Values] = [{"id": name, "language": "python", "code": GOOD} for name in "ab"]
    with pytest.raises(DataError, match=r"line 2: no row of .*t\.jsonl has the id 'b'"):
        read_programs(file_of(tmp_path, rows), tests, None)
    rows[1]["tests"] = CALLS
    read = read_programs(file_of(tmp_path, rows), tests, None)
    assert all(row.tested for row in read.rows)
    assert "1 tests of" in read.notes[0]
    empty = file_of(tmp_path, [{"id": "a", "other_tests": CALLS}], "t.jsonl")
    with pytest.raises(DataError, match=r"t\.jsonl, line 1: no test"):
        read_programs(file_of(tmp_path, rows[:1]), empty, None)


@pytest.mark.parametrize(
    ("tests", "says"),
    [
        (TYPED, '"signature": {"arguments": ["int"], "returns": "int"}'),
        (signed([], "int"), "1 arguments, and the"),
        (signed(["str"], "int"), "argument 1 is 1 (int)"),
        (signed(["int"], "float"), "expected is 2 (int)"),
        (signed(["x"], "int"), "signature.arguments.0"),
    ],
)
def test_a_signature_that_its_calls_do_not_fit_is_refused(
    tests: Values, says: str, tmp_path: Path
) -> None:
    said = refused(tmp_path, {"language": "c", "code": "int x;", "tests": tests})
    assert says in said
    assert "line 1" in said


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"tests": 5}, "tests must be an object"),
        ({"tests": {"entry_point": "f", "cases": []}}, "tests.cases"),
        ({"tests": {"cases": CASES}}, "entry_point is missing"),
        ({"language": "rust"}, "unknown language 'rust'"),
        ({"code": 5}, "no program"),
    ],
)
def test_a_wrong_row_says_what_to_write(row: Values, says: str, tmp_path: Path) -> None:
    assert says in refused(tmp_path, {"language": "python", "code": "x = 1", **row})


def test_all_wrong_rows_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"language": "c", "code": ""}\nno\n[1]\n{"language": "c"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"(?s)^3 rows are wrong:.*line 2.*line 3.*line 4"):
        read_programs(path, None, None)
    path.write_text("no\n" * 30, encoding="utf-8")
    with pytest.raises(DataError, match=r"and 20 more$"):
        read_programs(path, None, None)
    path.write_text("\n \n", encoding="utf-8")
    with pytest.raises(DataError, match="is empty"):
        read_programs(path, None, None)


@pytest.mark.parametrize(
    ("row", "language"),
    [
        ({"answer": "```go\npackage main\nfunc F() {}\n```"}, Language.GO),
        ({"code": GOOD}, Language.PYTHON),
        ({"language": "js", "code": "x"}, Language.JAVASCRIPT),
        ({"language": "C++", "code": "x"}, Language.CPP),
        ({"language": "Python3", "code": "x"}, Language.PYTHON),
        ({"language": None, "code": "def f(): return 1"}, Language.PYTHON),
    ],
)
def test_the_language_is_that_of_the_row_its_fence_or_its_code(
    row: Values, language: Language, tmp_path: Path
) -> None:
    assert given(tmp_path, row).rows[0].program.language is language


def test_without_any_word_of_a_language_a_row_is_refused(tmp_path: Path) -> None:
    assert 'add "language", or give --language' in refused(tmp_path, {"code": "x"})


@pytest.mark.toolchain
def test_marks_of_byte_order_and_half_characters_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    half: Values = {"entry_point": "f", "cases": [{"arguments": ["\ud83d"], "expected": "\ud83d"}]}
    rows: list[Values] = [
        {"language": "python", "code": "\ufeffdef f(x):\n    return x", "tests": half},
        {"language": "python", "answer": "\ufeffdef f(x):\n    return x + x", "tests": half},
    ]
    path.write_text("\ufeff" + "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    programs = [row.program for row in read_programs(path, None, None).rows]
    with Judge(JudgeSettings(calibrate=False), workers=1) as judge:
        found = judge.judge_all(programs)
    assert [one.outcome for one in found] == [Outcome.PASSED, Outcome.WRONG_ANSWER]
    assert all(one.output.encode() is not None for one in found)


def test_ids_that_stand_in_several_rows_are_counted_and_named(tmp_path: Path) -> None:
    row: Values = {"language": "python", "code": "x = 1"}
    read = given(tmp_path, *({**row, "id": name} for name in ("a", "b", "a", "c", "b", "a")))
    assert [one.program.id for one in read.rows] == ["a", "b", "a", "c", "b", "a"]
    assert read.notes == [
        "2 ids stand in several rows, 5 in all (a, b): each row is judged, and its verdict has the"
        " same id"
    ]


@pytest.mark.parametrize("text", ["I'm sorry.", "I cannot help with that.", "Sorry!\n\nI can not."])
@pytest.mark.parametrize("column", ["solution", "completion", "answer"])
def test_prose_in_the_place_of_a_program_is_none(column: str, text: str, tmp_path: Path) -> None:
    (row,) = given(tmp_path, {column: text, "tests": CALLS}, language=Language.PYTHON).rows
    assert (row.program.code, row.program.reason) == ("", "the answer is prose")


@pytest.mark.parametrize(
    "text", ["x = 1", "Foo().bar()", "# It adds.", "def f(x) return x", "pass"]
)
def test_a_program_that_is_short_or_wrong_is_no_prose(text: str, tmp_path: Path) -> None:
    (row,) = given(tmp_path, {"solution": text, "tests": CALLS}, language=Language.PYTHON).rows
    assert row.program.code == text
