"""HumanEval-X: HumanEval by hand in five languages (Zheng et al. 2023, arXiv 2303.17568)."""

import re

from sodakd.evaluate.benchmarks import humaneval, task_prompt
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Library, Row
from sodakd.text.source import Source
from sodakd.types import Language, Question, TestScript

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

_LAST = {
    Language.CPP: re.compile(r"(\w+)[ \t]*\([^{}]*\{\s*\Z"),
    Language.GO: re.compile(r"func[ \t]+(\w+)[^{}]*(?:interface\{\}[^{}]*)*\{\s*\Z"),
    Language.JAVA: re.compile(r"(\w+)[ \t]*\([^(){}]*\)[^(){}]*\{\s*\Z"),
    Language.JAVASCRIPT: re.compile(r"(?:const|let|var|function)[ \t]+(\w+)[^{}]*\{\s*\Z"),
}


def entry_of(prompt: str, language: Language) -> str:
    """The name of the function that a prompt leaves open."""
    found = _LAST[language].search(Source(prompt, language).masked)
    return found[1] if found else ""


def _task(row: Row, language: Language) -> BenchmarkTask:
    if language is Language.PYTHON:
        return humaneval.task(row, language, "humaneval-x")
    prompt = row.text("prompt")
    entry = entry_of(prompt, language)
    return BenchmarkTask(
        id=row.text("task_id"),
        question=Question.new(
            text=task_prompt.complete(language, prompt),
            language=language,
            tests=TestScript(entry_point=entry, script=row.text("test")),
            source="humaneval-x",
            level=None,
        ),
        prompt=prompt,
        gold=row.text("canonical_solution"),
        preamble=row.text("test_setup") if language is Language.GO else _ABOVE.get(language, ""),
        auto_imports=_GO if language is Language.GO else (),
        java_class="Solution" if language is Language.JAVA else "",
    )


def _origin(short: str) -> DatasetFile:
    return DatasetFile(f"data/{short}/data/humaneval.jsonl", (f"humaneval_{short}.jsonl",))


_BOOST = Library("boost", "apt-get install libboost-dev")

HUMANEVAL_X = Benchmark(
    name="humaneval-x",
    dataset="THUDM/humaneval-x",
    origins={
        Language.PYTHON: _origin("python"),
        Language.JAVA: _origin("java"),
        Language.JAVASCRIPT: _origin("js"),
        Language.CPP: _origin("cpp"),
        Language.GO: _origin("go"),
    },
    task=_task,
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
