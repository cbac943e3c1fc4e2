"""What models do to fences, to thinking and to programs in pieces: the program is found still."""

import json
import time
from pathlib import Path

import pytest

from sodakd.errors import DataError
from sodakd.judging.rows import read_programs
from sodakd.text.extract import extract
from sodakd.text.labels import label_of
from sodakd.text.truncation import truncated_at
from sodakd.types import Language

PYTHON = Language.PYTHON
F = "def f(x):\n    return x\n"
BAD = "```python\nbad\n```\n"
GOOD = f"```python\n{F}```\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"Here it is: ```python\n{F}```\nDone.",
        f"```python\n{F}\n```python\n{F}```",
        f"```python\n```python\n{F}```",
        f"> ```python\n> {F.strip().replace(chr(10), chr(10) + '> ')}\n> ```",
        f"1. ```python\n   {F.strip().replace(chr(10), chr(10) + '   ')}\n   ```",
        f"{F}```\nThe prompt had opened the fence.",
        f"```\n{GOOD}```",
        f"Use ```f``` so:\n{GOOD}",
        f"```python\n{F}``` which is all there is to do.",
    ],
)
def test_a_slip_of_a_fence_loses_no_program(answer: str) -> None:
    assert extract(answer, PYTHON).code.strip() == F.strip()


def test_a_fence_glued_to_the_last_line_closes() -> None:
    found = extract(f"```python\n{F.strip()}```\nDone.", PYTHON)
    assert (found.code, found.complete) == (F.strip(), True)


@pytest.mark.parametrize(
    ("code", "language"),
    [
        (
            'def f(x):\n    """Give x.\n\n    ```\n    f(1)\n    ```\n    """\n    return x\n',
            PYTHON,
        ),
        ('def f(x):\n    """\n    ```python\n    f(1)\n    ```\n    """\n    return x\n', PYTHON),
        ('"""\n```python\nf(1)\n```\n"""\ndef f(x):\n    return x\n', PYTHON),
        ("# ```python\n# f(1)\n# ```\n" + F, PYTHON),
        (
            "/**\n * ```typescript\n * f(1)\n * ```\n */\nfunction f(x: number) { return x; }\n",
            Language.TYPESCRIPT,
        ),
    ],
)
def test_fences_in_docstrings_and_comments_are_part_of_the_program(
    code: str, language: Language
) -> None:
    assert extract(code, language).code == code
    assert extract(f"So:\n```{language}\n{code}```\n", language).code == code


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<think>", "</think>"),
        ("<thinking>", "</thinking>"),
        ("<|thinking|>", "<|/thinking|>"),
        ("<seed:think>", "</seed:think>"),
        ("[THINK]", "[/THINK]"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
        ("◁think▷", "◁/think▷"),
        (
            "<|channel|>analysis<|message|>",
            "<|end|><|start|>assistant<|channel|>final<|message|>",
        ),
    ],
)
def test_what_was_thought_is_left_out(opening: str, closing: str) -> None:
    assert extract(f"{opening}\nperhaps\n{BAD}{closing}\n{GOOD}", PYTHON).code == F
    assert extract(f"{opening}\nperhaps\n```python\nbad\n{closing}\n{GOOD}", PYTHON).code == F
    cut = extract(f"{opening}\nperhaps\n{BAD}", PYTHON)
    assert (cut.code, cut.complete) == ("", False)


def test_a_program_may_hold_thinking_marks() -> None:
    code = 'import re\ndef f(s):\n    return re.sub("<think>.*</think>", "", s).split("</think>")\n'
    assert extract(code, PYTHON).code == code
    assert extract(f"<think>so</think>\n```python\n{code}```", PYTHON).code == code
    script = 'const f = (s) => s.split("</think>").pop();\n'
    assert extract(script, Language.JAVASCRIPT).code == script


@pytest.mark.parametrize(
    ("blocks", "entry_point", "kept"),
    [
        (["def f(x):\n    return g(x)\n", "def g(x):\n    return x\n"], "f", [0, 1]),
        (["import math\n", "def f(x):\n    return math.pi\n", "print(f(1))\n"], "f", [0, 1]),
        (["class N: ...\ndef f(): return 1\n", "def f(): return N()\n"], "f", [0, 1]),
        (["def f(x):\n    return 1\n", F], "f", [1]),
        ([F, "def other(x):\n    return 1\n"], "f", [0]),
        (["x = [1]\n", "y = x\nprint(y)\n", "[1]\n"], "", [0, 1]),
        ([F, "f(3)\n"], "", [0]),
    ],
)
def test_blocks_that_need_each_other_are_joined(
    blocks: list[str], entry_point: str, kept: list[int]
) -> None:
    answer = "then\n".join(f"```python\n{block}```\n" for block in blocks)
    assert extract(answer, PYTHON, entry_point).code == "\n".join(blocks[at] for at in kept)


