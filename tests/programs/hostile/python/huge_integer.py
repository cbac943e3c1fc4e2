# A number of a million digits.
def double_it(n):
    return 7**400000
