# Numbers that are nearly right: -0.0, NaN, infinity, a truth value, a whole float.
def double_it(n):
    return {0: -0.0, 1: 2.0, 21: True, -3: float("nan")}.get(n, float("inf"))
