"""A Go program and its test script as one file: one package clause, one list of imports.

What is added stands in the line of the program's package clause, so that all lines stay its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sodakd.judge.languages.go_analysis import functions, tests, tokens
from sodakd.judge.languages.literals import CLOSED

OWN_MAIN, SCRIPT_MAIN = "sodakdOwnMain", "sodakdScriptMain"
"""What `main` is called in a program and in a script: the main package has one of ours."""
SCRIPT_EXIT = "sodakdExit"
"""What a script's `os.Exit` goes through: one by 0 is its end."""
_NO_PACKAGE = re.compile(r"could not import (\S+) \(")
_GIVEN = {"testing": '"testing"', "assert": '"github.com/stretchr/testify/assert"'}
"""What a script may use without importing it, and what is imported then."""


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
    for one in tokens(source):
        kind, token, after = one.kind, one.text, one.start + len(one.text)
        if state == "" and token in {"package", "import"}:
            state, start = token, one.start
            continue
        if state == "package" and kind == "word":
            package, state = (start, after), ""
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
        end = after
    return Header(package, end, tuple(imports))


def joined(code: str, script: str) -> str:
    """A program and its script as one file of package main.

    A program that ends within a comment or a text is no program, and swallows no script.
    """
    closed = CLOSED if script else "\n"
    if any(one.kind == "endless" and one.text[0] in "/`" for one in tokens(code)):
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
    """The names of `_GIVEN` that stand before a dot."""
    if not any(f"{name}." in script for name in _GIVEN):
        return frozenset()
    names, last = set(), ""
    for one in tokens(script):
        if one.text == ".":
            names.add(last)
        last = one.text if one.kind == "word" else ""
    return frozenset(names)


def without_mains(code: str, script: str) -> str:
    """A program and its script as one file, whose mains have other names."""
    return joined(_renamed(code, OWN_MAIN), _renamed(_ended(script), SCRIPT_MAIN))


def _renamed(source: str, name: str) -> str:
    for one in functions(source) if "main" in source else []:
        if one.name == "main":
            return f"{source[: one.start]}{name}{source[one.start + len('main') :]}"
    return source


def _ended(script: str) -> str:
    """A script whose `os.Exit` is its end: it goes through a function of the harness."""
    if "Exit" not in script:
        return script
    parts, at, before = [], 0, ["", ""]
    for one in tokens(script):
        if one.text == "Exit" and before == ["os", "."]:
            start = script.rindex("os", at, one.start)
            parts += [script[at:start], f"{SCRIPT_EXIT}(os.Exit)"]
            at = one.start + len("Exit")
        before = [before[1], one.text]
    return "".join([*parts, script[at:]])


def lacking(code: str, script: str, said: str) -> str:
    """The package that a script imports and the machine has not, by a compiler's words, or ""."""
    own, asked = header(code).imports, header(script).imports
    paths = {one.rpartition(" ")[2].strip('"`') for one in asked if one not in own}
    return next((name for name in _NO_PACKAGE.findall(said) if name in paths), "")


def main_run(code: str, script: str, *, as_main: bool) -> str:
    """The function that is run in the place of tests: the script's main, else the program's own
    where it is to be run as a file; "" where there are tests to run."""
    if tests(script):
        return ""
    if any(one.name == "main" for one in functions(script)):
        return SCRIPT_MAIN
    return OWN_MAIN if as_main and not script.strip() and not tests(code) else ""
