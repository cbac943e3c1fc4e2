"""Programs are found in answers: by the rule, in made answers and in real ones read by eye."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sodakd.judge import Judge, Program
from sodakd.settings.stages import JudgeSettings
from sodakd.text.extract import extract
from sodakd.types import CallTests, Language, Outcome, TestCase
from tests.golden import ROWS, GoldenRow

PYTHON = Language.PYTHON
F, G = "def f(x):\n    return x\n", "def g(x):\n    return f(x)\n"
DATA = Path(__file__).parents[3] / "shared" / "data"
GOLDEN = [
    json.loads(line) for line in (Path(__file__).parent / "answers.jsonl").read_text().splitlines()
]
NAMES = {
    "python": "python", "js": "javascript", "ts": "typescript", "java": "java", "cpp": "cpp",
    "c": "c", "go": "go",
}  # fmt: skip


@cache
def _answers(path: Path) -> dict[str, str]:
    """The answers of a file by their place, as `answers.jsonl` writes it."""
    rows = json.loads(path.read_text())
    if "sodacoder" not in path.parts:
        return {str(at): row["output"] for at, row in enumerate(rows)}
    return {
        str([at, which]): answer
        for at, row in enumerate(rows)
        for which, answer in enumerate(row["response"])
    }


def _fenced(code: str, label: str = "python", mark: str = "```") -> str:
    return f"{mark}{label}\n{code}{mark}\n"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (F, F),
        (f"Sure:\n{_fenced(F)}That is it.", F),
        (f"{F}\n该函数返回总和。\n", F),
        (f"Вот функция.\n\n{F}", F),
        (_fenced(F, mark="~~~"), F),
        (_fenced(F, 'python title="f.py"'), F),
        (_fenced(F, ""), F),
        (_fenced(F, "Python"), F),
        (f"1. First:\n   ```python\n   {F.replace(chr(10), chr(10) + '   ', 1)}   ```\n", F),
        (_fenced(_fenced(F), "markdown", "````"), F),
        (_fenced(_fenced(F), "markdown"), F),
        (f"```python\n{_fenced(F)}", F),
        (f"<think>\nfirst {_fenced(G)}</think>\n{_fenced(F)}", F),
        (f"I think {_fenced(G)} no.\n</think>\n{_fenced(F)}", F),
        (_fenced(F) + "Use it:\n" + _fenced("print(f(3))\n"), F),
        (_fenced(F) + "It prints:\n" + _fenced("3\n", "text"), F),
        (_fenced("pip install x\n", "bash") + _fenced(F), F),
        (_fenced("def f(x):\n    pass\n") + "Better:\n" + _fenced(F), F),
        (_fenced(F) + "and\n" + _fenced(G), f"{F}\n{G}"),
        (f"Here is the function you asked for:\n\n{F}\nIt gives back what it was given.", F),
        ("```python\r\ndef f(x):\r\n    return x\r\n```", "def f(x):\r\n    return x\r\n"),
    ],
)  # fmt: skip
def test_the_program_of_an_answer_is_found(answer: str, code: str) -> None:
    found = extract(answer, PYTHON)
    assert found.code == code
    assert found.language is PYTHON
    assert found.complete


L = "f = lambda x: x\n"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (L, L),
        (f"Here it is:\n\n{L}\nIt gives back what it was given.", L),
        (_fenced(L) + "A use:\n" + _fenced("print(f(1))\n"), L),
        (_fenced("print(f(1))\n") + _fenced(L), L),
        (_fenced("from typing import Callable\nf: Callable = lambda x: x\n") + _fenced("f(2)\n"),
         "from typing import Callable\nf: Callable = lambda x: x\n"),
        (_fenced(F) + "Or shorter:\n" + _fenced(L), L),
        (_fenced(L) + "which needs\n" + _fenced("f(1) if\n"), L),
    ],
)  # fmt: skip
@pytest.mark.parametrize("entry_point", ["f", "", "lambda n: sorted(f(n))"])
def test_a_lambda_with_a_name_is_a_definition(answer: str, code: str, entry_point: str) -> None:
    assert extract(answer, PYTHON, entry_point).code == code


def test_of_a_method_the_block_with_its_class_is_the_program() -> None:
    own = "class Solution:\n    def f(self, x):\n        return x\n"
    answer = _fenced(own) + "A use:\n" + _fenced("def main():\n    print(Solution().f(1))\n")
    for entry_point in ("Solution().f", "Solution.f", "new Solution().f"):
        assert extract(answer, PYTHON, entry_point).code == own


def test_the_entry_point_ends_the_program() -> None:
    answer = _fenced(F) + "A test of it:\n" + _fenced("def test_f():\n    assert f(1) == 1\n")
    assert extract(answer, PYTHON, "f").code == F
    assert "test_f" in extract(answer, PYTHON).code


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("```sql\nSELECT 1;\n```", "sql"),
        ("SELECT name FROM users WHERE age > 3;", "sql"),
        ("INSERT INTO users (id, name, email)\nVALUES (1, 'John Doe', 'j@x.com');", "sql"),
        ("<html><body><p>Hi</p></body></html>", "html"),
        ("```bash\nls -l\n```", "shell"),
        ("You cannot do this in one line, because it needs two of them.", "prose"),
        ("", "nothing"),
    ],
)
def test_what_is_no_program_is_not_executable(answer: str, label: str) -> None:
    found = extract(answer, PYTHON)
    assert (found.code, found.label) == ("", label)
    assert found.reason


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("def f(x):\n    return (x +", PYTHON),
        ('def f(x):\n    """What it', PYTHON),
        ("def f(x):", PYTHON),
        ("function f(x) { return [x, ", Language.JAVASCRIPT),
        ("const a = `it ${x}", Language.JAVASCRIPT),
        ("int f(int x) { /* so", Language.C),
        ('package main\nfunc f() string { return "}"', Language.GO),
    ],
)
def test_an_early_end_is_seen(code: str, language: Language) -> None:
    assert not extract(f"```{language}\n{code}\n```", language).complete
    assert not extract(f"```{language}\n{code}", language).complete


