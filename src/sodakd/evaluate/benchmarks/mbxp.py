"""MBXP: MBPP translated by compilers of tests (Athiwaratkun et al. 2022, arXiv 2210.14868)."""

import re
from dataclasses import replace

from sodakd.evaluate.benchmarks.humaneval_x import code_prompt_task
from sodakd.evaluate.benchmarks.task import Benchmark, BenchmarkTask, DatasetFile, Row
from sodakd.types import Language

_LODASH = re.compile(
    r"^[ \t]*(?:const|let|var)[ \t]+_[ \t]*=[ \t]*require\(['\"]lodash['\"]\);?", re.MULTILINE
)
_IS_EQUAL = (
    "const _ = { isEqual: (a, b) => _.util.isDeepStrictEqual(_.zero(a), _.zero(b)),"
    " zero: (v) => (v === 0 ? 0 : Array.isArray(v) ? v.map(_.zero) : v), util: require('util') };"
)
"""The one function of lodash that the tests use: they need no package then. It takes 0 for -0."""


def _task(row: Row, language: Language) -> BenchmarkTask:
    if language is Language.JAVASCRIPT:
        test = _LODASH.sub(lambda _: _IS_EQUAL, row.text("test", "tests"))
        test = test.replace("JSON.stringify(x)", "''")  # there is no x: each has a number
        row = replace(row, values={**row.values, "test": test})
    return code_prompt_task(row, language, "mbxp")


def _origin(language: Language, released: str) -> DatasetFile:
    return DatasetFile(released, (f"{language}.jsonl", released))


MBXP = Benchmark(
    name="mbxp",
    dataset="",
    home="https://github.com/amazon-science/mxeval, folder data/mbxp",
    origins={
        Language.PYTHON: _origin(Language.PYTHON, "mbpp_release_v1.jsonl"),
        Language.JAVA: _origin(Language.JAVA, "mbjp_release_v1.2.jsonl"),
        Language.JAVASCRIPT: _origin(Language.JAVASCRIPT, "mbjsp_release_v1.2.jsonl"),
        Language.CPP: _origin(Language.CPP, "mbcpp_release_v1.2.jsonl"),
        Language.GO: _origin(Language.GO, "mbgp_release_v1.1.jsonl"),
        Language.TYPESCRIPT: _origin(Language.TYPESCRIPT, "mbtsp_release_v1.2.jsonl"),
    },
    task=_task,
)
