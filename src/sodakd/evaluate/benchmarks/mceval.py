"""McEval: problems by hand in seven languages (Chai et al. 2024, arXiv 2406.07436)."""

import re
from collections.abc import Callable, Mapping

from sodakd.evaluate.benchmarks import task_prompt
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row
from sodakd.types import Language, Question, TestScript

_LEVELS = {"easy": 1, "middle": 2, "hard": 3}


def _java_script(test: str) -> str:
    """The tests' methods in a class of their own, which inherits what they call."""
    return f"class SodakdTests extends Solution {{\n{test}"


def _python_script(test: str) -> str:
    """The tests as they run: without the guard of a main module, and none that nobody calls."""
    cases = "; ".join(_RUN_CASE.format(name) for name in _CASE.findall(test))
    script = _GUARD.sub("if True:", test).replace("unittest.main()", cases)
    uncalled = [name for name in _TEST.findall(test) if script.count(name) == 1]
    return "\n".join([script, *(f"{name}()" for name in uncalled), ""])


_GUARD = re.compile(r"""^if __name__ == ['"]__main__['"]:""", re.MULTILINE)
_CASE = re.compile(r"^class (\w+)\(unittest\.TestCase\):", re.MULTILINE)
_TEST = re.compile(r"^def (test\w*)\(\):", re.MULTILINE)
_RUN_CASE = (
    "assert unittest.TextTestRunner().run("
    "unittest.defaultTestLoader.loadTestsFromTestCase({0})).wasSuccessful()"
)

_SCRIPT: Mapping[Language, Callable[[str], str]] = {
    Language.JAVA: _java_script,
    Language.PYTHON: _python_script,
}


def _task(row: Row, language: Language) -> BenchmarkTask:
    raw, entry = row.text("prompt"), row.text("entry_point")
    script = _SCRIPT.get(language, str)(row.text("test"))
    return BenchmarkTask(
        id=row.text("task_id"),
        question=Question.new(
            text=task_prompt.complete(language, raw),
            language=language,
            tests=TestScript(entry_point=entry, script=script),
            source="mceval",
            level=_LEVELS.get(row.text("level")),
        ),
        prompt=_opened(raw, language),
        gold=row.text("canonical_solution"),
        java_class="Solution" if language is Language.JAVA else "",
    )


def _opened(prompt: str, language: Language) -> str:
    """The prompt up to where the function's body begins; half of them leave its brace out."""
    prompt = prompt.rstrip()
    if language is Language.PYTHON or prompt.endswith("{"):
        return f"{prompt}\n"
    return f"{prompt} {{\n"


def _origin(name: str) -> DatasetFile:
    return DatasetFile(f"generation/{name}.jsonl", (f"{name}.jsonl",))


MCEVAL = Benchmark(
    name="mceval",
    dataset="Multilingual-Multimodal-NLP/McEval",
    origins={
        Language.PYTHON: _origin("Python"),
        Language.JAVA: _origin("Java"),
        Language.JAVASCRIPT: _origin("JavaScript"),
        Language.C: _origin("C"),
        Language.CPP: _origin("CPP"),
        Language.GO: _origin("Go"),
        Language.TYPESCRIPT: _origin("TypeScript"),
    },
    task=_task,
)
