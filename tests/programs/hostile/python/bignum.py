# One operation that never ends.
def double_it(n):
    return 10 ** (10**10) and n
