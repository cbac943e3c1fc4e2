"""From an answer's code to the program that the tests follow.

An answer is a whole program, which repeats the function that was asked for, or it continues the
prompt with the function's body. Joining the two kinds in the same way would define things twice: a
whole answer takes from the prompt only what it lacks.
"""

import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sodakd.text import go_imports
from sodakd.text.java_class import not_public, whole_class
from sodakd.text.languages import LANGUAGES
from sodakd.text.program_head import (
    features_first,
    future_first,
    strict_first,
    without_shebang,
)
from sodakd.text.source import Source, first_word, names_in
from sodakd.text.truncation import compiles
from sodakd.types import CodePrompt, Language, Question, StdioTests, TestScript


def assemble(question: Question, code: str) -> str:
    """The program to be judged: the code with what it lacks of the question's `code_prompt`.

    Empty where there is no code. One that reads standard input is whole, and follows the preamble.
    """
    if question.code_prompt is None:
        return code
    if isinstance(question.tests, StdioTests):
        above = question.code_prompt.preamble
        return future_first(above + code) if above and code.strip() else code
    code = code.removeprefix("\ufeff").replace("\r\n", "\n")
    if not code.strip():
        return ""
    tests = question.tests
    script = tests.script if isinstance(tests, TestScript) else ""
    begun = _Begun(question.language, question.code_prompt, script)
    return _ASSEMBLE[LANGUAGES[question.language].joined](begun, code)


@dataclass(frozen=True)
class _Begun:
    """A program begun, and the script of tests that follows it, where it is one."""

    language: Language
    prompt: CodePrompt
    script: str


def is_whole(question: Question, code: str) -> bool:
    """Whether code is a program of its own: no continuation of the question's `code_prompt`."""
    prompt = question.code_prompt
    if prompt is None:
        return True
    if question.language is Language.PYTHON:
        entry = re.escape(prompt.entry_point)
        return bool(re.search(rf"^(?:async )?def {entry}\b|^{entry} *=", code, re.MULTILINE))
    source = Source(code, question.language)
    return prompt.entry_point in names_in(code, question.language) and not source.is_body


def truncate(question: Question, text: str) -> str:
    """A continuation up to where the function that it was asked for ends."""
    if question.language is Language.PYTHON:
        return _PYTHON_END.split(text, maxsplit=1)[0]
    if question.code_prompt is None or not question.code_prompt.code:
        return text
    prompt = question.code_prompt.code
    whole = Source(prompt + text, question.language)
    end = whole.closes(Source(prompt, question.language).depth - 1, len(prompt))
    return text if end is None else text[: max(0, end - len(prompt))]


_PYTHON_END = re.compile(r"\n(?=(?:class|def|if|print|assert)\b|[@`]|#(?![^\n]*\n[ \t]+\S)|<\|)")


# --- Python ------------------------------------------------------------------------------------


def _python(begun: _Begun, code: str) -> str:
    flat = textwrap.dedent(code).strip("\n")
    entry = re.escape(begun.prompt.entry_point)
    defined = re.compile(
        rf"^(?:(?:async[ \t]+)?def|class)[ \t]+{entry}\b|^{entry}[ \t]*[:=]", re.MULTILINE
    )
    header = defined.search(begun.prompt.code)
    bodies = _bodies(begun.prompt.code, code, flat) if header else [code]
    programs = [f"{begun.prompt.preamble}{begun.prompt.code}{body}\n" for body in bodies]
    if defined.search(flat):
        head = begun.prompt.code[: header.start()] if header else ""
        whole = future_first(f"{begun.prompt.preamble}{head}{flat}\n")
        # A body may give a value to a variable that has the function's name.
        programs = [whole, *programs, whole]
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


def _joined(begun: _Begun, code: str) -> str:
    """Prompt and continuation; a brace that both have or neither closes is put right."""
    prompt = begun.prompt.code
    if prompt.rstrip().endswith("{") and code.lstrip().startswith("{"):
        code = code.lstrip()[1:]
    program = Source(prompt + code, begun.language)
    if 0 < program.depth <= Source(prompt, begun.language).depth:
        return program.text.rstrip() + "\n" + "}\n" * program.depth
    return program.text


