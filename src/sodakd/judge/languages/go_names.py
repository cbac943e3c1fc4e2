"""Names that a script of Go relies on: they mean what Go means, not what a program declares."""

import re

_PACKAGES = {
    "assert": ("github.com/stretchr/testify/assert", "Equal"),
    "bytes": ("bytes", "Equal"),
    "errors": ("errors", "Is"),
    "fmt": ("fmt", "Sprint"),
    "log": ("log", "Fatal"),
    "math": ("math", "Abs"),
    "os": ("os", "Exit"),
    "reflect": ("reflect", "DeepEqual"),
    "slices": ("slices", "Equal[[]int]"),
    "sort": ("sort", "Ints"),
    "strconv": ("strconv", "Itoa"),
    "strings": ("strings", "EqualFold"),
}
"""What tests compare and end by: the package of a name, and something that it has."""
_BUILTIN = {
    "len": 'const _ = len("")',
    "nil": "var _ *int = nil\nvar _ map[int]int = nil",
    "panic": "func _() int { panic(0) }",
}
"""Declarations that are none where the name is the program's own."""
_USED = re.compile(r"\b([a-z]+)\b(\s*\.)?")


def kept(script: str) -> str:
    """A file of the program's package, or "": with it, it has no declaration of such a name.

    A name cannot be both a package's in one file and declared in another.
    """
    found = _USED.findall(script)
    imported = sorted({name for name, dot in found if dot and name in _PACKAGES})
    builtin = sorted({name for name, _ in found} & _BUILTIN.keys())
    if not imported and not builtin:
        return ""
    lines = ["package main", *(f'import "{_PACKAGES[name][0]}"' for name in imported)]
    lines += [f"var _ = {name}.{_PACKAGES[name][1]}" for name in imported]
    return "\n".join([*lines, *(_BUILTIN[name] for name in builtin), ""])
