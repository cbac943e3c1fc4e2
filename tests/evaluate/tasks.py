"""Tasks of a benchmark's form, made by hand."""

from sodakd.evaluate.benchmarks import task_prompt
from sodakd.evaluate.benchmarks.task import BenchmarkTask
from sodakd.types import CallTests, Language, Question, TestCase, TestScript

PYTHON_PROMPT = '''\
from typing import List


def tally(xs: List[int]) -> int:
    """ Give the sum of xs.
    >>> tally([1, 2])
    3
    """
'''
_PROMPTS = {
    Language.PYTHON: PYTHON_PROMPT,
    Language.JAVASCRIPT: "// Give the sum.\nconst add = (a, b) => {\n",
    Language.TYPESCRIPT: "// Give the sum.\nfunction add(a: number, b: number): number {\n",
    Language.C: "#include <stdlib.h>\n\n// Give the sum of a and b.\nint add(int a, int b) {\n",
    Language.CPP: "#include <vector>\n\n// Give the sum of a and b.\nint add(int a, int b) {\n",
    Language.GO: 'import (\n\t"strings"\n)\n\n// Give the sum.\nfunc add(a int, b int) int {\n',
    Language.JAVA: (
        "import java.util.*;\n\nclass Solution {\n    /** Give the sum of a and b. */\n"
        "    public static int add(int a, int b) {\n"
    ),
}


def task(language: Language) -> BenchmarkTask:
    """A task of HumanEval's form: its prompt opens a function."""
    prompt = _PROMPTS[language]
    entry = "tally" if language is Language.PYTHON else "add"
    tests: CallTests | TestScript = TestScript(entry_point=entry, script="\n")
    if language is Language.PYTHON:
        cases = tuple(
            TestCase(arguments=(xs,), expected=sum(xs)) for xs in ([1, 2], [], [5, -5, 3])
        )
        tests = CallTests(entry_point=entry, cases=cases)
    return BenchmarkTask(
        id="Own/0",
        question=Question.new(
            text=task_prompt.complete(language, prompt),
            language=language,
            tests=tests,
            source="own",
            level=None,
        ),
        prompt=prompt,
        gold=None,
        java_class="Solution" if language is Language.JAVA else "",
    )
