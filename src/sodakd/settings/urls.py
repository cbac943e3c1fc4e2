"""Addresses of servers, as a recipe or the environment names them."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_ADDRESS = re.compile(
    r"https?://(?:[^\s/:@?#\\\[\]]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>\d{1,9}))?(?:/[^\s?#\\]*)?",
    re.IGNORECASE,
)
_USER = re.compile(r"(?<=//)[^/?#\s]*@")
_ANY_USER = re.compile(r"^(\w+://)?.*@", re.DOTALL)
"""Also of an address that is wrong in other ways."""


def address_fault(address: str) -> str | None:
    """What is wrong with a base URL, in words without it; None where nothing is."""
    if _USER.search(address):
        return (
            "it holds a user's name or a password, which would be written down: name the key's"
            " environment variable in api_key_env, or a header that holds it in headers"
        )
    if "?" in address or "#" in address:
        return "it ends before `?` and `#`: what stands behind `?` belongs into `query`"
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return "it must be like http://localhost:8000/v1"
    if found["port"] and not 0 < int(found["port"]) < 65536:
        return f"there is no port {found['port']}: the last one is 65535"
    if address.rstrip("/").endswith("/chat/completions"):
        return "it ends before /chat/completions"
    return None


def public_address(address: str) -> str:
    """The address without a user's name, a password and a query, which may be secret."""
    return re.split(r"[?#]", _ANY_USER.sub(r"\1***@", address), maxsplit=1)[0]


def _right(address: str) -> str:
    address = address.strip()
    fault = address_fault(address)
    if fault is not None:
        raise ValueError(f"{public_address(address)!r} is no address of a server: {fault}")
    scheme, colon, rest = address.partition(":")
    return f"{scheme.lower()}{colon}{rest}"


Address = Annotated[str, Field(max_length=4096), AfterValidator(_right)]
"""A base URL. Blanks around it are cut away."""
