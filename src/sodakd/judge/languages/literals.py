"""Values written as literals of the C family."""

import json

from sodakd.judge.sandbox.json_values import Json

CLOSED = " /*/)*/\n"
"""Between a program and what follows it: a comment; within a comment that the program leaves open,
the end of that one, and an error."""

LISTS = {"list[int]": "int", "list[float]": "float", "list[str]": "str"}


def text(value: Json) -> str:
    """A string literal of C, C++, Java and Go: ASCII, each other byte of its UTF-8 as octal."""
    raw = str(value).encode("utf-8", "surrogatepass")
    plain = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("?"): "\\077"}
    body = "".join(
        plain.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw
    )
    return f'"{body}"'


def unicode_text(value: Json) -> str:
    """A string literal of Java, JavaScript and TypeScript: ASCII with \\u escapes."""
    return json.dumps(str(value))


def number(value: Json, suffix: str = "") -> str:
    """An integer or a float."""
    assert isinstance(value, (int, float))
    return f"{value}{suffix}" if isinstance(value, int) else repr(value)
