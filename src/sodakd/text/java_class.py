"""Java answers that bring a whole class, or a method without one."""

import re

from sodakd.text.source import Source, Span, heads, without_spans
from sodakd.types import Language

_IMPORT = re.compile(
    r"^[ \t]*+(?:import([ \t][^;\n]*+)|package[ \t][^;\n]*+);(?:[ \t]*+\n)?", re.MULTILINE
)
_PUBLIC = re.compile(
    r"^([ \t]*)public[ \t]+(?=(?:(?:final|abstract|static|sealed)[ \t]+)*"
    r"(?:class|interface|enum|record)\b)",
    re.MULTILINE,
)
_TYPE = re.compile(r"\b(?:class|interface|enum|record)[ \t]+(\w+)")


def whole_class(code: str, prompt: str, holder: str, entry_point: str) -> str | None:
    """A program whose class `holder` has the method; None where the code continues the prompt."""
    known, _ = _split(Source(prompt, Language.JAVA))
    imports, code = _split(Source(code, Language.JAVA))
    source = Source(code, Language.JAVA)
    method = re.compile(rf"\b{re.escape(entry_point)}[ \t\n]*+\(")

    def has_method(masked: str) -> bool:
        return any(method.search(head) for head in heads(masked))

    if holder in source.names:
        text = code
    elif has_method(source.shallow):
        text = f"class {holder} {{\n{code}\n}}\n"
    else:
        found = [
            name
            for item in source.items()
            if has_method(source.masked[item.start : item.end])
            for name in _TYPE.findall(source.shallow[item.start : item.end])
        ]
        if len(found) != 1:
            return None
        text = re.sub(rf"\b{found[0]}\b", holder, code)
    return not_public(known + imports + _without_runner(text, holder))


def not_public(text: str) -> str:
    """A program in which no outer type is public: a file of any name may hold it."""
    found = _PUBLIC.finditer(Source(text, Language.JAVA).shallow)
    return without_spans(text, [Span(match.end(1), match.end()) for match in found])


def _without_runner(text: str, holder: str) -> str:
    """A class `Main` that the answer wrote to try itself goes: the tests bring theirs."""
    source = Source(text, Language.JAVA)
    trimmed = source.without(lambda item: _TYPE.findall(item)[:1] == ["Main"] and holder != "Main")
    return trimmed.text


def _split(source: Source) -> tuple[str, str]:
    """The imports of a program, which stand first in any, and the rest; a package clause goes."""
    found = list(_IMPORT.finditer(source.shallow))
    lines = [f"import{match[1]};\n" for match in found if match[1] is not None]
    return "".join(lines), without_spans(source.text, [Span(*match.span()) for match in found])
