"""Questions whose programs read standard input: their answers, their text, their prompts."""

import pytest
from pydantic import JsonValue

from sodakd.judge.untested import lint_program, to_program
from sodakd.seeds.given_tests import given_tests
from sodakd.seeds.seed import Row
from sodakd.teacher.render_prompt import render
from sodakd.teacher.requests import Fault, Grade, Refine, Solve
from sodakd.text.answer import extract_answer
from sodakd.types import CodePrompt, FaultKind, Language, Question, StdioCase, StdioTests

PYTHON, C, JAVA = Language.PYTHON, Language.C, Language.JAVA
TESTS = StdioTests(cases=(StdioCase(stdin="1 2", stdout="3"),))


def question(language: Language, text: str = "Add two numbers.") -> Question:
    return Question.new(text=text, language=language, tests=TESTS, source="hand", level=None)


FIRST = "n = int(input())\nprint(n)\n"
BETTER = "import sys\n\nn = int(sys.stdin.read())\nprint(n)\n"
SOLVE = "def solve():\n    n = int(input())\n    print(n)\n\n\nsolve()\n"
MAIN = "def main():\n    print(input())\n\n\nif __name__ == '__main__':\n    main()\n"
HELPER = "def twice(n):\n    return 2 * n\n"
USES = "print(twice(int(input())))\n"
READ = "import sys\n\nread = sys.stdin.readline\n"
READS = "print(int(read()))\n"
IN_C = '#include <stdio.h>\n\nint main() { int n; scanf("%d", &n); printf("%d", n); }\n'
LONGER = IN_C.replace("int main", "int zero(void) { return 0; }\n\nint main")
IN_JAVA = "class Main {\n    public static void main(String[] a) { System.out.println(1); }\n}\n"
OTHER = IN_JAVA.replace("Main", "Solution")
IN_NODE = "const n = require('fs').readFileSync(0, 'utf8');\nconsole.log(n);\n"
IN_LINES = "const n = require('readline');\nconsole.log(n);\n"
ANSWERS: list[tuple[Language, tuple[str, ...], str]] = [
    (PYTHON, (FIRST,), FIRST),
    (PYTHON, (FIRST, BETTER), BETTER),
    (PYTHON, (FIRST, SOLVE), SOLVE),
    (PYTHON, (SOLVE, MAIN), MAIN),
    (PYTHON, (MAIN, MAIN), MAIN),
    (PYTHON, (HELPER, USES), f"{HELPER}\n{USES}"),
    (PYTHON, (READ, READS), f"{READ}\n{READS}"),
    (C, (IN_C, LONGER), LONGER),
    (C, (LONGER, IN_C), IN_C),
    (JAVA, (OTHER, IN_JAVA), IN_JAVA),
    (Language.JAVASCRIPT, (IN_NODE, IN_LINES), IN_LINES),
]


@pytest.mark.parametrize(("language", "blocks", "code"), ANSWERS)
def test_the_last_program_that_reads_and_writes_is_the_answer(
    language: Language, blocks: tuple[str, ...], code: str
) -> None:
    shown = "\nBetter:\n\n".join(f"```{language}\n{block}```\n" for block in blocks)
    answer = f"Here:\n\n{shown}\nExample:\n\n```\n3\n```\ngives\n\n```\n3\n```\n"
    assert extract_answer(question(language), answer).code == code


def test_nothing_is_put_around_a_whole_program() -> None:
    begun = CodePrompt(code="def add(a, b):\n", entry_point="add")
    asked = question(PYTHON).model_copy(update={"code_prompt": begun})
    assert to_program(asked, FIRST).code == lint_program(asked, FIRST).code == FIRST
    assert extract_answer(asked, FIRST).code == FIRST


SAID = "The program reads standard input and writes its answer to standard output."


def test_a_teacher_is_told_what_the_program_reads_and_writes() -> None:
    asked = question(PYTHON)
    kinds = (FaultKind.NO_RETURN,)
    for ask in (
        Solve(question=asked),
        Fault(question=asked, correct=FIRST, kinds=kinds),
        Grade(question=asked, answer=FIRST),
        Refine(question=asked, answer=FIRST, error="wrong"),
    ):
        text = render(ask)
        assert text.count(SAID) == 1
        assert "The tests call" not in text
        assert "not returned" not in text
        untested = asked.model_copy(update={"tests": None})
        assert SAID not in render(ask.model_copy(update={"question": untested}))
    said = question(PYTHON, "Read two numbers from STDIN and add them.")
    assert SAID not in render(Solve(question=said))


def test_a_seed_of_such_a_program_says_so() -> None:
    cases: JsonValue = {"cases": [{"stdin": "1 2", "stdout": "3"}]}
    found = given_tests(Row("seeds.jsonl", 1, {"tests": cases}), "Add two numbers.", "python")
    assert found is not None
    assert found.tests == TESTS
    assert found.text == f"Add two numbers.\n\n{SAID}"
