"""What the program of an answer to a benchmark's task is: one rule, whatever its form."""

import pytest

from sodakd.evaluate.samples import program_of
from sodakd.judge import Judge
from sodakd.settings.stages import JudgeSettings
from sodakd.types import Language, Outcome
from tests.evaluate.tasks import PYTHON_PROMPT, task

BODY = "    total = 0\n    for x in xs:\n        total += x\n    return total\n"
WHOLE = "def tally(xs):\n    return sum(xs)\n"
FUTURE = "from __future__ import annotations\n"

RIGHT = {
    "a continuation": BODY,
    "one that runs on": f"{BODY}\n\nprint(tally([1]))\n\ndef other(x):\n    return (x",
    "one whose first blank is lost": BODY[1:],
    "one whose first three blanks are lost": BODY[3:],
    "one with a blank before its first": f" {BODY}",
    "one indented by two, whose first blank is lost": (
        " total = 0\n  for x in xs:\n    total += x\n  return total\n"
    ),
    "one in a fence of a list": (
        "1. Here:\n\n   ```python\n   def tally(xs):\n     return sum(xs)\n   ```\n\n2. Done.\n"
    ),
    "one before a list": f"{WHOLE}\nNotes:\n\n* uses one call\n* O(n) time\n",
    "one before a numbered list": f"{WHOLE}\n1. takes numbers\n2. gives their sum\n",
    "one whose lines have all lost a blank": "\n".join(line[1:] for line in BODY.split("\n")),
    "one whose indentation is lost": "\n".join(line[4:] for line in BODY.split("\n")),
    "one indented twice as deep": "\n".join(f"    {line}" for line in BODY.split("\n")),
    "one in tabs": BODY.replace("    ", "\t"),
    "a loop first, whose first blank is lost": (
        "   for x in xs:\n        pass\n    return sum(xs)\n"
    ),
    "one that closes the prompt's fence": f"{BODY}```\n\nIt sums up what it is given.\n",
    "one after thinking": f"<think>\nSum them up.\n</think>\n{BODY}",
    "one after a sentence": f"Here is the rest of the function:\n\n{BODY}",
    "one with CRLF": BODY.replace("\n", "\r\n"),
    "one after a byte order mark": f"\ufeff{BODY}",
    "a whole program": WHOLE,
    "one in a fence": f"Sure:\n```python\n{WHOLE}```\n",
    "one between sentences": (
        f"Here is the function you asked for:\n\n{WHOLE}\nIt returns the sum of all numbers.\n"
    ),
    "one thought about aloud": f"<think>\nSum them up.\n</think>\n\n{WHOLE}",
    "thinking that the prompt opened": f"Sum them up.\n</think>\n\n{WHOLE}",
    "one indented by four blanks": (
        "Sure, here it is:\n\n" + "".join(f"    {x}\n" for x in WHOLE.split("\n")) + "\nDone.\n"
    ),
    "one indented as a whole": "".join(f"    {line}\n" for line in WHOLE.split("\n")),
    "one with a future import": f"{FUTURE}from typing import List\n\n{WHOLE}",
    "one whose text comes before its future import": f'"""Sums."""\n{FUTURE}{WHOLE}',
    "future imports in several lines": (
        f"from __future__ import (\n    annotations,\n    division,\n)\n{WHOLE}"
    ),
    "a future import and another on its line": (
        f"from __future__ import annotations; import os\n{WHOLE}"
    ),
    "one with a shebang and an encoding": (
        f"#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n{FUTURE}\n{WHOLE}"
    ),
    "the prompt again": PYTHON_PROMPT + BODY,
    "one that holds a fence in its text": (
        'def tally(xs):\n    """Sum.\n\n    ```python\n    tally([])\n    ```\n    """\n'
        "    return sum(xs)\n"
    ),
}
NO_PROGRAM = {
    "a refusal": "I am sorry, but I cannot help you with that request today.",
    "a short refusal": "I'm sorry.",
    "nothing": "",
    "thinking without an end": f"<think>\nPerhaps so:\n{WHOLE}",
}


