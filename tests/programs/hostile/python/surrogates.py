# A text that no encoding takes.
def double_it(n):
    print("\udcff" * 10)
    return "\udcff"