def test_a_fence_that_does_not_close_and_thinking_without_an_end_are_not_complete() -> None:
    assert extract(f"```python\n{F}", PYTHON).reason == "the fence does not close"
    found = extract(f"<think>\nperhaps {_fenced(F)}", PYTHON)
    assert (found.code, found.complete, found.reason) == ("", False, "it ends while it thinks")


@pytest.mark.toolchain
def test_an_answer_without_a_program_is_judged_so_and_says_why() -> None:
    tests = CallTests(entry_point="f", cases=(TestCase(arguments=(1,), expected=1),))
    found = extract("```sql\nSELECT 1;\n```", PYTHON)
    with Judge(JudgeSettings(), workers=1) as judge:
        verdicts = judge.judge_all(
            [Program(found.code, PYTHON, tests, reason=why) for why in ("a", "b")]
        )
        verdict = judge.judge(Program(found.code, PYTHON, tests, reason=found.reason))
    assert [one.output for one in verdicts] == ["a", "b"]
    assert verdict.outcome is Outcome.NOT_EXECUTABLE
    assert verdict.output == "the answer is in SQL"


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    for language in (None, *Language):
        extract(text, language, "f")


@given(st.text().filter(lambda text: "```" not in text and "~~~" not in text and text.strip()))
def test_what_a_fence_holds_comes_back_as_it_is(text: str) -> None:
    code = "".join(f"{line}\n" for line in text.split("\n"))
    assert extract(f"```python\n{code}```", PYTHON).code == code


@pytest.mark.parametrize(
    "hard",
    [
        "`" * 500_000, "```\n" * 100_000, "<think>" * 100_000, "a " * 500_000,
        "\\d" * 40 + " digits", "a{" + "a:   x;" * 60, "a{a:x;" * 1_000,
        "    a\nb\n" * 20_000, "function f(" + "a:" * 90,
    ],
)  # fmt: skip
def test_a_hostile_answer_takes_no_more_than_its_length(hard: str) -> None:
    extract(hard, PYTHON)  # with backtracking this would not end


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['file']}-{row['row']}")
def test_real_answers_are_read_as_by_eye(row: dict[str, object]) -> None:
    path = DATA / str(row["file"])
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    answer = _answers(path)[str(row["row"])]
    wanted = Language(str(row["wanted"])) if row["wanted"] else None
    found = extract(answer, wanted)
    assert found.label == row["label"]
    assert bool(found.code) == row["executable"]
    assert found.complete == row["complete"]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_answers_in_many_styles_are_read_as_by_eye(row: GoldenRow) -> None:
    found = row.extracted()
    assert (found.label, found.complete, found.code) == (row.label, row.complete, row.code)


