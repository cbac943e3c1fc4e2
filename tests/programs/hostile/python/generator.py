# A value that is not there yet.
def double_it(n):
    yield 2 * n
