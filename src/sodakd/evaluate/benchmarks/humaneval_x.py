"""HumanEval-X: HumanEval by hand in five languages (Zheng et al. 2023, arXiv 2303.17568)."""

import re

from sodakd.evaluate.benchmarks import humaneval, task_prompt
from sodakd.evaluate.benchmarks.task import (
    Benchmark,
    BenchmarkTask,
    DatasetFile,
    Library,
    Row,
    files_of,
)
from sodakd.text.source import Source
from sodakd.types import CodePrompt, Language, Question, TestScript

_ABOVE = {
    Language.CPP: """\
#include <stdlib.h>
#include <algorithm>
#include <math.h>
#include <stdio.h>
#include <vector>
#include <string>
#include <climits>
#include <cstring>
#include <iostream>
#include <cassert>
"""
}
"""What the benchmark's own harness includes above every program."""

_GO = (
    "math", "strings", "fmt", "strconv", "time", "bytes", "regexp", "sort", "math/rand",
    "crypto/md5",
)  # fmt: skip
"""What the benchmark's own harness imports where a continuation uses it."""

_CLASS = re.compile(r"\bclass[ \t]+(\w+)")
_LAST = {
    Language.CPP: re.compile(r"(\w+)[ \t]*\([^{}]*\{\s*\Z"),
    Language.GO: re.compile(r"func[ \t]+(\w+)[^{}]*(?:interface\{\}[^{}]*)*\{\s*\Z"),
    Language.JAVA: re.compile(r"(\w+)[ \t]*\([^(){}]*\)[^(){}]*\{\s*\Z"),
    Language.JAVASCRIPT: re.compile(r"(?:const|let|var|function)[ \t]+(\w+)[^{}]*\{\s*\Z"),
}


def entry_of(prompt: str, language: Language) -> str:
    """The name of the function that a prompt leaves open; "" where it is not found."""
    last = _LAST.get(language)
    found = last.search(Source(prompt, language).masked) if last else None
    return found[1] if found else ""


def code_prompt_task(row: Row, language: Language, source: str) -> BenchmarkTask:
    """A task of HumanEval's columns in any language: `prompt`, `test`, perhaps `entry_point`."""
    if language is Language.PYTHON:
        return humaneval.task(row, language, source)
    prompt = row.text("prompt")
    entry = row.optional("entry_point") or entry_of(prompt, language)
    above = row.optional("test_setup") if language is Language.GO else _ABOVE.get(language, "")
    return BenchmarkTask(
        id=row.text("task_id"),
        question=Question.new(
            text=task_prompt.complete(language, prompt),
            language=language,
            tests=TestScript(entry_point=entry, script=row.text("test", "tests")),
            source=source,
            level=None,
            code_prompt=CodePrompt(
                code=prompt,
                entry_point=entry,
                preamble=above,
                auto_imports=_GO if language is Language.GO else (),
                java_class=_java_class(prompt) if language is Language.JAVA else "",
            ),
        ),
        gold=row.optional("canonical_solution") or None,
    )


def _java_class(prompt: str) -> str:
    """The class that holds the method which a prompt leaves open: the last one that it opens."""
    found = _CLASS.findall(Source(prompt, Language.JAVA).masked)
    return found[-1] if found else ""


def _origin(short: str) -> DatasetFile:
    return DatasetFile(f"data/{short}/data/humaneval.jsonl", (f"humaneval_{short}.jsonl",))


_BOOST = Library("boost", "apt-get install libboost-dev")

HUMANEVAL_X = Benchmark(
    name="humaneval-x",
    dataset="THUDM/humaneval-x",
    origins=files_of("python java js cpp go", _origin),
    task=lambda row, language: code_prompt_task(row, language, "humaneval-x"),
    known_bad={
        "Go/95": "it ends after two keys of a map, in an order that Go draws anew each time",
        "JavaScript/112": "it gives a boolean where its tests want a pair; node alone goes on",
        "JavaScript/155": "it gives [0, 0] for 0 where its tests want [1, 0]; node alone goes on",
    },
    needs={
        "CPP/22": _BOOST,
        "CPP/137": _BOOST,
        "CPP/162": Library("OpenSSL", "apt-get install libssl-dev"),
        "JavaScript/162": Library("js-md5", "npm install -g js-md5@0.7.3"),
    },
)
