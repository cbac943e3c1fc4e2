"""A Go program and its test script as one file: one package clause, one list of imports.

What is added stands in the line of the program's package clause, so that all lines stay its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sodakd.judge.languages.go_source import TOKEN, tests
from sodakd.judge.languages.literals import CLOSED

OWN_MAIN, SCRIPT_MAIN = "sodakdOwnMain", "sodakdScriptMain"
"""What `main` is called in a program and in a script: the main package has one of ours."""
_GIVEN = {"testing": '"testing"', "assert": '"github.com/stretchr/testify/assert"'}
"""What a script may use without importing it, and what is imported then."""
_MAIN = re.compile(r"^func[ \t]+main[ \t]*\(", re.MULTILINE)


@dataclass(frozen=True)
class Header:
    """What a file begins with. `package`: where its clause stands; `end`: where the header ends.

    `imports` are written as in Go: `"fmt"`, `f "fmt"`.
    """

    package: tuple[int, int]
    end: int
    imports: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names by which packages are known in the file."""
        return frozenset(re.split(r'[ /"`]+', one.rstrip('"`'))[-1] for one in self.plain) | {
            one.partition(" ")[0] for one in self.imports if " " in one
        }

    @property
    def plain(self) -> Iterator[str]:
        """The imports that give a package no other name."""
        return (one for one in self.imports if " " not in one)


def header(source: str) -> Header:
    """Read the header of a file, which has perhaps none."""
    package, end, imports = (0, 0), 0, list[str]()
    state, alias, grouped = "", "", False
    for found in TOKEN.finditer(source):
        kind, token = found.lastgroup, found.group()
        if kind == "space":
            continue
        if state == "" and token in {"package", "import"}:
            state, start = token, found.start()
            continue
        if state == "package" and kind == "word":
            package, state = (start, found.end()), ""
        elif state == "import" and kind == "text":
            imports.append(f"{alias} {token}".strip())
            alias, state = "", "import" if grouped else ""
        elif state == "import" and (kind == "word" or token == "."):
            alias = token
        elif state == "import" and token in {"(", ")"}:
            grouped = token == "("
            state = "import" if grouped else ""
        elif token != ";":
            break
        end = found.end()
    return Header(package, end, tuple(imports))


def joined(code: str, script: str) -> str:
    """A program and its script as one file of package main.

    A program that ends within a comment or a text is no program, and swallows no script.
    """
    closed = CLOSED if script else "\n"
    if any(one.lastgroup == "endless" or one.group() == "`" for one in TOKEN.finditer(code)):
        script, closed = "", "\n)\n"  # in no case does it compile
    own, other = header(code), header(script)
    asked = [one for one in dict.fromkeys(other.imports) if one not in own.imports]
    known = own.names | other.names
    used = _used(script)
    asked += [path for name, path in _GIVEN.items() if name in used and name not in known]
    added = "".join(f"; import {one}" for one in asked)
    start, end = own.package
    after = "" if end else "; "
    blank = re.sub(r"[^\n]", "", script[: other.end])
    program = f"{code[:start]}package main{added}{after}{code[end:]}"
    return f"{program}{closed}{blank}{script[other.end :]}"


def _used(script: str) -> frozenset[str]:
    """The names that stand before a dot."""
    names, last = set(), ""
    for found in TOKEN.finditer(script):
        if found.lastgroup == "space":
            continue
        if found.group() == ".":
            names.add(last)
        last = found.group() if found.lastgroup == "word" else ""
    return frozenset(names)


def without_mains(code: str, script: str) -> str:
    """A program and its script as one file, whose mains have other names."""
    code = _MAIN.sub(f"func {OWN_MAIN}(", code)
    return joined(code, _MAIN.sub(f"func {SCRIPT_MAIN}(", script))


def main_run(code: str, script: str, *, as_main: bool) -> str:
    """The function that is run in the place of tests: the script's main, else the program's own
    where it is to be run as a file; "" where there are tests to run."""
    if tests(script):
        return ""
    if _MAIN.search(script):
        return SCRIPT_MAIN
    return OWN_MAIN if as_main and not script.strip() and not tests(code) else ""
