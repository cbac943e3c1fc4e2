"""Both halves of a pair are read by one rule, however a teacher lays its reply out."""

import pytest

from sodakd.inference.completions import Completion
from sodakd.stages.programs import read_fault, read_inspired, read_program
from sodakd.teacher.parsers import UnreadableReply, completed_text
from sodakd.teacher.requests import Inspire
from sodakd.types import FaultKind, Language, Usage
from tests.teacher.shop import question

QUESTION = question("Add up a list.")
INSPIRE = Inspire(snippet="x", language=Language.PYTHON)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\na = 1\n```", "a = 1\n"),
        ("Sure!\n\n```py\na = 1\n```\nThis works because ...", "a = 1\n"),
        ("```bash\npip install x\n```\n```Python\na = 1\n```", "a = 1\n"),
        ("~~~\na = 1\n~~~", "a = 1\n"),
        ("   ```python title=x\na = 1\n   ```", "a = 1\n"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''\n"),
        ("```python\na = 1\n", "a = 1\n"),
    ],
)
def test_a_solution_is_its_block_of_the_language(text: str, code: str) -> None:
    assert read_program(text, QUESTION) == code


@pytest.mark.parametrize("text", ["", "no code", "```python\n```"])
def test_a_reply_without_code_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableReply):
        read_program(text, QUESTION)


@pytest.mark.parametrize(
    "line",
    [
        "Fault: no_return",
        "**Fault:** No return",
        "fault kind: `no-return`",
        "- Fault: NAME",
        "Kind: name",
        "**Kind:** missing return",
    ],
)
def test_a_fault_is_read_however_its_line_is_dressed(line: str) -> None:
    found = read_fault(f"{line}\n```python\nx\n```", QUESTION)
    assert found.kind in {FaultKind.NO_RETURN, FaultKind.NAME}
    assert found.code == "x\n"


def test_an_edit_that_is_off_by_one_is_a_fault_of_a_constant() -> None:
    found = read_fault("Fault kind: off-by-one\n```\nx\n```", QUESTION)
    assert found.kind is FaultKind.CONSTANT


def test_a_fault_of_no_known_kind_is_unreadable() -> None:
    with pytest.raises(UnreadableReply, match="known kind"):
        read_fault("Fault: magic\n```python\nx\n```", QUESTION)


CODE = "def f(x):\n\n    return x + 1\n"
FAULTY = CODE.replace("1", "2")


@pytest.mark.parametrize(
    "reply",
    [
        "Fault: constant\n```python\n{}```\n",
        "Fault: constant\r\n```python\r\ndef f(x):\r\n\r\n    return x + 2\r\n```\r\n",
        "Fault: constant\n```python\ndef f(x):\n\n    return x + 2```\nI changed the last line.",
        "Fault: constant\n\n   ```python\n   def f(x):\n   \n       return x + 2\n   ```\n",
        "Fault: constant\n\n- ```python\n  def f(x):\n\n      return x + 2\n  ```\n",
        "> Fault: constant\n> ```python\n> def f(x):\n>\n>     return x + 2\n> ```\n",
        "1. Fault: constant\n\nFault: constant\n```python\n{}```",
        "Fault: constant\n\n{}",
        "Fault: constant\n\n```python\n{}",
        "It was:\n```python\n" + CODE + "```\nNow it is:\nFault: constant\n```python\n{}```\n",
        "```python\n{}```\nFault: constant\n",
        "<think>\nFault: name\n```python\nx\n```\n</think>\nFault: constant\n```python\n{}```\n",
    ],
)
def test_a_faulty_program_is_the_program_alone(reply: str) -> None:
    text = completed_text(
        Completion(text=reply.format(FAULTY), usage=Usage(prompt_tokens=1, completion_tokens=1))
    )
    found = read_fault(text, QUESTION)
    assert (found.kind, found.code) == (FaultKind.CONSTANT, FAULTY)


def test_an_inspired_problem_needs_both_headings_in_order() -> None:
    good = "[Problem Description]\nSort.\n\n[Solution]\n```python\nx\n```"
    dressed = "## Problem Description:\nSort.\n\n**[Solution]**\n```python\nx\n```"
    for text in (good, dressed):
        found = read_inspired(text, INSPIRE)
        assert (found.problem, found.solution) == ("Sort.", "x\n")
    for text in ("", "[Solution]\n```\nx\n```\n[Problem Description]\nSort."):
        with pytest.raises(UnreadableReply):
            read_inspired(text, INSPIRE)
