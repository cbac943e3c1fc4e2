# A value as deep as can be, and one that is longer than may be written.
def double_it(n):
    held = n
    for _ in range(330 * (n % 4 + 1)):
        held = [held]
    return held
