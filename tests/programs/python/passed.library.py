from itertools import repeat


def double_it(n):
    return sum(repeat(n, 2))
