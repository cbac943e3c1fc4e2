"""What tests call: a function by its name, a method of a class, or in Python any expression."""

import builtins
import re
from dataclasses import dataclass

_METHOD = re.compile(r"(?:new\s++)?(\w++)(\s*+\(\s*+\))?\.(\w++)")
_CALLED = re.compile(r"(?<![\w.])([^\W\d]\w*+)\s*+\(")


@dataclass(frozen=True)
class Method:
    """A method of a class; `made`: the entry point says that it is called on an object."""

    holder: str
    name: str
    made: bool


def method_of(entry_point: str) -> Method | None:
    """The method that an entry point names: `Solution().add`, `new Solution().add`, `Solution.add`.

    None where it names a function, or is another expression.
    """
    found = _METHOD.fullmatch(entry_point)
    return Method(found[1], found[3], made=found[2] is not None) if found else None


def name_in(entry_point: str) -> str:
    """The name that a program must define: `Solution` of `Solution().add`, `add` of a lambda."""
    head, colon, body = entry_point.partition(":")
    if colon and re.match(r"lambda\b", head):
        called = _CALLED.findall(body)
        return next((name for name in called if not hasattr(builtins, name)), "")
    found = re.search(r"[\w$]+", entry_point.removeprefix("new "))
    return found[0] if found else ""


def as_javascript(entry_point: str) -> str:
    """An expression of JavaScript, and of TypeScript, that is the function."""
    method = method_of(entry_point)
    if method is None:
        return entry_point
    holder, name = method.holder, method.name
    made = f"new {holder}()"
    if not method.made:
        made = f"(typeof {holder}['{name}'] === 'function' ? {holder} : {made})"
    return f"((own) => (...given) => Reflect.apply(own['{name}'], own, given))({made})"