@pytest.mark.toolchain
def test_an_answer_in_any_form_is_the_program_that_its_writer_meant() -> None:
    programs = [program_of(task(Language.PYTHON), answer) for answer in RIGHT.values()]
    with Judge(JudgeSettings(), workers=1) as judge:
        verdicts = judge.judge_all(programs)
    found = {
        name: f"{one.outcome}: {one.output}" for name, one in zip(RIGHT, verdicts, strict=True)
        if not one.passed
    }  # fmt: skip
    assert not found


@pytest.mark.toolchain
@pytest.mark.parametrize("name", NO_PROGRAM)
def test_an_answer_that_holds_no_program_says_why(name: str) -> None:
    program = program_of(task(Language.PYTHON), NO_PROGRAM[name])
    assert program.code == ""
    assert program.reason not in {"", "no code"}
    with Judge(JudgeSettings(), workers=1) as judge:
        assert judge.judge(program).outcome is Outcome.NOT_EXECUTABLE


BODIES = {
    Language.JAVASCRIPT: "  return a + b;\n}\n",
    Language.TYPESCRIPT: "  return a + b;\n}\n",
    Language.C: "    return a + b;\n}\n",
    Language.CPP: "    return a + b;\n}\n",
    Language.GO: "\treturn a + b\n}\n",
    Language.JAVA: "        return a + b;\n    }\n}\n",
}


@pytest.mark.parametrize("language", BODIES)
def test_sentences_and_thinking_are_left_out_in_every_language(language: Language) -> None:
    own, body = task(language), BODIES[language]
    whole = own.code_prompt.code + body
    for wanted, answers in (
        (
            body,
            (
                f"<think>\nAdd the two of them, that is all.\n</think>\n{body}",
                f"{body}\nThis function gives back the sum of the two numbers.\n",
                f"{body}```\n\nThis function gives back the sum of the two numbers.\n",
                body.rstrip().rstrip("}"),
            ),
        ),
        (
            whole,
            (
                f"Here is the whole function, as asked:\n\n{whole}\nIt gives the sum of both.\n",
                f"<think>\nAdd the two of them.\n</think>\n{whole}",
                f"```{language}\n{whole}```\n",
                "Here it is:\n\n" + "".join(f"    {x}\n" for x in whole.split("\n")) + "\nDone.",
            ),
        ),
    ):
        code = program_of(own, wanted).code
        assert "a + b" in code
        for answer in answers:
            assert program_of(own, answer).code.split() == code.split(), answer


@pytest.mark.parametrize(
    ("language", "answer", "first"),
    [
        (
            Language.C,
            "#define _GNU_SOURCE\n#include <string.h>\nint add(int a, int b) { return a + b; }\n",
            "#define _GNU_SOURCE\n#include <stdlib.h>",
        ),
        (
            Language.JAVASCRIPT,
            '#!/usr/bin/env node\n"use strict";\nconst add = (a, b) => {\n  return a + b;\n};\n',
            '"use strict";\n//',
        ),
        (
            Language.GO,
            "func one() int { return 1 }\n\npackage main\n\nimport \"fmt\"\n\n"
            "func add(a int, b int) int { fmt.Println(one()); return a + b }\n",
            'package main\n\nimport (\n\t"fmt"\n)',
        ),
        (
            Language.JAVA,
            "class Pair {}\n\npackage own;\nimport java.util.function.*;\n\n"
            "public class Solution {\n  static int add(int a, int b) { return a + b; }\n}\n",
            "import java.util.*;\nimport java.util.function.*;\n",
        ),
    ],
)  # fmt: skip
def test_what_must_stand_first_stands_first(language: Language, answer: str, first: str) -> None:
    code = program_of(task(language), answer).code
    assert code.startswith(first)
    assert code.count("package") == (language is Language.GO)
    assert "#!" not in code
