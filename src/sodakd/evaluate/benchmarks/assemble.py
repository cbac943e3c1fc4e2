"""From an answer's code to the program that the tests follow.

An answer is a whole program, which repeats the function that was asked for, or it continues the
prompt with the function's body. Joining the two kinds in the same way would define things twice: a
whole answer takes from the prompt only what it lacks.
"""

import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace

from sodakd.evaluate.benchmarks import go_imports
from sodakd.evaluate.benchmarks.first import (
    features_first,
    future_first,
    strict_first,
    without_shebang,
)
from sodakd.evaluate.benchmarks.java_class import not_public, whole_class
from sodakd.evaluate.benchmarks.task import BenchmarkTask
from sodakd.text.source import Source, first_word, names_in
from sodakd.text.truncation import compiles
from sodakd.types import Language, TestScript


def assemble(task: BenchmarkTask, code: str) -> str:
    """The program to be judged; empty where there is no code."""
    code = code.removeprefix("\ufeff").replace("\r\n", "\n")
    return _ASSEMBLE[task.language](task, code) if code.strip() else ""


def truncate(task: BenchmarkTask, text: str) -> str:
    """What a base model wrote, up to where the function that it was asked for ends."""
    if task.language is Language.PYTHON:
        return _PYTHON_END.split(text, maxsplit=1)[0]
    if not task.prompt:
        return text
    whole = Source(task.prompt + text, task.language)
    end = whole.closes(Source(task.prompt, task.language).depth - 1, len(task.prompt))
    return text if end is None else text[: max(0, end - len(task.prompt))]


_PYTHON_END = re.compile(r"\n(?=(?:class|def|if|print|assert)\b|[@`]|#(?![^\n]*\n[ \t]+\S)|<\|)")


# --- Python ------------------------------------------------------------------------------------


def _python(task: BenchmarkTask, code: str) -> str:
    flat = textwrap.dedent(code).strip("\n")
    entry = re.escape(task.entry_point)
    defined = re.compile(
        rf"^(?:(?:async[ \t]+)?def|class)[ \t]+{entry}\b|^{entry}[ \t]*[:=]", re.MULTILINE
    )
    header = defined.search(task.prompt)
    if defined.search(flat) and not flat[:1].isspace():
        head = task.prompt[: header.start()] if header else ""
        return future_first(f"{task.preamble}{head}{flat}\n")
    bodies = _bodies(task.prompt, code, flat) if header else [code]
    programs = [f"{task.preamble}{task.prompt}{body}\n" for body in bodies]
    return next(filter(compiles, programs), programs[-1])


_STATEMENT = re.compile(r"^(?=[ \t]*+[^\s#]).", re.MULTILINE)
"""The first character of the first line that holds one."""


def _bodies(prompt: str, code: str, flat: str) -> list[str]:
    """A function's body, as it is and indented again, as far as that was lost on the way.

    The first line alone may have lost its blanks, or one of them, or all lines may; and those of
    the others need not be as many as the prompt's. The last one of these is what is judged where
    none is Python.
    """
    first, _, rest = code.strip("\n").partition("\n")
    after = _STATEMENT.search(rest)
    first_alone = after is None or after[0].isspace()
    bodies = [code] if first[:1].isspace() else []
    for base in dict.fromkeys((_last_indentation(prompt), "    ")):
        if first_alone:
            level = f"{first.lstrip()}\n{textwrap.dedent(rest)}"
            bodies += [f"{base}{first.lstrip()}\n{rest}", textwrap.indent(level, base)]
        bodies.append(textwrap.indent(flat, base))
    return [*bodies, bodies[0]] if first[:1].isspace() else bodies


def _last_indentation(prompt: str) -> str:
    """That of the prompt's last line, where its function's body has begun."""
    last = prompt.rstrip().rpartition("\n")[2]
    return last[: len(last) - len(last.lstrip())] or "    "


# --- languages with braces -----------------------------------------------------------------------


