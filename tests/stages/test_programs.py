"""Both halves of a pair are read by one rule, however a teacher lays its reply out."""

import pytest

from sodakd.inference.completions import Completion
from sodakd.stages.programs import read_fault, read_inspired, read_program
from sodakd.teacher.parsers import FaultyCode, UnreadableReply, completed_text
from sodakd.teacher.requests import Fault, Inspire
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


CODE = "def f(x):\n\n    return x + 1\n"
FAULTY = CODE.replace("1", "2")
FAULT = Fault(question=QUESTION, correct=CODE, kinds=tuple(FaultKind))


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Fault: no_return", FaultKind.NO_RETURN),
        ("**Fault:** No return", FaultKind.NO_RETURN),
        ("fault kind: `no-return`", FaultKind.NO_RETURN),
        ("- Fault: NAME", FaultKind.NAME),
        ("Kind: name", FaultKind.NAME),
        ("**Kind:** missing return", FaultKind.NO_RETURN),
        ("Fault kind: off-by-one", FaultKind.CONSTANT),
    ],
)
def test_a_kind_that_is_named_is_read_however_its_line_is_dressed(
    line: str, kind: FaultKind
) -> None:
    assert read_fault(f"{line}\n```python\nx\n```", FAULT) == FaultyCode(kind, "x\n")


@pytest.mark.parametrize("line", ["", "Fault: magic\n"])
def test_where_no_known_kind_is_named_the_edit_tells_it(line: str) -> None:
    found = read_fault(f"{line}```python\n{FAULTY}```", FAULT)
    assert found == FaultyCode(FaultKind.CONSTANT, FAULTY)


@pytest.mark.parametrize("code", [CODE, CODE.replace("\n\n", "\n    # adds one\n")])
def test_the_program_that_was_given_is_no_fault_of_it(code: str) -> None:
    with pytest.raises(UnreadableReply, match="the program is the one that was given"):
        read_fault(f"Fault: drop\n```python\n{code}```", FAULT)


@pytest.mark.parametrize("code", ["return x + 2", "def f(x):\n\n    return x + Here I changed it."])
def test_a_piece_of_a_program_and_one_with_words_in_it_are_no_edits(code: str) -> None:
    with pytest.raises(UnreadableReply, match="no small edit"):
        read_fault(f"```python\n{code}\n```", FAULT)


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
    found = read_fault(text, FAULT)
    assert (found.kind, found.code) == (FaultKind.CONSTANT, FAULTY)


def test_an_inspired_problem_needs_both_headings_in_order() -> None:
    good = "[Problem Description]\nSort.\n\n[Solution]\n```python\nx\n```"
    dressed = "## Problem Description:\nSort.\n\n**[Solution]**\n```python\nx\n```"
    for text in (good, dressed):
        found = read_inspired(text, INSPIRE)
        assert (found.text, found.reference) == ("Sort.", "x\n")
    for text in ("", "[Solution]\n```\nx\n```\n[Problem Description]\nSort."):
        with pytest.raises(UnreadableReply):
            read_inspired(text, INSPIRE)
