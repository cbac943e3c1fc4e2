"""Java answers that bring a whole class, or a method without one."""

import re

from sodakd.evaluate.benchmarks.source import Source
from sodakd.types import Language

_IMPORT = re.compile(r"^[ \t]*(?:import|package)[ \t][^;\n]*;[ \t]*\n?", re.MULTILINE)
_PUBLIC = re.compile(
    r"^([ \t]*)public[ \t]+(?=(?:(?:final|abstract|static|sealed)[ \t]+)*"
    r"(?:class|interface|enum|record)\b)",
    re.MULTILINE,
)
_TYPE = re.compile(r"\b(?:class|interface|enum|record)[ \t]+(\w+)")


def whole_class(code: str, prompt: str, holder: str, entry_point: str) -> str | None:
    """A program whose class `holder` has the method; None where the code continues the prompt."""
    source = Source(code, Language.JAVA)
    method = re.compile(rf"\b{re.escape(entry_point)}[ \t\n]*\([^;{{}}]*\{{")
    if holder in source.names:
        text = code
    elif method.search(source.shallow):
        imports, rest = _split(source)
        text = f"{imports}class {holder} {{\n{rest}\n}}\n"
    else:
        found = [
            name
            for item in source.items()
            if method.search(source.masked[item.start : item.end])
            for name in _TYPE.findall(source.shallow[item.start : item.end])
        ]
        if len(found) != 1:
            return None
        text = re.sub(rf"\b{found[0]}\b", holder, code)
    return not_public(_imports(prompt) + _without_runner(text, holder))


def not_public(text: str) -> str:
    """A program in which no outer type is public: a file of any name may hold it."""
    source = Source(text, Language.JAVA)
    for match in reversed(list(_PUBLIC.finditer(source.shallow))):
        text = text[: match.start()] + match[1] + text[match.end() :]
    return text


def _without_runner(text: str, holder: str) -> str:
    """A class `Main` that the answer wrote to try itself goes: the tests bring theirs."""
    source = Source(text, Language.JAVA)
    trimmed = source.without(lambda item: _TYPE.findall(item)[:1] == ["Main"] and holder != "Main")
    return _IMPORT.sub(lambda match: "" if "package" in match[0] else match[0], trimmed.text)


def _imports(prompt: str) -> str:
    return "".join(match[0] for match in _IMPORT.finditer(Source(prompt, Language.JAVA).masked))


def _split(source: Source) -> tuple[str, str]:
    lines = [source.text[match.start() : match.end()] for match in _IMPORT.finditer(source.masked)]
    rest = source.text
    for match in reversed(list(_IMPORT.finditer(source.masked))):
        rest = rest[: match.start()] + rest[match.end() :]
    return "".join(lines), rest