def test_a_second_main_is_an_example_of_use() -> None:
    code, use = "int f(int x) { return x; }\n", "int main() { return f(1); }\n"
    answer = f"```c\n{code}{use}```\nor\n```c\n{use}```\n"
    assert extract(answer, Language.C, "f").code == code + use


def test_output_without_a_label_is_no_program() -> None:
    answer = "```python\nx = [1]\nprint(x)\n```\nOutput:\n```\nIt is [1]\n```"
    assert extract(answer, PYTHON).code == "x = [1]\nprint(x)\n"


@pytest.mark.parametrize("value", ["5", "[0, 2, 4]", "'ABC'", "True", "Yes"])
def test_a_value_is_no_program(value: str) -> None:
    assert extract(value, PYTHON).label == "value"
    assert not extract(value, PYTHON).code


def test_clear_content_is_believed_against_its_label() -> None:
    code = "#include <iostream>\nint main() { std::cout << 1; }\n"
    assert extract(f"```python\n{code}```", Language.CPP).code == code
    assert not extract(f"```cpp\n{code}```", PYTHON).code


@pytest.mark.parametrize(
    ("info", "label"),
    [
        ("Python", "python"),
        ("py3", "python"),
        ("python3.11", "python"),
        ("{.python .numbers}", "python"),
        ('python title="x"', "python"),
        ("python:main.py", "python"),
        ("solution.py", "python"),
        ("language-js", "javascript"),
        ("C++17", "cpp"),
        ("node.js", "javascript"),
        ("console", "shell"),
        ("text", ""),
        ("whatever", ""),
        ("", ""),
    ],
)
def test_labels_are_known_by_their_other_names(info: str, label: str) -> None:
    assert label_of(info) == label


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("const f = s => s.replace(/['\"(]/g, '');", Language.JAVASCRIPT),
        ("const f = s => `a ${s.map(x => `it's ${x}`)} (`;", Language.JAVASCRIPT),
        ("const half = (a + b) / 2, other = a / b; // (", Language.TYPESCRIPT),
        ('class A { String s = """\n  it\'s "(" {\n  """; }', Language.JAVA),
        ("auto s = R\"x(a \" ( b)x\"; int n = 1'000; char c = '{';", Language.CPP),
        ("package main\nvar s = `(\n`\nvar r = '{'", Language.GO),
        ("import re\nx = re.match('\\d+', '1')", PYTHON),
    ],
)
def test_brackets_in_texts_do_not_count(code: str, language: Language) -> None:
    assert not truncated_at(code, language)
    assert truncated_at(f"{code}\n(", language)


def test_an_answer_column_is_read_as_an_answer_and_a_code_column_as_code(tmp_path: Path) -> None:
    words = "The answer to this question is that there is none."
    rows = [{"language": "python", "answer": words}, {"language": "python", "code": words}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    answer, code = (row.program for row in read_programs(path, None, None).rows)
    assert (answer.code, answer.reason) == ("", "the answer is prose")
    assert code.code == words
    path.write_text(json.dumps({"language": "python", "text": words}))
    with pytest.raises(DataError, match="no program"):
        read_programs(path, None, None)


_LONG = 200_000


@pytest.mark.heavy
@pytest.mark.parametrize(
    "hard",
    [
        " " * _LONG + "x\n```python\nf\n```",
        "```" + " " * _LONG + "`\n```python\nx\n```",
        "x y\n" + "\n" * _LONG,
        "```markdown\nx\n```md\nx\n" * (_LONG // 30),
        "```python\n" * (_LONG // 10),
        "``` " * (_LONG // 4),
        "```cpp\n" + "a " * (_LONG // 2) + "\n```\n```cpp\nint f() {}\n```",
        "```python\n" + "x = 1\n" * (_LONG // 6) + "```",
        "<think></think>" * (_LONG // 15),
        "```js\n" + "f(/" * (_LONG // 3),
        "function(" + "a:" * (_LONG // 2),
    ],
    ids=range(11),
)
def test_time_grows_no_faster_than_the_answer(hard: str) -> None:
    """With backtracking or a second look at each line these take minutes, or the stack."""
    start = time.process_time()
    for language in Language:
        extract(hard, language, "f")
    assert time.process_time() - start < 12