def _joined(task: BenchmarkTask, code: str) -> str:
    """Prompt and continuation; a brace that both have or neither closes is put right."""
    prompt = task.prompt
    if prompt.rstrip().endswith("{") and code.lstrip().startswith("{"):
        code = code.lstrip()[1:]
    program = Source(prompt + code, task.language)
    if 0 < program.depth <= Source(prompt, task.language).depth:
        return program.text.rstrip() + "\n" + "}\n" * program.depth
    return program.text


def _is_whole(task: BenchmarkTask, code: Source) -> bool:
    return not task.prompt or (task.entry_point in code.names and not code.is_body)


def _head(task: BenchmarkTask, code: Source) -> str:
    """What stands in the prompt before the function, less what the answer defines itself."""
    prompt = Source(task.prompt, task.language)
    own = code.names | {task.entry_point}
    closed = prompt.without(lambda item: bool(names_in(item, task.language) & own))
    return _opened(closed, task.entry_point)


def _opened(prompt: Source, entry_point: str) -> str:
    """A prompt without its last, open definition."""
    found = list(re.finditer(rf"\b{re.escape(entry_point)}\b", prompt.shallow))
    if not found:
        return prompt.text
    header = found[-1].start()
    start = max((item.end for item in prompt.items() if item.end <= header), default=0)
    return prompt.text[: first_word(prompt.masked, start, header)]


def _no_main(source: Source) -> Source:
    return source.without(lambda item: bool(re.search(r"\bmain[ \t]*\(", item)))


def _native(task: BenchmarkTask, code: str) -> str:
    """C and C++. A `main` of the answer goes: the tests bring theirs."""
    answer = Source(code, task.language)
    if _is_whole(task, answer):
        return features_first(f"{task.preamble}{_head(task, answer)}", f"{_no_main(answer).text}\n")
    joined = Source(_joined(task, code), task.language)
    return f"{task.preamble}{_no_main(joined).text}\n"


_EXPORT = re.compile(r"^export[ \t]++(?:default[ \t]++)?+(?![{*])", re.MULTILINE)


def _script(task: BenchmarkTask, code: str) -> str:
    """JavaScript and TypeScript. Nothing is exported: the tests stand in the same file."""
    code = _EXPORT.sub("", without_shebang(code))
    answer = Source(code, task.language)
    if _is_whole(task, answer):
        return f"{strict_first(f'{task.preamble}{_head(task, answer)}', answer)}\n"
    return f"{task.preamble}{_joined(task, code)}\n"


_GO_GONE = re.compile(r"\bfunc[ \t]+(?:main[ \t]*\(|Test\w*[ \t]*\([ \t]*\w+[ \t]+\*testing\.)")


def _go(task: BenchmarkTask, code: str) -> str:
    """Go. The answer's `main` and tests go, with the imports that only they used."""
    prompt, own = go_imports.split(task.prompt), go_imports.split(code)
    body_of = replace(task, prompt=prompt.body)
    answer = Source(own.body, Language.GO)
    kept = answer.without(lambda item: bool(_GO_GONE.search(item)))
    gone = own.body if kept.text != own.body else ""
    offered = [*prompt.imports, *go_imports.split(task.preamble).imports]
    if _is_whole(task, answer):
        body = _head(body_of, answer) + kept.text
    else:
        body = _joined(body_of, kept.text)
        offered += [go_imports.Import(path) for path in task.auto_imports]
    tests = task.question.tests
    script = tests.script if isinstance(tests, TestScript) else ""
    return go_imports.write(own.imports, offered, body, script, gone)


def _java(task: BenchmarkTask, code: str) -> str:
    """Java: one class that holds the method; none of its types is public, so one file holds all."""
    whole = whole_class(code, task.prompt, task.java_class, task.entry_point)
    program = not_public(_joined(task, code)) if whole is None else whole
    # The tests stand in a class that inherits: what is private is not theirs to call.
    return task.preamble + re.sub(r"\bprivate[ \t]+static\b", "static", program)


_ASSEMBLE: Mapping[Language, Callable[[BenchmarkTask, str], str]] = {
    Language.PYTHON: _python,
    Language.JAVA: _java,
    Language.JAVASCRIPT: _script,
    Language.C: _native,
    Language.CPP: _native,
    Language.GO: _go,
    Language.TYPESCRIPT: _script,
}
