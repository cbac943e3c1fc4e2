"""An answer to a question as the judge's program, whether or not the question has tests.

Without tests a program is tried: it passes where it compiles and runs to its end, as a file that is
run, with what its language wants around a function.
"""

from sodakd.judge.languages.spec import language_spec
from sodakd.judge.program import Program
from sodakd.text.assemble import assemble
from sodakd.types import Question, TestScript


def lint_program(question: Question, code: str) -> Program:
    """The code with the question's tests, and nothing else put around it: for static tools."""
    code = assemble(question, code)
    return Program(code, question.language, question.tests or _untested())


def to_program(question: Question, code: str, reason: str = "no code") -> Program:
    """The code, behind the `code_prompt` that it continues, with the question's tests, or with what
    lets it run to its end. `reason` says why there is no code, where there is none."""
    code = assemble(question, code)
    if question.tests is not None or not code.strip():
        return Program(code, question.language, question.tests or _untested(), reason=reason)
    tried = language_spec(question.language).untested(code)
    return Program(tried.code, question.language, _untested(tried.script), reason=reason)


def _untested(script: str = "\n") -> TestScript:
    return TestScript(script=script, as_main=True)
