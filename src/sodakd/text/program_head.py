"""What must stand first in a program, put first again where other text was put before it."""

import ast
import re

from sodakd.text.source import Source, Span, without_spans
from sodakd.text.truncation import parsed

_FEATURE = re.compile(r"^[ \t]*+#[ \t]*+define[ \t]++_\w*SOURCE\b[^\n]*+(?:\n|\Z)", re.MULTILINE)
_SHEBANG = re.compile(r"\A#![^\n]*+")
_STRICT = re.compile(r"^[ \t]*+(?:\"use strict\"|'use strict')[ \t]*+;?", re.MULTILINE)


def future_first(program: str) -> str:
    """Python with its `from __future__` imports in the first line."""
    tree = parsed(program) if "__future__" in program else None
    found = [
        node
        for node in (tree.body if tree is not None else ())
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    if not found:
        return program
    lines = re.sub(r"\r\n?", "\n", program).encode().split(b"\n")
    for node in reversed(found):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
        lines[first : last + 1] = [before + b"pass" + after]
    names = dict.fromkeys(ast.unparse(name) for node in found for name in node.names)
    return f"from __future__ import {', '.join(names)}\n" + b"\n".join(lines).decode()


def features_first(before: str, program: str) -> str:
    """C or C++: what the program asks of the system's headers stands above all includes."""
    found = list(_FEATURE.finditer(program))
    asked = "".join(match[0].rstrip("\n") + "\n" for match in found)
    return asked + before + without_spans(program, [Span(*match.span()) for match in found])


def strict_first(before: str, script: Source) -> str:
    """JavaScript behind `before`: its "use strict" stands above both, its shebang nowhere."""
    text = script.text
    found = _STRICT.search(text)
    if found is None or script.masked[: found.start()].strip():
        return before + text
    return f'"use strict";\n{before}{text[: found.start()]}{text[found.end() :]}'


def without_shebang(script: str) -> str:
    """A script without the line that names its interpreter."""
    return _SHEBANG.sub("", script)