def _is_whole(begun: _Begun, code: Source) -> bool:
    return not begun.prompt.code or (begun.prompt.entry_point in code.names and not code.is_body)


def _head(begun: _Begun, code: Source) -> str:
    """What stands in the prompt before the function, less what the answer defines itself."""
    prompt = Source(begun.prompt.code, begun.language)
    own = code.names | {begun.prompt.entry_point}
    closed = prompt.without(lambda item: bool(names_in(item, begun.language) & own))
    return _opened(closed, begun.prompt.entry_point)


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


def _native(begun: _Begun, code: str) -> str:
    """C and C++. A `main` of the answer goes: the tests bring theirs."""
    answer = Source(code, begun.language)
    if _is_whole(begun, answer):
        return features_first(
            f"{begun.prompt.preamble}{_head(begun, answer)}", f"{_no_main(answer).text}\n"
        )
    joined = Source(_joined(begun, code), begun.language)
    return f"{begun.prompt.preamble}{_no_main(joined).text}\n"


_EXPORT = re.compile(r"^export[ \t]++(?:default[ \t]++)?+(?![{*])", re.MULTILINE)


_IMPORT = re.compile(r"^import\b([^;'\"\n]*)['\"][^'\"\n]+['\"];?[ \t]*\n?", re.MULTILINE)
_NOT_BOUND = frozenset({"as", "from", "type"})


def _imported_once(head: str, code: str) -> str:
    """What stands before the function, without imports of names that the answer imports itself."""

    def bound(clause: str) -> set[str]:
        return set(re.findall(r"[\w$]+", clause)) - _NOT_BOUND

    own = {name for found in _IMPORT.finditer(code) for name in bound(found[1])}
    return _IMPORT.sub(lambda found: "" if bound(found[1]) & own else found[0], head)


def _script(begun: _Begun, code: str) -> str:
    """JavaScript and TypeScript. Nothing is exported: the tests stand in the same file."""
    code = _EXPORT.sub("", without_shebang(code))
    answer = Source(code, begun.language)
    if _is_whole(begun, answer):
        head = _imported_once(_head(begun, answer), code)
        return f"{strict_first(f'{begun.prompt.preamble}{head}', answer)}\n"
    return f"{begun.prompt.preamble}{_joined(begun, code)}\n"


_GO_GONE = re.compile(r"\bfunc[ \t]+(?:main[ \t]*\(|Test\w*[ \t]*\([ \t]*\w+[ \t]+\*testing\.)")


def _go(begun: _Begun, code: str) -> str:
    """Go. The answer's `main` and tests go, with the imports that only they used."""
    prompt, own = go_imports.split(begun.prompt.code), go_imports.split(code)
    bare = replace(begun, prompt=begun.prompt.model_copy(update={"code": prompt.body}))
    answer = Source(own.body, Language.GO)
    kept = answer.without(lambda item: bool(_GO_GONE.search(item)))
    gone = own.body if kept.text != own.body else ""
    offered = [*prompt.imports, *go_imports.split(begun.prompt.preamble).imports]
    if _is_whole(begun, answer):
        body = _head(bare, answer) + kept.text
    else:
        body = _joined(bare, kept.text)
        offered += [go_imports.Import(path) for path in begun.prompt.auto_imports]
    return go_imports.write(own.imports, offered, body, begun.script, gone)


def _java(begun: _Begun, code: str) -> str:
    """Java: one class that holds the method; none of its types is public, so one file holds all."""
    whole = whole_class(code, begun.prompt.code, begun.prompt.java_class, begun.prompt.entry_point)
    program = not_public(_joined(begun, code)) if whole is None else whole
    # The tests stand in a class that inherits: what is private is not theirs to call.
    return begun.prompt.preamble + re.sub(r"\bprivate[ \t]+static\b", "static", program)


_ASSEMBLE: Mapping[str, Callable[[_Begun, str], str]] = {
    "python": _python,
    "java": _java,
    "script": _script,
    "native": _native,
    "go": _go,
}
