"""An answer to a question as the judge's program, whether or not the question has tests.

Without tests a program is tried: it passes where it compiles and runs to its end, as a file that is
run. An answer is often a function and no whole program; what a language wants around one is put
there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sodakd.judge.program import Program
from sodakd.text.assemble import assemble
from sodakd.types import Language, Question, TestScript


@dataclass(frozen=True)
class _Wrapped:
    code: str
    script: str = "\n"


_MAIN = re.compile(r"\bmain\s*\(")
_JAVA_MAIN = re.compile(r"\bvoid\s+main\s*\(")
_JAVA_TYPE = re.compile(
    r"^[ \t]*(?:@\w+\s+){0,9}(?:(?:public|final|abstract|sealed|static)\s+){0,9}"
    r"(?:class|interface|enum|record)\s+\w+",
    re.MULTILINE,
)
_JAVA_IMPORT = re.compile(r"^[ \t]*import\s[^;]{1,300};", re.MULTILINE)
_GO_PACKAGE = re.compile(r"^[ \t]*package[ \t]+\w+", re.MULTILINE)
_GO_MAIN = re.compile(r"^func[ \t]+main[ \t]*\(", re.MULTILINE)


def _unchanged(code: str) -> _Wrapped:
    return _Wrapped(code)


def _with_main(code: str) -> _Wrapped:
    return _Wrapped(code, "\n" if _MAIN.search(code) else "int main(void) { return 0; }\n")


def java_type(code: str) -> str:
    """Code that is in a type: a class around it where it is methods alone. Lines stay in place."""
    if _JAVA_TYPE.search(code):
        return code
    imports = " ".join(found.strip() for found in _JAVA_IMPORT.findall(code))
    imports = re.sub(r"\s+", " ", imports)
    bare = _JAVA_IMPORT.sub(lambda found: "\n" * found[0].count("\n"), code)
    return f"{imports} class Answer {{ {bare}\n}}"


def _java(code: str) -> _Wrapped:
    code = java_type(code)
    if _JAVA_MAIN.search(code):
        return _Wrapped(code)
    return _Wrapped(code, "class Trial { public static void main(String[] arguments) { } }\n")


def _go(code: str) -> _Wrapped:
    if "testing.T" in code:
        return _Wrapped(code)
    call = "answerMain()" if _GO_MAIN.search(code) else ""
    code = _GO_MAIN.sub("func answerMain(", code)
    code = code if _GO_PACKAGE.search(code) else f"package main; {code}"
    code = _GO_PACKAGE.sub('package main; import "testing"', code, count=1)
    return _Wrapped(code, f"func TestTrial(t *testing.T) {{ {call} }}\n")


_TRIALS: Mapping[Language, Callable[[str], _Wrapped]] = {
    Language.PYTHON: _unchanged,
    Language.JAVA: _java,
    Language.JAVASCRIPT: _unchanged,
    Language.C: _with_main,
    Language.CPP: _with_main,
    Language.GO: _go,
    Language.TYPESCRIPT: _unchanged,
}


def lint_program(question: Question, code: str) -> Program:
    """The code as the answer has it, with the question's tests: what static tools are shown."""
    return Program(code, question.language, question.tests or _untested())


def to_program(question: Question, code: str, reason: str = "no code") -> Program:
    """The code with the question's tests; without tests, with what lets it run to its end.

    Code that continues the question's `code_prompt` follows it. `reason` says why there is no code,
    where there is none.
    """
    code = assemble(question, code)
    if question.tests is not None or not code.strip():
        return Program(code, question.language, question.tests or _untested(), reason=reason)
    trial = _TRIALS[question.language](code)
    return Program(trial.code, question.language, _untested(trial.script), reason=reason)


def _untested(script: str = "\n") -> TestScript:
    return TestScript(script=script, as_main=True)
