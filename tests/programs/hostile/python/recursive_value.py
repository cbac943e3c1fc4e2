# A list that holds itself.
def double_it(n):
    held = []
    held.append(held)
    return held