@pytest.mark.heavy
@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_real_program_is_lost(name: str) -> None:
    path = DATA / "model-solutions" / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    language = Language(NAMES[name])
    for line in path.read_text().splitlines()[:60]:
        program = json.loads(line)["program"]
        if "```" in program:
            continue
        found = extract(f"Here:\n```{name}\n{program}\n```\nDone.", language)
        assert found.code == f"{program}\n"
        assert found.complete
        assert extract(program, language).code == program
        assert extract(program).language is language


REMARKS = (
    ("Here you go:\n\n", "\nThis adds numbers.\n"),
    ("Sure!\n", "Explanation: it adds.\n"),
    ("Solution:\n", "\nHope this helps\n"),
    ("### The code\n", "\n**Note**: `add(1, 2)` gives `3`.\nand nothing else is done.\n"),
    ("Here is the function\n\n", "\nDone."),
)
PROGRAMS = {
    Language.PYTHON: "def add(a, b):\n    return a + b\n",
    Language.JAVASCRIPT: "function add(a, b) {\n  return a + b;\n}\n",
    Language.C: "#include <stdio.h>\nint add(int a, int b)\n{\n  return a + b;\n}\n",
    Language.GO: "package main\n\nfunc add(a int, b int) int {\n\treturn a + b\n}\n",
    Language.JAVA: "class Solution\n{\n  static long add(long a, long b) { return a + b; }\n}\n",
}


@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize(("before", "after"), REMARKS)
def test_short_remarks_around_code_without_a_fence_are_left_out(
    before: str, after: str, language: Language
) -> None:
    found = extract(before + PROGRAMS[language] + after, language)
    assert found.code.strip() == PROGRAMS[language].strip()


@pytest.mark.parametrize(
    "code",
    [
        "Done: bool\nx = 1 +\n",
        "TRUE\nx = (\n",
        "with open(x) as f:\n    y = (\n",
        "x = (\nprint x\n",
    ],
)
def test_faulty_lines_at_the_ends_of_code_stay(code: str) -> None:
    assert extract(code, Language.PYTHON).code == code


TRANSCRIPT = ">>> def add(a, b):\n...     return a + b\n...\n>>> add(1, 2)\n3\n"


@pytest.mark.parametrize("label", ["python", "pycon", ""])
def test_of_a_transcript_what_was_typed_in_is_the_program(label: str) -> None:
    code = "def add(a, b):\n    return a + b\n\nadd(1, 2)\n"
    assert extract(f"So:\n```{label}\n{TRANSCRIPT}```\n", Language.PYTHON, "add").code == code
    assert extract(f"So it is:\n\n{TRANSCRIPT}", Language.PYTHON).code == code


def test_examples_in_a_program_are_no_transcript() -> None:
    code = '"""Sums.\n\n>>> add(1, 2)\n3\n"""\ndef add(a, b):\n    return a + b\n'
    for text in (code, f"{code}x = (\n"):
        assert extract(text, Language.PYTHON).code == text
        assert extract(f"```python\n{text}```", Language.PYTHON).code == text
    used = f"```python\n{PROGRAMS[Language.PYTHON]}```\nIn use:\n```\n>>> add(1, 2)\n3\n```"
    assert extract(used, Language.PYTHON).code == PROGRAMS[Language.PYTHON]


def test_the_blank_of_a_first_word_is_no_indentation() -> None:
    """Answers of SentencePiece models may begin with one where a server decodes token by token."""
    assert extract(f" {F}", PYTHON).code == F
    assert extract(f" import os\n{F}\nDone.", PYTHON).code.startswith("import os")
    assert extract("    return f(x)\n", PYTHON).code.startswith("    ")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (f"Sure, here it is:\n\n{{}}\nIt gives {F[:1]} back.\n", F),
        ("{}", F),
        (f"First:\n\n{{}}\nThen use it:\n\n    print({F[4]}(1))\n", F),
        ("1. Write it:\n\n{}\n2. Run it.\n", F),
        ("- `f(x)` gives *x* back\n\n{}", F),
    ],
)
@pytest.mark.parametrize("blanks", ["    ", "\t", "        "])
def test_a_block_that_blanks_tell_is_read_without_them(answer: str, code: str, blanks: str) -> None:
    block = "".join(f"{blanks}{line}\n" for line in F.splitlines())
    found = extract(answer.replace("{}", block), PYTHON, "f")
    assert (found.code, found.complete) == (code, True)


def test_indented_prose_is_no_block() -> None:
    found = extract("It is so:\n\n    nothing can be done about it\n", PYTHON)
    assert (found.code, found.label) == ("", "prose")
