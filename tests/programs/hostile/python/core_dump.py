# Dies in a way that leaves a core.
import os


def double_it(n):
    os.abort()
