# Deeper than the stack.
import sys

sys.setrecursionlimit(10**9)


def double_it(n):
    return double_it(n) + 1
