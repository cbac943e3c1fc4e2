"""Names of environment variables that hold secrets, and headers that may hold one.

A recipe names a secret and never holds it: it is written into each run's folder. What stands in the
place of a name may be the secret itself, so no error repeats it.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_LONGEST = 100
_NAME = re.compile(rf"[A-Za-z_][A-Za-z0-9_]{{0,{_LONGEST - 1}}}")
_PLAINLY_A_NAME = re.compile(r"(?=.{1,40}$)[A-Z]+[0-9]?(?:_[A-Z]+[0-9]?)+|[A-Z]{1,12}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SECRET_HEADER = re.compile(r"auth|key|token|secret|password|cookie", re.IGNORECASE)
_FROM_VARIABLE = "env:"


def shown_variable(name: str) -> str:
    """The name of a variable, as it may be shown: it may be a secret in the place of one."""
    return name if _PLAINLY_A_NAME.fullmatch(name) else "*** (not shown: it may be a key)"


def variable_of(value: str) -> str | None:
    """The environment variable that a header's value is taken from; None for a plain value."""
    return value.removeprefix(_FROM_VARIABLE) if value.startswith(_FROM_VARIABLE) else None


def _right_name(name: str) -> str:
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise ValueError(
            "it is no name of an environment variable (letters, digits, _): a key itself does not"
            " belong into a recipe; put it into a variable, and name that one here"
        )
    return name


def _right_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        if not value.isprintable():
            raise ValueError(f"the header {name} holds a line's end, or another sign that none can")
        variable = variable_of(value)
        if variable is not None:
            _right_name(variable)
        elif _SECRET_HEADER.search(name):
            raise ValueError(
                f"the header {name} holds a secret, which does not belong into a recipe: put it"
                f" into an environment variable and write {_FROM_VARIABLE}NAME"
            )
    return headers


Variable = Annotated[
    str, AfterValidator(_right_name), Field(json_schema_extra={"maxLength": _LONGEST})
]
"""The name of an environment variable that holds a key."""

Headers = Annotated[dict[str, str], AfterValidator(_right_headers)]
"""Headers of HTTP. A value `env:NAME` is that environment variable's."""
