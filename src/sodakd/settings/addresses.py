"""Addresses of servers, as a recipe or the environment names them."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_ADDRESS = re.compile(
    r"https?://(?:[^\s/@]+@)?(?:[^\s/:@\[\]]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>\d+))?(?:/\S*)?"
)


def address_fault(address: str) -> str | None:
    """What is wrong with a base URL, in words; None where nothing is."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return "it must be like http://localhost:8000/v1"
    if found["port"] and not 0 < int(found["port"]) < 65536:
        return f"there is no port {found['port']}: the last one is 65535"
    return None


def _right(address: str) -> str:
    address = address.strip()
    fault = address_fault(address)
    if fault is not None:
        raise ValueError(f"{address!r} is no address of a server: {fault}")
    return address


Address = Annotated[str, Field(max_length=4096), AfterValidator(_right)]
"""A base URL. Blanks around it are cut away."""
