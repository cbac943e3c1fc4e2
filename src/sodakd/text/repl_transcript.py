"""The code of an interpreter's transcript: what was typed at `>>>`, without what was answered."""

import re

from sodakd.text.truncation import parsed

_TYPED = re.compile(r"^[ \t]*(?:>>>|\.\.\.)(?: (.*)|[ \t]*)$")
_CODE = re.compile(r"[=(){}\[\];]|\"\"\"|'''|^(?:def|class|import|from)\b")


def console_code(text: str) -> str:
    """The lines that were typed in; any other text is given back as it is, the same object.

    Before the first of them no code stands, but perhaps sentences: the examples in a program's own
    texts are no transcript.
    """
    if ">>> " not in text:
        return text
    lines = text.splitlines()
    first = next((at for at, line in enumerate(lines) if line.lstrip().startswith(">>> ")), None)
    if first is None or any(_CODE.search(line) for line in lines[:first]):
        return text
    typed = [found.group(1) or "" for line in lines[first:] if (found := _TYPED.match(line))]
    code = "\n".join([*typed, ""])
    return text if parsed(code) is None else code
