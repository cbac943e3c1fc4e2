# Forty children of 60 MiB each.
import os
import time


def double_it(n):
    children = []
    for _ in range(40):
        pid = os.fork()
        if pid == 0:
            held = b"x" * (60 * 2**20)
            time.sleep(1.5)
            os._exit(0 if held else 1)
        children.append(pid)
    good = sum(os.waitpid(pid, 0)[1] == 0 for pid in children)
    return 2 * n if good == 40 else n
