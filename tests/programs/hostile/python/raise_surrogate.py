# An error whose text is no Unicode.
def double_it(n):
    raise ValueError("\ud800x \0 \u2028")
