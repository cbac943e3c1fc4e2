"""Solutions that do nothing: they take what they are given and give back a value of no worth."""

import re
from collections.abc import Callable, Mapping

from sodakd.evaluate.benchmarks.task import BenchmarkTask
from sodakd.text.source import Source
from sodakd.types import Language


def nothing(task: BenchmarkTask) -> str:
    """A solution that goes on with the prompt, or a whole one where the prompt opens nothing."""
    return _NOTHING[task.language](task)


def _python(task: BenchmarkTask) -> str:
    if re.search(
        rf"^(?:async )?def {re.escape(task.code_prompt.entry_point)}\b",
        task.code_prompt.code,
        re.MULTILINE,
    ):
        return "    return None\n"
    return f"def {task.code_prompt.entry_point}(*given, **named):\n    return None\n"


def _zero_of_java(task: BenchmarkTask) -> str:
    """The words before the method's name, in letters of either case, end with its type."""
    name = task.code_prompt.entry_point.replace("_", "_?")
    kind = re.findall(rf"([\w>\]]+)\s+(?i:{name})\s*\(", task.code_prompt.code)[-1]
    values = {"void": "", "boolean": "false", **dict.fromkeys(_NUMBERS, "0")}
    return f"return {values.get(kind, 'null')};\n    }}\n}}\n"


_NUMBERS = ("int", "long", "double", "float", "char", "short", "byte")


def _zero_of_go(task: BenchmarkTask) -> str:
    masked = Source(task.code_prompt.code, Language.GO).masked
    header = masked[masked.rindex("func ") :].rstrip().removesuffix("{")
    depth, given = 0, ""
    for at in range(header.index("("), len(header)):
        depth += {"(": 1, ")": -1}.get(header[at], 0)
        if depth == 0:
            given = header[at + 1 :].strip()
            break
    kinds = given[1:-1].split(",") if given.startswith("(") else [given] if given else []
    return f"return {', '.join(f'*new({kind.split()[-1]})' for kind in kinds)}\n}}\n"


_NOTHING: Mapping[Language, Callable[[BenchmarkTask], str]] = {
    Language.PYTHON: _python,
    Language.JAVA: _zero_of_java,
    Language.JAVASCRIPT: lambda _: "    return undefined;\n}\n",
    Language.C: lambda _: "    return 0;\n}\n",
    Language.CPP: lambda _: "    return {};\n}\n",
    Language.GO: _zero_of_go,
    Language.TYPESCRIPT: lambda _: "    return undefined as any;\n}\n",
}
