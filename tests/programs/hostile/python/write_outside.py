# Writes in ten places that are not its own.
import os

PLACES = (
    "/etc",
    "/usr",
    "/usr/bin",
    "/home",
    "/root",
    "/var",
    "/opt",
    "/",
    "/dev",
    "/proc/sys/kernel",
)


def double_it(n):
    for place in PLACES:
        try:
            with open(os.path.join(place, "sodakd-was-here"), "w") as file:
                file.write("x")
        except OSError:
            continue
        return 2 * n
    return n
