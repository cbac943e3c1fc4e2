# Ignores every signal there is, and goes on.
import signal


def double_it(n):
    for number in range(1, 64):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass
