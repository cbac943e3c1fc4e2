"""Which walls there are, strongest first; what a result says of the weaker; what mends them."""

import contextlib
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sodakd.types import SandboxKind

WARNINGS: Mapping[SandboxKind, str] = {
    SandboxKind.NAMESPACES: "",
    SandboxKind.LANDLOCK: (
        "judged behind Landlock, a weaker wall than namespaces (docs/security.md)"
    ),
    SandboxKind.NONE: "judged WITHOUT a sandbox: the program could do what its user may",
}


def available_sandboxes(*, allow_unsandboxed: bool) -> Sequence[SandboxKind]:
    """The walls to try, in this order. `$SODAKD_WALLS` leaves out those above it."""
    first = os.environ.get("SODAKD_WALLS", "")
    known = list(SandboxKind)
    at = known.index(SandboxKind(first)) if first in set(SandboxKind) else 0
    return [one for one in known[at:] if one is not SandboxKind.NONE or allow_unsandboxed]


def fix_hint(failed: Mapping[SandboxKind, str], places: Iterable[str] = ()) -> str:
    """The one command that mends what is lacking here, as far as this machine says why.

    `failed`: why each wall that was tried does not stand; `places`: what programs must read.
    """
    tried = SandboxKind.NAMESPACES in failed
    root = os.geteuid() == 0
    for path, wrong, setting, for_root in SWITCHES if tried else ():
        if _content(path) == wrong and (for_root or not root):
            return f"{'' if root else 'sudo '}sysctl -w {setting}"
    # Behind the other walls root's programs are nobody's.
    hidden = (
        unreadable_for_others(places) if root and set(failed) - {SandboxKind.NAMESPACES} else []
    )
    if hidden:
        return f"chmod o+rx {' '.join(map(shlex.quote, hidden))}"
    chosen = os.environ.get("SODAKD_WALLS", "")
    if not tried and chosen:
        return f"unset SODAKD_WALLS  # it is {chosen}, which leaves namespaces out"
    options = "-it --security-opt seccomp=unconfined --cap-add SYS_ADMIN"
    place = "# outside, in place of this container"
    podman = re.search(r'^image="(.+)"', _content(PODMAN), re.MULTILINE)
    if podman:
        return f"podman run {options} {podman.group(1)}  {place}"
    name = os.uname().nodename
    if Path(DOCKER).exists() and re.fullmatch("[0-9a-f]{12}", name):
        return f"docker run {options} $(docker inspect -f '{{{{.Config.Image}}}}' {name})  {place}"
    return (
        "nothing here: this kernel refuses namespaces, and no setting of it says so; judge on a"
        " machine on which this works: unshare --user --map-root-user true"
    )


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


DOCKER, PODMAN = "/.dockerenv", "/run/.containerenv"
"""What the two put into their containers; the second one's says which image it is of."""


def unreadable_for_others(places: Iterable[str]) -> Sequence[str]:
    """The folders on the way to these places, and the places, that are not for all to read."""
    hidden: dict[str, None] = {}
    for place in map(Path, places):
        for folder in (*reversed(place.parents), place):
            wanted = 0o5 if folder == place else 0o1
            with contextlib.suppress(OSError):
                if folder.stat().st_mode & wanted != wanted:
                    hidden[str(folder)] = None
    return [*hidden]


SWITCHES = (
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
     "kernel.apparmor_restrict_unprivileged_userns=0", False),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0",
     "kernel.unprivileged_userns_clone=1", False),
    ("/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces=10000", True),
)  # fmt: skip
"""Files of the kernel, what they hold where namespaces are refused, what allows them, and whether
root is refused as well."""
