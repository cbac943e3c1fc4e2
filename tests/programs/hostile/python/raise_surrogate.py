# An error whose text is no Unicode.
def double_it(n):
    raise ValueError("\ud800\udfff \0 \u2028")
