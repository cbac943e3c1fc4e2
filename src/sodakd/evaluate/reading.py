"""What the program of an answer to a benchmark's task is.

One reader, `text/extract.py`, finds it, as it does everywhere else. A benchmark's prompt may be
continued as well, as a base model does: with the body of the function that the prompt begins.
"""

import re

from sodakd.evaluate.benchmarks.assemble import assemble, truncate
from sodakd.evaluate.benchmarks.task import BenchmarkTask
from sodakd.judge.program import Program
from sodakd.text.extract import extract, strip_bom
from sodakd.text.fences import blocks
from sodakd.text.language_id import is_sentence
from sodakd.text.source import Source, names_in
from sodakd.text.thinking import strip_thinking
from sodakd.text.truncation import compiles
from sodakd.types import Language


def program_of(task: BenchmarkTask, answer: str) -> Program:
    """What the judge gets for an answer: it says why where the answer holds no program."""
    tests = task.question.tests
    assert tests is not None
    code, reason = _code(task, strip_bom(answer))
    return Program(assemble(task, code), task.language, tests, reason=reason)


def _code(task: BenchmarkTask, answer: str) -> tuple[str, str]:
    """The code of an answer, a whole program or a continuation; why there is none, or ""."""
    if answer == task.gold and task.language is not Language.PYTHON:
        return answer, ""
    fenced = blocks(answer)
    if fenced and answer.lstrip("\n")[:1].isspace() and not fenced[0].closed:
        # The prompt stood in a fence, and the model closed it.
        answer, fenced = answer[: fenced[0].start], ()
    said, _ = strip_thinking(answer)
    if task.language is Language.PYTHON:
        for text in dict.fromkeys((answer, said)):
            code = text if fenced else _up_to_its_end(task, text)
            if code.strip() and compiles(assemble(task, code)):
                return code, ""
    found = extract(answer, task.language, task.entry_point)
    if found.code:
        return (found.code if fenced else _up_to_its_end(task, found.code)), found.reason
    # What `extract` takes for no program may be a line or two of one.
    if said.strip() and not fenced and not any(map(is_sentence, said.split("\n"))):
        return _up_to_its_end(task, said), ""
    return "", found.reason


def _up_to_its_end(task: BenchmarkTask, code: str) -> str:
    """A continuation may run on after its function; a whole program is taken as it is."""
    return code if _is_whole(task, code) else truncate(task, code)


def _is_whole(task: BenchmarkTask, code: str) -> bool:
    if task.language is Language.PYTHON:
        entry = re.escape(task.entry_point)
        return bool(re.search(rf"^(?:async )?def {entry}\b|^{entry} *=", code, re.MULTILINE))
    source = Source(code, task.language)
    return task.entry_point in names_in(code, task.language) and not source.is_body
