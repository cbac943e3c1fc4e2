# Writes without end, whatever the errors.
import os


def double_it(n):
    while True:
        for target in (1, 2):
            try:
                os.write(target, b"x" * 65536)
            except OSError:
                pass
