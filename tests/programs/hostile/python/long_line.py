# One line as long as the limit.
import sys


def double_it(n):
    sys.stdout.write("x" * 900000)
    sys.stdout.flush()
    return n
