"""Which walls there are, strongest first; what a result says of the weaker; what mends them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from sodakd.types import Walls

WARNINGS: Mapping[Walls, str] = {
    Walls.NAMESPACES: "",
    Walls.LANDLOCK: "judged behind Landlock, a weaker wall than namespaces (docs/security.md)",
    Walls.NONE: "judged WITHOUT a sandbox: the program could do what its user may",
}


def candidates(*, allow_unsandboxed: bool) -> Sequence[Walls]:
    """The walls to try, in this order. `$SODAKD_WALLS` leaves out those above it."""
    first = os.environ.get("SODAKD_WALLS", "")
    known = list(Walls)
    at = known.index(Walls(first)) if first in set(Walls) else 0
    return [one for one in known[at:] if one is not Walls.NONE or allow_unsandboxed]


def mended_by() -> str:
    """The one command that lets programs have namespaces here, as far as this machine says why."""
    for path, wrong, command in SWITCHES:
        try:
            found = Path(path).read_text().strip()
        except OSError:
            continue
        if found == wrong:
            return command
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return "docker run --security-opt seccomp=unconfined --cap-add SYS_ADMIN ..."
    return "docker run --security-opt seccomp=unconfined --cap-add SYS_ADMIN ... (in a container)"


SWITCHES = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    ("/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"),
)
"""Files of the kernel, what they hold where namespaces are refused, and what allows them."""
