def double_it(n):
    raise ValueError(n)
