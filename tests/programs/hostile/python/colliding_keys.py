# Numbers that all have one hash: a dictionary of them takes time without end.
def double_it(n):
    held = {}
    for number in range(60_000):
        held[number * (2**61 - 1)] = number
    return n
